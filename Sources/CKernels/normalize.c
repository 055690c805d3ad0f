#include "normalize.h"

#include <float.h>
#include <math.h>
#include <string.h>

// Independent sums, minima and maxima side by side: pixel i belongs to lane i mod 16. Loops over the lanes have a fixed
// length and become vector code of whatever width the processor has, without a change of order.
enum { LANES = 16 };

INLINE double min_of(double a, double b) { return a < b ? a : b; }

INLINE double max_of(double a, double b) { return a > b ? a : b; }

// ---------------------------------------------------------------------------------------------------------------
// Quartiles: quickselect for several ranks at once. Partitioning copies from one buffer to the other without a
// branch that depends on the data, since such a branch would be mispredicted for every second pixel.

// Below this size sorting is faster than another partition (measured).
enum { SMALL = 12 };

INLINE double median_of_3(double a, double b, double c) {
    return max_of(min_of(a, b), min_of(max_of(a, b), c));
}

// Near the median: the median of three medians of three.
INLINE double pivot_of(const double *v, ptrdiff_t n) {
    const ptrdiff_t step = n / 9;
    const double *p = v + step / 2;
    return median_of_3(median_of_3(p[0], p[3 * step], p[6 * step]), median_of_3(p[step], p[4 * step], p[7 * step]),
                       median_of_3(p[2 * step], p[5 * step], p[8 * step]));
}

// Copies to `to` the values below the pivot from the front, the others from the back; returns how many are below.
INLINE ptrdiff_t partition_below(const double *restrict from, double *restrict to, ptrdiff_t n, double pivot) {
    double *front = to;
    // The place at the back is as far away as there are values left.
    for (ptrdiff_t left = n - 1; left >= 0; --left) {
        const double x = *from++;
        front[0] = x;
        front[left] = x;
        front += x < pivot;
    }
    return front - to;
}

INLINE void sort_small(double *v, ptrdiff_t n) {
    for (ptrdiff_t i = 1; i < n; ++i) {
        const double x = v[i];
        ptrdiff_t j = i;
        for (; j > 0 && v[j - 1] > x; --j) v[j] = v[j - 1];
        v[j] = x;
    }
}

// Sets found[k] to the value of rank ranks[k] (ascending, count of them) in values[0 ..< n], whose own first rank is
// `first`. Both buffers are overwritten.
static void select_ranks(double *values, double *spare, ptrdiff_t n, ptrdiff_t first, const ptrdiff_t *ranks, int count,
                         double *found) {
    while (count > 0) {
        if (n <= SMALL) {
            sort_small(values, n);
            for (int k = 0; k < count; ++k) found[k] = values[ranks[k] - first];
            return;
        }
        const double pivot = pivot_of(values, n);
        const ptrdiff_t below = partition_below(values, spare, n, pivot);
        int left = 0;
        while (left < count && ranks[left] < first + below) ++left;
        if (left > 0) select_ranks(spare, values, below, first, ranks, left, found);
        ranks += left; found += left; count -= left; first += below; n -= below;
        double *rest = spare + below;
        spare = values + below;
        values = rest;
        if (below == 0) {
            // The pivot is the smallest value: all values equal to it leave at once, however many there are.
            ptrdiff_t equal = 0;
            for (ptrdiff_t i = 0; i < n; ++i) {
                const double x = values[i];
                values[i - equal] = x;
                equal += x == pivot;
            }
            while (count > 0 && ranks[0] < first + equal) {
                *found = pivot;
                ++ranks; ++found; --count;
            }
            first += equal; n -= equal;
        }
    }
}

// numpy's _lerp: from b for t ≥ ½. The weights here are quarters, so that every product is exact.
INLINE double interpolate(double a, double b, double t) {
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

void stamp_quartiles(double *values, double *spare, ptrdiff_t n, double quartiles[3]) {
    ptrdiff_t ranks[6];
    double weights[3], found[6];
    for (int q = 0; q < 3; ++q) {
        const ptrdiff_t quarters = (n - 1) * (q + 1);
        ranks[2 * q] = quarters / 4;
        ranks[2 * q + 1] = quarters / 4 + (quarters % 4 != 0);
        weights[q] = (double)(quarters % 4) / 4;
    }
    // For n < 6 the ranks of neighbouring quartiles overlap, which sorting does not mind.
    if (n <= SMALL) {
        sort_small(values, n);
        for (int k = 0; k < 6; ++k) found[k] = values[ranks[k]];
    } else {
        select_ranks(values, spare, n, 0, ranks, 6, found);
    }
    for (int q = 0; q < 3; ++q) quartiles[q] = interpolate(found[2 * q], found[2 * q + 1], weights[q]);
}

// ---------------------------------------------------------------------------------------------------------------
// Passes over the pixels.

// Copies a group of pixels, one a lane, and keeps the smallest and, in `wrong`, a NaN for each that is NaN or infinite.
INLINE void copy_lanes(const double *restrict pixels, int lanes, double *restrict copy, double *restrict low,
                       double *restrict wrong) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = pixels[lane];
        copy[lane] = x;
        low[lane] = min_of(low[lane], x);
        wrong[lane] += x - x;
    }
}

