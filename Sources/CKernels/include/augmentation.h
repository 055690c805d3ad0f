// What makes another stamp of a stamp: symmetries, shifts, noise, contrast. The same bits on every processor: no
// product is fused with an addition, sums are kept in 16 partial sums.
#ifndef CKERNELS_AUGMENTATION_H
#define CKERNELS_AUGMENTATION_H

#include "vectors.h"

// One of the eight symmetries of the square: bit 0 of `symmetry` reverses each row, bit 1 the order of the rows, bit 2
// then exchanges rows and columns (for height = width only). 0 copies.
void stamp_symmetry(const float *stamp, ptrdiff_t height, ptrdiff_t width, unsigned symmetry, float *out);

// Floats of scratch that stamp_shift needs.
ptrdiff_t stamp_shift_scratch(ptrdiff_t height, ptrdiff_t width);

// Moves what the stamp shows by (rows, columns) pixels, |each| < 1e6: cubic convolution with a = −½ along rows, then
// along columns (R. G. Keys, IEEE Trans. ASSP 29, 1153 (1981)), the pixels at the edges repeated beyond them.
void stamp_shift(const float *stamp, ptrdiff_t height, ptrdiff_t width, float rows, float columns, float *scratch,
                 float *out);

// values[0 ..< n] += scale · addends
void stamp_add_scaled(float *values, const float *addends, ptrdiff_t n, float scale);

// values[0 ..< n] = (x − mean)·factor + mean, as Keras' RandomContrast.
void stamp_contrast(float *values, ptrdiff_t n, float factor);

#endif
