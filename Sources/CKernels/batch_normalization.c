#include "batch_normalization.h"

// Single-precision partial sums run over this many rows at most before they are added in double precision.
enum { BLOCK_ROWS = 256 };

// Calls `body` for each row with the row's number modulo 4, known where it is compiled: four sums hide the latency.
#define EACH_ROW(rows, body) \
    do { \
        ptrdiff_t r_ = 0; \
        for (; r_ + 4 <= (rows); r_ += 4) { \
            body(r_, 0); \
            body(r_ + 1, 1); \
            body(r_ + 2, 2); \
            body(r_ + 3, 3); \
        } \
        for (int i_ = 0; r_ + i_ < (rows); ++i_) { body(r_ + i_, i_); } \
    } while (0)

// The mean of one block of rows, for up to 16 channels. The rows' first channels lie `channels` apart.
INLINE void block_mean(const float *x, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t some, f32x16 *mean) {
    f32x16 sum[4] = {{0}, {0}, {0}, {0}}, value = {0};
#define BODY(r, i) \
    load_some(x + (r) * channels, some, &value); \
    sum[i] += value
    EACH_ROW(rows, BODY);
#undef BODY
    *mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / (float)rows;
}

// Σ (x − mean) and Σ (x − mean)² of the same block.
INLINE void block_deviations(const float *x, const f32x16 *mean, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t some,
                             f32x16 *deviation, f32x16 *square) {
    f32x16 plain[4] = {{0}, {0}, {0}, {0}}, squares[4] = {{0}, {0}, {0}, {0}}, value = {0};
#define BODY(r, i) \
    load_some(x + (r) * channels, some, &value); \
    value -= *mean; \
    plain[i] += value; \
    squares[i] += value * value
    EACH_ROW(rows, BODY);
#undef BODY
    *deviation = (plain[0] + plain[1]) + (plain[2] + plain[3]);
    *square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
}

FOR_EACH_CPU
void channel_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t count = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            const ptrdiff_t first = block_first(c, channels), some = channels - first;
            const float *block = x + start * channels + first;
            f32x16 mean, deviation, square;
            block_mean(block, count, channels, some, &mean);
            block_deviations(block, &mean, count, channels, some, &deviation, &square);
            // With d = Σ (x − m), which is not quite 0 since m is rounded: Σ x = n m + d, Σ x² = Σ (x − m)² + 2 m d + n m².
            for (ptrdiff_t i = c - first; i < some && i < VECTOR_FLOATS; ++i) {
                const double m = mean[i], d = deviation[i], n = (double)count;
                sums[first + i] += n * m + d;
                sums[channels + first + i] += square[i] + m * (2 * d + n * m);
            }
        }
    }
}

FOR_EACH_CPU
void channel_scale_shift(const float *x, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                         int relu, float *y) {
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        const ptrdiff_t first = block_first(c, channels), some = channels - first;
        f32x16 factor = {0}, offset = {0}, value = {0};
        load_some(scale + first, some, &factor);
        load_some(shift + first, some, &offset);
        for (ptrdiff_t r = 0; r < rows; ++r) {
            load_some(x + r * channels + first, some, &value);
            value = value * factor + offset;
            if (relu) rectify(&value);
            store_some(&value, some, y + r * channels + first);
        }
    }
}

FOR_EACH_CPU
void channel_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                           ptrdiff_t rows, ptrdiff_t channels, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t count = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            const ptrdiff_t first = block_first(c, channels), some = channels - first;
            const float *values = x + start * channels + first, *gradients = dy + start * channels + first;
            f32x16 plain[4] = {{0}, {0}, {0}, {0}}, product[4] = {{0}, {0}, {0}, {0}};
            f32x16 center = {0}, inverse = {0}, value = {0}, gradient = {0};
            load_some(mean + first, some, &center);
            load_some(inverse_deviation + first, some, &inverse);
#define BODY(r, i) \
    load_some(values + (r) * channels, some, &value); \
    load_some(gradients + (r) * channels, some, &gradient); \
    plain[i] += gradient; \
    product[i] += gradient * ((value - center) * inverse)
            EACH_ROW(count, BODY);
#undef BODY
            const f32x16 sum = (plain[0] + plain[1]) + (plain[2] + plain[3]);
            const f32x16 products = (product[0] + product[1]) + (product[2] + product[3]);
            for (ptrdiff_t i = c - first; i < some && i < VECTOR_FLOATS; ++i) {
                sums[first + i] += sum[i];
                sums[channels + first + i] += products[i];
            }
        }
    }
}

FOR_EACH_CPU
void channel_gradient(const float *x, const float *dy, const float *a, const float *b, const float *d, ptrdiff_t rows,
                      ptrdiff_t channels, float *dx) {
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        const ptrdiff_t first = block_first(c, channels), some = channels - first;
        f32x16 slope = {0}, factor = {0}, offset = {0}, value = {0}, gradient = {0};
        load_some(a + first, some, &slope);
        load_some(b + first, some, &factor);
        load_some(d + first, some, &offset);
        for (ptrdiff_t r = 0; r < rows; ++r) {
            load_some(x + r * channels + first, some, &value);
            load_some(dy + r * channels + first, some, &gradient);
            value = gradient * slope + (value * factor + offset);
            store_some(&value, some, dx + r * channels + first);
        }
    }
}
