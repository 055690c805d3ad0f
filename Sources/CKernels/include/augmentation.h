// Data augmentation of one stamp: symmetries, shifts, noise, contrast. Results have the same bits on every processor:
// multiplications and additions are not fused, and sums have 16 partial sums.
#ifndef CKERNELS_AUGMENTATION_H
#define CKERNELS_AUGMENTATION_H

#include "vectors.h"

/// One of the eight symmetries of the square: bit 0 of `symmetry` reverses each row, bit 1 reverses the order of the
/// rows, bit 2 then transposes (only if height = width). 0 copies.
///
/// `stamp` and `out` are height × width and must not overlap.
void stamp_symmetry(const float *stamp, ptrdiff_t height, ptrdiff_t width, unsigned symmetry, float *out);

/// The floats of scratch that `stamp_shift` needs.
ptrdiff_t stamp_shift_scratch(ptrdiff_t height, ptrdiff_t width);

/// Moves the image content by (rows, columns) pixels, each less than 1e6 in magnitude, by cubic convolution with a = −½
/// along rows, then along columns. Edge pixels are repeated beyond the edges.
///
/// `stamp` and `out` are height × width; `scratch` holds stamp_shift_scratch(height, width) floats, which are
/// overwritten. `scratch` must not overlap the others; `out` may be `stamp`.
///
/// Source: R. G. Keys, "Cubic convolution interpolation", IEEE Trans. ASSP 29, 1153 (1981).
void stamp_shift(const float *stamp, ptrdiff_t height, ptrdiff_t width, float rows, float columns, float *scratch,
                 float *out);

/// values[i] += scale·addends[i] for 0 ≤ i < n. The arrays must not overlap.
void stamp_add_scaled(float *values, const float *addends, ptrdiff_t n, float scale);

/// values[i] = (values[i] − mean)·factor + mean with the mean of all n ≥ 1 values, as Keras' RandomContrast.
void stamp_contrast(float *values, ptrdiff_t n, float factor);

#endif
