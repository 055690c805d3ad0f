#include "planes.h"

#include <math.h>

#include "quartiles.h"

FOR_EACH_CPU void stamp_take_plane(const double *restrict values, ptrdiff_t stride, ptrdiff_t channels,
                                   ptrdiff_t height, ptrdiff_t width, double *restrict out) {
    for (ptrdiff_t row = 0; row < height; ++row)
        for (ptrdiff_t column = 0; column < width; ++column)
            out[row * width + column] = values[row * stride + column * channels];
}

FOR_EACH_CPU void stamp_take_float_plane(const float *restrict values, ptrdiff_t stride, ptrdiff_t channels,
                                         ptrdiff_t height, ptrdiff_t width, double *restrict out) {
    for (ptrdiff_t row = 0; row < height; ++row)
        for (ptrdiff_t column = 0; column < width; ++column)
            out[row * width + column] = values[row * stride + column * channels];
}

FOR_EACH_CPU void stamp_put_plane(const float *restrict plane, ptrdiff_t height, ptrdiff_t width, ptrdiff_t stride,
                                  ptrdiff_t channels, float *restrict out) {
    for (ptrdiff_t row = 0; row < height; ++row)
        for (ptrdiff_t column = 0; column < width; ++column)
            out[row * stride + column * channels] = plane[row * width + column];
}

// Whether all pixels are finite: x − x is NaN for those that are not.
FOR_EACH_CPU static bool is_finite(const double *restrict pixels, ptrdiff_t n) {
    double differences[VECTOR_FLOATS] = {0};
    ptrdiff_t i = 0;
    for (; i + VECTOR_FLOATS <= n; i += VECTOR_FLOATS)
        for (int lane = 0; lane < VECTOR_FLOATS; ++lane) differences[lane] += pixels[i + lane] - pixels[i + lane];
    for (; i < n; ++i) differences[0] += pixels[i] - pixels[i];
    double sum = 0;
    for (int lane = 0; lane < VECTOR_FLOATS; ++lane) sum += differences[lane];
    return sum == 0;
}

// What stands for a plane's other pixels; NaN when there is no finite one to take it from.
static double value_to_fill(const double *pixels, ptrdiff_t n, enum stamp_fill fill, double *scratch) {
    if (fill == STAMP_FILL_ZERO) return 0;
    ptrdiff_t count = 0;
    double least = INFINITY;
    for (ptrdiff_t i = 0; i < n; ++i) {
        if (!isfinite(pixels[i])) continue;
        scratch[count++] = pixels[i];
        if (pixels[i] < least) least = pixels[i];
    }
    if (count == 0) return NAN;
    if (fill == STAMP_FILL_MINIMUM) return least;
    double quartiles[3];
    stamp_quartiles(scratch, count, scratch + n, quartiles);
    return quartiles[1];
}

bool stamp_fill_plane(double *pixels, ptrdiff_t n, enum stamp_fill fill, double *scratch, float *mask) {
    if (is_finite(pixels, n)) return true;
    const double value = value_to_fill(pixels, n, fill, scratch);
    if (isnan(value)) return false;
    for (ptrdiff_t i = 0; i < n; ++i) {
        if (isfinite(pixels[i])) continue;
        pixels[i] = value;
        if (mask) mask[i] = 1;
    }
    return true;
}

void stamp_threshold(float *values, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; ++i) values[i] = values[i] >= 0.5f ? 1 : 0;
}
