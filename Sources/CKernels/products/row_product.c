#include "row_product.h"
#include "tiles.h"

// The channels of a tile (template parameter PARTIAL): full vectors; fewer than 16 channels; or, for weight gradients,
// the last channels of more than 16, read as a full vector that overlaps the block before.
enum { WHOLE = 0, NARROW = 1, TAIL = 2 };

// How many 16-float accumulators the register file holds besides weights and inputs.
static ptrdiff_t accumulators(void) { return has_avx512() ? 28 : 6; }

// One tile: ROWS rows × VECTORS vectors of channels, the second of which starts at channel `second` of the block.
INLINE void row_tile(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                     float *out, ptrdiff_t channels, ptrdiff_t second, const int ROWS, const int VECTORS,
                     const int PARTIAL) {
    if (PARTIAL == WHOLE) channels = VECTOR_FLOATS;
    f32x16 sum[28];
    UNROLLED_FOR(v, VECTORS) {
        f32x16 first = {0};
        if (bias) load_partial(bias + v * second, channels, &first);
        UNROLLED_FOR(r, ROWS) sum[r * VECTORS + v] = first;
    }
    if (s->continues)
        UNROLLED_FOR(r, ROWS)
            UNROLLED_FOR(v, VECTORS)
                load_partial(out + r * s->output_step + v * second, channels, &sum[r * VECTORS + v]);
    const ptrdiff_t input_step = s->input_step, weight_step = s->weight_step, length = s->length;
    for (ptrdiff_t segment = 0; segment < s->segments; ++segment) {
        const float *x = in + segment * s->segment_step, *row = weights + segment * s->segment_rows * weight_step;
        for (ptrdiff_t j = 0; j < length; ++j, row += weight_step) {
            f32x16 w[2];
            UNROLLED_FOR(v, VECTORS) w[v] = *(const f32x16u *)(row + v * second);
            UNROLLED_FOR(r, ROWS) {
                const float value = x[r * input_step + j];
                UNROLLED_FOR(v, VECTORS) sum[r * VECTORS + v] += value * w[v];
            }
        }
    }
    UNROLLED_FOR(r, ROWS) {
        UNROLLED_FOR(v, VECTORS) {
            if (relu) rectify(&sum[r * VECTORS + v]);
            store_partial(&sum[r * VECTORS + v], channels, out + r * s->output_step + v * second);
        }
    }
}

#define TILE(n) \
    case n: row_tile(s, in, weights, bias, relu, out, channels, second, n, VECTORS, PARTIAL); break;

// All rows of a line × one block of channels, in tiles of at most `largest` rows.
INLINE void row_block(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                      float *out, ptrdiff_t channels, ptrdiff_t second, ptrdiff_t largest, const int VECTORS,
                      const int PARTIAL) {
    ptrdiff_t left = s->rows;
    // Rows that are multiples of a page apart share one set of the first-level cache, which holds few of them.
    enum { PAGE = 1024, WAYS = 8 };
    if ((s->input_step % PAGE == 0 || s->output_step % PAGE == 0) && largest > WAYS) largest = WAYS;
    // Tiles of nearly equal size: short ones do not hide the latency of the multiply-adds.
    const ptrdiff_t tiles = (left + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t rows = left / (tiles - tile);
        switch (rows) {
            TILES_1_TO_6
            default:
                if (PARTIAL != NARROW) {
                    switch (rows) {
                        TILES_7_TO_10
                        TILES_11_TO_14
                    }
                }
                if (PARTIAL == WHOLE && VECTORS == 1) {
                    switch (rows) { TILES_15_TO_24 }
                }
        }
        in += rows * s->input_step;
        out += rows * s->output_step;
        left -= rows;
    }
}
#undef TILE

// One block of channels for lines first ..< last, numbered through all groups.
INLINE void block_lines(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                        float *out, ptrdiff_t channels, ptrdiff_t second, ptrdiff_t largest, ptrdiff_t first,
                        ptrdiff_t last, const int VECTORS, const int PARTIAL) {
    for (ptrdiff_t i = first; i < last; ++i) {
        const ptrdiff_t group = i / s->lines, line = i % s->lines;
        row_block(s, in + group * s->input_group + line * s->input_line, weights, bias, relu,
                  out + group * s->output_group + line * s->output_line, channels, second, largest, VECTORS, PARTIAL);
    }
}

