// Normalisation of one stamp: clipping and scaling. Double precision throughout, rounded once at the end.
//
// Results do not depend on the processor: order statistics are exact, sums are kept in 16 partial sums (pixel i goes to
// sum i mod 16) that are added pairwise, and no product here is both inexact and added to anything, so that fused
// multiply-add changes nothing.
#ifndef CKERNELS_NORMALIZE_H
#define CKERNELS_NORMALIZE_H

#include <stdbool.h>

#include "vectors.h"

// normalize_image of the notebook: clip below p50 − 2·0.7413·(p75 − p25), subtract the minimum, divide by the sum, or by
// the mean where by_mean. scratch[0 ..< 2n] is overwritten; the result goes to out[0 ..< n].
// False, with out undefined, when a pixel is NaN or infinite or when the sum is zero or not finite.
bool stamp_normalize(const double *pixels, double *scratch, ptrdiff_t n, bool by_mean, float *out);

// Rounds pixels[0 ..< n] to out. False, with out undefined, when one is NaN or infinite once rounded.
bool stamp_round(const double *pixels, ptrdiff_t n, float *out);

#endif
