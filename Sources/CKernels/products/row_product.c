#include "row_product.h"
#include "tiles.h"

// The channels of a tile (template parameter PARTIAL): full vectors; fewer than a vector's; or the last channels of
// more, read as a full vector that overlaps the block before, whose other lanes must not be added to again.
enum { WHOLE = 0, NARROW = 1, TAIL = 2 };

// Channels that would fill at most half a vector are computed as one of eight floats, which takes half the time where
// registers, or the units behind them, are narrower than sixteen. A tile has VECTORS vectors and HALVES halves of
// channels, in all one or two; the second one starts at channel `second` of the block and may overlap the first.
typedef float f32x8 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef float f32x8u __attribute__((vector_size(32), aligned(4)));

enum { HALF_FLOATS = VECTOR_FLOATS / 2 };

INLINE void rectify_half(f32x8 *x) { *x = (f32x8)((i32x8)*x & ~(*x < 0)); }

// The channel of a block at which its second vector, of so many floats, starts: the two overlap if `left` channels do
// not fill both.
INLINE ptrdiff_t second_start(ptrdiff_t left, ptrdiff_t floats) {
    return left >= VECTOR_FLOATS + floats ? VECTOR_FLOATS : left - floats;
}

// Stores the last `count` of `floats` lanes.
INLINE void store_last(const float *lane, ptrdiff_t floats, ptrdiff_t count, float *to) {
    for (ptrdiff_t n = floats - count; n < floats; ++n) to[n] = lane[n];
}
INLINE void store_last_lanes(const f32x16 *value, ptrdiff_t count, float *to) {
    float lane[VECTOR_FLOATS];
    memcpy(lane, value, sizeof lane);
    store_last(lane, VECTOR_FLOATS, count, to);
}
INLINE void store_last_of_half(const f32x8 *value, ptrdiff_t count, float *to) {
    float lane[HALF_FLOATS];
    memcpy(lane, value, sizeof lane);
    store_last(lane, HALF_FLOATS, count, to);
}

// One tile: ROWS rows × VECTORS vectors and HALVES halves of channels.
INLINE void row_tile(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                     float *out, ptrdiff_t channels, ptrdiff_t second, const int ROWS, const int VECTORS,
                     const int HALVES, const int PARTIAL) {
    if (PARTIAL == WHOLE) channels = VECTOR_FLOATS;
    const ptrdiff_t loaded = PARTIAL == TAIL ? VECTOR_FLOATS : channels, half = VECTORS * second;
    f32x16 sum[28];
    f32x8 half_sum[24];
    UNROLLED_FOR(v, VECTORS) {
        f32x16 first = {0};
        if (bias) load_partial(bias + v * second, loaded, &first);
        UNROLLED_FOR(r, ROWS) sum[r * VECTORS + v] = first;
    }
    UNROLLED_FOR(h, HALVES) {
        f32x8 first = {0};
        if (bias) first = *(const f32x8u *)(bias + half);
        UNROLLED_FOR(r, ROWS) half_sum[r] = first;
    }
    if (s->continues)
        UNROLLED_FOR(r, ROWS) {
            UNROLLED_FOR(v, VECTORS) load_partial(out + r * s->output_step + v * second, loaded, &sum[r * VECTORS + v]);
            UNROLLED_FOR(h, HALVES) half_sum[r] = *(const f32x8u *)(out + r * s->output_step + half);
        }
    const ptrdiff_t input_step = s->input_step, weight_step = s->weight_step, length = s->length;
    for (ptrdiff_t segment = 0; segment < s->segments; ++segment) {
        const float *x = in + segment * s->segment_step, *row = weights + segment * s->segment_rows * weight_step;
        for (ptrdiff_t j = 0; j < length; ++j, row += weight_step) {
            f32x16 w[2];
            f32x8 half_w[1];
            UNROLLED_FOR(v, VECTORS) w[v] = *(const f32x16u *)(row + v * second);
            UNROLLED_FOR(h, HALVES) half_w[h] = *(const f32x8u *)(row + half);
            UNROLLED_FOR(r, ROWS) {
                const float value = x[r * input_step + j];
                UNROLLED_FOR(v, VECTORS) sum[r * VECTORS + v] += value * w[v];
                UNROLLED_FOR(h, HALVES) half_sum[r] += value * half_w[h];
            }
        }
    }
    UNROLLED_FOR(r, ROWS) {
        UNROLLED_FOR(v, VECTORS) {
            if (relu) rectify(&sum[r * VECTORS + v]);
            float *to = out + r * s->output_step + v * second;
            if (PARTIAL == TAIL) store_last_lanes(&sum[r * VECTORS + v], channels, to);
            else store_partial(&sum[r * VECTORS + v], channels, to);
        }
        UNROLLED_FOR(h, HALVES) {
            if (relu) rectify_half(&half_sum[r]);
            float *to = out + r * s->output_step + half;
            if (PARTIAL == TAIL) store_last_of_half(&half_sum[r], channels, to);
            else *(f32x8u *)to = half_sum[r];
        }
    }
}

