// Register tiles: blocks of outputs whose sums stay in vector registers throughout the inner loop (see README.md).
#ifndef CKERNELS_TILES_H
#define CKERNELS_TILES_H

#include "vectors.h"

// Whether this processor has AVX-512's 32 vector registers of 16 floats.
INLINE int has_avx512(void) {
#if defined(__x86_64__) && defined(__linux__)
    return __builtin_cpu_supports("avx512f");
#else
    return 0;
#endif
}

// The cases of a `switch` over the size of a tile. The file that uses them defines TILE(n) as `case n:` with a call of
// its tile for the constant size n.
// clang-format off
#define TILES_1_TO_6 TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#define TILES_7_TO_10 TILE(7) TILE(8) TILE(9) TILE(10)
#define TILES_11_TO_14 TILE(11) TILE(12) TILE(13) TILE(14)
#define TILES_15_TO_24 \
    TILE(15) TILE(16) TILE(17) TILE(18) TILE(19) TILE(20) TILE(21) TILE(22) TILE(23) TILE(24)
// The whole `switch`: tiles of two vectors have up to 14 rows, those of one up to 24.
#define SWITCH_TILES(count, VECTORS)                                                                                 \
    switch (count) {                                                                                                 \
        TILES_1_TO_6 TILES_7_TO_10 TILES_11_TO_14                                                                    \
        default:                                                                                                     \
            if (VECTORS == 1) {                                                                                      \
                switch (count) { TILES_15_TO_24 }                                                                    \
            }                                                                                                        \
    }
// clang-format on

#endif
