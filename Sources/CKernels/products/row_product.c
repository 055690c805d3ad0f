#include "row_product.h"
#include "few_channels.h"
#include "tiles.h"

// The channels of a tile (template parameter PARTIAL): full vectors; fewer than a vector's; or the last channels of
// more, read as a full vector that overlaps the block before, whose other lanes must not be added to again.
enum { WHOLE = 0, NARROW = 1, TAIL = 2 };

// Channels that would fill at most half a vector are computed as one of eight floats, which takes half the time where
// registers, or the units behind them, are narrower than sixteen. A tile has VECTORS vectors and HALVES halves of
// channels, in all one or two; the second one starts at channel `second` of the block and may overlap the first.

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
        if (bias) load_half(bias + half, loaded, &first);
        UNROLLED_FOR(r, ROWS) half_sum[r] = first;
    }
    if (s->continues)
        UNROLLED_FOR(r, ROWS) {
            UNROLLED_FOR(v, VECTORS) load_partial(out + r * s->output_step + v * second, loaded, &sum[r * VECTORS + v]);
            UNROLLED_FOR(h, HALVES) load_half(out + r * s->output_step + half, loaded, &half_sum[r]);
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
            else store_half(&half_sum[r], channels, to);
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

INLINE void row_product_on(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                           float *out, const int WIDE) {
    const ptrdiff_t channels = s->channels, lines = s->groups * s->lines;
    if (has_turned_rows(s)) {
        RowProduct rest = *s;
        for (ptrdiff_t i = 0; i < lines; ++i) {
            const ptrdiff_t place = i / s->lines * s->input_group + i % s->lines * s->input_line;
            const ptrdiff_t result = i / s->lines * s->output_group + i % s->lines * s->output_line;
            const ptrdiff_t done = turned_rows(s, in + place, weights, bias, relu, out + result);
            rest.rows = s->rows - done;
            row_block(&rest, in + place + done * s->input_step, weights, bias, relu,
                      out + result + done * s->output_step, channels, 0, 0, 1, NARROW, WIDE);
        }
        return;
    }
    if (channels <= HALF_FLOATS) {
        block_lines(s, in, weights, bias, relu, out, channels, 0, 0, lines, 0, 1, NARROW, WIDE);
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
    // A gradient that no second-level cache holds comes while it is computed.
    enum { CACHED_FLOATS = 1 << 17 };
    if (PARTIAL == WHOLE && VECTORS == 2 && g->segments * g->length * g->channels > CACHED_FLOATS)
        UNROLLED_FOR(i, SEGMENTS)
            UNROLLED_FOR(j, COUNT)
                UNROLLED_FOR(v, VECTORS)
                    __builtin_prefetch(gradient + (i * g->length + j) * g->channels + v * VECTOR_FLOATS, 1);
    const ptrdiff_t input_step = g->input_step, output_step = g->output_step, segment_step = g->segment_step;
    for (ptrdiff_t group = 0; group < groups; ++group) {
        for (ptrdiff_t line = 0; line < g->lines; ++line) {
            const float *x = in + group * g->input_group + line * g->input_line;
            const float *y = out_gradient + group * g->output_group + line * g->output_line;
            for (ptrdiff_t r = 0; r < g->rows; ++r, x += input_step, y += output_step) {
                f32x16 dy[2];
                f32x8 half_dy[1];
                UNROLLED_FOR(v, VECTORS) load_partial(y + v * second, loaded, &dy[v]);
                UNROLLED_FOR(h, HALVES) load_half(y + half, loaded, &half_dy[h]);
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
                if (!first) load_half(to + half, channels, &half_value);
                half_value += *half_total;
            }
            UNROLLED_FOR(v, VECTORS) store_partial(&value[v], channels, to + v * second);
            UNROLLED_FOR(h, HALVES) store_half(&half_value, channels, to + half);
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
    if (has_turned_gradient(g)) {
        turned_gradient(g, in, out_gradient, gradient, groups, first);
        return;
    }
    if (left < VECTOR_FLOATS && left == g->channels) {
        if (left <= HALF_FLOATS)
            gradient_block(g, in, out_gradient, gradient, groups, first, left, 0, 0, 1, NARROW, WIDE);
        else gradient_block(g, in, out_gradient, gradient, groups, first, left, 0, 1, 0, NARROW, WIDE);
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
    enum { PASS_ROWS = 256 };
    const ptrdiff_t rows_of_group = g->lines * g->rows;
    const ptrdiff_t pass = rows_of_group >= PASS_ROWS ? 1 : (PASS_ROWS + rows_of_group - 1) / rows_of_group;
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
