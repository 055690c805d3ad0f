// The transpose of 16 × 16 floats in registers.
#ifndef CKERNELS_TRANSPOSE_TILE_H
#define CKERNELS_TRANSPOSE_TILE_H

#include "vectors.h"

// One of four steps. With s = 8, 4, 2, 1, rows r and r + s exchange the lanes with bit s of the former for the lanes
// without it of the latter: the off-diagonal s × s blocks of each 2s × 2s block swap places.
// clang-format off
#define SHUFFLE_LOW(s, a, b)                                                                                         \
    __builtin_shufflevector(a, b, 0 & s ? 16 - s : 0, 1 & s ? 17 - s : 1, 2 & s ? 18 - s : 2, 3 & s ? 19 - s : 3,    \
                            4 & s ? 20 - s : 4, 5 & s ? 21 - s : 5, 6 & s ? 22 - s : 6, 7 & s ? 23 - s : 7,          \
                            8 & s ? 24 - s : 8, 9 & s ? 25 - s : 9, 10 & s ? 26 - s : 10, 11 & s ? 27 - s : 11,      \
                            12 & s ? 28 - s : 12, 13 & s ? 29 - s : 13, 14 & s ? 30 - s : 14, 15 & s ? 31 - s : 15)
#define SHUFFLE_HIGH(s, a, b)                                                                                        \
    __builtin_shufflevector(a, b, 0 & s ? 16 : 0 + s, 1 & s ? 17 : 1 + s, 2 & s ? 18 : 2 + s, 3 & s ? 19 : 3 + s,    \
                            4 & s ? 20 : 4 + s, 5 & s ? 21 : 5 + s, 6 & s ? 22 : 6 + s, 7 & s ? 23 : 7 + s,          \
                            8 & s ? 24 : 8 + s, 9 & s ? 25 : 9 + s, 10 & s ? 26 : 10 + s, 11 & s ? 27 : 11 + s,      \
                            12 & s ? 28 : 12 + s, 13 & s ? 29 : 13 + s, 14 & s ? 30 : 14 + s, 15 & s ? 31 : 15 + s)
#define EXCHANGE(s, rows)                                                                                            \
    for (int r = 0; r < VECTOR_FLOATS; ++r)                                                                          \
        if (!(r & s)) {                                                                                              \
            const f32x16 a = rows[r], b = rows[r + s];                                                               \
            rows[r] = SHUFFLE_LOW(s, a, b);                                                                          \
            rows[r + s] = SHUFFLE_HIGH(s, a, b);                                                                     \
        }
// clang-format on

// to[c·to_step + r] = from[r·from_step + c] for 0 ≤ r, c < 16
INLINE void transpose_tile(const float *from, ptrdiff_t from_step, ptrdiff_t to_step, float *to) {
    f32x16 rows[VECTOR_FLOATS];
    for (int r = 0; r < VECTOR_FLOATS; ++r) rows[r] = *(const f32x16u *)(from + r * from_step);
    EXCHANGE(8, rows)
    EXCHANGE(4, rows)
    EXCHANGE(2, rows)
    EXCHANGE(1, rows)
    for (int r = 0; r < VECTOR_FLOATS; ++r) *(f32x16u *)(to + r * to_step) = rows[r];
}

#undef EXCHANGE
#undef SHUFFLE_HIGH
#undef SHUFFLE_LOW

#endif