#define TILE(n) \
    case n: row_tile(s, in, weights, bias, relu, out, channels, second, n, VECTORS, HALVES, PARTIAL); break;

// All rows of a line × one block of channels, in tiles of at most `largest` rows.
INLINE void row_block(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                      float *out, ptrdiff_t channels, ptrdiff_t second, const int VECTORS, const int HALVES,
                      const int PARTIAL, const int WIDE) {
    const ptrdiff_t most = PARTIAL == WHOLE ? tile_rows(VECTORS, HALVES, WIDE) : 6;
    ptrdiff_t left = s->rows, largest = most;
    // Rows that are multiples of a page apart share one set of the first-level cache, which holds few of them.
    enum { PAGE = 1024, WAYS = 8 };
    if ((s->input_step % PAGE == 0 || s->output_step % PAGE == 0) && largest > WAYS) largest = WAYS;
    // Tiles of nearly equal size: short ones do not hide the latency of the multiply-adds.
    const ptrdiff_t tiles = (left + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t rows = left / (tiles - tile);
        SWITCH_TILES(rows, most)
        in += rows * s->input_step;
        out += rows * s->output_step;
        left -= rows;
    }
}
#undef TILE

// One block of channels for lines first ..< last, numbered through all groups.
INLINE void block_lines(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                        float *out, ptrdiff_t channels, ptrdiff_t second, ptrdiff_t first, ptrdiff_t last,
                        const int VECTORS, const int HALVES, const int PARTIAL, const int WIDE) {
    for (ptrdiff_t i = first; i < last; ++i) {
        const ptrdiff_t group = i / s->lines, line = i % s->lines;
        row_block(s, in + group * s->input_group + line * s->input_line, weights, bias, relu,
                  out + group * s->output_group + line * s->output_line, channels, second, VECTORS, HALVES, PARTIAL,
                  WIDE);
    }
}

// Products with fewer channels than fill a vector have a row in each lane instead: of EIGHT rows, of which GROUPS
// groups are computed together to hide the latency of the multiply-adds; sums of TURNED_CHANNELS channels are in
// registers.
typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x4u __attribute__((vector_size(16), aligned(4)));
enum { EIGHT = HALF_FLOATS, MOST_GROUPS = 4, TURNED_CHANNELS = 4, MOST_TURNED = 8 };

