#include "batch_normalization.h"

// Single-precision partial sums run over this many rows at most before they are added in double precision.
enum { BLOCK_ROWS = 256 };

// Sums of rows are kept for two vectors of channels at a time, as two neighbouring cache lines are fetched together,
// and in four parts, by the row's number modulo 4, which hides the latency of additions.
enum { WIDEST = 2, PARTS = 4 };

// Where a pass over channels stands: `vectors` vectors from channel `first` on, or `some` channels of one. New are
// those from channel `from` on.
typedef struct {
    ptrdiff_t first, from, some;
    int vectors;
} Channels;

// The channels to do next, `c` of them being done.
INLINE void next_channels(ptrdiff_t c, ptrdiff_t channels, Channels *next) {
    next->vectors = c + WIDEST * VECTOR_FLOATS <= channels ? WIDEST : 1;
    next->first = next->vectors == WIDEST ? c : block_first(c, channels);
    next->from = c;
    next->some = channels - next->first;
}

// Calls `body` for each row with the row's part, known where it is compiled.
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

#define EACH_VECTOR _Pragma("clang loop unroll(full)") for (int v = 0; v < VECTORS; ++v)

// Vectors of channels that a pass holds factors for, in registers: all of them where `WHOLE` says so, else `some`
// channels.
#define SOME(at) (WHOLE ? VECTOR_FLOATS : (at)->some)

// Calls `block(vectors, whole)` for each group of channels of each `tile` rows: `count` rows, `place` floats on.
#define EACH_ROW_BLOCK(rows, channels, tile, block) \
    do { \
        const ptrdiff_t tile_ = (tile); \
        Channels at; \
        for (ptrdiff_t r_ = 0; r_ < (rows); r_ += tile_) { \
            const ptrdiff_t count = (rows)-r_ < tile_ ? (rows)-r_ : tile_, place = r_ * (channels); \
            for (ptrdiff_t c_ = 0; c_ < (channels); c_ += at.vectors * VECTOR_FLOATS) { \
                next_channels(c_, channels, &at); \
                if (at.vectors == WIDEST) block(WIDEST, 1); \
                else if (at.some >= VECTOR_FLOATS) block(1, 1); \
                else block(1, 0); \
            } \
        } \
    } while (0)

// Adds the four parts of the sums of one vector to the new channels among its lanes.
#define ADD_PARTS(sum, v, to) \
    do { \
        const f32x16 total_ = (sum[0][v] + sum[1][v]) + (sum[2][v] + sum[3][v]); \
        const ptrdiff_t start_ = at->first + v * VECTOR_FLOATS; \
        for (ptrdiff_t i_ = at->from > start_ ? at->from - start_ : 0; i_ < VECTOR_FLOATS && i_ < at->some; ++i_) \
            (to)[start_ + i_] += total_[i_]; \
    } while (0)

