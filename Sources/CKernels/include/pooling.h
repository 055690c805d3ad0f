// Pooling of NHWC maps.
#ifndef CKERNELS_POOLING_H
#define CKERNELS_POOLING_H

#include "vectors.h"

typedef struct {
    ptrdiff_t height, width, channels;        // of a sample's input
    ptrdiff_t out_height, out_width;          // of its output
    ptrdiff_t window_height, window_width;
    ptrdiff_t stride_height, stride_width;
    ptrdiff_t top, left;                      // padding before the first row and column; it never wins and never counts
} Pooling;

// out[b][oh][ow][c] = max over the window; winner[…] = which of the window's positions (row-major) won, the first of equals.
// Windows hold at most 256 positions.
void max_pooling(const Pooling *shape, const float *in, ptrdiff_t samples, float *out, uint8_t *winner);

// in_gradient = 0, then in_gradient[winning position] += out_gradient.
void max_pooling_backward(const Pooling *shape, const float *out_gradient, const uint8_t *winner, ptrdiff_t samples,
                          float *in_gradient);

#endif
