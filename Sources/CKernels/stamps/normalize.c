#include "normalize.h"

// The same bits on every processor: no multiplication is fused with the addition behind it.
#pragma STDC FP_CONTRACT OFF

#include <float.h>
#include <math.h>

#include "elementary.h"
#include "quartiles.h"

// Independent sums, minima and maxima side by side: pixel i belongs to lane i mod 16. Loops over the lanes have a fixed
// length and become vector code of whatever width the processor has, without a change of order.
enum { LANES = 16 };

INLINE double min_of(double a, double b) { return a < b ? a : b; }

INLINE double max_of(double a, double b) { return a > b ? a : b; }

// Keeps the smallest of a group of pixels, one a lane, and in `wrong` a NaN for each that is NaN or infinite.
INLINE void minimum_lanes(const double *restrict pixels, int lanes, double *restrict low, double *restrict wrong) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = pixels[lane];
        low[lane] = min_of(low[lane], x);
        wrong[lane] += x - x;
    }
}

// The smallest pixel; NaN when one is NaN or infinite.
FOR_EACH_CPU static double minimum(const double *restrict pixels, ptrdiff_t n) {
    double low[LANES], wrong[LANES];
    for (int lane = 0; lane < LANES; ++lane) {
        low[lane] = INFINITY;
        wrong[lane] = 0;
    }
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) minimum_lanes(pixels + i, LANES, low, wrong);
    minimum_lanes(pixels + i, (int)(n - i), low, wrong);
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; ++lane) {
            low[lane] = min_of(low[lane], low[lane + width]);
            wrong[lane] += wrong[lane + width];
        }
    }
    return wrong[0] == 0 ? low[0] : NAN;
}

// Raises a group of pixels to at least `floor`, subtracts it and adds what is left to the lanes' sums.
INLINE void subtract_lanes(const double *restrict pixels, int lanes, double floor, double *restrict out,
                           double *restrict sums) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = max_of(pixels[lane], floor) - floor;
        out[lane] = x;
        sums[lane] += x;
    }
}

// Writes to `out` how far each pixel is above `floor`, if at all, and returns the sum.
FOR_EACH_CPU static double subtract_floor(const double *restrict pixels, ptrdiff_t n, double floor,
                                          double *restrict out) {
    double sums[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) subtract_lanes(pixels + i, LANES, floor, out + i, sums);
    subtract_lanes(pixels + i, (int)(n - i), floor, out + i, sums);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
    return sums[0];
}

FOR_EACH_CPU static void divide(const double *restrict pixels, ptrdiff_t n, double divisor, float *restrict out) {
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = (float)(pixels[i] / divisor);
}

bool stamp_normalize(const double *pixels, double *scratch, ptrdiff_t n, bool by_mean, float *out) {
    const double lowest = minimum(pixels, n);
    if (isnan(lowest)) return false;
    double quartiles[3];
    stamp_quartiles(pixels, n, scratch, quartiles);
    const double sigma = 0.7413 * (quartiles[2] - quartiles[0]);
    const double threshold = quartiles[1] - 2 * sigma;
    // A pixel below the threshold makes the threshold the new minimum.
    const double sum = subtract_floor(pixels, n, max_of(lowest, threshold), scratch);
    const double divisor = by_mean ? sum / (double)n : sum;
    if (!(divisor > 0 && sum <= DBL_MAX)) return false;
    divide(scratch, n, divisor, out);
    return true;
}

FOR_EACH_CPU bool stamp_round(const double *pixels, ptrdiff_t n, float *out) {
    int wrong = 0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        out[i] = (float)pixels[i];
        wrong |= !(fabsf(out[i]) <= FLT_MAX);
    }
    return !wrong;
}

// The largest pixel.
FOR_EACH_CPU static double maximum(const double *restrict pixels, ptrdiff_t n) {
    double high[LANES];
    for (int lane = 0; lane < LANES; ++lane) high[lane] = -INFINITY;
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        const int lanes = n - i < LANES ? (int)(n - i) : LANES;
        for (int lane = 0; lane < lanes; ++lane) high[lane] = max_of(high[lane], pixels[i + lane]);
    }
    for (int lane = 1; lane < LANES; ++lane) high[0] = max_of(high[0], high[lane]);
    return high[0];
}

bool stamp_scale_to_range(const double *pixels, double *scratch, ptrdiff_t n, float *out) {
    const double lowest = minimum(pixels, n);
    if (isnan(lowest)) return false;
    const double range = maximum(pixels, n) - lowest;
    if (!(range > 0 && range <= DBL_MAX)) return false;
    subtract_floor(pixels, n, lowest, scratch);
    divide(scratch, n, range, out);
    return true;
}

// The mean distance from `centre`, in 16 partial sums.
static double mean_distance(const double *pixels, ptrdiff_t n, double centre) {
    double sums[LANES] = {0};
    for (ptrdiff_t i = 0; i < n; ++i) sums[i % LANES] += fabs(pixels[i] - centre);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
    return sums[0] / (double)n;
}

double stamp_spread(const double *pixels, double *scratch, ptrdiff_t n, double *median) {
    if (isnan(minimum(pixels, n))) return NAN;
    double quartiles[3];
    stamp_quartiles(pixels, n, scratch, quartiles);
    *median = quartiles[1];
    const double sigma = 0.7413 * (quartiles[2] - quartiles[0]);
    // √(π/2): what makes it σ in normal noise.
    const double spread = sigma > 0 ? sigma : 1.2533141373155001 * mean_distance(pixels, n, *median);
    return spread <= DBL_MAX ? spread : NAN;
}

FOR_EACH_CPU static void standardize(const double *restrict pixels, ptrdiff_t n, double median, double spread,
                                     float *restrict out) {
    const double farthest = STAMP_FARTHEST;
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double distance = (pixels[i] - median) / spread;
        out[i] = (float)max_of(min_of(distance, farthest), -farthest);
    }
}

bool stamp_standardize(const double *pixels, double *scratch, ptrdiff_t n, float *out) {
    double median;
    const double spread = stamp_spread(pixels, scratch, n, &median);
    if (!(spread > 0)) return false;
    standardize(pixels, n, median, spread, out);
    return true;
}

FOR_EACH_CPU void stamp_clip(float *values, ptrdiff_t n, float lowest, float highest) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        const float x = values[i] < lowest ? lowest : values[i];
        values[i] = x > highest ? highest : x;
    }
}

// ln(1 + x) for 0 <= x <= 1e30: what rounding 1 + x to w loses counts for (x - (w - 1)) / w.
INLINE float log_of_one_plus(float x) {
    const float w = 1 + x;
    const float lost = x - (w - 1);
    return elementary_log(w) + (w < 0x1p24f ? lost / w : 0);
}

FOR_EACH_CPU void stamp_asinh(float *values, ptrdiff_t n, float softening) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        const float x = values[i] / softening;
        const float a = x < 0 ? -x : x;
        // asinh x = ln(x + √(1 + x²)), so written that small x keep their digits.
        const float grown = softening * log_of_one_plus(a + a * a / (1 + sqrtf(1 + a * a)));
        values[i] = x < 0 ? -grown : grown;
    }
}

FOR_EACH_CPU void stamp_widen(const float *restrict pixels, ptrdiff_t n, double *restrict out) {
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = pixels[i];
}
