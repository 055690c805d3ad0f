// Element-wise addition, the one operation of the canonical tree. No reordering: every element is one addition.
#ifndef CKERNELS_ADD_H
#define CKERNELS_ADD_H

#include "vectors.h"

// y[i] += x[i] for 0 ≤ i < n. y and x do not overlap; any alignment.
void add_into(float *restrict y, const float *restrict x, size_t n);

// The same in double precision.
void add_doubles_into(double *restrict y, const double *restrict x, size_t n);

#endif
