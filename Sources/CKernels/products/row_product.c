#include "row_product.h"
#include "panel_product.h"

// What kind of block of channels a tile works on: whole vectors, fewer than 16 channels, or (weight gradients) the last
// channels of more than 16, read as a whole vector that reaches back into the block before.
enum { WHOLE = 0, NARROW = 1, TAIL = 2 };

// How many 16-float accumulators the register file holds beside weights and inputs.
static ptrdiff_t accumulators(void) {
#if defined(__x86_64__) && defined(__linux__)
    return __builtin_cpu_supports("avx512f") ? 28 : 6;
#else
    return 6;
#endif
}

// One tile: ROWS rows × VECTORS vectors of channels, accumulated in registers.
INLINE void row_tile(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                     float *out, ptrdiff_t channels, ptrdiff_t second, const int ROWS, const int VECTORS,
                     const int PARTIAL) {
    if (PARTIAL == WHOLE) channels = VECTOR_FLOATS;
    f32x16 sum[28];
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; ++v) {
        f32x16 first = {0};
        if (bias) load_some(bias + v * second, channels, &first);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; ++r) sum[r * VECTORS + v] = first;
    }
    const ptrdiff_t input_step = s->input_step, weight_step = s->weight_step, length = s->length;
    for (ptrdiff_t segment = 0; segment < s->segments; ++segment) {
        const float *x = in + segment * s->segment_step, *row = weights + segment * s->segment_rows * weight_step;
        for (ptrdiff_t j = 0; j < length; ++j, row += weight_step) {
            f32x16 w[2];
#pragma clang loop unroll(full)
            for (int v = 0; v < VECTORS; ++v) w[v] = *(const f32x16u *)(row + v * second);
#pragma clang loop unroll(full)
            for (int r = 0; r < ROWS; ++r) {
                const float value = x[r * input_step + j];
#pragma clang loop unroll(full)
                for (int v = 0; v < VECTORS; ++v) sum[r * VECTORS + v] += value * w[v];
            }
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; ++r) {
#pragma clang loop unroll(full)
        for (int v = 0; v < VECTORS; ++v) {
            if (relu) rectify(&sum[r * VECTORS + v]);
            store_some(&sum[r * VECTORS + v], channels, out + r * s->output_step + v * second);
        }
    }
}

// All rows of one block of VECTORS·16 channels (or of fewer than 16).
#define TILE(n) \
    case n: row_tile(s, in, weights, bias, relu, out, channels, second, n, VECTORS, PARTIAL); break;
INLINE void row_block(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                      float *out, ptrdiff_t channels, ptrdiff_t second, ptrdiff_t largest, const int VECTORS,
                      const int PARTIAL) {
    ptrdiff_t left = s->rows;
    // Tiles of nearly equal size: many short ones would wait for the multiply-add's latency.
    const ptrdiff_t tiles = (left + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t rows = left / (tiles - tile);
        switch (rows) {
            TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) default : if (PARTIAL != NARROW) switch (rows) {
                TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
            }
            if (PARTIAL == WHOLE && VECTORS == 1) switch (rows) {
                    TILE(15) TILE(16) TILE(17) TILE(18) TILE(19) TILE(20) TILE(21) TILE(22) TILE(23) TILE(24)
                }
        }
        in += rows * s->input_step;
        out += rows * s->output_step;
        left -= rows;
    }
}
#undef TILE