// Σ (x − m) and Σ (x − m)² of one block of rows, m being its mean, moved to sums about zero.
INLINE void block_moments(const float *x, ptrdiff_t rows, ptrdiff_t channels, const Channels *at, double *sums,
                          const int VECTORS, const int WHOLE) {
    f32x16 mean[WIDEST], plain[PARTS][WIDEST] = {{{0}}}, squares[PARTS][WIDEST] = {{{0}}}, value = {0};
#define BODY(r, i) \
    EACH_VECTOR { \
        load_some(x + (r)*channels + at->first + v * VECTOR_FLOATS, SOME(at), &value); \
        plain[i][v] += value; \
    }
    EACH_ROW(rows, BODY);
#undef BODY
    EACH_VECTOR {
        mean[v] = ((plain[0][v] + plain[1][v]) + (plain[2][v] + plain[3][v])) / (float)rows;
        for (int i = 0; i < PARTS; ++i) plain[i][v] = (f32x16){0};
    }
#define BODY(r, i) \
    EACH_VECTOR { \
        load_some(x + (r)*channels + at->first + v * VECTOR_FLOATS, SOME(at), &value); \
        value -= mean[v]; \
        plain[i][v] += value; \
        squares[i][v] += value * value; \
    }
    EACH_ROW(rows, BODY);
#undef BODY
    // With d = Σ (x − m), which is not quite 0 since m is rounded: Σ x = n m + d, Σ x² = Σ (x − m)² + 2 m d + n m².
    EACH_VECTOR {
        const f32x16 deviation = (plain[0][v] + plain[1][v]) + (plain[2][v] + plain[3][v]);
        const f32x16 square = (squares[0][v] + squares[1][v]) + (squares[2][v] + squares[3][v]);
        const ptrdiff_t start = at->first + v * VECTOR_FLOATS;
        for (ptrdiff_t i = at->from > start ? at->from - start : 0; i < VECTOR_FLOATS && i < at->some; ++i) {
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

// z = x·scale + shift for one vector of channels: the normalised value before its rectifier.
INLINE void normalized(const f32x16 *x, const f32x16 *scale, const f32x16 *shift, f32x16 *z) {
    *z = *x * *scale + *shift;
}

INLINE void load_factors(const float *from, const Channels *at, f32x16 *factors, const int VECTORS, const int WHOLE) {
    EACH_VECTOR {
        factors[v] = (f32x16){0};
        if (from) load_some(from + at->first + v * VECTOR_FLOATS, SOME(at), &factors[v]);
    }
}

INLINE void scale_shift_block(const float *x, const float *scale, const float *shift, ptrdiff_t rows,
                              ptrdiff_t channels, int relu, const Channels *at, float *y, const int VECTORS,
                              const int WHOLE) {
    f32x16 factor[WIDEST], offset[WIDEST], value = {0};
    load_factors(scale, at, factor, VECTORS, WHOLE);
    load_factors(shift, at, offset, VECTORS, WHOLE);
    for (ptrdiff_t r = 0; r < rows; ++r) EACH_VECTOR {
            const ptrdiff_t place = r * channels + at->first + v * VECTOR_FLOATS;
            load_some(x + place, SOME(at), &value);
            normalized(&value, &factor[v], &offset[v], &value);
            if (relu) rectify(&value);
            store_some(&value, SOME(at), y + place);
        }
}

// Rows of many channels are taken a few at a time, as they lie in memory; those of few channels all at once.
#define EACH_BLOCK(rows, channels, block) \
    EACH_ROW_BLOCK(rows, channels, (channels) > 128 ? 4 : (rows) > 0 ? (rows) : 1, block)

FOR_EACH_CPU
void channel_scale_shift(const float *x, const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                         int relu, float *y) {
#define BLOCK(vectors, whole) \
    scale_shift_block(x + place, scale, shift, count, channels, relu, &at, y + place, vectors, whole)
    EACH_BLOCK(rows, channels, BLOCK);
#undef BLOCK
}

// dy of one vector, taken through the rectifier where there is one.
INLINE void rectify_gradient(const f32x16 *x, const f32x16 *scale, const f32x16 *shift, const int RECTIFIED,
                             f32x16 *gradient) {
    if (!RECTIFIED) return;
    f32x16 z;
    normalized(x, scale, shift, &z);
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
    EACH_VECTOR { \
        const ptrdiff_t place = (r)*channels + at->first + v * VECTOR_FLOATS; \
        load_some(x + place, SOME(at), &value); \
        load_some(dy + place, SOME(at), &gradient); \
        rectify_gradient(&value, &factor[v], &offset[v], RECTIFIED, &gradient); \
        plain[i][v] += gradient; \
        product[i][v] += gradient * ((value - center[v]) * inverse[v]); \
    }
    EACH_ROW(rows, BODY);
#undef BODY
    EACH_VECTOR {
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

INLINE void gradient_block(const float *x, const float *dy, const float *a, const float *b, const float *d,
                           const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels,
                           const Channels *at, float *dx, const int VECTORS, const int WHOLE, const int RECTIFIED) {
    f32x16 slope[WIDEST], linear[WIDEST], constant[WIDEST], factor[WIDEST], offset[WIDEST], value = {0}, gradient = {0};
    load_factors(a, at, slope, VECTORS, WHOLE);
    load_factors(b, at, linear, VECTORS, WHOLE);
    load_factors(d, at, constant, VECTORS, WHOLE);
    load_factors(scale, at, factor, VECTORS, WHOLE);
    load_factors(shift, at, offset, VECTORS, WHOLE);
    for (ptrdiff_t r = 0; r < rows; ++r) EACH_VECTOR {
            const ptrdiff_t place = r * channels + at->first + v * VECTOR_FLOATS;
            load_some(x + place, SOME(at), &value);
            load_some(dy + place, SOME(at), &gradient);
            rectify_gradient(&value, &factor[v], &offset[v], RECTIFIED, &gradient);
            value = gradient * slope[v] + (value * linear[v] + constant[v]);
            store_some(&value, SOME(at), dx + place);
        }
}

FOR_EACH_CPU
void channel_gradient(const float *x, const float *dy, const float *a, const float *b, const float *d,
                      const float *scale, const float *shift, ptrdiff_t rows, ptrdiff_t channels, float *dx) {
#define BLOCK_OF(rectified, vectors, whole) \
    gradient_block(x + place, dy + place, a, b, d, scale, shift, count, channels, &at, dx + place, vectors, whole, \
                   rectified)
#define BLOCK(vectors, whole) \
    do { \
        if (scale) BLOCK_OF(1, vectors, whole); \
        else BLOCK_OF(0, vectors, whole); \
    } while (0)
    EACH_BLOCK(rows, channels, BLOCK);
#undef BLOCK
#undef BLOCK_OF
}
