// Convolutions with kernels of three columns and stride one, an output line at a time in registers.
//
// Each input that is loaded takes part in three products, one for each column of the kernel: on processors that
// multiply faster than they load this is what counts.
#ifndef CKERNELS_LINE_CONVOLUTION_H
#define CKERNELS_LINE_CONVOLUTION_H

#include "vectors.h"

// NHWC maps without padding: out_height = in_height − kernel_height + 1, out_width = in_width − 2.
typedef struct {
    ptrdiff_t samples;
    ptrdiff_t kernel_height;
    ptrdiff_t in_channels, out_channels;
    ptrdiff_t out_height, out_width;
} LineConvolution;

// Whether the functions below can take a shape on this processor: lines must fit its registers, channels fill a vector.
int line_convolution_fits_forward(const LineConvolution *shape);
int line_convolution_fits_input_gradient(const LineConvolution *shape);
int line_convolution_fits_weight_gradient(const LineConvolution *shape);

// y[oh][ow][co] = f(bias[co] + Σ_kh Σ_ci Σ_kw x[oh + kh][ow + kw][ci] · weights[kh][kw][ci][co]), summed in this order,
// with f(x) = max(x, 0) if `relu`, else x. `bias` may be NULL.
void line_convolution(const LineConvolution *shape, const float *x, const float *weights, const float *bias, int relu,
                      float *y);

// dx[ih][iw][ci] = Σ_kh Σ_co Σ_kw dy[ih − kh][iw − kw][co] · transposed[kh][kw][co][ci] over what lies on the map.
// `rectified` is NULL or x where a rectifier has made it: dx is then the gradient before that rectifier, 0 unless x >
// 0.
void line_convolution_input_gradient(const LineConvolution *shape, const float *dy, const float *transposed,
                                     const float *rectified, float *dx);

// gradient[kh][kw][ci][co] = Σ x[oh + kh][ow + kw][ci] · dy[oh][ow][co] over all samples and pixels, in partial sums
// over the lines of a few samples.
void line_convolution_weight_gradient(const LineConvolution *shape, const float *x, const float *dy, float *gradient);

#endif
