// A number that stands for the pixels of a stamp.
#ifndef CKERNELS_FINGERPRINT_H
#define CKERNELS_FINGERPRINT_H

#include "vectors.h"

// 64 bits that depend on every bit of pixels[0 ..< n], their places and the stamp's number: the same on every processor
// of one byte order. A change of one pixel always shows, other changes as good as always. Against oversight, not
// malice.
uint64_t stamp_fingerprint(uint64_t number, const double *pixels, ptrdiff_t n);

#endif
