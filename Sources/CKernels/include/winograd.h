// Convolutions with 3×3 kernels and strides of one by Winograd's minimal filtering F(2×2, 3×3): 16 multiplications for
// four outputs in place of 36 (Lavin & Gray 2016, "Fast algorithms for convolutional neural networks").
//
// The output is cut into tiles of 2×2 pixels. With d the 4×4 inputs under a tile and g the kernel, of one pair of
// channels each,
//
//     y = Aᵀ [ Σ_ci (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
//     Bᵀ = ⎡1  0 −1  0⎤    G = ⎡ 1   0   0⎤    Aᵀ = ⎡1  1  1  0⎤
//          ⎢0  1  1  0⎥        ⎢ ½   ½   ½⎥         ⎣0  1 −1 −1⎦
//          ⎢0 −1  1  0⎥        ⎢ ½  −½   ½⎥
//          ⎣0  1  0 −1⎦        ⎣ 0   0   1⎦
//
// so that for each of the 16 places of a transformed tile the sums over channels are a matrix product of tiles ×
// channels. Pixels beside the map are zero, and outputs beside it are not written: no map is padded in memory.
//
// All maps are NHWC. The order of every sum depends on shapes alone.
#ifndef CKERNELS_WINOGRAD_H
#define CKERNELS_WINOGRAD_H

#include "vectors.h"

/// y[oh, ow] is computed from x[oh − top ... oh − top + 2, ow − left ... ow − left + 2].
typedef struct {
    ptrdiff_t samples;
    ptrdiff_t in_height, in_width, in_channels;
    ptrdiff_t out_height, out_width, out_channels;
    ptrdiff_t top, left;
} Winograd;

/// Floats of a transformed kernel.
ptrdiff_t winograd_kernel_count(ptrdiff_t in_channels, ptrdiff_t out_channels);

/// G g Gᵀ of a kernel (3, 3, in, out).
void winograd_transform_kernel(const float *kernel, ptrdiff_t in_channels, ptrdiff_t out_channels, float *transformed);

/// The same of the kernel turned by 180° with its channels swapped, kernel'[kh, kw, co, ci] = kernel[2 − kh, 2 − kw,
/// ci, co]: with it, a convolution of the output's gradient gives the input's.
void winograd_transform_turned_kernel(const float *kernel, ptrdiff_t in_channels, ptrdiff_t out_channels,
                                      float *transformed);

/// Floats of scratch memory that `winograd_convolution` uses.
ptrdiff_t winograd_workspace_count(const Winograd *shape);

/// y = f(bias + x ∗ kernel), with f(z) = max(z, 0) if `relu`, else z. `bias` may be NULL (zero). Where `mask` is not
/// NULL (a map of y's shape), y is 0 unless mask > 0: the gradient before the rectifier that made the mask.
void winograd_convolution(const Winograd *shape, const float *x, const float *transformed, const float *bias, int relu,
                          const float *mask, float *workspace, float *y);

/// Floats of scratch memory that `winograd_weight_gradient` uses.
ptrdiff_t winograd_gradient_workspace_count(const Winograd *shape);

/// gradient[kh, kw, ci, co] = Σ x[oh − top + kh, ow − left + kw, ci] · dy[oh, ow, co] over all outputs and samples, by
/// the transposed algorithm: Gᵀ [ Σ (Bᵀ d B) ⊙ (A dy Aᵀ) ] G.
void winograd_weight_gradient(const Winograd *shape, const float *x, const float *dy, float *workspace,
                              float *gradient);

#endif
