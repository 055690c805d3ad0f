// bfloat16: the upper half of a float32, 8 bits of precision with all of its range. Values are rounded to nearest, ties
// to even, and overflow to infinity, as ml_dtypes.bfloat16 does; what is not a number stays so.
#ifndef CKERNELS_BFLOAT16_H
#define CKERNELS_BFLOAT16_H

#include "vectors.h"

// x[i] = the bfloat16 nearest to x[i], for 0 ≤ i < n.
void round_to_bfloat16(float *x, size_t n);

// y[i] = the bfloat16 nearest to y[i] + x[i], which is computed in single precision. y and x do not overlap.
void add_rounded_into(float *restrict y, const float *restrict x, size_t n);

// The upper halves of numbers that have been rounded, and back. y and x do not overlap.
void pack_bfloat16(uint16_t *restrict y, const float *restrict x, size_t n);
void unpack_bfloat16(float *restrict y, const uint16_t *restrict x, size_t n);

#endif