// One block of channels for the rows of lines `first` ..< `last` (lines of all groups counted through).
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
    if (lines == 1 && s->segments * s->length > 0 && panel_product_fits(channels)) {
        panel_product(s, in, weights, bias, relu, out);
        return;
    }
    if (channels < VECTOR_FLOATS) {
        block_lines(s, in, weights, bias, relu, out, channels, 0, 6, 0, lines, 1, NARROW);
        return;
    }
    // Small weights stay in the cache while lines pass; of large ones a block stays while all lines pass.
    const ptrdiff_t strip = s->segments * s->length * channels > 1 << 14 ? lines : 1;
    for (ptrdiff_t first = 0; first < lines; first += strip) {
        const ptrdiff_t last = first + strip;
        // Blocks of 32 channels; of what is left, more than 16 are two vectors that overlap, and fewer one that reaches
        // back, so that no vector is partial: what is computed twice is the same.
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
// of `groups` samples, then added to (or, for the first samples, stored in) the gradient.
INLINE void gradient_tile(const RowProduct *g, const float *in, const float *out_gradient, float *gradient,
                          ptrdiff_t groups, int first, ptrdiff_t channels, ptrdiff_t second, const int SEGMENTS,
                          const int COUNT, const int VECTORS, const int PARTIAL) {
    if (PARTIAL == WHOLE) channels = VECTOR_FLOATS;
    f32x16 sum[28];
#pragma clang loop unroll(full)
    for (int i = 0; i < SEGMENTS * COUNT * VECTORS; ++i) sum[i] = (f32x16){0};
    const ptrdiff_t input_step = g->input_step, output_step = g->output_step, segment_step = g->segment_step;
    for (ptrdiff_t group = 0; group < groups; ++group) {
        for (ptrdiff_t line = 0; line < g->lines; ++line) {
            const float *x = in + group * g->input_group + line * g->input_line;
            const float *y = out_gradient + group * g->output_group + line * g->output_line;
            for (ptrdiff_t r = 0; r < g->rows; ++r, x += input_step, y += output_step) {
                f32x16 dy[2];
#pragma clang loop unroll(full)
                for (int v = 0; v < VECTORS; ++v)
                    load_some(y + v * second, PARTIAL == NARROW ? channels : VECTOR_FLOATS, &dy[v]);
#pragma clang loop unroll(full)
                for (int i = 0; i < SEGMENTS; ++i)
#pragma clang loop unroll(full)
                    for (int j = 0; j < COUNT; ++j) {
                        const float value = x[i * segment_step + j];
#pragma clang loop unroll(full)
                        for (int v = 0; v < VECTORS; ++v) sum[(i * COUNT + j) * VECTORS + v] += value * dy[v];
                    }
            }
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < SEGMENTS; ++i)
#pragma clang loop unroll(full)
        for (int j = 0; j < COUNT; ++j) {
            float *to = gradient + (i * g->length + j) * g->channels;
            const f32x16 *total = &sum[(i * COUNT + j) * VECTORS];
            if (PARTIAL == TAIL) {
                // The lanes before the last `channels` belong to the block before this one.
                float lane[VECTOR_FLOATS];
                memcpy(lane, total, sizeof lane);
                for (ptrdiff_t n = VECTOR_FLOATS - channels; n < VECTOR_FLOATS; ++n)
                    to[n] = first ? lane[n] : to[n] + lane[n];
                continue;
            }
            // Vectors may overlap: all are read before one is written.
            f32x16 value[2] = {{0}, {0}};
#pragma clang loop unroll(full)
            for (int v = 0; v < VECTORS; ++v) {
                if (!first) load_some(to + v * second, channels, &value[v]);
                value[v] += total[v];
            }
#pragma clang loop unroll(full)
            for (int v = 0; v < VECTORS; ++v) store_some(&value[v], channels, to + v * second);
        }
}

#define TILE(n) \
    case n: gradient_tile(g, in + j, out_gradient, to, groups, first, channels, second, 1, n, VECTORS, PARTIAL); break;
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
                TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) default : if (PARTIAL != NARROW) switch (count) {
                    TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
                }
                if (PARTIAL == WHOLE && VECTORS == 1) switch (count) {
                        TILE(15) TILE(16) TILE(17) TILE(18) TILE(19) TILE(20) TILE(21) TILE(22) TILE(23) TILE(24)
                    }
            }
            j += count;
        }
    }
}
#undef TILE

// The output gradients of 32 channels, row behind row. In place their rows may lie kilobytes apart and fall into few
// sets of the cache, where every tile would look for them again.
enum { COPIED_ROWS = 512, COPIED_CHANNELS = 2 * VECTOR_FLOATS };

INLINE int are_rows_copied(const RowProduct *g, ptrdiff_t groups) {
    const ptrdiff_t rows = groups * g->lines * g->rows;
    return g->channels >= 4 * COPIED_CHANNELS && g->length > 128 && rows >= 16 && rows <= COPIED_ROWS;
}

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
    if (g->groups == 0) {
        memset(gradient, 0, (size_t)(g->segments * g->length * g->channels) * sizeof(float));
        return;
    }
    const ptrdiff_t channels = g->channels, room = accumulators();
    const ptrdiff_t single = room < 24 ? room : 24, pair = room / 2 < 12 ? room / 2 : 12;
    // Enough rows a pass to make adding the tile to memory cheap, few enough that the inputs stay in the cache.
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
        const ptrdiff_t first = block_first(n, channels), some = channels - first;
        f32x16 sum[4] = {{0}, {0}, {0}, {0}}, value = {0};
        const float *v = values + first;
        ptrdiff_t r = 0;
        for (; r + 4 <= rows; r += 4, v += 4 * step)
#pragma clang loop unroll(full)
            for (int i = 0; i < 4; ++i) {
                load_some(v + i * step, some, &value);
                sum[i] += value;
            }
        for (int i = 0; r + i < rows; ++i, v += step) {
            load_some(v, some, &value);
            sum[i] += value;
        }
        value = (sum[0] + sum[1]) + (sum[2] + sum[3]);
        store_some(&value, some, sums + first);
    }
}