FOR_EACH_CPU
void row_product(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu, float *out) {
    const ptrdiff_t channels = s->channels, room = accumulators(), lines = s->groups * s->lines;
    const ptrdiff_t single = room < 24 ? room : 24, pair = room / 2;
    if (channels < VECTOR_FLOATS) {
        block_lines(s, in, weights, bias, relu, out, channels, 0, 6, 0, lines, 1, NARROW);
        return;
    }
    // Loop order: small weights fit the cache, so all channels of a line are computed at once; of larger weights one
    // block of channels at a time is kept in the cache for all lines.
    const ptrdiff_t strip = s->segments * s->length * channels > 1 << 14 ? lines : 1;
    for (ptrdiff_t first = 0; first < lines; first += strip) {
        const ptrdiff_t last = first + strip;
        // Blocks of 32 channels. A remainder of more than 16 is computed as two overlapping vectors, a smaller one as a
        // vector that overlaps the block before: no vector is partial, and what is computed twice is equal.
        for (ptrdiff_t n = 0; n < channels; n += 2 * VECTOR_FLOATS) {
            const ptrdiff_t left = channels - n;
            if (left > VECTOR_FLOATS) {
                const ptrdiff_t second = left >= 2 * VECTOR_FLOATS ? VECTOR_FLOATS : left - VECTOR_FLOATS;
                block_lines(s, in, weights + n, bias ? bias + n : bias, relu, out + n, left, second, pair, first, last,
                            2, WHOLE);
            } else {
                const ptrdiff_t back = channels - VECTOR_FLOATS;
                block_lines(s, in, weights + back, bias ? bias + back : bias, relu, out + back, VECTOR_FLOATS, 0,
                            single, first, last, 1, WHOLE);
            }
        }
    }
}

// One tile of the weights' gradient: SEGMENTS runs of COUNT inputs × VECTORS vectors of channels, summed over the rows
// of `groups` samples. The result is stored if `first`, else added to the gradient.
INLINE void gradient_tile(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                          ptrdiff_t groups, int first, ptrdiff_t channels, ptrdiff_t second, const int SEGMENTS,
                          const int COUNT, const int VECTORS, const int PARTIAL) {
    if (PARTIAL == WHOLE) channels = VECTOR_FLOATS;
    f32x16 sum[28];
    UNROLLED_FOR(i, SEGMENTS * COUNT * VECTORS) sum[i] = (f32x16){0};
    const ptrdiff_t input_step = g->input_step, output_step = g->output_step, segment_step = g->segment_step;
    for (ptrdiff_t group = 0; group < groups; ++group) {
        for (ptrdiff_t line = 0; line < g->lines; ++line) {
            const float *x = in + group * g->input_group + line * g->input_line;
            const float *y = out_gradient + group * g->output_group + line * g->output_line;
            for (ptrdiff_t r = 0; r < g->rows; ++r, x += input_step, y += output_step) {
                f32x16 dy[2];
                UNROLLED_FOR(v, VECTORS)
                    load_partial(y + v * second, PARTIAL == NARROW ? channels : VECTOR_FLOATS, &dy[v]);
                UNROLLED_FOR(i, SEGMENTS)
                    UNROLLED_FOR(j, COUNT) {
                        const float value = x[i * segment_step + j];
                        UNROLLED_FOR(v, VECTORS) sum[(i * COUNT + j) * VECTORS + v] += value * dy[v];
                    }
            }
        }
    }
    UNROLLED_FOR(i, SEGMENTS)
        UNROLLED_FOR(j, COUNT) {
            float *to = gradient + (i * g->length + j) * g->channels;
            const f32x16 *total = &sum[(i * COUNT + j) * VECTORS];
            if (PARTIAL == TAIL) {
                // Only the last `channels` lanes are new; those before them belong to the block before.
                float lane[VECTOR_FLOATS];
                memcpy(lane, total, sizeof lane);
                for (ptrdiff_t n = VECTOR_FLOATS - channels; n < VECTOR_FLOATS; ++n)
                    to[n] = first ? lane[n] : to[n] + lane[n];
                continue;
            }
            // The two vectors may overlap: both are read before either is written.
            f32x16 value[2] = {{0}, {0}};
            UNROLLED_FOR(v, VECTORS) {
                if (!first) load_partial(to + v * second, channels, &value[v]);
                value[v] += total[v];
            }
            UNROLLED_FOR(v, VECTORS) store_partial(&value[v], channels, to + v * second);
        }
}

