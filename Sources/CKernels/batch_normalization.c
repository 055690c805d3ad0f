#include "batch_normalization.h"

// Single-precision partial sums run over this many rows at most before they are added in double precision.
enum { BLOCK_ROWS = 256 };

// partial[c] = Σ x, or Σ (x − mean[c])², over a block of rows.
INLINE void block_sums(const float *x, const float *mean, ptrdiff_t rows, ptrdiff_t channels, float *partial) {
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        const ptrdiff_t some = channels - c;
        f32x16 sum[4] = {{0}, {0}, {0}, {0}}, center = {0}, value = {0};
        if (mean) load_some(mean + c, some, &center);
        for (ptrdiff_t r = 0; r < rows; ++r) {
            load_some(x + r * channels + c, some, &value);
            if (mean) {
                value -= center;
                sum[r & 3] += value * value;
            } else {
                sum[r & 3] += value;
            }
        }
        value = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        store_some(&value, some, partial + c);
    }
}

FOR_EACH_CPU
void channel_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, float *scratch, double *sums) {
    float *partial = scratch, *mean = scratch + channels;
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t count = rows - start < BLOCK_ROWS ? rows - start : BLOCK_ROWS;
        const float *block = x + start * channels;
        block_sums(block, NULL, count, channels, partial);
        for (ptrdiff_t c = 0; c < channels; ++c) mean[c] = partial[c] / (float)count;
        for (ptrdiff_t c = 0; c < channels; ++c) sums[c] += partial[c];
        // Σ x² = Σ (x − m)² + 2 m Σ x − n m²
        for (ptrdiff_t c = 0; c < channels; ++c)
            sums[channels + c] += 2.0 * mean[c] * partial[c] - (double)count * mean[c] * mean[c];
        block_sums(block, mean, count, channels, partial);
        for (ptrdiff_t c = 0; c < channels; ++c) sums[channels + c] += partial[c];
    }
}

FOR_EACH_CPU
void channel_scale_shift(const float *x, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                         float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r)
        for (ptrdiff_t c = 0; c < channels; ++c) y[r * channels + c] = x[r * channels + c] * scale[c] + shift[c];
}

FOR_EACH_CPU
void channel_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                           ptrdiff_t rows, ptrdiff_t channels, float *scratch, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t end = rows - start < BLOCK_ROWS ? rows : start + BLOCK_ROWS;
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            const ptrdiff_t some = channels - c;
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
            store_some(&plain[0], some, scratch + c);
            store_some(&product[0], some, scratch + channels + c);
        }
        for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] += scratch[c];
    }
}

FOR_EACH_CPU
void channel_gradient(const float *x, const float *dy, const float *a, const float *b, const float *d, ptrdiff_t rows,
                      ptrdiff_t channels, float *dx) {
    for (ptrdiff_t r = 0; r < rows; ++r)
        for (ptrdiff_t c = 0; c < channels; ++c)
            dx[r * channels + c] = dy[r * channels + c] * a[c] + (x[r * channels + c] * b[c] + d[c]);
}