// Four inputs of eight rows, as four vectors with a row in each lane.
INLINE void turn_four(const float *in, ptrdiff_t step, f32x8 turned[4]) {
    f32x8 rows[4];
    UNROLLED_FOR(r, 4) {
        const f32x4 low = *(const f32x4u *)(in + r * step), high = *(const f32x4u *)(in + (r + 4) * step);
        rows[r] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
    }
    const f32x8 a = __builtin_shufflevector(rows[0], rows[1], 0, 8, 1, 9, 4, 12, 5, 13);
    const f32x8 b = __builtin_shufflevector(rows[0], rows[1], 2, 10, 3, 11, 6, 14, 7, 15);
    const f32x8 c = __builtin_shufflevector(rows[2], rows[3], 0, 8, 1, 9, 4, 12, 5, 13);
    const f32x8 d = __builtin_shufflevector(rows[2], rows[3], 2, 10, 3, 11, 6, 14, 7, 15);
    turned[0] = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13);
    turned[1] = __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
    turned[2] = __builtin_shufflevector(b, d, 0, 1, 8, 9, 4, 5, 12, 13);
    turned[3] = __builtin_shufflevector(b, d, 2, 3, 10, 11, 6, 7, 14, 15);
}

// Adds the products of COUNT channels with eight inputs of eight rows, or with the inputs from `first` on if PARTIAL.
INLINE void add_turned(const f32x8 turned[EIGHT], ptrdiff_t first, const float *weights, ptrdiff_t weight_step,
                       f32x8 *sum, const int COUNT, const int PARTIAL) {
    f32x8 total[TURNED_CHANNELS];
    UNROLLED_FOR(n, COUNT) total[n] = sum[n];
    UNROLLED_FOR(i, EIGHT) {
        if (PARTIAL && i < first) continue;
        UNROLLED_FOR(n, COUNT) total[n] += turned[i] * weights[i * weight_step + n];
    }
    UNROLLED_FOR(n, COUNT) sum[n] = total[n];
}

// The same of all channels.
INLINE void add_eight_inputs(const RowProduct *s, const float *in, ptrdiff_t first, const float *weights, f32x8 *sum,
                             const int PARTIAL) {
    f32x8 turned[EIGHT];
    turn_four(in, s->input_step, turned);
    turn_four(in + 4, s->input_step, turned + 4);
    for (ptrdiff_t n = 0; n < s->channels; n += TURNED_CHANNELS) {
#define ADD(COUNT) add_turned(turned, first, weights + n, s->weight_step, sum + n, COUNT, PARTIAL)
        switch (s->channels - n) {
            case 1: ADD(1); break;
            case 2: ADD(2); break;
            case 3: ADD(3); break;
            default: ADD(TURNED_CHANNELS);
        }
#undef ADD
    }
}

// 8·GROUPS rows.
INLINE void turned_tile(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                        float *out, const int GROUPS) {
    const ptrdiff_t channels = s->channels, length = s->length, group_step = EIGHT * s->input_step;
    f32x8 sum[MOST_GROUPS][VECTOR_FLOATS];
    for (int g = 0; g < GROUPS; ++g)
        for (ptrdiff_t n = 0; n < channels; ++n)
            for (int r = 0; r < EIGHT; ++r)
                sum[g][n][r] = s->continues ? out[(g * EIGHT + r) * s->output_step + n] : bias ? bias[n] : 0;
    for (ptrdiff_t segment = 0; segment < s->segments; ++segment) {
        const float *x = in + segment * s->segment_step, *w = weights + segment * s->segment_rows * s->weight_step;
        ptrdiff_t j = 0;
        for (; j + EIGHT <= length; j += EIGHT)
            UNROLLED_FOR(g, GROUPS) add_eight_inputs(s, x + g * group_step + j, 0, w + j * s->weight_step, sum[g], 0);
        // The last inputs are read with some that have been added before.
        const ptrdiff_t back = length - EIGHT;
        if (j < length)
            for (int g = 0; g < GROUPS; ++g)
                add_eight_inputs(s, x + g * group_step + back, j - back, w + back * s->weight_step, sum[g], 1);
    }
    for (int g = 0; g < GROUPS; ++g)
        for (ptrdiff_t n = 0; n < channels; ++n) {
            if (relu) rectify_half(&sum[g][n]);
            for (int r = 0; r < EIGHT; ++r) out[(g * EIGHT + r) * s->output_step + n] = sum[g][n][r];
        }
}

