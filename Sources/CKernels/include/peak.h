// The processor's peak rate: multiply-adds on registers alone, for `bench` to compare with.
#ifndef CKERNELS_PEAK_H
#define CKERNELS_PEAK_H

#include <stddef.h>

/// Performs `rounds` rounds of independent multiply-adds with the widest vectors of this processor.
///
/// Returns the sum of all results; the caller must use it, or the compiler may omit the work.
float peak_rounds(size_t rounds);

/// The floating-point operations of one round; a multiply-add counts as two.
size_t peak_operations_per_round(void);

#endif
