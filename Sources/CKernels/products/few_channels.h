// Products with few channels: a row in each lane, and an input in each lane of gradients. Sums are those of
// row_product.c, in the same order.
#ifndef CKERNELS_FEW_CHANNELS_H
#define CKERNELS_FEW_CHANNELS_H

#include "row_product.h"

enum { TURNED_ROWS = 8, TURNED_CHANNELS = 4 };

// Whether there are few enough channels for rows in lanes to pay, and enough inputs and rows.
INLINE int has_turned_rows(const RowProduct *s) {
    return s->channels <= TURNED_CHANNELS && s->length >= TURNED_ROWS && s->rows >= TURNED_ROWS;
}

// `row_product` of the rows of one line, or of those but the last few: returns how many. The last tile computes some
// rows again, unless that would add to them twice.
ptrdiff_t turned_rows(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                      float *out);

// Whether there are few enough channels for inputs in lanes to pay, and enough inputs.
INLINE int has_turned_gradient(const RowProduct *g) {
    return g->channels < VECTOR_FLOATS && g->length >= VECTOR_FLOATS;
}

// The weights' gradient over the rows of `groups` samples, which is stored if `first`, else added to.
void turned_gradient(const RowProduct *g, const float *in, const float *out_gradient, float *gradient, ptrdiff_t groups,
                     int first);

#endif