// Whether there are few enough channels for it to pay, and enough inputs and rows.
INLINE int has_turned_rows(const RowProduct *s) {
    return s->channels <= MOST_TURNED && s->length >= EIGHT && s->rows >= EIGHT;
}

// All rows of a line, or those but the last few: returns how many. The last tile computes some again, unless that would
// add to them twice.
INLINE ptrdiff_t turned_rows(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                             float *out) {
    // The inputs of a tile lie within two kilobytes, or are those of eight rows: memory delivers longer ones late.
    enum { NEAR = 2048 / sizeof(float) };
    const ptrdiff_t near = s->channels <= TURNED_CHANNELS ? NEAR / (EIGHT * s->input_step) : 1;
    ptrdiff_t r = 0;
#define TILE(GROUPS) turned_tile(s, in + r * s->input_step, weights, bias, relu, out + r * s->output_step, GROUPS)
    if (near >= MOST_GROUPS)
        for (; r + MOST_GROUPS * EIGHT <= s->rows; r += MOST_GROUPS * EIGHT) TILE(MOST_GROUPS);
    if (near >= 2)
        for (; r + 2 * EIGHT <= s->rows; r += 2 * EIGHT) TILE(2);
    for (; r + EIGHT <= s->rows; r += EIGHT) TILE(1);
    if (r == s->rows || s->continues) return r;
    r = s->rows - EIGHT;
    TILE(1);
#undef TILE
    return s->rows;
}

INLINE void row_product_on(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                           float *out, const int WIDE) {
    const ptrdiff_t channels = s->channels, lines = s->groups * s->lines;
    if (has_turned_rows(s)) {
        RowProduct rest = *s;
        for (ptrdiff_t i = 0; i < lines; ++i) {
            const ptrdiff_t place = i / s->lines * s->input_group + i % s->lines * s->input_line;
            const ptrdiff_t result = i / s->lines * s->output_group + i % s->lines * s->output_line;
            const ptrdiff_t done = turned_rows(s, in + place, weights, bias, relu, out + result);
            const float *const x = in + place + done * s->input_step;
            float *const y = out + result + done * s->output_step;
            rest.rows = s->rows - done;
            row_block(&rest, x, weights, bias, relu, y, channels, 0, 1, 0, NARROW, WIDE);
        }
        return;
    }
    if (channels < VECTOR_FLOATS) {
        block_lines(s, in, weights, bias, relu, out, channels, 0, 0, lines, 1, 0, NARROW, WIDE);
        return;
    }
    const ptrdiff_t block = WIDE ? 2 * VECTOR_FLOATS : VECTOR_FLOATS;
    // Loop order: small weights fit the cache, so all channels of a line are computed at once; of larger weights one
    // block of channels at a time is kept in the cache for all lines.
    const ptrdiff_t strip = s->segments * s->length * channels > 1 << 14 ? lines : 1;
    for (ptrdiff_t first = 0; first < lines; first += strip) {
        const ptrdiff_t last = first + strip;
        // A remainder of more than 16 is computed as two overlapping vectors, a smaller one as a vector that overlaps
        // the block before: no vector is partial, and what is computed twice is equal.
        for (ptrdiff_t n = 0; n < channels; n += block) {
            const ptrdiff_t left = channels - n;
            // Where the block starts whose last channels these are.
            const ptrdiff_t floats = left <= HALF_FLOATS ? HALF_FLOATS : VECTOR_FLOATS;
            const ptrdiff_t at = left < floats ? channels - floats : n;
            const float *const w = weights + at, *const b = bias ? bias + at : bias;
            float *const to = out + at;
            if (WIDE && left > VECTOR_FLOATS + HALF_FLOATS)
                block_lines(s, in, w, b, relu, to, left, second_start(left, VECTOR_FLOATS), first, last, 2, 0, WHOLE,
                            WIDE);
            else if (WIDE && left > VECTOR_FLOATS)
                block_lines(s, in, w, b, relu, to, left, second_start(left, HALF_FLOATS), first, last, 1, 1, WHOLE,
                            WIDE);
            else if (!WIDE && s->continues && left <= HALF_FLOATS)
                block_lines(s, in, w, b, relu, to, left, 0, first, last, 0, 1, TAIL, WIDE);
            else if (!WIDE && s->continues && left < VECTOR_FLOATS)
                block_lines(s, in, w, b, relu, to, left, 0, first, last, 1, 0, TAIL, WIDE);
            else if (left <= HALF_FLOATS) block_lines(s, in, w, b, relu, to, left, 0, first, last, 0, 1, WHOLE, WIDE);
            else block_lines(s, in, w, b, relu, to, left, 0, first, last, 1, 0, WHOLE, WIDE);
        }
    }
}

