#include "batch_normalization.h"

// Single-precision partial sums cover at most this many rows before they are added in double precision.
enum { BLOCK_ROWS = 256 };

// Sums are computed for two vectors of channels at a time, since pairs of cache lines are prefetched together, and in
// four partial sums, by the row's number modulo 4, to hide the latency of additions.
enum { WIDEST = 2, PARTS = 4 };

// A group of channels: `vectors` vectors from channel `first` on. `remaining` channels are left from there, fewer than
// a vector if a layer has fewer than 16. Channels before `from` belong to the group before, which this one overlaps.
typedef struct {
    ptrdiff_t first, from, remaining;
    int vectors;
} Channels;

// The group of channels after the first `c`.
INLINE void next_channels(ptrdiff_t c, ptrdiff_t channels, Channels *next) {
    next->vectors = c + WIDEST * VECTOR_FLOATS <= channels ? WIDEST : 1;
    next->first = next->vectors == WIDEST ? c : block_first(c, channels);
    next->from = c;
    next->remaining = channels - next->first;
}

// Expands `body(row, part)` for each row, with part = row mod 4 a constant.
#define EACH_ROW(rows, body) \
    do { \
        ptrdiff_t r_ = 0; \
        for (; r_ + PARTS <= (rows); r_ += PARTS) { \
            body(r_, 0); \
            body(r_ + 1, 1); \
            body(r_ + 2, 2); \
            body(r_ + 3, 3); \
        } \
        if (r_ < (rows)) { \
            body(r_, 0); \
        } \
        if (r_ + 1 < (rows)) { \
            body(r_ + 1, 1); \
        } \
        if (r_ + 2 < (rows)) { \
            body(r_ + 2, 2); \
        } \
    } while (0)

// Lanes of each vector of a group: the constant 16 if the template parameter WHOLE is set, else as many as remain.
#define LANES_OF(at) (WHOLE ? VECTOR_FLOATS : (at)->remaining)

// Expands `block(vectors, whole)` for each group of channels of each `tile` rows. The block may use `at` (the group),
// `count` (rows of the tile) and `place` (floats before the tile's first row).
#define EACH_ROW_BLOCK(rows, channels, tile, block) \
    do { \
        const ptrdiff_t rows_ = (rows), tile_ = (tile); \
        Channels at; \
        for (ptrdiff_t r_ = 0; r_ < rows_; r_ += tile_) { \
            const ptrdiff_t rest_ = rows_ - r_, count = rest_ < tile_ ? rest_ : tile_, place = r_ * (channels); \
            for (ptrdiff_t c_ = 0; c_ < (channels); c_ += at.vectors * VECTOR_FLOATS) { \
                next_channels(c_, channels, &at); \
                if (at.vectors == WIDEST) block(WIDEST, 1); \
                else if (at.remaining >= VECTOR_FLOATS) block(1, 1); \
                else block(1, 0); \
            } \
        } \
    } while (0)

// Adds the four partial sums of vector `v` to `to`, for those of its channels that are not in the group before.
#define ADD_PARTS(sum, v, to) \
    do { \
        const f32x16 total_ = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]); \
        const ptrdiff_t start_ = at->first + v * VECTOR_FLOATS; \
        for (ptrdiff_t i_ = at->from > start_ ? at->from - start_ : 0; i_ < VECTOR_FLOATS && i_ < at->remaining; ++i_) \
            (to)[start_ + i_] += total_[i_]; \
    } while (0)

