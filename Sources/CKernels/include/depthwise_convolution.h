// Convolution of each channel by itself, of NHWC maps without gaps. Outputs must not overlap inputs.
#ifndef CKERNELS_DEPTHWISE_CONVOLUTION_H
#define CKERNELS_DEPTHWISE_CONVOLUTION_H

#include "vectors.h"

/// The shape of a depthwise convolution.
///
/// The input is samples × height × width × channels, the output samples × out_height × out_width × channels, weights
/// are window_height × window_width × channels. Pixels outside the map are zero.
typedef struct {
    ptrdiff_t height, width, channels;  // of a sample's input
    ptrdiff_t out_height, out_width;    // of its output
    ptrdiff_t window_height, window_width;
    ptrdiff_t stride_height, stride_width;
    ptrdiff_t dilation_height, dilation_width;  // pixels from one tap of the window to the next
    ptrdiff_t top, left;                        // padding before the first row and column
} DepthwiseConvolution;

/// y[b][oh][ow][c] = f(bias[c] + Σ_{i, j} x[b][oh·stride_height − top + i·dilation_height]
///                   [ow·stride_width − left + j·dilation_width][c] · weights[i][j][c])
///
/// with f(z) = max(z, 0) if `relu`, else z. `bias` may be NULL (zero). As Keras' DepthwiseConv2D.
///
/// Each output is one chain of (fused) multiply-adds in the order of i and j over the taps on the map.
void depthwise_convolution(const DepthwiseConvolution *shape, const float *x, ptrdiff_t samples, const float *weights,
                           const float *bias, int relu, float *y);

/// dx[b][h][w][c] = Σ dy[b][oh][ow][c] · weights[i][j][c] over the outputs whose tap (i, j) is this pixel.
///
/// The outputs are added in row-major order.
void depthwise_convolution_input_gradient(const DepthwiseConvolution *shape, const float *dy, ptrdiff_t samples,
                                          const float *weights, float *dx);

/// gradient[i][j][c] = Σ x[b][…][…][c] · dy[b][oh][ow][c] over all samples and outputs whose tap (i, j) is on the map.
///
/// Output lines are summed in four interleaved partial sums, and the lines one after another.
void depthwise_convolution_weight_gradient(const DepthwiseConvolution *shape, const float *x, const float *dy,
                                           ptrdiff_t samples, float *gradient);

/// y[r][c·multiplier + m] = x[r][c] for 0 ≤ m < multiplier.
void repeat_channels(const float *x, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t multiplier, float *y);

/// x[r][c] = Σ_m y[r][c·multiplier + m]: the gradient of `repeat_channels`, added in the order of m.
void add_repeated_channels(const float *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t multiplier, float *x);

#endif
