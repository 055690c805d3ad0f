// Normalisation of one stamp: clipping and scaling. Double precision throughout, rounded once at the end.
//
// Results do not depend on the processor: order statistics are exact, sums are kept in 16 partial sums (pixel i goes to
// sum i mod 16) that are added pairwise, no product is fused with an addition, and functions are made of those.
#ifndef CKERNELS_NORMALIZE_H
#define CKERNELS_NORMALIZE_H

#include <stdbool.h>

#include "vectors.h"

// normalize_image of the notebook: clip below p50 − 2·0.7413·(p75 − p25), subtract the minimum, divide by the sum, or
// by the mean where by_mean. scratch[0 ..< 2n] is overwritten; the result goes to out[0 ..< n]. False, with out
// undefined, when a pixel is NaN or infinite or when the sum is zero or not finite.
bool stamp_normalize(const double *pixels, double *scratch, ptrdiff_t n, bool by_mean, float *out);

// Rounds pixels[0 ..< n] to out. False, with out undefined, when one is NaN or infinite once rounded.
bool stamp_round(const double *pixels, ptrdiff_t n, float *out);

// (x − minimum) / (maximum − minimum): from 0 to 1. scratch[0 ..< 2n] is overwritten. False, with out undefined, when a
// pixel is NaN or infinite, when all are equal, or when the range is not finite.
bool stamp_scale_to_range(const double *pixels, double *scratch, ptrdiff_t n, float *out);

// The farthest that a standardised pixel lies from 0: no telescope's does, and its square is finite in single
// precision.
#define STAMP_FARTHEST 1e15

// The robust standard deviation of a stamp: σ_G = 0.7413·(p75 − p25), or where half of the pixels are equal (a masked
// half) so that this is 0, √(π/2) times the mean distance from the median. Sets the median. scratch[0 ..< 2n] is
// overwritten. 0 when all pixels are equal, NaN when one is NaN or infinite or when the spread is not finite.
double stamp_spread(const double *pixels, double *scratch, ptrdiff_t n, double *median);

// (x − median) / spread, at most STAMP_FARTHEST in magnitude. scratch[0 ..< 2n] is overwritten. False, with out
// undefined, when stamp_spread gives no positive number.
bool stamp_standardize(const double *pixels, double *scratch, ptrdiff_t n, float *out);

// values[0 ..< n] = min(max(x, lowest), highest)
void stamp_clip(float *values, ptrdiff_t n, float lowest, float highest);

// values[0 ..< n] = softening · asinh(x / softening), to 5e-7 of itself, for |x / softening| up to 1e15.
void stamp_asinh(float *values, ptrdiff_t n, float softening);

// out[0 ..< n] = pixels[0 ..< n]
void stamp_widen(const float *pixels, ptrdiff_t n, double *out);

#endif