// Adds Σ x and Σ x² of one block of rows, computed from Σ (x − m) and Σ (x − m)² with m the mean of the block.
INLINE void block_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, const Channels *at, double *sums,
                          const int VECTORS, const int WHOLE) {
    f32x16 mean[WIDEST], plain[PARTS][WIDEST] = {{{0}}}, squares[PARTS][WIDEST] = {{{0}}}, value = {0};
#define BODY(r, i) \
    UNROLLED_FOR(v, VECTORS) { \
        load_partial(x + channels * (r) + at->first + v * VECTOR_FLOATS, LANES_OF(at), &value); \
        plain[i][v] += value; \
    }
    EACH_ROW(rows, BODY);
#undef BODY
    UNROLLED_FOR(v, VECTORS) {
        mean[v] = ((plain[0][v] + plain[1][v]) + (plain[2][v] + plain[3][v])) / (float)rows;
        for (int i = 0; i < PARTS; ++i) plain[i][v] = (f32x16){0};
    }
#define BODY(r, i) \
    UNROLLED_FOR(v, VECTORS) { \
        load_partial(x + channels * (r) + at->first + v * VECTOR_FLOATS, LANES_OF(at), &value); \
        value -= mean[v]; \
        plain[i][v] += value; \
        squares[i][v] += value * value; \
    }
    EACH_ROW(rows, BODY);
#undef BODY
    // With d = Σ (x − m), which is not quite 0 since m is rounded: Σ x = n m + d, Σ x² = Σ (x − m)² + 2 m d + n m².
    UNROLLED_FOR(v, VECTORS) {
        const f32x16 deviation = (plain[0][v] + plain[1][v]) + (plain[2][v] + plain[3][v]);
        const f32x16 square = (squares[0][v] + squares[1][v]) + (squares[2][v] + squares[3][v]);
        const ptrdiff_t start = at->first + v * VECTOR_FLOATS;
        for (ptrdiff_t i = at->from > start ? at->from - start : 0; i < VECTOR_FLOATS && i < at->remaining; ++i) {
            const double m = mean[v][i], d = deviation[i], n = (double)rows;
            sums[start + i] += n * m + d;
            sums[channels + start + i] += square[i] + m * (2 * d + n * m);
        }
    }
}

FOR_EACH_CPU
void channel_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
#define BLOCK(vectors, whole) block_moments(x + place, count, channels, &at, sums, vectors, whole)
    EACH_ROW_BLOCK(rows, channels, BLOCK_ROWS, BLOCK);
#undef BLOCK
}

// z = d·scale + shift for one vector of channels, d being the difference from the mean: the normalised value before the
// rectifier.
INLINE void normalized(const f32x16 *difference, const f32x16 *scale, const f32x16 *shift, f32x16 *z) {
    *z = *difference * *scale + *shift;
}

INLINE void load_factors(const float *from, const Channels *at, f32x16 *factors, const int VECTORS, const int WHOLE) {
    UNROLLED_FOR(v, VECTORS) {
        factors[v] = (f32x16){0};
        if (from) load_partial(from + at->first + v * VECTOR_FLOATS, LANES_OF(at), &factors[v]);
    }
}

INLINE void scale_shift_block(const float *x, const float *mean, const float *scale, const float *shift, ptrdiff_t rows,
                              ptrdiff_t channels, int relu, const Channels *at, float *y, const int VECTORS,
                              const int WHOLE) {
    f32x16 center[WIDEST], factor[WIDEST], offset[WIDEST], value = {0};
    load_factors(mean, at, center, VECTORS, WHOLE);
    load_factors(scale, at, factor, VECTORS, WHOLE);
    load_factors(shift, at, offset, VECTORS, WHOLE);
    for (ptrdiff_t r = 0; r < rows; ++r)
        UNROLLED_FOR(v, VECTORS) {
            const ptrdiff_t place = r * channels + at->first + v * VECTOR_FLOATS;
            load_partial(x + place, LANES_OF(at), &value);
            value -= center[v];
            normalized(&value, &factor[v], &offset[v], &value);
            if (relu) rectify(&value);
            store_partial(&value, LANES_OF(at), y + place);
        }
}

// Rows of many channels are processed four at a time, to stay close to the order in memory; rows of few channels all at
// once, with the factors loaded once.
#define EACH_BLOCK(rows, channels, block) \
    EACH_ROW_BLOCK(rows, channels, (channels) > 128 ? 4 : (rows) > 0 ? (rows) : 1, block)

FOR_EACH_CPU
void channel_scale_shift(const float *x, const float *mean, const float *scale, const float *shift, ptrdiff_t rows,
                         ptrdiff_t channels, int relu, float *y) {
#define BLOCK(vectors, whole) \
    scale_shift_block(x + place, mean, scale, shift, count, channels, relu, &at, y + place, vectors, whole)
    EACH_BLOCK(rows, channels, BLOCK);
#undef BLOCK
}

// The gradient before the rectifier, for one vector, if there is one: 0 unless z > 0.
INLINE void rectify_gradient(const f32x16 *difference, const f32x16 *scale, const f32x16 *shift, const int RECTIFIED,
                             f32x16 *gradient) {
    if (!RECTIFIED) return;
    f32x16 z;
    normalized(difference, scale, shift, &z);
    *gradient = (f32x16)((i32x16)*gradient & (z > 0));
}