FOR_EACH_REGISTER_FILE(extern, row_product,
                       (const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                        float *out),
                       s, in, weights, bias, relu, out)

// One tile of the weights' gradient: SEGMENTS runs of COUNT inputs × VECTORS vectors and HALVES halves of channels,
// summed over the rows of `groups` samples. The result is stored if `first`, else added to the gradient.
INLINE void gradient_tile(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                          ptrdiff_t groups, int first, ptrdiff_t channels, ptrdiff_t second, const int SEGMENTS,
                          const int COUNT, const int VECTORS, const int HALVES, const int PARTIAL) {
    if (PARTIAL == WHOLE) channels = VECTOR_FLOATS;
    const ptrdiff_t loaded = PARTIAL == NARROW ? channels : VECTOR_FLOATS, half = VECTORS * second;
    f32x16 sum[28];
    f32x8 half_sum[24];
    UNROLLED_FOR(i, SEGMENTS * COUNT * VECTORS) sum[i] = (f32x16){0};
    UNROLLED_FOR(i, SEGMENTS * COUNT * HALVES) half_sum[i] = (f32x8){0};
    const ptrdiff_t input_step = g->input_step, output_step = g->output_step, segment_step = g->segment_step;
    for (ptrdiff_t group = 0; group < groups; ++group) {
        for (ptrdiff_t line = 0; line < g->lines; ++line) {
            const float *x = in + group * g->input_group + line * g->input_line;
            const float *y = out_gradient + group * g->output_group + line * g->output_line;
            for (ptrdiff_t r = 0; r < g->rows; ++r, x += input_step, y += output_step) {
                f32x16 dy[2];
                f32x8 half_dy[1];
                UNROLLED_FOR(v, VECTORS) load_partial(y + v * second, loaded, &dy[v]);
                UNROLLED_FOR(h, HALVES) half_dy[h] = *(const f32x8u *)(y + half);
                UNROLLED_FOR(i, SEGMENTS)
                    UNROLLED_FOR(j, COUNT) {
                        const float value = x[i * segment_step + j];
                        UNROLLED_FOR(v, VECTORS) sum[(i * COUNT + j) * VECTORS + v] += value * dy[v];
                        UNROLLED_FOR(h, HALVES) half_sum[i * COUNT + j] += value * half_dy[h];
                    }
            }
        }
    }
    UNROLLED_FOR(i, SEGMENTS)
        UNROLLED_FOR(j, COUNT) {
            float *to = gradient + (i * g->length + j) * g->channels;
            const f32x16 *total = &sum[(i * COUNT + j) * VECTORS];
            const f32x8 *half_total = &half_sum[i * COUNT + j];
            if (PARTIAL == TAIL) {
                // Only the last `channels` lanes are new; those before them belong to the block before.
                UNROLLED_FOR(v, VECTORS) {
                    f32x16 tail = *total;
                    if (!first) tail += *(const f32x16u *)to;
                    store_last_lanes(&tail, channels, to);
                }
                UNROLLED_FOR(h, HALVES) {
                    f32x8 tail = *half_total;
                    if (!first) tail += *(const f32x8u *)to;
                    store_last_of_half(&tail, channels, to);
                }
                continue;
            }
            // The two vectors may overlap: both are read before either is written.
            f32x16 value[2] = {{0}, {0}};
            f32x8 half_value = {0};
            UNROLLED_FOR(v, VECTORS) {
                if (!first) load_partial(to + v * second, channels, &value[v]);
                value[v] += total[v];
            }
            UNROLLED_FOR(h, HALVES) {
                if (!first) half_value = *(const f32x8u *)(to + half);
                half_value += *half_total;
            }
            UNROLLED_FOR(v, VECTORS) store_partial(&value[v], channels, to + v * second);
            UNROLLED_FOR(h, HALVES) *(f32x8u *)(to + half) = half_value;
        }
}

