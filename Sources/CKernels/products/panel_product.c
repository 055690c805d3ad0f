#include "panel_product.h"

// A block of DEPTH rows of 32 weights stays in the first-level cache while the tiles of a chunk of rows pass; the
// chunk's inputs stay in the second-level cache while all panels pass. Inputs are copied to lines of LINE floats, no
// power of two, so that the rows of a tile fall into different sets of the cache.
enum { DEPTH = 128, CHUNK = 112, LINE = DEPTH + VECTOR_FLOATS, PAIR = 2, PANEL = PAIR * VECTOR_FLOATS };

int panel_product_fits(ptrdiff_t channels) { return channels >= 128 && channels % PANEL == 0; }

// Rows of a tile: how many pairs of 16-float accumulators the register file holds beside weights and inputs.
static ptrdiff_t largest_tile(void) {
#if defined(__x86_64__) && defined(__linux__)
    return __builtin_cpu_supports("avx512f") ? 14 : 3;
#else
    return 3;
#endif
}

// A block of weights, and the one that is needed next.
typedef struct {
    const float *rows;
    ptrdiff_t step;  // floats between two rows
    const float *next;
    ptrdiff_t next_step;
    ptrdiff_t depth;
} Block;

// Where the sums over a block start, and what comes behind them.
typedef struct {
    const float *bias;  // NULL: zero
    int continues;      // from what the block before has left in the output
    int relu;
} Chain;

// One tile: ROWS rows × 32 channels, accumulated in registers over the depth of a block. On the way it calls for one of
// the two vectors of each row that is needed next.
INLINE void panel_tile(const float *in, const Block *block, ptrdiff_t vector, const Chain *chain, float *out,
                       ptrdiff_t output_step, const int ROWS) {
    f32x16 sum[14 * PAIR];
#pragma clang loop unroll(full)
    for (int v = 0; v < PAIR; ++v) {
        f32x16 first = {0};
        if (chain->bias) first = *(const f32x16u *)(chain->bias + v * VECTOR_FLOATS);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; ++r) sum[r * PAIR + v] = first;
    }
    if (chain->continues)
#pragma clang loop unroll(full)
        for (int i = 0; i < ROWS * PAIR; ++i)
            sum[i] = *(const f32x16u *)(out + i / PAIR * output_step + i % PAIR * VECTOR_FLOATS);
    const float *weights = block->rows, *next = block->next + vector * VECTOR_FLOATS;
    const ptrdiff_t depth = block->depth, step = block->step, next_step = block->next_step;
    for (ptrdiff_t j = 0; j < depth; ++j, weights += step, next += next_step) {
        __builtin_prefetch(next, 0, 2);
        const f32x16 w[PAIR] = {*(const f32x16u *)weights, *(const f32x16u *)(weights + VECTOR_FLOATS)};
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; ++r) {
            const float value = in[r * LINE + j];
#pragma clang loop unroll(full)
            for (int v = 0; v < PAIR; ++v) sum[r * PAIR + v] += value * w[v];
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < ROWS * PAIR; ++i) {
        if (chain->relu) rectify(&sum[i]);
        *(f32x16u *)(out + i / PAIR * output_step + i % PAIR * VECTOR_FLOATS) = sum[i];
    }
}

#define TILE(n) \
    case n: panel_tile(in, block, tile & 1, chain, out, output_step, n); break;
// The rows of a chunk with one block of weights.
INLINE void panel_chunk(const float *in, ptrdiff_t rows, const Block *block, const Chain *chain, float *out,
                        ptrdiff_t output_step, ptrdiff_t largest) {
    // Tiles of nearly equal size: many short ones would wait for the multiply-add's latency.
    const ptrdiff_t tiles = (rows + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t count = rows / (tiles - tile);
        switch (count) {
            TILE(1)
            TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
        }
        in += count * LINE;
        out += count * output_step;
        rows -= count;
    }
}
#undef TILE

// All panels of `depth` rows of weights, with a chunk of rows.
INLINE void all_panels(const RowProduct *s, const float *in, ptrdiff_t rows, const float *weights, ptrdiff_t depth,
                       Chain chain, float *out, ptrdiff_t largest) {
    _Alignas(64) float copy[DEPTH * PANEL];
    const float *const bias = chain.bias;
    const ptrdiff_t step = s->weight_step, panel_step = s->panel_step ? s->panel_step : PANEL;
    const int is_copied = step != PANEL && rows > largest;
    for (ptrdiff_t n = 0; n < s->channels; n += PANEL) {
        const float *panel = weights + n / PANEL * panel_step;
        const int is_last = n + PANEL == s->channels;
        Block block = {panel, step, is_last ? weights + depth * step : panel + panel_step, step, depth};
        if (is_copied) {
            for (ptrdiff_t j = 0; j < depth; ++j, panel += step) memcpy(copy + j * PANEL, panel, PANEL * sizeof(float));
            block.rows = copy;
            block.step = PANEL;
        }
        if (bias) chain.bias = bias + n;
        panel_chunk(in, rows, &block, &chain, out + n, s->output_step, largest);
    }
}