INLINE void block_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                                const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                                const Channels *at, double *sums, const int VECTORS, const int WHOLE,
                                const int RECTIFIED) {
    f32x16 plain[PARTS][WIDEST] = {{{0}}}, product[PARTS][WIDEST] = {{{0}}};
    f32x16 center[WIDEST], inverse[WIDEST], factor[WIDEST], offset[WIDEST], value = {0}, gradient = {0};
    load_factors(mean, at, center, VECTORS, WHOLE);
    load_factors(inverse_deviation, at, inverse, VECTORS, WHOLE);
    load_factors(scale, at, factor, VECTORS, WHOLE);
    load_factors(shift, at, offset, VECTORS, WHOLE);
#define BODY(r, i) \
    UNROLLED_FOR(v, VECTORS) { \
        const ptrdiff_t place = channels * (r) + at->first + v * VECTOR_FLOATS; \
        load_partial(x + place, LANES_OF(at), &value); \
        load_partial(dy + place, LANES_OF(at), &gradient); \
        value -= center[v]; \
        rectify_gradient(&value, &factor[v], &offset[v], RECTIFIED, &gradient); \
        plain[i][v] += gradient; \
        product[i][v] += gradient * (value * inverse[v]); \
    }
    EACH_ROW(rows, BODY);
#undef BODY
    UNROLLED_FOR(v, VECTORS) {
        ADD_PARTS(plain, v, sums);
        ADD_PARTS(product, v, sums + channels);
    }
}

FOR_EACH_CPU
void channel_gradient_sums(const float *x, const float *dy, const float *mean, const float *inverse_deviation,
                           const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels, double *sums) {
    for (ptrdiff_t c = 0; c < 2 * channels; ++c) sums[c] = 0;
#define BLOCK_OF(rectified, vectors, whole) \
    block_gradient_sums(x + place, dy + place, mean, inverse_deviation, scale, shift, count, channels, &at, sums, \
                        vectors, whole, rectified)
#define BLOCK(vectors, whole) \
    do { \
        if (scale) BLOCK_OF(1, vectors, whole); \
        else BLOCK_OF(0, vectors, whole); \
    } while (0)
    EACH_ROW_BLOCK(rows, channels, BLOCK_ROWS, BLOCK);
#undef BLOCK
#undef BLOCK_OF
}

INLINE void gradient_block(const float *x, const float *dy, const float *mean, const float *a, const float *b,
                           const float *d, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                           const Channels *at, float *dx, const int VECTORS, const int WHOLE, const int RECTIFIED) {
    f32x16 slope[WIDEST], linear[WIDEST], constant[WIDEST], factor[WIDEST], offset[WIDEST], center[WIDEST];
    f32x16 value = {0}, gradient = {0};
    load_factors(mean, at, center, VECTORS, WHOLE);
    load_factors(a, at, slope, VECTORS, WHOLE);
    load_factors(b, at, linear, VECTORS, WHOLE);
    load_factors(d, at, constant, VECTORS, WHOLE);
    load_factors(scale, at, factor, VECTORS, WHOLE);
    load_factors(shift, at, offset, VECTORS, WHOLE);
    for (ptrdiff_t r = 0; r < rows; ++r)
        UNROLLED_FOR(v, VECTORS) {
            const ptrdiff_t place = r * channels + at->first + v * VECTOR_FLOATS;
            load_partial(x + place, LANES_OF(at), &value);
            load_partial(dy + place, LANES_OF(at), &gradient);
            value -= center[v];
            rectify_gradient(&value, &factor[v], &offset[v], RECTIFIED, &gradient);
            value = gradient * slope[v] + (value * linear[v] + constant[v]);
            store_partial(&value, LANES_OF(at), dx + place);
        }
}

FOR_EACH_CPU
void channel_gradient(const float *x, const float *dy, const float *mean, const float *a, const float *b,
                      const float *d, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                      float *dx) {
#define BLOCK_OF(rectified, vectors, whole) \
    gradient_block(x + place, dy + place, mean, a, b, d, scale, shift, count, channels, &at, dx + place, vectors, \
                   whole, rectified)
#define BLOCK(vectors, whole) \
    do { \
        if (scale) BLOCK_OF(1, vectors, whole); \
        else BLOCK_OF(0, vectors, whole); \
    } while (0)
    EACH_BLOCK(rows, channels, BLOCK);
#undef BLOCK
#undef BLOCK_OF
}
