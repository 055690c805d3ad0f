// Convolutions with kernels of three columns and stride one; the sums of a line of outputs stay in registers.
//
// Each input that is loaded is used for three products, one for each kernel column: this pays on processors that can do
// more multiply-adds than loads. The order of additions is the same on all processors.
#ifndef CKERNELS_LINE_CONVOLUTION_H
#define CKERNELS_LINE_CONVOLUTION_H

#include "vectors.h"

/// The shape of a convolution of NHWC maps without padding and gaps.
///
/// The input is samples × in_height × in_width × in_channels with in_height = out_height + kernel_height − 1 and
/// in_width = out_width + 2; the output is samples × out_height × out_width × out_channels; weights are
/// kernel_height × 3 × in_channels × out_channels.
typedef struct {
    ptrdiff_t samples;
    ptrdiff_t kernel_height;
    ptrdiff_t in_channels, out_channels;
    ptrdiff_t out_height, out_width;
} LineConvolution;

/// Whether `line_convolution` supports this shape: out_channels ≥ 16.
int line_convolution_fits_forward(const LineConvolution *shape);

/// Whether `line_convolution_input_gradient` does: in_channels ≥ 16, and lines that fit the registers of AVX-512
/// (out_width ≤ 10 for 32 input channels and more, else ≤ 24).
int line_convolution_fits_input_gradient(const LineConvolution *shape);

/// Whether `line_convolution_weight_gradient` does: out_width ≥ 2, multiples of 16 output channels and of 4
/// input channels.
int line_convolution_fits_weight_gradient(const LineConvolution *shape);

/// y[oh][ow][co] = f(bias[co] + Σ_kh Σ_ci Σ_kw x[oh + kh][ow + kw][ci] · weights[kh][kw][ci][co])
///
/// with f(z) = max(z, 0) if `relu`, else z. Sums run in this order, except that narrow outputs have separate sums for
/// kw = 1, added at the end.
///
/// `bias` may be NULL (zero). `y` must not overlap the inputs.
void line_convolution(const LineConvolution *shape, const float *x, const float *weights, const float *bias, int relu,
                      float *y);

/// dx[ih][iw][ci] = Σ_kh Σ_co Σ_kw dy[ih − kh][iw − kw][co] · transposed[kh][kw][co][ci], over pixels inside the map.
///
/// If `rectified` is not NULL, it is the input x that a rectifier has produced, and dx is the gradient before that
/// rectifier: 0 unless x > 0. `dx` must not overlap the inputs.
void line_convolution_input_gradient(const LineConvolution *shape, const float *dy, const float *transposed,
                                     const float *rectified, float *dx);

/// gradient[kh][kw][ci][co] = Σ x[oh + kh][ow + kw][ci] · dy[oh][ow][co] over all samples and pixels.
///
/// Overwrites `gradient`, which must not overlap the inputs. Partial sums cover a few samples, in an order that depends
/// on the shape alone.
void line_convolution_weight_gradient(const LineConvolution *shape, const float *x, const float *dy, float *gradient);

#endif