// Copies the pixels and returns their smallest; NaN when one is NaN or infinite.
FOR_EACH_CPU static double copy_and_minimum(const double *restrict pixels, ptrdiff_t n, double *restrict copy) {
    double low[LANES], wrong[LANES];
    for (int lane = 0; lane < LANES; ++lane) {
        low[lane] = INFINITY;
        wrong[lane] = 0;
    }
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) copy_lanes(pixels + i, LANES, copy + i, low, wrong);
    copy_lanes(pixels + i, (int)(n - i), copy + i, low, wrong);
    for (int lane = 1; lane < LANES; ++lane) {
        low[0] = min_of(low[0], low[lane]);
        wrong[0] += wrong[lane];
    }
    return wrong[0] == 0 ? low[0] : NAN;
}

// Raises a group of pixels to at least `floor`, subtracts it and adds what is left to the lanes' sums.
INLINE void subtract_lanes(double *restrict pixels, int lanes, double floor, double *restrict sums) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = max_of(pixels[lane], floor) - floor;
        pixels[lane] = x;
        sums[lane] += x;
    }
}

// Raises pixels to at least `floor`, subtracts it and returns the sum.
FOR_EACH_CPU static double subtract_floor(double *restrict pixels, ptrdiff_t n, double floor) {
    double sums[LANES] = {0};
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) subtract_lanes(pixels + i, LANES, floor, sums);
    subtract_lanes(pixels + i, (int)(n - i), floor, sums);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
    return sums[0];
}

FOR_EACH_CPU static void divide(const double *pixels, ptrdiff_t n, double divisor, float *out) {
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = (float)(pixels[i] / divisor);
}

bool stamp_normalize(double *pixels, double *scratch, ptrdiff_t n, bool by_mean, float *out) {
    const double minimum = copy_and_minimum(pixels, n, scratch);
    if (isnan(minimum)) return false;
    double quartiles[3];
    stamp_quartiles(scratch, scratch + n, n, quartiles);
    const double sigma = 0.7413 * (quartiles[2] - quartiles[0]);
    const double threshold = quartiles[1] - 2 * sigma;
    // A pixel below the threshold makes the threshold the new minimum.
    const double sum = subtract_floor(pixels, n, max_of(minimum, threshold));
    const double divisor = by_mean ? sum / (double)n : sum;
    if (!(divisor > 0 && sum <= DBL_MAX)) return false;
    divide(pixels, n, divisor, out);
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

FOR_EACH_CPU bool stamp_is_finite(const double *pixels, ptrdiff_t n) {
    int wrong = 0;
    for (ptrdiff_t i = 0; i < n; ++i) wrong |= !(fabsf((float)pixels[i]) <= FLT_MAX);
    return !wrong;
}

INLINE void range_lanes(const double *restrict pixels, int lanes, double *restrict low, double *restrict high,
                        double *restrict wrong) {
    for (int lane = 0; lane < lanes; ++lane) {
        const double x = pixels[lane];
        low[lane] = min_of(low[lane], x);
        high[lane] = max_of(high[lane], x);
        wrong[lane] += x - x;
    }
}

// The threshold is never above the median. So the sum is above zero when the largest pixel is above the median by a
// margin that no division by n loses, which holds when more than half of the pixels lie below it by that margin.
FOR_EACH_CPU bool stamp_is_surely_normalizable(const double *pixels, ptrdiff_t n) {
    const double margin = 1e-280, largest_sum = 1e300;
    double low[LANES], high[LANES], wrong[LANES];
    for (int lane = 0; lane < LANES; ++lane) {
        low[lane] = INFINITY;
        high[lane] = -INFINITY;
        wrong[lane] = 0;
    }
    ptrdiff_t i = 0;
    for (; i + LANES <= n; i += LANES) range_lanes(pixels + i, LANES, low, high, wrong);
    range_lanes(pixels + i, (int)(n - i), low, high, wrong);
    for (int lane = 1; lane < LANES; ++lane) {
        low[0] = min_of(low[0], low[lane]);
        high[0] = max_of(high[0], high[lane]);
        wrong[0] += wrong[lane];
    }
    if (wrong[0] != 0 || !((high[0] - low[0]) * (double)n < largest_sum)) return false;
    ptrdiff_t below = 0;
    for (i = 0; i < n; ++i) below += high[0] - pixels[i] > margin;
    return below > n / 2;
}
