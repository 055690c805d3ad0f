#include "batch_normalization.h"

// Single-precision partial sums run over this many rows at most before they are added in double precision.
enum { BLOCK_ROWS = 256 };

// The mean of one block of rows, for up to 16 channels. The rows' first channels lie `channels` apart.
INLINE void block_mean(const float *x, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t some, f32x16 *mean) {
    f32x16 sum[4] = {{0}, {0}, {0}, {0}}, value = {0};
    for (ptrdiff_t r = 0; r < rows; ++r) {
        load_some(x + r * channels, some, &value);
        sum[r & 3] += value;
    }
    *mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)rows;
}

// Σ (x − mean) and Σ (x − mean)² of the same block.
INLINE void block_deviations(const float *x, const f32x16 *mean, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t some,
                             f32x16 *deviation, f32x16 *square) {
    f32x16 plain[4] = {{0}, {0}, {0}, {0}}, squares[4] = {{0}, {0}, {0}, {0}}, value = {0};
    for (ptrdiff_t r = 0; r < rows; ++r) {
        load_some(x + r * channels, some, &value);
        const f32x16 difference = value - *mean;
        plain[r & 3] += difference;
        squares[r & 3] += difference * difference;
    }
    *deviation = (plain[0] + plain[1]) + (plain[2] + plain[3]);
    *square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
}

FOR_EACH_CPU
void channel_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t count = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            const ptrdiff_t some = channels - c < VECTOR_FLOATS ? channels - c : VECTOR_FLOATS;
            const float *block = x + start * channels + c;
            f32x16 mean, deviation, square;
            block_mean(block, count, channels, some, &mean);
            block_deviations(block, &mean, count, channels, some, &deviation, &square);
            // With d = Σ (x − m), which is not quite 0 since m is rounded: Σ x = n m + d, Σ x² = Σ (x − m)² + 2 m d + n m².
            for (ptrdiff_t i = 0; i < some; ++i) {
                const double m = mean[i], d = deviation[i], n = (double)count;
                sums[c + i] += n * m + d;
                sums[channels + c + i] += square[i] + m * (2 * d + n * m);
            }
        }
    }
}

FOR_EACH_CPU
void channel_scale_shift(const float *x, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                         int relu, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, x += channels, y += channels) {
        if (relu) {
            for (ptrdiff_t c = 0; c < channels; ++c) {
                const float value = x[c] * scale[c] + shift[c];
                y[c] = value < 0 ? 0 : value;
            }
        } else {
            for (ptrdiff_t c = 0; c < channels; ++c) y[c] = x[c] * scale[c] + shift[c];
        }
    }
}

FOR_EACH_CPU
void channel_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                           ptrdiff_t rows, ptrdiff_t channels, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t end = rows - start < BLOCK_ROWS ? rows : start + BLOCK_ROWS;
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            const ptrdiff_t some = channels - c < VECTOR_FLOATS ? channels - c : VECTOR_FLOATS;
            f32x16 plain[2] = {{0}, {0}}, product[2] = {{0}, {0}}, center = {0}, inverse = {0}, value = {0}, gradient = {0};
            load_some(mean + c, some, &center);
            load_some(inverse_deviation + c, some, &inverse);
            for (ptrdiff_t r = start; r < end; ++r) {
                load_some(x + r * channels + c, some, &value);
                load_some(dy + r * channels + c, some, &gradient);
                plain[r & 1] += gradient;
                product[r & 1] += gradient * ((value - center) * inverse);
            }
            plain[0] += plain[1];
            product[0] += product[1];
            for (ptrdiff_t i = 0; i < some; ++i) {
                sums[c + i] += plain[0][i];
                sums[channels + c + i] += product[0][i];
            }
        }
    }
}

FOR_EACH_CPU
void channel_gradient(const float *x, const float *dy, const float *a, const float *b, const float *d, ptrdiff_t rows,
                      ptrdiff_t channels, float *dx) {
    for (ptrdiff_t r = 0; r < rows; ++r)
        for (ptrdiff_t c = 0; c < channels; ++c)
            dx[r * channels + c] = dy[r * channels + c] * a[c] + (x[r * channels + c] * b[c] + d[c]);
}