// `depth` floats of each row, to lines of LINE floats.
INLINE void copy_lines(const float *in, ptrdiff_t rows, ptrdiff_t input_step, ptrdiff_t depth, float *lines) {
    for (ptrdiff_t r = 0; r < rows; ++r, in += input_step, lines += LINE) {
        ptrdiff_t j = 0;
        for (; j + VECTOR_FLOATS <= depth; j += VECTOR_FLOATS) *(f32x16u *)(lines + j) = *(const f32x16u *)(in + j);
        for (; j < depth; ++j) lines[j] = in[j];
    }
}

FOR_EACH_CPU
void panel_product(const RowProduct *s, const float *in, const float *weights, const float *bias, int relu,
                   float *out) {
    _Alignas(64) float lines[CHUNK * LINE];
    const ptrdiff_t largest = largest_tile();
    const ptrdiff_t chunks = (s->rows + CHUNK - 1) / CHUNK, blocks = (s->length + DEPTH - 1) / DEPTH;
    ptrdiff_t left = s->rows;
    for (ptrdiff_t chunk = 0; chunk < chunks; ++chunk) {
        const ptrdiff_t rows = left / (chunks - chunk);
        for (ptrdiff_t segment = 0; segment < s->segments; ++segment) {
            for (ptrdiff_t block = 0, j = 0; block < blocks; ++block) {
                const ptrdiff_t depth = (s->length - j) / (blocks - block);
                const int is_first = segment + block == 0;
                const int is_last = segment + 1 == s->segments && block + 1 == blocks;
                const Chain chain = {is_first ? bias : NULL, !is_first, is_last && relu};
                copy_lines(in + segment * s->segment_step + j, rows, s->input_step, depth, lines);
                all_panels(s, lines, rows, weights + (segment * s->segment_rows + j) * s->weight_step, depth, chain,
                           out, largest);
                j += depth;
            }
        }
        in += rows * s->input_step;
        out += rows * s->output_step;
        left -= rows;
    }
}

// One step of transposing 16 × 16: rows `i` and `i + STEP` change their off-diagonal squares of STEP × STEP.
#define EXCHANGE(STEP, ...) \
    for (int i = 0; i < VECTOR_FLOATS; ++i) \
        if (!(i & STEP)) { \
            const f32x16 low = row[i], high = row[i + STEP]; \
            row[i] = __builtin_shufflevector(low, high, __VA_ARGS__); \
            row[i + STEP] = UPPER(STEP, __VA_ARGS__); \
        }
#define UPPER(STEP, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) \
    __builtin_shufflevector(low, high, a + STEP, b + STEP, c + STEP, d + STEP, e + STEP, f + STEP, g + STEP, h + STEP, \
                            i + STEP, j + STEP, k + STEP, l + STEP, m + STEP, n + STEP, o + STEP, p + STEP)

INLINE void transpose_square(const float *from, ptrdiff_t from_step, float *to, ptrdiff_t to_step) {
    f32x16 row[VECTOR_FLOATS];
    for (int r = 0; r < VECTOR_FLOATS; ++r) row[r] = *(const f32x16u *)(from + r * from_step);
    EXCHANGE(8, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
    EXCHANGE(4, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
    EXCHANGE(2, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
    EXCHANGE(1, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30)
    for (int c = 0; c < VECTOR_FLOATS; ++c) *(f32x16u *)(to + c * to_step) = row[c];
}

FOR_EACH_CPU
void transpose_to_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t panel_step, float *panels) {
    for (ptrdiff_t first = 0; first < rows; first += PANEL, panels += panel_step) {
        const float *block = matrix + first * columns;
        ptrdiff_t c = 0;
        for (; c + VECTOR_FLOATS <= columns; c += VECTOR_FLOATS)
            for (ptrdiff_t r = 0; r < PANEL; r += VECTOR_FLOATS)
                transpose_square(block + r * columns + c, columns, panels + c * PANEL + r, PANEL);
        for (; c < columns; ++c)
            for (ptrdiff_t r = 0; r < PANEL; ++r) panels[c * PANEL + r] = block[r * columns + c];
    }
}
