#include "panel_product.h"
#include "tiles.h"
#include "transpose_tile.h"

// Cache blocking: DEPTH rows of 32 weights stay in the first-level cache while they are multiplied with all tiles of a
// chunk of CHUNK rows of inputs; the chunk's inputs stay in the second-level cache until all panels are done. Inputs
// are copied to lines of LINE floats, not a power of two, so that the rows of a tile fall into different cache sets.
enum { DEPTH = 128, CHUNK = 112, LINE = DEPTH + VECTOR_FLOATS, PAIR = 2, PANEL = PAIR * VECTOR_FLOATS };

int panel_product_fits(ptrdiff_t channels) { return channels >= 128 && channels % PANEL == 0; }

// Rows of a tile: how many pairs of 16-float accumulators the register file holds besides weights and inputs.
static ptrdiff_t largest_tile(void) { return has_avx512() ? 14 : 3; }

// A block of `depth` rows of 32 weights, and the block to prefetch meanwhile.
typedef struct {
    const float *rows;
    ptrdiff_t step;  // floats between two rows
    const float *next;
    ptrdiff_t next_step;
    ptrdiff_t depth;
} Block;

// How the sums over a block of depth begin and end.
typedef struct {
    const float *bias;  // initial values; NULL: zero
    int continues;      // whether to start from the output instead, where the block before has stored its sums
    int relu;           // whether to apply max(x, 0) to the results
} Chain;

// One tile: ROWS rows × 32 channels, summed over the depth of a block. Meanwhile it prefetches vector number `vector`
// (0 or 1) of each row of the next block.
INLINE void panel_tile(const float *in, const Block *block, ptrdiff_t vector, const Chain *chain, float *out,
                       ptrdiff_t output_step, const int ROWS) {
    f32x16 sum[14 * PAIR];
    UNROLLED_FOR(v, PAIR) {
        f32x16 first = {0};
        if (chain->bias) first = *(const f32x16u *)(chain->bias + v * VECTOR_FLOATS);
        UNROLLED_FOR(r, ROWS) sum[r * PAIR + v] = first;
    }
    if (chain->continues)
        UNROLLED_FOR(i, ROWS * PAIR)
            sum[i] = *(const f32x16u *)(out + i / PAIR * output_step + i % PAIR * VECTOR_FLOATS);
    const float *weights = block->rows, *next = block->next + vector * VECTOR_FLOATS;
    const ptrdiff_t depth = block->depth, step = block->step, next_step = block->next_step;
    for (ptrdiff_t j = 0; j < depth; ++j, weights += step, next += next_step) {
        __builtin_prefetch(next, 0, 2);
        const f32x16 w[PAIR] = {*(const f32x16u *)weights, *(const f32x16u *)(weights + VECTOR_FLOATS)};
        UNROLLED_FOR(r, ROWS) {
            const float value = in[r * LINE + j];
            UNROLLED_FOR(v, PAIR) sum[r * PAIR + v] += value * w[v];
        }
    }
    UNROLLED_FOR(i, ROWS * PAIR) {
        if (chain->relu) rectify(&sum[i]);
        *(f32x16u *)(out + i / PAIR * output_step + i % PAIR * VECTOR_FLOATS) = sum[i];
    }
}

#define TILE(n) \
    case n: panel_tile(in, block, tile & 1, chain, out, output_step, n); break;

// A chunk of rows × one block of weights.
INLINE void panel_chunk(const float *in, ptrdiff_t rows, const Block *block, const Chain *chain, float *out,
                        ptrdiff_t output_step, ptrdiff_t largest) {
    // Tiles of nearly equal size: short ones do not hide the latency of the multiply-adds.
    const ptrdiff_t tiles = (rows + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t count = rows / (tiles - tile);
        switch (count) {
            TILES_1_TO_6
            TILES_7_TO_10
            TILES_11_TO_14
        }
        in += count * LINE;
        out += count * output_step;
        rows -= count;
    }
}
#undef TILE

// A chunk of rows × `depth` rows of weights, all channels.
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

// Copies `depth` floats of each row to lines of LINE floats.
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

FOR_EACH_CPU
void transpose_to_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t panel_step, float *panels) {
    for (ptrdiff_t first = 0; first < rows; first += PANEL, panels += panel_step) {
        const float *block = matrix + first * columns;
        ptrdiff_t c = 0;
        for (; c + VECTOR_FLOATS <= columns; c += VECTOR_FLOATS)
            for (ptrdiff_t r = 0; r < PANEL; r += VECTOR_FLOATS)
                transpose_tile(block + r * columns + c, columns, PANEL, panels + c * PANEL + r);
        for (; c < columns; ++c)
            for (ptrdiff_t r = 0; r < PANEL; ++r) panels[c * PANEL + r] = block[r * columns + c];
    }
}
