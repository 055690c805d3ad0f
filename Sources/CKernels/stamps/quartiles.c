#include "quartiles.h"

#include <math.h>
#include <stdbool.h>

// numpy's quartiles are interpolated between the values of two adjacent ranks.
enum { QUARTILES = 3 };

INLINE double min_of(double a, double b) { return a < b ? a : b; }

INLINE double max_of(double a, double b) { return a > b ? a : b; }

// numpy's _lerp, which starts from b for t ≥ ½. Weights here are multiples of ¼, so every product is exact.
INLINE double interpolate(double a, double b, double t) { return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t); }

// The ranks below and above each quartile, ascending, and the weight of the upper one.
INLINE void ranks_of_quartiles(ptrdiff_t n, ptrdiff_t ranks[2 * QUARTILES], double weights[QUARTILES]) {
    for (int q = 0; q < QUARTILES; ++q) {
        const ptrdiff_t quarters = (n - 1) * (q + 1);
        ranks[2 * q] = quarters / 4;
        ranks[2 * q + 1] = quarters / 4 + (quarters % 4 != 0);
        weights[q] = (double)(quarters % 4) / 4;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Selection by counting, for typical stamps: each quartile is bracketed by two bounds. Each pass counts, sixteen at a
// time, how many pixels lie below a guess, which becomes a new bound, until few enough pixels are left between the
// bounds to compare each with all others.
//
// Counting works on keys: differences from the first pixel, rounded to single precision. Subtraction and rounding are
// monotonic, though different pixels may have equal keys. So the pixels with keys between two bounds are consecutive in
// rank, and among these the pixels themselves are compared. The result is exact; guesses only affect the time.

// How many pixels may be left between the bounds: as many doubles as two AVX-512 registers hold.
enum { FEW = 16 };

// Counting passes before falling back to quickselect: the brackets of stamps with few distinct values stay full.
enum { MOST_PASSES = 16 };

// From this number of pixels on counting is faster than quickselect, and the scratch has room for the keys.
enum { LEAST_COUNTED = 64 };

// The bracket low ≤ key < high of one quartile; `below_low` keys are less than `low`, `below_high` less than `high`.
struct bracket {
    float low, high;
    ptrdiff_t below_low, below_high;
    ptrdiff_t first_rank, last_rank;
};

// Sums of the keys and of their squares, for the first guess.
struct moments {
    float sum, squares;
};

INLINE void lane_keys(const double *restrict values, int lanes, double origin, float *restrict keys,
                      float *restrict sums, float *restrict squares) {
    for (int lane = 0; lane < lanes; ++lane) {
        const float key = (float)(values[lane] - origin);
        keys[lane] = key;
        sums[lane] += key;
        squares[lane] += key * key;
    }
}

// Writes the keys, padded with infinities to whole vectors.
INLINE struct moments write_keys(const double *restrict values, ptrdiff_t n, float *restrict keys) {
    float sums[VECTOR_FLOATS] = {0}, squares[VECTOR_FLOATS] = {0};
    const double origin = values[0];
    ptrdiff_t i = 0;
    for (; i + VECTOR_FLOATS <= n; i += VECTOR_FLOATS)
        lane_keys(values + i, VECTOR_FLOATS, origin, keys + i, sums, squares);
    lane_keys(values + i, (int)(n - i), origin, keys + i, sums, squares);
    for (; n % VECTOR_FLOATS != 0; ++n) keys[n] = INFINITY;
    for (int width = VECTOR_FLOATS / 2; width > 0; width /= 2) {
        for (int lane = 0; lane < width; ++lane) {
            sums[lane] += sums[lane + width];
            squares[lane] += squares[lane + width];
        }
    }
    return (struct moments){sums[0], squares[0]};
}

INLINE ptrdiff_t sum_of(const i32x16 *counts) {
    int32_t sum = 0;
    for (int lane = 0; lane < VECTOR_FLOATS; ++lane) sum += (*counts)[lane];
    return sum;
}

// How many keys are less than each of the bounds.
INLINE void count_below(const float *keys, ptrdiff_t n, const float bounds[QUARTILES], ptrdiff_t below[QUARTILES]) {
    i32x16 first = {0}, second = {0}, third = {0};
    for (ptrdiff_t i = 0; i < n; i += VECTOR_FLOATS) {
        const f32x16 key = *(const f32x16u *)(keys + i);
        // A true comparison is −1.
        first -= key < bounds[0];
        second -= key < bounds[1];
        third -= key < bounds[2];
    }
    below[0] = sum_of(&first);
    below[1] = sum_of(&second);
    below[2] = sum_of(&third);
}

INLINE bool is_narrow(const struct bracket *bracket) { return bracket->below_high - bracket->below_low <= FEW; }

// Narrows the bracket: `below` of the keys are less than `bound`.
INLINE void narrow(struct bracket *bracket, float bound, ptrdiff_t below) {
    if (below <= bracket->first_rank) {
        if (below >= bracket->below_low && bound > bracket->low) {
            bracket->low = bound;
            bracket->below_low = below;
        }
    } else if (below > bracket->last_rank) {
        if (below <= bracket->below_high && bound < bracket->high) {
            bracket->high = bound;
            bracket->below_high = below;
        }
    }
}

// The next bound to count at: by linear interpolation between the bounds (keys assumed evenly spread), or a step away
// while there is only one bound. In long searches every other pass bisects, for uneven distributions.
INLINE float guess_within(const struct bracket *bracket, float step, int pass) {
    if (bracket->low == -INFINITY) return bracket->high - step;
    if (bracket->high == INFINITY) return bracket->low + step;
    if (pass > 4 && pass % 2 == 0) return 0.5f * (bracket->low + bracket->high);
    const float between = (float)(bracket->below_high - bracket->below_low);
    const float wanted = 0.5f * (float)(bracket->first_rank + bracket->last_rank) + 0.5f - (float)bracket->below_low;
    return bracket->low + (bracket->high - bracket->low) * (wanted / between);
}

// Narrows each quartile's bracket to at most FEW keys; false if that takes too many passes.
INLINE bool bracket_quartiles(const float *keys, ptrdiff_t n, struct moments moments,
                              struct bracket brackets[QUARTILES]) {
    // Noise is nearly normal: its quartiles lie about 0.6745 standard deviations from the mean.
    const float mean = moments.sum / (float)n;
    const float variance = moments.squares / (float)n - mean * mean;
    if (!(variance > 0 && variance <= 1e37f)) return false;
    const float deviation = sqrtf(variance);
    float bounds[QUARTILES] = {mean - 0.6745f * deviation, mean, mean + 0.6745f * deviation};
    ptrdiff_t below[QUARTILES];
    count_below(keys, n, bounds, below);
    // The second guess overshoots the quartile by `margin` ranks, so that it becomes the other bound. The distance
    // between ranks is estimated from the counts at the outer guesses.
    const float spacing = (bounds[2] - bounds[0]) / (float)(below[2] - below[0] + 1);
    const float margin = 4;
    for (int q = 0; q < QUARTILES; ++q) {
        for (int other = 0; other < QUARTILES; ++other) narrow(&brackets[q], bounds[other], below[other]);
    }
    float next[QUARTILES];
    for (int q = 0; q < QUARTILES; ++q) {
        const float ranks = 0.5f * (float)(brackets[q].first_rank + brackets[q].last_rank) + 0.5f - (float)below[q];
        next[q] = bounds[q] + spacing * (ranks + (ranks < 0 ? -margin : margin));
    }
    for (int pass = 1; pass < MOST_PASSES; ++pass) {
        count_below(keys, n, next, below);
        bool done = true;
        for (int q = 0; q < QUARTILES; ++q) {
            narrow(&brackets[q], next[q], below[q]);
            done &= is_narrow(&brackets[q]);
        }
        if (done) return true;
        for (int q = 0; q < QUARTILES; ++q) next[q] = guess_within(&brackets[q], deviation, pass);
    }
    return false;
}

typedef bool b8x16 __attribute__((ext_vector_type(16)));

// One bit for each key in the bracket.
INLINE uint16_t within(const f32x16 *key, const struct bracket *bracket) {
    const b8x16 hits = __builtin_convertvector((*key >= bracket->low) & (*key < bracket->high), b8x16);
    uint16_t bits;
    memcpy(&bits, &hits, sizeof bits);
    return bits;
}

typedef double f64x8 __attribute__((vector_size(64)));
typedef int64_t i64x8 __attribute__((vector_size(64)));

// The value of a rank: the largest of those with no more than `rank` values less than them. less[i] counts these.
INLINE double value_of_rank(const f64x8 few[2], const i64x8 less[2], int64_t rank) {
    const f64x8 none = (f64x8){0} - INFINITY;
    f64x8 largest = none;
    for (int half = 0; half < 2; ++half) {
        const i64x8 chosen = less[half] <= rank;
        const f64x8 candidates = (f64x8)(((i64x8)few[half] & chosen) | ((i64x8)none & ~chosen));
        largest = __builtin_elementwise_max(largest, candidates);
    }
    return __builtin_reduce_max(largest);
}

// The values of two ranks among `count` values, which are followed by infinities up to FEW.
INLINE void values_of_ranks(const double values[FEW], ptrdiff_t count, ptrdiff_t first, ptrdiff_t last,
                            double found[2]) {
    f64x8 few[2];
    memcpy(few, values, sizeof few);
    i64x8 less[2] = {{0}, {0}};
    for (ptrdiff_t other = 0; other < count; ++other) {
        for (int half = 0; half < 2; ++half) less[half] -= values[other] < few[half];
    }
    found[0] = value_of_rank(few, less, first);
    found[1] = last == first ? found[0] : value_of_rank(few, less, last);
}

// Collects the pixels in each bracket and finds the values of the ranks among them.
INLINE void select_within(const double *values, const float *keys, ptrdiff_t n,
                          const struct bracket brackets[QUARTILES], uint64_t *bits, double found[2 * QUARTILES]) {
    const ptrdiff_t words = (n + 63) / 64;
    uint16_t *groups = (uint16_t *)bits;
    for (int q = 0; q < QUARTILES; ++q) bits[(q + 1) * words - 1] = 0;
    for (ptrdiff_t i = 0; i < n; i += VECTOR_FLOATS) {
        const f32x16 key = *(const f32x16u *)(keys + i);
        for (int q = 0; q < QUARTILES; ++q) groups[q * 4 * words + i / VECTOR_FLOATS] = within(&key, &brackets[q]);
    }
    for (int q = 0; q < QUARTILES; ++q) {
        double few[FEW];
        for (int i = 0; i < FEW; ++i) few[i] = INFINITY;
        ptrdiff_t count = 0;
        for (ptrdiff_t word = 0; word < words; ++word) {
            for (uint64_t left = bits[q * words + word]; left != 0; left &= left - 1)
                few[count++] = values[64 * word + __builtin_ctzll(left)];
        }
        const struct bracket *bracket = &brackets[q];
        values_of_ranks(few, count, bracket->first_rank - bracket->below_low, bracket->last_rank - bracket->below_low,
                        found + 2 * q);
    }
}

// Sets found[k] to the value of rank ranks[k]; false if the brackets cannot be narrowed.
FOR_EACH_CPU static bool find_by_counting(const double *values, ptrdiff_t n, double *scratch,
                                          const ptrdiff_t ranks[2 * QUARTILES], double found[2 * QUARTILES]) {
    float *keys = (float *)scratch;
    uint64_t *bits = (uint64_t *)(scratch + (n + VECTOR_FLOATS - 1) / VECTOR_FLOATS * (VECTOR_FLOATS / 2));
    const struct moments moments = write_keys(values, n, keys);
    struct bracket brackets[QUARTILES];
    for (int q = 0; q < QUARTILES; ++q)
        brackets[q] = (struct bracket){-INFINITY, INFINITY, 0, n, ranks[2 * q], ranks[2 * q + 1]};
    if (!bracket_quartiles(keys, n, moments, brackets)) return false;
    select_within(values, keys, n, brackets, bits, found);
    return true;
}

// ---------------------------------------------------------------------------------------------------------------
// Quickselect for several ranks at once, for any stamp. The partition copies from one buffer to the other without
// branches that depend on the data: these would be mispredicted for every second pixel.

// Up to this size sorting is faster than another partition (measured).
enum { SMALL = 12 };

INLINE double median_of_3(double a, double b, double c) { return max_of(min_of(a, b), min_of(max_of(a, b), c)); }

// An estimate of the median: the median of three medians of three.
INLINE double pivot_of(const double *v, ptrdiff_t n) {
    const ptrdiff_t step = n / 9;
    const double *p = v + step / 2;
    return median_of_3(median_of_3(p[0], p[3 * step], p[6 * step]), median_of_3(p[step], p[4 * step], p[7 * step]),
                       median_of_3(p[2 * step], p[5 * step], p[8 * step]));
}

// Copies values less than the pivot to the front of `to`, the others to the back; returns how many are less.
INLINE ptrdiff_t partition_below(const double *restrict from, double *restrict to, ptrdiff_t n, double pivot) {
    double *front = to;
    // Each value is written to the next free place at the front and at the back; only one of these then moves on.
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
        ranks += left;
        found += left;
        count -= left;
        first += below;
        n -= below;
        double *rest = spare + below;
        spare = values + below;
        values = rest;
        if (below == 0) {
            // The pivot is the smallest value: remove all values equal to it, or the time would be quadratic in them.
            ptrdiff_t equal = 0;
            for (ptrdiff_t i = 0; i < n; ++i) {
                const double x = values[i];
                values[i - equal] = x;
                equal += x == pivot;
            }
            while (count > 0 && ranks[0] < first + equal) {
                *found = pivot;
                ++ranks;
                ++found;
                --count;
            }
            first += equal;
            n -= equal;
        }
    }
}

void stamp_quartiles(const double *values, ptrdiff_t n, double *scratch, double quartiles[QUARTILES]) {
    ptrdiff_t ranks[2 * QUARTILES];
    double weights[QUARTILES], found[2 * QUARTILES];
    ranks_of_quartiles(n, ranks, weights);
    if (n < LEAST_COUNTED || !find_by_counting(values, n, scratch, ranks, found)) {
        memcpy(scratch, values, (size_t)n * sizeof *values);
        if (n <= SMALL) {
            // In so small stamps the ranks of different quartiles may interleave, which select_ranks does not support.
            sort_small(scratch, n);
            for (int k = 0; k < 2 * QUARTILES; ++k) found[k] = scratch[ranks[k]];
        } else {
            select_ranks(scratch, scratch + n, n, 0, ranks, 2 * QUARTILES, found);
        }
    }
    for (int q = 0; q < QUARTILES; ++q) quartiles[q] = interpolate(found[2 * q], found[2 * q + 1], weights[q]);
}

double stamp_percentile(const double *values, ptrdiff_t n, double percent, double *scratch) {
    // Weights are any fractions here, so that numpy's roundings must not be fused away.
#pragma STDC FP_CONTRACT OFF
    const double place = percent / 100 * (double)(n - 1);
    const double below = floor(place);
    const ptrdiff_t rank = (ptrdiff_t)below;
    const ptrdiff_t ranks[2] = {rank, rank + 1 < n ? rank + 1 : rank};
    double found[2];
    memcpy(scratch, values, (size_t)n * sizeof *values);
    select_ranks(scratch, scratch + n, n, 0, ranks, 2, found);
    const double weight = place - below, distance = found[1] - found[0];
    return weight < 0.5 ? found[0] + distance * weight : found[1] - distance * (1 - weight);
}
