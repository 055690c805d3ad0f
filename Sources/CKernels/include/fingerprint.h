// A hash of the pixels of a stamp.
#ifndef CKERNELS_FINGERPRINT_H
#define CKERNELS_FINGERPRINT_H

#include "vectors.h"

/// A 64-bit hash of pixels[0 ..< n], their positions and the stamp's number, equal on all processors of one byte order.
///
/// A change of a single pixel always changes the hash, any other change with overwhelming probability. It detects
/// accidents; it is not a cryptographic hash.
uint64_t stamp_fingerprint(uint64_t number, const double *pixels, ptrdiff_t n);

#endif
