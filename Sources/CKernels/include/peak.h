// The processor's peak rates, for `bench` to compare with: multiply-adds on registers alone, and moving data.
#ifndef CKERNELS_PEAK_H
#define CKERNELS_PEAK_H

#include <stddef.h>

/// Performs `rounds` rounds of independent multiply-adds with the widest vectors of this processor.
///
/// Returns the sum of all results; the caller must use it, or the compiler may omit the work.
float peak_rounds(size_t rounds);

/// The floating-point operations of one round; a multiply-add counts as two.
size_t peak_operations_per_round(void);

/// Reads `count` floats and writes as many: to[i] = ½·from[i], the kernel Scale of STREAM (J. D. McCalpin 1995).
void stream_scaled(const float *from, size_t count, float *to);

#endif
