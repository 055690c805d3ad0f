#include "transpose.h"

// Tiles of 16×16 are turned in registers; a block of tiles is read in stretches that are long enough for the
// prefetcher.
enum { TILE = VECTOR_FLOATS, BLOCK = 64 };

// Exchanges the lanes with bit `s` of `a` for those without it of `b`: one step of turning the matrix of which they are
// rows.
#define SHUFFLE_LOW(s, a, b) \
    __builtin_shufflevector(a, b, 0 & s ? 16 - s : 0, 1 & s ? 17 - s : 1, 2 & s ? 18 - s : 2, 3 & s ? 19 - s : 3, \
                            4 & s ? 20 - s : 4, 5 & s ? 21 - s : 5, 6 & s ? 22 - s : 6, 7 & s ? 23 - s : 7, \
                            8 & s ? 24 - s : 8, 9 & s ? 25 - s : 9, 10 & s ? 26 - s : 10, 11 & s ? 27 - s : 11, \
                            12 & s ? 28 - s : 12, 13 & s ? 29 - s : 13, 14 & s ? 30 - s : 14, 15 & s ? 31 - s : 15)
#define SHUFFLE_HIGH(s, a, b) \
    __builtin_shufflevector(a, b, 0 & s ? 16 : 0 + s, 1 & s ? 17 : 1 + s, 2 & s ? 18 : 2 + s, 3 & s ? 19 : 3 + s, \
                            4 & s ? 20 : 4 + s, 5 & s ? 21 : 5 + s, 6 & s ? 22 : 6 + s, 7 & s ? 23 : 7 + s, \
                            8 & s ? 24 : 8 + s, 9 & s ? 25 : 9 + s, 10 & s ? 26 : 10 + s, 11 & s ? 27 : 11 + s, \
                            12 & s ? 28 : 12 + s, 13 & s ? 29 : 13 + s, 14 & s ? 30 : 14 + s, 15 & s ? 31 : 15 + s)
#define EXCHANGE(s, rows) \
    for (int r = 0; r < TILE; ++r) \
        if (!(r & s)) { \
            const f32x16 a = rows[r], b = rows[r + s]; \
            rows[r] = SHUFFLE_LOW(s, a, b); \
            rows[r + s] = SHUFFLE_HIGH(s, a, b); \
        }

INLINE void transpose_tile(const float *from, ptrdiff_t columns, ptrdiff_t to_step, float *to) {
    f32x16 rows[TILE];
    for (int r = 0; r < TILE; ++r) rows[r] = *(const f32x16u *)(from + r * columns);
    EXCHANGE(8, rows)
    EXCHANGE(4, rows)
    EXCHANGE(2, rows)
    EXCHANGE(1, rows)
    for (int r = 0; r < TILE; ++r) *(f32x16u *)(to + r * to_step) = rows[r];
}

// Rows from `row` to `last_row`, columns from `column` to `last_column`.
INLINE void transpose_block(const float *from, ptrdiff_t row, ptrdiff_t last_row, ptrdiff_t column,
                            ptrdiff_t last_column, ptrdiff_t columns, ptrdiff_t to_step, float *to) {
    for (ptrdiff_t r = row; r < last_row; r += TILE)
        for (ptrdiff_t c = column; c < last_column; c += TILE) {
            if (r + TILE <= last_row && c + TILE <= last_column) {
                transpose_tile(from + r * columns + c, columns, to_step, to + c * to_step + r);
                continue;
            }
            for (ptrdiff_t i = c; i < c + TILE && i < last_column; ++i)
                for (ptrdiff_t j = r; j < r + TILE && j < last_row; ++j) to[i * to_step + j] = from[j * columns + i];
        }
}

FOR_EACH_CPU
void transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t to_step, float *to) {
    for (ptrdiff_t row = 0; row < rows; row += BLOCK)
        for (ptrdiff_t column = 0; column < columns; column += BLOCK)
            transpose_block(from, row, row + BLOCK < rows ? row + BLOCK : rows, column,
                            column + BLOCK < columns ? column + BLOCK : columns, columns, to_step, to);
}
