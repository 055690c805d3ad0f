// The loops of `row_product` for wide matrices, and their weights packed in panels.
//
// A wide matrix has a stride of some kilobytes between its rows: a block of 32 channels then falls into few sets of the
// first-level cache and touches a page for each row. In a panel the weights of 32 channels lie one row behind the
// other.
#ifndef CKERNELS_PANEL_PRODUCT_H
#define CKERNELS_PANEL_PRODUCT_H

#include "row_product.h"

// Whether `row_product` takes these loops for a matrix of so many channels.
int panel_product_fits(ptrdiff_t channels);

// `row_product` of one line of one group, for a matrix that fits: plain, or packed in panels.
void panel_product(const RowProduct *shape, const float *in, const float *weights, const float *bias, int relu,
                   float *out);

// Packs the transpose of a matrix of `rows` × `columns` in panels of 32 of its rows: panels[r/32·panel_step + c·32 +
// r%32] = matrix[r·columns + c]. There must be a multiple of 32 rows.
void transpose_to_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t panel_step, float *panels);

#endif
