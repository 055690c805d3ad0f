#include "augmentation.h"

// The same bits on every processor: multiplications and additions are not fused.
#pragma STDC FP_CONTRACT OFF

#include <math.h>

void stamp_symmetry(const float *restrict stamp, ptrdiff_t height, ptrdiff_t width, unsigned symmetry,
                    float *restrict out) {
    // out[row][column] = stamp[origin + row·row_step + column·column_step]
    ptrdiff_t origin = 0, row_step = width, column_step = 1;
    if (symmetry & 1) {
        origin += width - 1;
        column_step = -1;
    }
    if (symmetry & 2) {
        origin += (height - 1) * width;
        row_step = -width;
    }
    if (symmetry & 4) {
        const ptrdiff_t step = row_step;
        row_step = column_step;
        column_step = step;
    }
    for (ptrdiff_t row = 0; row < height; ++row) {
        const float *from = stamp + origin + row * row_step;
        for (ptrdiff_t column = 0; column < width; ++column) out[row * width + column] = from[column * column_step];
    }
}

enum { TAPS = 4 };

// An interpolated pixel at i is Σ_t weights[t] · pixel[i + first + t].
struct taps {
    ptrdiff_t first;
    float weights[TAPS];
};

INLINE struct taps taps_of(float shift) {
    const float whole = floorf(-shift);
    const float t = -shift - whole;
    const float square = t * t, cube = square * t;
    const struct taps taps = {
        .first = (ptrdiff_t)whole - 1,
        .weights =
            {
                square - 0.5f * t - 0.5f * cube,
                1 - 2.5f * square + 1.5f * cube,
                0.5f * t + 2 * square - 1.5f * cube,
                0.5f * cube - 0.5f * square,
            },
    };
    return taps;
}

// The index in 0 ..< count that is nearest to `place`.
INLINE ptrdiff_t clamp_index(ptrdiff_t place, ptrdiff_t count) {
    return place < 0 ? 0 : place < count ? place : count - 1;
}

// `width` rounded up to whole vectors.
INLINE ptrdiff_t whole_vectors(ptrdiff_t width) { return (width + VECTOR_FLOATS - 1) / VECTOR_FLOATS * VECTOR_FLOATS; }

// The filtered rows, one padded input row, and one row of the result.
ptrdiff_t stamp_shift_scratch(ptrdiff_t height, ptrdiff_t width) {
    return (height + 2) * whole_vectors(width) + VECTOR_FLOATS;
}

// One row, its edge pixels repeated as far as the taps reach: line[i] = row[i + first].
INLINE void pad_row(const float *restrict row, ptrdiff_t width, ptrdiff_t first, float *restrict line) {
    const ptrdiff_t count = width + TAPS - 1;
    const ptrdiff_t begin = first < 0 ? (-first < count ? -first : count) : 0;
    const ptrdiff_t end = width - first > count ? count : width - first < begin ? begin : width - first;
    for (ptrdiff_t i = 0; i < begin; ++i) line[i] = row[0];
    for (ptrdiff_t i = begin; i < end; ++i) line[i] = row[i + first];
    for (ptrdiff_t i = end; i < count; ++i) line[i] = row[width - 1];
}

INLINE void interpolate(const float *const lines[TAPS], const struct taps *taps, ptrdiff_t count, float *restrict out) {
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        const f32x16 outer = *(const f32x16u *)(lines[0] + i) * taps->weights[0]
                             + *(const f32x16u *)(lines[3] + i) * taps->weights[3];
        const f32x16 inner = *(const f32x16u *)(lines[1] + i) * taps->weights[1]
                             + *(const f32x16u *)(lines[2] + i) * taps->weights[2];
        *(f32x16u *)(out + i) = outer + inner;
    }
}

FOR_EACH_CPU void stamp_shift(const float *stamp, ptrdiff_t height, ptrdiff_t width, float rows, float columns,
                              float *scratch, float *out) {
    const ptrdiff_t stride = whole_vectors(width);
    float *line = scratch + height * stride, *result = line + stride + VECTOR_FLOATS;
    memset(line, 0, (size_t)(stride + VECTOR_FLOATS) * sizeof *line);
    const struct taps across = taps_of(columns), down = taps_of(rows);
    for (ptrdiff_t row = 0; row < height; ++row) {
        pad_row(stamp + row * width, width, across.first, line);
        const float *const lines[TAPS] = {line, line + 1, line + 2, line + 3};
        interpolate(lines, &across, stride, scratch + row * stride);
    }
    for (ptrdiff_t row = 0; row < height; ++row) {
        const float *lines[TAPS];
        for (int tap = 0; tap < TAPS; ++tap)
            lines[tap] = scratch + clamp_index(row + down.first + tap, height) * stride;
        interpolate(lines, &down, stride, result);
        memcpy(out + row * width, result, (size_t)width * sizeof *out);
    }
}

FOR_EACH_CPU void stamp_add_scaled(float *restrict values, const float *restrict addends, ptrdiff_t n, float scale) {
    for (ptrdiff_t i = 0; i < n; ++i) values[i] += scale * addends[i];
}

FOR_EACH_CPU void stamp_contrast(float *values, ptrdiff_t n, float factor) {
    float sums[VECTOR_FLOATS] = {0};
    ptrdiff_t i = 0;
    for (; i + VECTOR_FLOATS <= n; i += VECTOR_FLOATS)
        for (int lane = 0; lane < VECTOR_FLOATS; ++lane) sums[lane] += values[i + lane];
    for (int lane = 0; i + lane < n; ++lane) sums[lane] += values[i + lane];
    for (int half = VECTOR_FLOATS / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
    const float mean = sums[0] / (float)n;
    for (ptrdiff_t place = 0; place < n; ++place) values[place] = (values[place] - mean) * factor + mean;
}