#define TILE(n) \
    case n: \
        gradient_tile(g, in + j, out_gradient, to, groups, first, channels, second, 1, n, VECTORS, HALVES, PARTIAL); \
        break;

// All inputs × one block of channels. A 3 × 3 kernel on one channel is one tile.
INLINE void gradient_block(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                           ptrdiff_t groups, int first, ptrdiff_t channels, ptrdiff_t second, const int VECTORS,
                           const int HALVES, const int PARTIAL, const int WIDE) {
    // More rows than these spill: sums, gradients, inputs and, of a tail, the lanes that are stored one by one.
    const ptrdiff_t most = PARTIAL == NARROW ? 6 : PARTIAL == TAIL ? 14 : VECTORS + HALVES == 2 ? 12 : 24;
    const ptrdiff_t rows = tile_rows(VECTORS, HALVES, WIDE), largest = rows < most ? rows : most;
    if (WIDE && PARTIAL == WHOLE && g->length == 3 && g->segments == 3) {
        gradient_tile(g, in, out_gradient, gradient, groups, first, channels, second, 3, 3, VECTORS, HALVES, PARTIAL);
        return;
    }
    for (ptrdiff_t segment = 0; segment < g->segments; ++segment, in += g->segment_step) {
        const ptrdiff_t tiles = (g->length + largest - 1) / largest;
        ptrdiff_t j = 0;
        for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
            const ptrdiff_t count = (g->length - j) / (tiles - tile);
            float *to = gradient + (segment * g->length + j) * g->channels;
            SWITCH_TILES(count, largest)
            j += count;
        }
    }
}
#undef TILE

// The gradient of 16·VECTORS inputs × COUNT channels, from input `j` of a segment on, an input in each lane: summed and
// stored as by `gradient_tile`. The first `done` inputs have been summed before.
INLINE void turned_gradient_tile(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                                 ptrdiff_t groups, int first, ptrdiff_t done, const int VECTORS, const int COUNT) {
    f32x16 sum[TURNED_CHANNELS * TURNED_CHANNELS];
    UNROLLED_FOR(i, VECTORS * COUNT) sum[i] = (f32x16){0};
    const ptrdiff_t input_step = g->input_step, output_step = g->output_step;
    for (ptrdiff_t group = 0; group < groups; ++group)
        for (ptrdiff_t line = 0; line < g->lines; ++line) {
            const float *x = in + group * g->input_group + line * g->input_line;
            const float *y = out_gradient + group * g->output_group + line * g->output_line;
            for (ptrdiff_t r = 0; r < g->rows; ++r, x += input_step, y += output_step)
                UNROLLED_FOR(v, VECTORS) {
                    const f32x16 value = *(const f32x16u *)(x + v * VECTOR_FLOATS);
                    UNROLLED_FOR(n, COUNT) sum[v * COUNT + n] += value * y[n];
                }
        }
    UNROLLED_FOR(v, VECTORS)
        UNROLLED_FOR(n, COUNT) {
            float lane[VECTOR_FLOATS];
            memcpy(lane, &sum[v * COUNT + n], sizeof lane);
            for (ptrdiff_t i = done; i < VECTOR_FLOATS; ++i) {
                float *to = gradient + (v * VECTOR_FLOATS + i) * g->channels + n;
                *to = (first ? 0 : *to) + lane[i];
            }
        }
}

