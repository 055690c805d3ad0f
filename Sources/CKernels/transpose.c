#include "transpose.h"

// Blocks whose lines stay in the first-level cache while they are read along and written across.
enum { BLOCK = 32 };

FOR_EACH_CPU
void transpose(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t to_step, float *to) {
    for (ptrdiff_t row = 0; row < rows; row += BLOCK)
        for (ptrdiff_t column = 0; column < columns; column += BLOCK) {
            const ptrdiff_t last_row = row + BLOCK < rows ? row + BLOCK : rows;
            const ptrdiff_t last_column = column + BLOCK < columns ? column + BLOCK : columns;
            for (ptrdiff_t c = column; c < last_column; ++c)
                for (ptrdiff_t r = row; r < last_row; ++r) to[c * to_step + r] = from[r * columns + c];
        }
}
