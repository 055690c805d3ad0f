// Convolutions with strides of one by Winograd's minimal filtering (Lavin & Gray 2016, "Fast algorithms for
// convolutional neural networks"): F(2×2, 3×3) takes 16 multiplications for four outputs in place of 36, F(4×4, 3×3) 36
// for 16 outputs in place of 144.
//
// The output is cut into tiles of 2×2 or 4×4 pixels. With d the 4×4 or 6×6 inputs under a tile and g the kernel, of one
// pair of channels each,
//
//     y = Aᵀ [ Σ_ci (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
//     Bᵀ = ⎡1  0 −1  0⎤    G = ⎡ 1   0   0⎤    Aᵀ = ⎡1  1  1  0⎤
//          ⎢0  1  1  0⎥        ⎢ ½   ½   ½⎥         ⎣0  1 −1 −1⎦
//          ⎢0 −1  1  0⎥        ⎢ ½  −½   ½⎥
//          ⎣0  1  0 −1⎦        ⎣ 0   0   1⎦
//
// with these matrices for 2×2, and those of winograd_lines.h for 4×4, so that for each place of a transformed tile the
// sums over channels are a matrix product of tiles × channels. Pixels beside the map are zero, and outputs beside it
// are not written: no map is padded in memory.
//
// In tiles of 2×2, larger kernels of odd sides are the sum of pieces of 2×2 taps, and 3 in the last row and column of
// pieces. Since the pieces are two pixels apart, as the tiles are, they read the transformed inputs of neighbouring
// tiles, and their products are summed before the transform of outputs. A missing tap makes a row or column of G g Gᵀ
// zero: a 5×5 kernel takes 49 multiplications in place of 100, one of 7×7 100 in place of 196.
//
// All maps are NHWC. The order of every sum depends on shapes alone.
#ifndef CKERNELS_WINOGRAD_H
#define CKERNELS_WINOGRAD_H

#include "vectors.h"

/// y[oh, ow] is computed from x[oh − top + kh, ow − left + kw] with 0 ≤ kh < kernel_height, 0 ≤ kw < kernel_width, both
/// odd and at least three. `tile` is the side of a tile of outputs: 2, or 4 with a 3×3 kernel.
typedef struct {
    ptrdiff_t tile;
    ptrdiff_t kernel_height, kernel_width;
    ptrdiff_t samples;
    ptrdiff_t in_height, in_width, in_channels;
    ptrdiff_t out_height, out_width, out_channels;
    ptrdiff_t top, left;
} Winograd;

/// Floats of the transformed kernel of a convolution.
ptrdiff_t winograd_kernel_count(const Winograd *shape);

/// G g Gᵀ of a kernel (height, width, in, out).
void winograd_transform_kernel(const Winograd *shape, const float *kernel, float *transformed);

/// The same of a kernel (height, width, out, in) turned by 180° with its channels swapped, kernel'[kh, kw, ci, co] =
/// kernel[height − 1 − kh, width − 1 − kw, co, ci]: with it the `shape` of a convolution of an output's gradient gives
/// the input's.
void winograd_transform_turned_kernel(const Winograd *shape, const float *kernel, float *transformed);

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