// All inputs × all channels, which are few.
INLINE void turned_gradient(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                            ptrdiff_t groups, int first) {
    for (ptrdiff_t segment = 0; segment < g->segments; ++segment, in += g->segment_step)
        for (ptrdiff_t n = 0; n < g->channels; n += TURNED_CHANNELS) {
            const ptrdiff_t count = g->channels - n;
            for (ptrdiff_t j = 0, vectors; j < g->length; j += vectors * VECTOR_FLOATS) {
                const ptrdiff_t at = j + VECTOR_FLOATS <= g->length ? j : g->length - VECTOR_FLOATS;
                float *to = gradient + (segment * g->length + at) * g->channels + n;
                vectors = 1;
#define TILE(VECTORS, COUNT) \
    do { \
        vectors = VECTORS; \
        turned_gradient_tile(g, in + at, out_gradient + n, to, groups, first, j - at, VECTORS, COUNT); \
    } while (0)
                // As many vectors as fit the registers of the smaller files.
                const ptrdiff_t most = (g->length - j) / VECTOR_FLOATS;
                if (count == 1 && most >= 4) TILE(4, 1);
                else if (count == 1) TILE(1, 1);
                else if (count == 2 && most >= 2) TILE(2, 2);
                else if (count == 2) TILE(1, 2);
                else if (count == 3 && most >= 2) TILE(2, 3);
                else if (count == 3) TILE(1, 3);
                else TILE(1, TURNED_CHANNELS);
#undef TILE
            }
        }
}

// Limits of the contiguous copy of the output gradients of 32 channels. In place, their rows may lie kilobytes apart
// and compete for few cache sets, so that every tile would miss the cache again.
enum { COPIED_ROWS = 512, COPIED_CHANNELS = 2 * VECTOR_FLOATS };

INLINE int are_rows_copied(const RowProduct *g, ptrdiff_t groups) {
    const ptrdiff_t rows = groups * g->lines * g->rows;
    return g->channels >= 4 * COPIED_CHANNELS && g->length > 128 && rows >= 16 && rows <= COPIED_ROWS;
}

// Makes the copy and returns the shape with the copy's strides.
INLINE RowProduct copy_rows(const RowProduct *g, const float *out_gradient, ptrdiff_t groups, float *copy) {
    for (ptrdiff_t group = 0; group < groups; ++group)
        for (ptrdiff_t line = 0; line < g->lines; ++line) {
            const float *y = out_gradient + group * g->output_group + line * g->output_line;
            for (ptrdiff_t r = 0; r < g->rows; ++r, y += g->output_step, copy += COPIED_CHANNELS)
                memcpy(copy, y, COPIED_CHANNELS * sizeof(float));
        }
    RowProduct copied = *g;
    copied.output_step = COPIED_CHANNELS;
    copied.output_line = g->rows * copied.output_step;
    copied.output_group = g->lines * copied.output_line;
    return copied;
}

