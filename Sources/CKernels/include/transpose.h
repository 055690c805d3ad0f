// Transposed copies of weights.
#ifndef CKERNELS_TRANSPOSE_H
#define CKERNELS_TRANSPOSE_H

#include "vectors.h"

/// to[c·to_step + r] = from[r·columns + c] for 0 ≤ r < rows, 0 ≤ c < columns.
///
/// to_step ≥ rows; the floats between are left unchanged. The arrays must not overlap.
void transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t to_step, float *to);

#endif
