// Transposed copies of weights.
#ifndef CKERNELS_TRANSPOSE_H
#define CKERNELS_TRANSPOSE_H

#include "vectors.h"

// to[c·to_step + r] = from[r·columns + c] for r < rows, c < columns
void transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t to_step, float *to);

#endif
