#include "normalize.h"

// The same bits on every processor: multiplications and additions are not fused.
#pragma STDC FP_CONTRACT OFF

#include <float.h>
#include <math.h>

#include "elementary.h"
#include "quartiles.h"

// Independent partial sums, minima and maxima: pixel i belongs to lane i mod 16. Loops over the lanes have a fixed
// length, so that they are vectorised at whatever width the processor has without a change of order.
enum { LANES = 16 };

INLINE double min_of(double a, double b) { return a < b ? a : b; }

INLINE double max_of(double a, double b) { return a > b ? a : b; }

// Updates the lanes' minima by one pixel each. x − x makes a lane of `nonfinite` NaN when the pixel is NaN or infinite.
INLINE void minimum_lanes(const double *restrict pixels, int lanes, double *restrict low, double *restrict nonfinite) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = pixels[lane];
        low[lane] = min_of(low[lane], x);
        nonfinite[lane] += x - x;
    }
}

// The smallest pixel, or NaN when any is NaN or infinite.
FOR_EACH_CPU static double minimum(const double *restrict pixels, ptrdiff_t n) {
    double low[LANES], nonfinite[LANES];
    for (int lane = 0; lane < LANES; ++lane) {
        low[lane] = INFINITY;
        nonfinite[lane] = 0;
    }
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) minimum_lanes(pixels + i, LANES, low, nonfinite);
    minimum_lanes(pixels + i, (int)(n - i), low, nonfinite);
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; ++lane) {
            low[lane] = min_of(low[lane], low[lane + width]);
            nonfinite[lane] += nonfinite[lane + width];
        }
    }
    return nonfinite[0] == 0 ? low[0] : NAN;
}

// max(x, floor) − floor for one pixel per lane, also added to the lanes' sums.
INLINE void subtract_lanes(const double *restrict pixels, int lanes, double floor, double *restrict out,
                           double *restrict sums) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = max_of(pixels[lane], floor) - floor;
        out[lane] = x;
        sums[lane] += x;
    }
}

// out = max(x, floor) − floor; returns the sum.
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
    // If any pixel is below the threshold, the threshold is the minimum after clipping.
    const double sum = subtract_floor(pixels, n, max_of(lowest, threshold), scratch);
    const double divisor = by_mean ? sum / (double)n : sum;
    if (!(divisor > 0 && sum <= DBL_MAX)) return false;
    divide(scratch, n, divisor, out);
    return true;
}

FOR_EACH_CPU bool stamp_round(const double *pixels, ptrdiff_t n, float *out) {
    int nonfinite = 0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        out[i] = (float)pixels[i];
        nonfinite |= !(fabsf(out[i]) <= FLT_MAX);
    }
    return !nonfinite;
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

// The mean of |x − centre|, in 16 partial sums.
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
    // √(π/2) times the mean absolute deviation is σ for a normal distribution.
    const double spread = sigma > 0 ? sigma : 1.2533141373155001 * mean_distance(pixels, n, *median);
    return spread <= DBL_MAX ? spread : NAN;
}

FOR_EACH_CPU static void standardize(const double *restrict pixels, ptrdiff_t n, double median, double spread,
                                     float *restrict out) {
    const double limit = STAMP_FARTHEST;
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double distance = (pixels[i] - median) / spread;
        out[i] = (float)max_of(min_of(distance, limit), -limit);
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

// ln(1 + x) for 0 <= x <= 1e30. With w = 1 + x rounded, the rounding error contributes (x − (w − 1)) / w.
INLINE float log_of_one_plus(float x) {
    const float w = 1 + x;
    const float lost = x - (w - 1);
    return elementary_log(w) + (w < 0x1p24f ? lost / w : 0);
}

FOR_EACH_CPU void stamp_asinh(float *values, ptrdiff_t n, float softening) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        const float x = values[i] / softening;
        const float a = x < 0 ? -x : x;
        // asinh x = ln(x + √(1 + x²)), written without cancellation for small x.
        const float grown = softening * log_of_one_plus(a + a * a / (1 + sqrtf(1 + a * a)));
        values[i] = x < 0 ? -grown : grown;
    }
}

FOR_EACH_CPU void stamp_widen(const float *restrict pixels, ptrdiff_t n, double *restrict out) {
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = pixels[i];
}

// Sums of 16 lanes, added pairwise.
INLINE double sum_of_lanes(double sums[LANES]) {
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
    return sums[0];
}

FOR_EACH_CPU static double sum_of(const double *restrict pixels, ptrdiff_t n) {
    double sums[LANES] = {0};
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        const int lanes = n - i < LANES ? (int)(n - i) : LANES;
        for (int lane = 0; lane < lanes; ++lane) sums[lane] += pixels[i + lane];
    }
    return sum_of_lanes(sums);
}

FOR_EACH_CPU static double sum_of_squares(const double *restrict pixels, ptrdiff_t n, double centre) {
    double sums[LANES] = {0};
    for (ptrdiff_t i = 0; i < n; i += LANES) {
        const int lanes = n - i < LANES ? (int)(n - i) : LANES;
        for (int lane = 0; lane < lanes; ++lane) {
            const double distance = pixels[i + lane] - centre;
            sums[lane] += distance * distance;
        }
    }
    return sum_of_lanes(sums);
}

bool stamp_moments(const double *pixels, ptrdiff_t n, double *mean, double *squares) {
    const double lowest = minimum(pixels, n);
    if (isnan(lowest)) return false;
    // Equal pixels must not seem to vary because their mean is rounded.
    *mean = lowest == maximum(pixels, n) ? lowest : sum_of(pixels, n) / (double)n;
    *squares = sum_of_squares(pixels, n, *mean);
    return true;
}

bool stamp_scale(const double *pixels, ptrdiff_t n, double zero, double unit, float *out) {
    if (isnan(minimum(pixels, n))) return false;
    standardize(pixels, n, zero, unit, out);
    return true;
}

bool stamp_zscore(const double *pixels, ptrdiff_t n, float *out) {
    double mean, squares;
    if (!stamp_moments(pixels, n, &mean, &squares)) return false;
    const double deviation = sqrt(squares / (double)n);
    if (!(deviation > 0 && deviation <= DBL_MAX)) return false;
    standardize(pixels, n, mean, deviation, out);
    return true;
}

bool stamp_scale_percentiles(const double *pixels, double *scratch, ptrdiff_t n, double low, double high, float *out) {
    if (isnan(minimum(pixels, n))) return false;
    const double lowest = stamp_percentile(pixels, n, low, scratch);
    const double range = stamp_percentile(pixels, n, high, scratch) - lowest;
    if (!(range > 0 && range <= DBL_MAX)) return false;
    standardize(pixels, n, lowest, range, out);
    stamp_clip(out, n, 0, 1);
    return true;
}

bool stamp_divide_by_norm(const double *pixels, double *scratch, ptrdiff_t n, float *out) {
    const double lowest = minimum(pixels, n);
    if (isnan(lowest)) return false;
    const double largest = max_of(maximum(pixels, n), -lowest);
    const double *values = pixels;
    // Squares of other numbers are lost or infinite.
    if (largest > 0 && (largest < 1e-100 || largest > 1e100)) {
        for (ptrdiff_t i = 0; i < n; ++i) scratch[i] = pixels[i] / largest;
        values = scratch;
    }
    const double norm = sqrt(sum_of_squares(values, n, 0));
    divide(values, n, norm > 0 ? norm : 1, out);
    return true;
}
