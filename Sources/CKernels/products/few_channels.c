#include "few_channels.h"

// Of EIGHT rows each, GROUPS groups are computed together to hide the latency of the multiply-adds.
enum { EIGHT = TURNED_ROWS, MOST_GROUPS = 4 };

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
    switch (s->channels) {
        case 1: add_turned(turned, first, weights, s->weight_step, sum, 1, PARTIAL); break;
        case 2: add_turned(turned, first, weights, s->weight_step, sum, 2, PARTIAL); break;
        case 3: add_turned(turned, first, weights, s->weight_step, sum, 3, PARTIAL); break;
        default: add_turned(turned, first, weights, s->weight_step, sum, TURNED_CHANNELS, PARTIAL);
    }
}

// 8·GROUPS rows.
INLINE void turned_tile(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                        float *out, const int GROUPS) {
    const ptrdiff_t channels = s->channels, length = s->length, group_step = EIGHT * s->input_step;
    f32x8 sum[MOST_GROUPS][TURNED_CHANNELS];
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

FOR_EACH_CPU
ptrdiff_t turned_rows(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                      float *out) {
    // The inputs of a tile lie within two kilobytes, or are those of eight rows: memory delivers longer ones late.
    enum { NEAR = 2048 / sizeof(float) };
    const ptrdiff_t near = NEAR / (EIGHT * s->input_step);
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

FOR_EACH_CPU
void turned_gradient(const RowProduct *g, const float *in, const float *out_gradient, float *gradient, ptrdiff_t groups,
                     int first) {
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