// All inputs × one block of at most 32 channels, of which `left` are left with those behind the block.
INLINE void gradient_channels_on(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                                 ptrdiff_t groups, int first, ptrdiff_t left, const int WIDE) {
    if (g->channels < VECTOR_FLOATS && g->length >= VECTOR_FLOATS) {
        turned_gradient(g, in, out_gradient, gradient, groups, first);
        return;
    }
    if (left < VECTOR_FLOATS && left == g->channels) {
        gradient_block(g, in, out_gradient, gradient, groups, first, left, 0, 1, 0, NARROW, WIDE);
        return;
    }
    if (WIDE && left > VECTOR_FLOATS + HALF_FLOATS) {
        const ptrdiff_t second = second_start(left, VECTOR_FLOATS);
        gradient_block(g, in, out_gradient, gradient, groups, first, left, second, 2, 0, WHOLE, WIDE);
        return;
    }
    if (WIDE && left > VECTOR_FLOATS) {
        const ptrdiff_t second = second_start(left, HALF_FLOATS);
        gradient_block(g, in, out_gradient, gradient, groups, first, left, second, 1, 1, WHOLE, WIDE);
        return;
    }
    for (ptrdiff_t v = 0; v < 2 * VECTOR_FLOATS && v < left; v += VECTOR_FLOATS) {
        const ptrdiff_t rest = left - v;
        const ptrdiff_t at = rest >= VECTOR_FLOATS ? v : rest > HALF_FLOATS ? left - VECTOR_FLOATS : left - HALF_FLOATS;
        const float *const dy = out_gradient + at;
        if (rest >= VECTOR_FLOATS) gradient_block(g, in, dy, gradient + at, groups, first, rest, 0, 1, 0, WHOLE, WIDE);
        else if (rest > HALF_FLOATS) gradient_block(g, in, dy, gradient + at, groups, first, rest, 0, 1, 0, TAIL, WIDE);
        else gradient_block(g, in, dy, gradient + at, groups, first, rest, 0, 0, 1, TAIL, WIDE);
    }
}

FOR_EACH_REGISTER_FILE(static, gradient_channels,
                       (const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                        ptrdiff_t groups, int first, ptrdiff_t left),
                       g, in, out_gradient, gradient, groups, first, left)

// The same of a copy. Only shapes that are copied need the stack for it.
__attribute__((noinline)) static void copied_gradient_channels(const RowProduct *g, const float *in,
                                                               const float *out_gradient, float *gradient,
                                                               ptrdiff_t groups, int first, ptrdiff_t left) {
    _Alignas(64) float copy[COPIED_ROWS * COPIED_CHANNELS];
    const RowProduct copied = copy_rows(g, out_gradient, groups, copy);
    gradient_channels(&copied, in, copy, gradient, groups, first, left);
}

void row_product_weight_gradient(const RowProduct *g, const float *in, const float *out_gradient, float *gradient) {
    if (g->groups * g->lines * g->rows == 0) {
        memset(gradient, 0, (size_t)(g->segments * g->length * g->channels) * sizeof(float));
        return;
    }
    // Samples per pass: enough rows that adding the tiles to memory costs little, so few that inputs stay in the cache.
    const ptrdiff_t rows_of_group = g->lines * g->rows;
    const ptrdiff_t pass = rows_of_group >= 64 ? 1 : (64 + rows_of_group - 1) / rows_of_group;
    for (ptrdiff_t start = 0; start < g->groups; start += pass) {
        const ptrdiff_t groups = start + pass <= g->groups ? pass : g->groups - start;
        const float *x = in + start * g->input_group, *dy = out_gradient + start * g->output_group;
        for (ptrdiff_t n = 0; n < g->channels; n += COPIED_CHANNELS) {
            const ptrdiff_t left = g->channels - n;
            if (left >= COPIED_CHANNELS && are_rows_copied(g, groups))
                copied_gradient_channels(g, x, dy + n, gradient + n, groups, start == 0, left);
            else gradient_channels(g, x, dy + n, gradient + n, groups, start == 0, left);
        }
    }
}

FOR_EACH_CPU
void column_sums(const float *values, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t step, float *sums) {
    for (ptrdiff_t n = 0; n < channels; n += VECTOR_FLOATS) {
        const ptrdiff_t first = block_first(n, channels), remaining = channels - first;
        f32x16 sum[4] = {{0}, {0}, {0}, {0}}, value = {0};
        const float *v = values + first;
        ptrdiff_t r = 0;
        for (; r + 4 <= rows; r += 4, v += 4 * step)
            UNROLLED_FOR(i, 4) {
                load_partial(v + i * step, remaining, &value);
                sum[i] += value;
            }
        for (int i = 0; r + i < rows; ++i, v += step) {
            load_partial(v, remaining, &value);
            sum[i] += value;
        }
        value = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        store_partial(&value, remaining, sums + first);
    }
}
