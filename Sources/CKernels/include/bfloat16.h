// bfloat16: the upper half of a float32, with 8 bits of precision and the same range. Values are rounded to nearest,
// ties to even, and overflow to infinity, as in ml_dtypes.bfloat16; NaN stays NaN.
#ifndef CKERNELS_BFLOAT16_H
#define CKERNELS_BFLOAT16_H

#include "vectors.h"

/// Rounds x[i] to the nearest bfloat16, for 0 ≤ i < n.
void round_to_bfloat16(float *x, size_t n);

/// y[i] = the bfloat16 nearest to y[i] + x[i], which is computed in single precision. `y` and `x` must not overlap.
void add_rounded_into(float *restrict y, const float *restrict x, size_t n);

/// y[i] = the upper 16 bits of x[i], which must have been rounded. `y` and `x` must not overlap.
void pack_bfloat16(uint16_t *restrict y, const float *restrict x, size_t n);

/// y[i] = the float32 whose upper 16 bits are x[i]; its lower bits are 0. `y` and `x` must not overlap.
void unpack_bfloat16(float *restrict y, const uint16_t *restrict x, size_t n);

#endif
