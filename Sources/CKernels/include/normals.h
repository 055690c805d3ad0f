// Normally distributed random numbers, with the same bits on every processor.
#ifndef CKERNELS_NORMALS_H
#define CKERNELS_NORMALS_H

#include "vectors.h"

/// Sets out[0 ..< count] to independent normal numbers of mean 0 and variance 1, a pure function of counter and key.
///
/// Philox block (counter[0] + b, counter[1], counter[2], counter[3]) gives elements 4b ..< 4b + 4. No magnitude exceeds
/// 5.8, since the radius comes from a uniform number with 23 bits.
///
/// Source: G. E. P. Box and M. E. Muller, Ann. Math. Statist. 29, 610 (1958).
void standard_normals(const uint32_t counter[4], const uint32_t key[2], size_t count, float *out);

#endif
