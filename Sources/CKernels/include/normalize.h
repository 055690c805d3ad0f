// Normalisation of one stamp: quartiles, clipping, scaling. Double precision throughout, rounded once at the end.
//
// Results do not depend on the processor: order statistics are exact, sums are kept in 16 partial sums (pixel i goes to
// sum i mod 16) that are added pairwise, and no product here is both inexact and added to anything, so that fused
// multiply-add changes nothing.
#ifndef CKERNELS_NORMALIZE_H
#define CKERNELS_NORMALIZE_H

#include <stdbool.h>

#include "vectors.h"

// The 25th, 50th and 75th percentiles of values[0 ..< n], n ≥ 1, as numpy.percentile's "linear" gives them.
// Both buffers hold n doubles and are overwritten. Values must not be NaN.
void stamp_quartiles(double *values, double *spare, ptrdiff_t n, double quartiles[3]);

// normalize_image of the notebook: clip below p50 − 2·0.7413·(p75 − p25), subtract the minimum, divide by the sum, or by
// the mean where by_mean. pixels[0 ..< n] are overwritten, as is scratch[0 ..< 2n]; the result goes to out[0 ..< n].
// False, with out undefined, when a pixel is NaN or infinite or when the sum is zero or not finite.
bool stamp_normalize(double *pixels, double *scratch, ptrdiff_t n, bool by_mean, float *out);

// Rounds pixels[0 ..< n] to out. False, with out undefined, when one is NaN or infinite once rounded.
bool stamp_round(const double *pixels, ptrdiff_t n, float *out);

// Whether stamp_round succeeds.
bool stamp_is_finite(const double *pixels, ptrdiff_t n);

// Whether stamp_normalize certainly succeeds, without the quartiles. False means: try it.
bool stamp_is_surely_normalizable(const double *pixels, ptrdiff_t n);

#endif
