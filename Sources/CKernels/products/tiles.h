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

// Whether processors without AVX-512's registers use its tiles as well, which is slow: for tests that the bits of
// results do not follow the tiles.
#ifndef WIDE_EVERYWHERE
#define WIDE_EVERYWHERE 0
#endif

// Defines a function of this name, `static` or `extern`, by its template `name_on`, which takes the parameters and,
// last, WIDE: whether the processor it is compiled for has AVX-512's registers. The rest are the parameters' names.
// Tiles that only fit AVX-512 are thus compiled for nothing else.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_REGISTER_FILE(linkage, name, parameters, ...) \
    __attribute__((target("avx512f"))) static void name##_avx512 parameters { name##_on(__VA_ARGS__, 1); } \
    __attribute__((target("arch=x86-64-v3"))) static void name##_avx2 parameters { \
        name##_on(__VA_ARGS__, WIDE_EVERYWHERE); \
    } \
    static void name##_plain parameters { name##_on(__VA_ARGS__, WIDE_EVERYWHERE); } \
    linkage void name parameters { \
        if (has_avx512()) name##_avx512(__VA_ARGS__); \
        else if (__builtin_cpu_supports("x86-64-v3")) name##_avx2(__VA_ARGS__); \
        else name##_plain(__VA_ARGS__); \
    }
#else
#define FOR_EACH_REGISTER_FILE(linkage, name, parameters, ...) \
    linkage void name parameters { name##_on(__VA_ARGS__, WIDE_EVERYWHERE); }
#endif

// Rows of a register tile of so many vectors and halves of vectors that its sums, weights and an input fit the register
// file: of AVX-512 32 registers of 16 floats, of AVX2 16 of eight, which hold no useful tile of two vectors.
INLINE ptrdiff_t tile_rows(int vectors, int halves, const int WIDE) {
    if (WIDE) return vectors + halves == 2 ? 14 : 24;
    return vectors == 1 ? 6 : 12;
}

// The cases of a `switch` over the size of a tile. The file that uses them defines TILE(n) as `case n:` with a call of
// its tile for the constant size n.
// clang-format off
#define TILES_2_TO_4 TILE(2) TILE(3) TILE(4)
#define TILES_1_TO_4 TILE(1) TILES_2_TO_4
#define TILES_1_TO_6 TILES_1_TO_4 TILE(5) TILE(6)
#define TILES_7_TO_10 TILE(7) TILE(8) TILE(9) TILE(10)
#define TILES_11_TO_14 TILE(11) TILE(12) TILE(13) TILE(14)
#define TILES_15_TO_24 \
    TILE(15) TILE(16) TILE(17) TILE(18) TILE(19) TILE(20) TILE(21) TILE(22) TILE(23) TILE(24)
// The whole `switch` over up to MOST rows, a constant.
#define SWITCH_TILES(count, MOST)                                                                                    \
    switch (count) {                                                                                                 \
        TILES_1_TO_6                                                                                                 \
        default:                                                                                                     \
            if (MOST > 6) {                                                                                          \
                switch (count) { TILES_7_TO_10 TILES_11_TO_14 }                                                      \
            }                                                                                                        \
            if (MOST > 14) {                                                                                         \
                switch (count) { TILES_15_TO_24 }                                                                    \
            }                                                                                                        \
    }
// clang-format on

#endif
