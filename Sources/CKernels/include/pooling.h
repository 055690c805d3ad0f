// Pooling of NHWC maps without gaps. Outputs must not overlap inputs.
#ifndef CKERNELS_POOLING_H
#define CKERNELS_POOLING_H

#include "vectors.h"

/// The shape of a pooling layer.
///
/// The input is samples × height × width × channels, the output samples × out_height × out_width × channels.
///
/// Each window must overlap the map. Padding is never the maximum and does not count in means.
typedef struct {
    ptrdiff_t height, width, channels;  // of a sample's input
    ptrdiff_t out_height, out_width;    // of its output
    ptrdiff_t window_height, window_width;
    ptrdiff_t stride_height, stride_width;
    ptrdiff_t top, left;  // padding before the first row and column
} Pooling;

/// out[b][oh][ow][c] = max_{i, j} in[b][oh·stride_height − top + i][ow·stride_width − left + j][c], as Keras'
/// MaxPooling2D.
///
/// argmax = i·window_width + j of the first maximum, in the shape of `out`, each in `max_pooling_position_bytes` bytes;
/// windows hold less than 2³¹ positions. If a window holds NaN, so does the output.
void max_pooling(const Pooling *shape, const float *in, ptrdiff_t samples, float *out, uint8_t *argmax);

/// Bytes of one position in a window: 1 for windows of up to 256 positions, else 4 (an int32_t at any address).
ptrdiff_t max_pooling_position_bytes(const Pooling *shape);

/// in_gradient = 0, then the pixel that `argmax` names for each output += out_gradient of that output.
///
/// If `rectified` is not NULL, the input came from a rectifier and `rectified` is the pooling's output; the result is
/// then the gradient before that rectifier: outputs that are not positive contribute 0.
void max_pooling_backward(const Pooling *shape, const float *out_gradient, const uint8_t *argmax,
                          const float *rectified, ptrdiff_t samples, float *in_gradient);

/// out[b][oh][ow][c] = the mean of the window's pixels inside the map. As Keras' AveragePooling2D.
///
/// Rows of a window are summed one by one, and then the rows' sums.
void average_pooling(const Pooling *shape, const float *in, ptrdiff_t samples, float *out);

/// in_gradient = 0, then each pixel of a window inside the map += out_gradient / number of these pixels.
void average_pooling_backward(const Pooling *shape, const float *out_gradient, ptrdiff_t samples, float *in_gradient);

/// out[b][c] = 1/rows · Σ_r in[b][r][c], with rows = height · width. As Keras' GlobalAveragePooling2D.
///
/// Blocks of 64 rows are summed in four interleaved partial sums, and the blocks in double precision.
void global_average(const float *in, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels, float *out);

/// in_gradient[b][r][c] = out_gradient[b][c] / rows
void global_average_backward(const float *out_gradient, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels,
                             float *in_gradient);

/// out[b][c] = max_r in[b][r][c], with rows = height · width ≥ 1. As Keras' GlobalMaxPooling2D.
void global_max(const float *in, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels, float *out);

/// in_gradient[b][r][c] = out_gradient[b][c] / number of maxima where in[b][r][c] = out[b][c], else 0: equal maxima
/// share the gradient, as in Keras' GlobalMaxPooling2D.
void global_max_backward(const float *in, const float *out, const float *out_gradient, ptrdiff_t samples,
                         ptrdiff_t rows, ptrdiff_t channels, float *in_gradient);

#endif