#define TILE(n) \
    case n: gradient_tile(g, in + j, out_gradient, to, groups, first, channels, second, 1, n, VECTORS, PARTIAL); break;

// All inputs × one block of channels, in tiles of at most `largest` inputs. A 3 × 3 kernel on one channel is one tile.
INLINE void gradient_block(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                           ptrdiff_t groups, int first, ptrdiff_t channels, ptrdiff_t second, ptrdiff_t largest,
                           const int VECTORS, const int PARTIAL) {
    if (PARTIAL == WHOLE && g->length == 3 && g->segments == 3 && largest >= 9) {
        gradient_tile(g, in, out_gradient, gradient, groups, first, channels, second, 3, 3, VECTORS, PARTIAL);
        return;
    }
    for (ptrdiff_t segment = 0; segment < g->segments; ++segment, in += g->segment_step) {
        const ptrdiff_t tiles = (g->length + largest - 1) / largest;
        ptrdiff_t j = 0;
        for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
            const ptrdiff_t count = (g->length - j) / (tiles - tile);
            float *to = gradient + (segment * g->length + j) * g->channels;
            switch (count) {
                TILES_1_TO_6
                default:
                    if (PARTIAL != NARROW) {
                        switch (count) {
                            TILES_7_TO_10
                            TILES_11_TO_14
                        }
                    }
                    if (PARTIAL == WHOLE && VECTORS == 1) {
                        switch (count) { TILES_15_TO_24 }
                    }
            }
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

FOR_EACH_CPU
void row_product_weight_gradient(const RowProduct *g, const float *in, const float *out_gradient, float *gradient) {
    if (g->groups * g->lines * g->rows == 0) {
        memset(gradient, 0, (size_t)(g->segments * g->length * g->channels) * sizeof(float));
        return;
    }
    const ptrdiff_t channels = g->channels, room = accumulators();
    const ptrdiff_t single = room < 24 ? room : 24, pair = room / 2 < 12 ? room / 2 : 12;
    // Samples per pass: enough rows that adding the tiles to memory costs little, so few that inputs stay in the cache.
    const ptrdiff_t rows_of_group = g->lines * g->rows;
    const ptrdiff_t pass = rows_of_group >= 64 ? 1 : (64 + rows_of_group - 1) / rows_of_group;
    for (ptrdiff_t start = 0; start < g->groups; start += pass) {
        const ptrdiff_t groups = start + pass <= g->groups ? pass : g->groups - start;
        const float *x = in + start * g->input_group, *dy = out_gradient + start * g->output_group;
        const int first = start == 0;
        if (channels < VECTOR_FLOATS) {
            gradient_block(g, x, dy, gradient, groups, first, channels, 0, 6, 1, NARROW);
            continue;
        }
        for (ptrdiff_t n = 0; n < channels; n += 2 * VECTOR_FLOATS) {
            const ptrdiff_t left = channels - n, back = channels - VECTOR_FLOATS;
            if (left >= COPIED_CHANNELS && are_rows_copied(g, groups)) {
                _Alignas(64) float copy[COPIED_ROWS * COPIED_CHANNELS];
                const RowProduct copied = copy_rows(g, dy + n, groups, copy);
                gradient_block(&copied, x, copy, gradient + n, groups, first, left, VECTOR_FLOATS, pair, 2, WHOLE);
            } else if (left > VECTOR_FLOATS) {
                const ptrdiff_t second = left >= 2 * VECTOR_FLOATS ? VECTOR_FLOATS : left - VECTOR_FLOATS;
                gradient_block(g, x, dy + n, gradient + n, groups, first, left, second, pair, 2, WHOLE);
            } else if (left == VECTOR_FLOATS) {
                gradient_block(g, x, dy + n, gradient + n, groups, first, left, 0, single, 1, WHOLE);
            } else {
                gradient_block(g, x, dy + back, gradient + back, groups, first, left, 0, single < 14 ? single : 14, 1,
                               TAIL);
            }
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
