// Normal random numbers, the same bits on every processor.
#ifndef CKERNELS_NORMALS_H
#define CKERNELS_NORMALS_H

#include "vectors.h"

// Normal numbers of mean 0 and variance 1 (Box and Muller, 1958), a pure function of counter and key: Philox's block
// counter[0] + b gives elements 4b ... 4b + 3. None exceeds 5.8 in magnitude (23-bit uniform numbers).
void standard_normals(const uint32_t counter[4], const uint32_t key[2], size_t count, float *out);

#endif
