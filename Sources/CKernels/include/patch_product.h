// Convolutions of any kernel, stride, dilation and padding as products of patches with a matrix of weights.
//
// A patch is what lies under the kernel at one of its places. Patches are read where they lie, and only where they lie
// on the map: padding is neither copied nor multiplied.
#ifndef CKERNELS_PATCH_PRODUCT_H
#define CKERNELS_PATCH_PRODUCT_H

#include "vectors.h"

/// How a window of `taps` slides along one axis of a map: tap t of window w lies on pixel
/// w·stride + t·dilation − before, which is zero where there is none.
typedef struct {
    ptrdiff_t pixels;   // of the map
    ptrdiff_t windows;  // and of the result
    ptrdiff_t taps;
    ptrdiff_t stride;
    ptrdiff_t dilation;  // at least 1
    ptrdiff_t before;    // may be negative
} PatchAxis;

/// The shape of a convolution of samples × rows.pixels × columns.pixels × in_channels. Results of a sample, a line and
/// a pixel lie `out_sample`, `out_line` and `out_pixel` floats apart.
typedef struct {
    ptrdiff_t samples;
    PatchAxis rows, columns;
    ptrdiff_t in_channels, out_channels;
    ptrdiff_t out_sample, out_line, out_pixel;
} Patches;

/// Floats of the panels of a matrix with `columns` columns and `rows` rows: columns are padded to a multiple of 16.
ptrdiff_t panels_count(ptrdiff_t rows, ptrdiff_t columns);

/// Packs rows `first` ..< `first` + `count` of a matrix in panels of 32 columns (the last one may have 16): the rows of
/// a panel of the matrix of `rows` rows lie one after another. `matrix` is its rows from `first` on, count × columns.
void pack_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t count,
                 float *panels);

/// The same of the transpose of `matrix`, which is columns × count.
void pack_transposed_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t count,
                            float *panels);

/// For each window, with x the zero-padded map:
///
///     y[row][column][n] = f(bias[n] + Σ_a Σ_b Σ_c x[row·stride + a·dilation − before][…b…][c] · weights[a][b][c][n])
///
/// with f(z) = max(z, 0) if `relu`, else z, and weights as `pack_panels` lays them out (rows: a, b and c; columns: n).
/// Each output is one chain of fused multiply-adds in this order, or of b, a and c if columns are dilated; taps beside
/// the map are left out.
///
/// `bias` may be NULL (zero). `y` must not overlap the operands.
void patch_product(const Patches *shape, const float *x, const float *panels, const float *bias, int relu, float *y);

#endif
