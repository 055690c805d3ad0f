// Addresses that loops over pixels keep in registers. The compiler is not to see how they follow from each other: it
// would compute each from the first again, in more time than the arithmetic between takes.
#ifndef CKERNELS_ADDRESSES_H
#define CKERNELS_ADDRESSES_H

#include "vectors.h"

// Moves to another pixel.
INLINE void advance(const float **pixel, ptrdiff_t step) {
    *pixel += step;
    __asm__("" : "+r"(*pixel));
}

// Keeps a number that would else be computed again wherever it is used.
INLINE void keep(ptrdiff_t *number) { __asm__("" : "+r"(*number)); }

#endif
