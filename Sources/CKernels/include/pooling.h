// Pooling of NHWC maps.
#ifndef CKERNELS_POOLING_H
#define CKERNELS_POOLING_H

#include "vectors.h"

typedef struct {
    ptrdiff_t height, width, channels;  // of a sample's input
    ptrdiff_t out_height, out_width;    // of its output
    ptrdiff_t window_height, window_width;
    ptrdiff_t stride_height, stride_width;
    ptrdiff_t top, left;  // padding before the first row and column; it never wins and never counts
} Pooling;

// out[b][oh][ow][c] = max over the window; winner[…] = which of the window's positions (row-major) won, the first of
// equals. Windows hold at most 256 positions.
void max_pooling(const Pooling *shape, const float *in, ptrdiff_t samples, float *out, uint8_t *winner);

// in_gradient = 0, then in_gradient[winning position] += out_gradient. `rectified` is NULL or, where a rectifier has
// made the input, the pooling's output: the result is then the gradient before that rectifier, 0 for windows that gave
// no more than 0.
void max_pooling_backward(const Pooling *shape, const float *out_gradient, const uint8_t *winner,
                          const float *rectified, ptrdiff_t samples, float *in_gradient);

// out[b][oh][ow][c] = mean over the part of the window that lies on the map.
void average_pooling(const Pooling *shape, const float *in, ptrdiff_t samples, float *out);

// in_gradient = 0, then each pixel of a window += out_gradient / pixels of the window that lie on the map.
void average_pooling_backward(const Pooling *shape, const float *out_gradient, ptrdiff_t samples, float *in_gradient);

// Means of all rows of a sample, and largest values: out[b][c]. The gradient of the largest value is shared equally
// among equals, as Keras' GlobalMaxPooling2D does.
void global_average(const float *in, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels, float *out);
void global_average_backward(const float *out_gradient, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels,
                             float *in_gradient);
void global_max(const float *in, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels, float *out);
void global_max_backward(const float *in, const float *out, const float *out_gradient, ptrdiff_t samples,
                         ptrdiff_t rows, ptrdiff_t channels, float *in_gradient);

#endif
