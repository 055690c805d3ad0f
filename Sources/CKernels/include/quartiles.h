// Quartiles of one stamp.
#ifndef CKERNELS_QUARTILES_H
#define CKERNELS_QUARTILES_H

#include "vectors.h"

// The 25th, 50th and 75th percentiles of values[0 ..< n], n ≥ 1, as numpy.percentile's "linear" gives them, to the last
// bit. scratch[0 ..< 2n] is overwritten. Values must be finite.
void stamp_quartiles(const double *values, ptrdiff_t n, double *scratch, double quartiles[3]);

#endif
