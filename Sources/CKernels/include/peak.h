// The processor's peak: fused multiply-adds on registers alone, for `bench` to compare with.
#ifndef CKERNELS_PEAK_H
#define CKERNELS_PEAK_H

#include <stddef.h>

// Does `rounds` rounds of multiply-adds with the widest vectors there are, each a chain of its own.
// Returns a sum of all results, which the caller must use so that the work is not left out.
float peak_rounds(size_t rounds);

// Floating-point operations of one round; a multiply-add is two.
size_t peak_operations_per_round(void);

#endif
