// Element-wise addition, the only operation of the reduction tree. One addition per element, so the result does not
// depend on the processor.
#ifndef CKERNELS_ADD_H
#define CKERNELS_ADD_H

#include "vectors.h"

/// y[i] += x[i] for 0 ≤ i < n. `y` and `x` must not overlap.
void add_into(float *restrict y, const float *restrict x, size_t n);

/// `add_into` in double precision.
void add_doubles_into(double *restrict y, const double *restrict x, size_t n);

#endif
