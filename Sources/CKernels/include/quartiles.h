// Quartiles of one stamp.
#ifndef CKERNELS_QUARTILES_H
#define CKERNELS_QUARTILES_H

#include "vectors.h"

/// Sets quartiles[0 ..< 3] to the 25th, 50th and 75th percentiles of values[0 ..< n], n ≥ 1, to the last bit as
/// `numpy.percentile` computes them by its method "linear".
///
/// Values must be finite. scratch[0 ..< 2n] is overwritten and must not overlap the values.
void stamp_quartiles(const double *values, ptrdiff_t n, double *scratch, double quartiles[3]);

/// The percentile 0 ≤ percent ≤ 100 of values[0 ..< n], n ≥ 1, as `numpy.percentile` computes it by its method
/// "linear".
///
/// Values must be finite. scratch[0 ..< 2n] is overwritten and must not overlap the values.
double stamp_percentile(const double *values, ptrdiff_t n, double percent, double *scratch);

#endif
