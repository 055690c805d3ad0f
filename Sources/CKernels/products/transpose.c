#include "transpose.h"
#include "transpose_tile.h"

// Blocks of 64 × 64 are transposed in tiles of 16 × 16: rows are then read in runs long enough for the prefetcher.
enum { TILE = VECTOR_FLOATS, BLOCK = 64 };

// Rows row ..< last_row and columns column ..< last_column.
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
