#include "winograd.h"

#include "../products/tiles.h"
#include "../products/transpose_tile.h"

enum {
    SIDE = 4,              // of a transformed tile
    PLACES = SIDE * SIDE,  // of a transformed tile
    TAPS = 9,
    PAIR = 2,  // vectors of a panel of outputs
    PANEL = PAIR * VECTOR_FLOATS,
    // Tiles that are transformed before they are multiplied: so many that each transformed weight, which comes from the
    // third-level cache if channels are many, is used often, so few that the transformed inputs stay in a cache.
    MOST_TILES = 56,
    CACHED_FLOATS = 1 << 19,
    // The same of weight gradients, where both operands are transformed and read once.
    GRADIENT_TILES = 64,
    GRADIENT_FLOATS = 1 << 18,
    // Channels of inputs and outputs whose transformed gradients are summed in the cache.
    GRADIENT_CHANNELS = 128,
};

static ptrdiff_t vectors(ptrdiff_t channels) { return (channels + VECTOR_FLOATS - 1) / VECTOR_FLOATS; }

// Floats between transformed tiles: not a power of two, so that neighbours fall into different cache sets.
static ptrdiff_t tile_step(ptrdiff_t channels) { return (vectors(channels) + 1) * VECTOR_FLOATS; }

static ptrdiff_t minimum(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

// MARK: Kernels. Panels of 32 output channels (the last of 16, if that is enough), of each the 16 places, of each the
// input channels.

ptrdiff_t winograd_kernel_count(ptrdiff_t in_channels, ptrdiff_t out_channels) {
    return PLACES * in_channels * vectors(out_channels) * VECTOR_FLOATS;
}

// G g Gᵀ for a vector of kernels g[row·3 + column].
INLINE void transform_taps(const f32x16 *g, f32x16 *to) {
    f32x16 half[SIDE * 3];
    UNROLLED_FOR(c, 3) {
        const f32x16 sum = g[c] + g[6 + c];
        half[c] = g[c];
        half[3 + c] = 0.5f * (sum + g[3 + c]);
        half[6 + c] = 0.5f * (sum - g[3 + c]);
        half[9 + c] = g[6 + c];
    }
    UNROLLED_FOR(r, SIDE) {
        const f32x16 *h = half + r * 3, sum = h[0] + h[2];
        to[r * SIDE] = h[0];
        to[r * SIDE + 1] = 0.5f * (sum + h[1]);
        to[r * SIDE + 2] = 0.5f * (sum - h[1]);
        to[r * SIDE + 3] = h[2];
    }
}

// Where the transformed kernel of an input channel and a vector of output channels starts, and the floats from one
// place to the next.
INLINE float *kernel_place(float *transformed, ptrdiff_t in_channels, ptrdiff_t out_channels, ptrdiff_t channel,
                           ptrdiff_t vector, ptrdiff_t *step) {
    const ptrdiff_t panel = vector / PAIR;
    const ptrdiff_t width = minimum(vectors(out_channels) - panel * PAIR, PAIR) * VECTOR_FLOATS;
    *step = in_channels * width;
    return transformed + panel * PLACES * in_channels * PANEL + channel * width + vector % PAIR * VECTOR_FLOATS;
}

FOR_EACH_CPU
void winograd_transform_kernel(const float *kernel, ptrdiff_t in_channels, ptrdiff_t out_channels, float *transformed) {
    for (ptrdiff_t n = 0; n < vectors(out_channels); ++n)
        for (ptrdiff_t c = 0; c < in_channels; ++c) {
            f32x16 g[TAPS], u[PLACES];
            UNROLLED_FOR(tap, TAPS) {
                g[tap] = (f32x16){0};
                load_partial(kernel + (tap * in_channels + c) * out_channels + n * VECTOR_FLOATS,
                             out_channels - n * VECTOR_FLOATS, &g[tap]);
            }
            transform_taps(g, u);
            ptrdiff_t step;
            float *to = kernel_place(transformed, in_channels, out_channels, c, n, &step);
            UNROLLED_FOR(place, PLACES) *(f32x16u *)(to + place * step) = u[place];
        }
}

FOR_EACH_CPU
void winograd_transform_turned_kernel(const float *kernel, ptrdiff_t in_channels, ptrdiff_t out_channels,
                                      float *transformed) {
    for (ptrdiff_t n = 0; n < vectors(in_channels); ++n)
        for (ptrdiff_t first = 0; first < out_channels; first += VECTOR_FLOATS) {
            const ptrdiff_t rows = minimum(in_channels - n * VECTOR_FLOATS, VECTOR_FLOATS);
            const ptrdiff_t columns = minimum(out_channels - first, VECTOR_FLOATS);
            // turned[tap][output channel][input channel]
            _Alignas(64) float turned[TAPS][VECTOR_FLOATS][VECTOR_FLOATS];
            for (int tap = 0; tap < TAPS; ++tap) {
                const float *from = kernel + ((TAPS - 1 - tap) * in_channels + n * VECTOR_FLOATS) * out_channels
                                    + first;
                if (rows == VECTOR_FLOATS && columns == VECTOR_FLOATS) {
                    transpose_tile(from, out_channels, VECTOR_FLOATS, turned[tap][0]);
                    continue;
                }
                memset(turned[tap], 0, sizeof turned[tap]);
                for (ptrdiff_t r = 0; r < rows; ++r)
                    for (ptrdiff_t c = 0; c < columns; ++c) turned[tap][c][r] = from[r * out_channels + c];
            }
            for (ptrdiff_t c = 0; c < columns; ++c) {
                f32x16 g[TAPS], u[PLACES];
                UNROLLED_FOR(tap, TAPS) g[tap] = *(const f32x16 *)turned[tap][c];
                transform_taps(g, u);
                ptrdiff_t step;
                float *to = kernel_place(transformed, out_channels, in_channels, first + c, n, &step);
                UNROLLED_FOR(place, PLACES) *(f32x16u *)(to + place * step) = u[place];
            }
        }
}

// MARK: Tiles

// The tiles of all samples are numbered through: sample, row, column.
typedef struct {
    ptrdiff_t rows, columns;
} Tiling;

static Tiling tiling(const Winograd *s) { return (Tiling){(s->out_height + 1) / 2, (s->out_width + 1) / 2}; }

// Where a tile of outputs is: its sample, and its upper left pixel.
typedef struct {
    ptrdiff_t sample, row, column;
} Place;

INLINE Place place_of(const Winograd *s, ptrdiff_t tile) {
    const Tiling t = tiling(s);
    return (Place){tile / (t.rows * t.columns), tile / t.columns % t.rows * 2, tile % t.columns * 2};
}

// Moves to the next tile.
INLINE void advance(const Winograd *s, Place *place) {
    place->column += 2;
    if (place->column < s->out_width) return;
    place->column = 0;
    place->row += 2;
    if (place->row < s->out_height) return;
    place->row = 0;
    ++place->sample;
}

// Bᵀ d B of one vector of channels, from the places of its pixels: to[place·place_step].
INLINE void transform_pixels(const f32x16 *d, ptrdiff_t place_step, float *to) {
    f32x16 half[PLACES];
    UNROLLED_FOR(c, SIDE) {
        half[c] = d[c] - d[2 * SIDE + c];
        half[SIDE + c] = d[SIDE + c] + d[2 * SIDE + c];
        half[2 * SIDE + c] = d[2 * SIDE + c] - d[SIDE + c];
        half[3 * SIDE + c] = d[SIDE + c] - d[3 * SIDE + c];
    }
    UNROLLED_FOR(r, SIDE) {
        const f32x16 *h = half + r * SIDE;
        float *v = to + r * SIDE * place_step;
        *(f32x16u *)v = h[0] - h[2];
        *(f32x16u *)(v + place_step) = h[1] + h[2];
        *(f32x16u *)(v + 2 * place_step) = h[2] - h[1];
        *(f32x16u *)(v + 3 * place_step) = h[1] - h[3];
    }
}

// Bᵀ d B for channels first ..< first + channels of a tile: to[place·place_step + c]. Lanes behind the last channel are
// zero.
INLINE void transform_input(const Winograd *s, const float *x, Place place, ptrdiff_t first, ptrdiff_t channels,
                            ptrdiff_t place_step, float *to) {
    const ptrdiff_t row = place.row - s->top, column = place.column - s->left, step = s->in_channels;
    const ptrdiff_t line = s->in_width * step;
    const float *from = x + ((place.sample * s->in_height + row) * s->in_width + column) * step + first;
    const int is_inside = row >= 0 && row + SIDE <= s->in_height && column >= 0 && column + SIDE <= s->in_width;
    ptrdiff_t c = 0;
    if (is_inside)
        for (; c + VECTOR_FLOATS <= channels; c += VECTOR_FLOATS) {
            f32x16 d[PLACES];
            UNROLLED_FOR(i, 8) __builtin_prefetch(from + i / 2 * line + (SIDE + i % 2) * step + c);
            UNROLLED_FOR(i, PLACES) d[i] = *(const f32x16u *)(from + i / SIDE * line + i % SIDE * step + c);
            transform_pixels(d, place_step, to + c);
        }
    if (c >= channels) return;
    // Beside the map every vector is read from the same zeros.
    static const float zeros[VECTOR_FLOATS];
    const float *pixel[PLACES];
    ptrdiff_t factor[PLACES];
    for (int i = 0; i < PLACES; ++i) {
        const ptrdiff_t h = row + i / SIDE, w = column + i % SIDE;
        const int is_on_map = h >= 0 && h < s->in_height && w >= 0 && w < s->in_width;
        pixel[i] = is_on_map ? from + i / SIDE * line + i % SIDE * step : zeros;
        factor[i] = is_on_map;
    }
    for (; c + VECTOR_FLOATS <= channels; c += VECTOR_FLOATS) {
        f32x16 d[PLACES];
        UNROLLED_FOR(i, PLACES) d[i] = *(const f32x16u *)(pixel[i] + factor[i] * c);
        transform_pixels(d, place_step, to + c);
    }
    if (c < channels) {
        f32x16 d[PLACES];
        UNROLLED_FOR(i, PLACES) {
            d[i] = (f32x16){0};
            load_partial(pixel[i] + factor[i] * c, channels - c, &d[i]);
        }
        transform_pixels(d, place_step, to + c);
    }
}

// Aᵀ m A + bias of a tile and `channels` output channels, up to 32, from `first` on, stored where the map is.
INLINE void write_output(const Winograd *s, const float *m, ptrdiff_t place_step, Place place, ptrdiff_t first,
                         ptrdiff_t channels, const float *bias, int relu, const float *mask, float *y) {
    const ptrdiff_t step = s->out_channels, line = s->out_width * step;
    const ptrdiff_t start = (place.sample * s->out_height + place.row) * line + place.column * step + first;
    const int rows = place.row + 1 < s->out_height ? 2 : 1, columns = place.column + 1 < s->out_width ? 2 : 1;
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        f32x16 half[2 * SIDE], b = {0};
        if (bias) load_partial(bias + first + c, channels - c, &b);
        UNROLLED_FOR(column, SIDE) {
            f32x16 p[SIDE];
            UNROLLED_FOR(row, SIDE) p[row] = *(const f32x16u *)(m + (row * SIDE + column) * place_step + c);
            half[column] = p[0] + (p[1] + p[2]);
            half[SIDE + column] = (p[1] - p[2]) - p[3];
        }
        UNROLLED_FOR(row, 2) {
            const f32x16 *h = half + row * SIDE;
            const f32x16 out[2] = {b + (h[0] + (h[1] + h[2])), b + ((h[1] - h[2]) - h[3])};
            UNROLLED_FOR(column, 2) {
                if (row >= rows || column >= columns) continue;
                const ptrdiff_t at = start + row * line + column * step + c;
                f32x16 value = out[column];
                if (relu) rectify(&value);
                if (mask) {
                    f32x16 made = {0};
                    load_partial(mask + at, channels - c, &made);
                    value = (f32x16)((i32x16)value & (made > 0));
                }
                store_partial(&value, channels - c, y + at);
            }
        }
    }
}

// MARK: Products

// One register tile: ROWS transformed tiles × VECTORS vectors of output channels, summed over the input channels.
INLINE void product_tile(const float *v, ptrdiff_t v_step, const float *u, ptrdiff_t u_step, ptrdiff_t channels,
                         float *m, const int ROWS, const int VECTORS) {
    f32x16 sum[28];
    UNROLLED_FOR(i, ROWS * VECTORS) sum[i] = (f32x16){0};
    const float *next = u + channels * u_step;
    for (ptrdiff_t c = 0; c < channels; ++c, u += u_step, next += u_step) {
        f32x16 w[PAIR];
        UNROLLED_FOR(n, VECTORS) __builtin_prefetch(next + n * VECTOR_FLOATS, 0, 2);
        UNROLLED_FOR(n, VECTORS) w[n] = *(const f32x16u *)(u + n * VECTOR_FLOATS);
        UNROLLED_FOR(r, ROWS) {
            const float value = v[r * v_step + c];
            UNROLLED_FOR(n, VECTORS) sum[r * VECTORS + n] += value * w[n];
        }
    }
    UNROLLED_FOR(i, ROWS * VECTORS) *(f32x16u *)(m + i / VECTORS * PANEL + i % VECTORS * VECTOR_FLOATS) = sum[i];
}

#define TILE(n) \
    case n: product_tile(v, v_step, u, u_step, channels, m, n, VECTORS); break;

INLINE void product_rows(const float *v, ptrdiff_t v_step, ptrdiff_t rows, const float *u, ptrdiff_t u_step,
                         ptrdiff_t channels, float *m, const int VECTORS, const int WIDE) {
    const ptrdiff_t largest = tile_rows(VECTORS, 0, WIDE), tiles = (rows + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t count = rows / (tiles - tile);
        SWITCH_TILES(count, largest)
        v += count * v_step;
        m += count * PANEL;
        rows -= count;
    }
}
#undef TILE

// All rows × a panel of `width` output channels.
INLINE void product_panel(const float *v, ptrdiff_t v_step, ptrdiff_t rows, const float *u, ptrdiff_t width,
                          ptrdiff_t channels, float *m, const int WIDE) {
    if (WIDE && width == PANEL) {
        product_rows(v, v_step, rows, u, width, channels, m, PAIR, WIDE);
        return;
    }
    for (ptrdiff_t n = 0; n < width; n += VECTOR_FLOATS)
        product_rows(v, v_step, rows, u + n, width, channels, m + n, 1, WIDE);
}

// Tiles of one block.
static ptrdiff_t block_tiles(ptrdiff_t channels) {
    const ptrdiff_t most = CACHED_FLOATS / (PLACES * tile_step(channels));
    return most >= MOST_TILES ? MOST_TILES : most >= MOST_TILES / 2 ? MOST_TILES / 2 : MOST_TILES / 4;
}

ptrdiff_t winograd_workspace_count(const Winograd *s) {
    return PLACES * block_tiles(s->in_channels) * (tile_step(s->in_channels) + PANEL);
}

INLINE void winograd_convolution_on(const Winograd *s, const float *x, const float *transformed, const float *bias,
                                    int relu, const float *mask, float *workspace, float *y, const int WIDE) {
    const ptrdiff_t channels = s->in_channels, step = tile_step(channels), most = block_tiles(channels);
    const Tiling t = tiling(s);
    ptrdiff_t left = s->samples * t.rows * t.columns, first = 0;
    const ptrdiff_t blocks = (left + most - 1) / most;
    float *const v = workspace, *const m = workspace + PLACES * most * step;
    for (ptrdiff_t block = 0; block < blocks; ++block) {
        const ptrdiff_t tiles = left / (blocks - block);
        const Place start = place_of(s, first);
        Place place_in = start;
        for (ptrdiff_t i = 0; i < tiles; ++i, advance(s, &place_in))
            transform_input(s, x, place_in, 0, channels, tiles * step, v + i * step);
        const float *u = transformed;
        for (ptrdiff_t n = 0; n < s->out_channels; n += PANEL) {
            const ptrdiff_t width = s->out_channels - n > VECTOR_FLOATS ? PANEL : VECTOR_FLOATS;
            for (int place = 0; place < PLACES; ++place, u += channels * width) {
                const float *from = v + place * tiles * step;
                float *to = m + place * tiles * PANEL;
                product_panel(from, step, tiles, u, width, channels, to, WIDE);
            }
            Place place_out = start;
            for (ptrdiff_t i = 0; i < tiles; ++i, advance(s, &place_out)) {
                if (s->out_channels - n >= PANEL)
                    write_output(s, m + i * PANEL, tiles * PANEL, place_out, n, PANEL, bias, relu, mask, y);
                else
                    write_output(s, m + i * PANEL, tiles * PANEL, place_out, n, s->out_channels - n, bias, relu, mask,
                                 y);
            }
        }
        first += tiles;
        left -= tiles;
    }
}

FOR_EACH_REGISTER_FILE(extern, winograd_convolution,
                       (const Winograd *s, const float *x, const float *transformed, const float *bias, int relu,
                        const float *mask, float *workspace, float *y),
                       s, x, transformed, bias, relu, mask, workspace, y)

// MARK: Weight gradients

// A dy Aᵀ for channels first ..< first + channels of a tile: to[place·place_step + c].
INLINE void transform_output_gradient(const Winograd *s, const float *dy, Place place, ptrdiff_t first,
                                      ptrdiff_t channels, ptrdiff_t place_step, float *to) {
    const ptrdiff_t line = s->out_width * s->out_channels;
    const float *from = dy + (place.sample * s->out_height + place.row) * line + place.column * s->out_channels + first;
    const int has_second_row = place.row + 1 < s->out_height, has_second_column = place.column + 1 < s->out_width;
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        f32x16 d[4] = {{0}, {0}, {0}, {0}}, half[2 * SIDE];
        const ptrdiff_t left = channels - c;
        load_partial(from + c, left, &d[0]);
        if (has_second_column) load_partial(from + s->out_channels + c, left, &d[1]);
        if (has_second_row) load_partial(from + line + c, left, &d[2]);
        if (has_second_row && has_second_column) load_partial(from + line + s->out_channels + c, left, &d[3]);
        // half[row of 4][column of 2]
        UNROLLED_FOR(column, 2) {
            half[column] = d[column];
            half[2 + column] = d[column] + d[2 + column];
            half[4 + column] = d[column] - d[2 + column];
            half[6 + column] = -d[2 + column];
        }
        UNROLLED_FOR(row, SIDE) {
            float *v = to + row * SIDE * place_step + c;
            const f32x16 *h = half + row * 2;
            *(f32x16u *)v = h[0];
            *(f32x16u *)(v + place_step) = h[0] + h[1];
            *(f32x16u *)(v + 2 * place_step) = h[0] - h[1];
            *(f32x16u *)(v + 3 * place_step) = -h[1];
        }
    }
}

// One register tile: INPUTS input channels × VECTORS vectors of output channels, summed over `tiles` transformed tiles.
// The result is stored if `is_first`, else added.
INLINE void gradient_tile(const float *v, ptrdiff_t v_step, const float *d, ptrdiff_t d_step, ptrdiff_t tiles,
                          int is_first, float *to, ptrdiff_t to_step, const int INPUTS, const int VECTORS) {
    f32x16 sum[28];
    UNROLLED_FOR(i, INPUTS * VECTORS) sum[i] = (f32x16){0};
    for (ptrdiff_t tile = 0; tile < tiles; ++tile, v += v_step, d += d_step) {
        f32x16 g[PAIR];
        UNROLLED_FOR(n, VECTORS) g[n] = *(const f32x16u *)(d + n * VECTOR_FLOATS);
        UNROLLED_FOR(i, INPUTS) {
            const float value = v[i];
            UNROLLED_FOR(n, VECTORS) sum[i * VECTORS + n] += value * g[n];
        }
    }
    UNROLLED_FOR(i, INPUTS * VECTORS) {
        f32x16u *place = (f32x16u *)(to + i / VECTORS * to_step + i % VECTORS * VECTOR_FLOATS);
        *place = is_first ? sum[i] : *place + sum[i];
    }
}

#define TILE(n) \
    case n: gradient_tile(v, v_step, d, d_step, tiles, is_first, to, to_step, n, VECTORS); break;

// All input channels of a block × VECTORS vectors of output channels.
INLINE void gradient_rows(const float *v, ptrdiff_t v_step, ptrdiff_t inputs, const float *d, ptrdiff_t d_step,
                          ptrdiff_t tiles, int is_first, float *to, ptrdiff_t to_step, const int VECTORS,
                          const int WIDE) {
    const ptrdiff_t largest = tile_rows(VECTORS, 0, WIDE), parts = (inputs + largest - 1) / largest;
    for (ptrdiff_t part = 0; part < parts; ++part) {
        const ptrdiff_t count = inputs / (parts - part);
        SWITCH_TILES(count, largest)
        v += count;
        to += count * to_step;
        inputs -= count;
    }
}
#undef TILE

// Gᵀ u G for a vector of sums u[row·4 + column].
INLINE void transform_sums(const f32x16 *u, f32x16 *to) {
    f32x16 half[3 * SIDE];
    UNROLLED_FOR(c, SIDE) {
        const f32x16 sum = 0.5f * (u[SIDE + c] + u[2 * SIDE + c]);
        half[c] = u[c] + sum;
        half[SIDE + c] = 0.5f * (u[SIDE + c] - u[2 * SIDE + c]);
        half[2 * SIDE + c] = sum + u[3 * SIDE + c];
    }
    UNROLLED_FOR(r, 3) {
        const f32x16 *h = half + r * SIDE, sum = 0.5f * (h[1] + h[2]);
        to[r * 3] = h[0] + sum;
        to[r * 3 + 1] = 0.5f * (h[1] - h[2]);
        to[r * 3 + 2] = sum + h[3];
    }
}

// A block of channels: how many inputs and outputs, and tiles at a time.
typedef struct {
    ptrdiff_t inputs, outputs, tiles;
} GradientBlock;

static GradientBlock gradient_block(const Winograd *s) {
    GradientBlock block = {minimum(s->in_channels, GRADIENT_CHANNELS), minimum(s->out_channels, GRADIENT_CHANNELS), 0};
    const ptrdiff_t most = GRADIENT_FLOATS / (PLACES * (tile_step(block.inputs) + tile_step(block.outputs)));
    block.tiles = minimum(most, GRADIENT_TILES);
    return block;
}

ptrdiff_t winograd_gradient_workspace_count(const Winograd *s) {
    const GradientBlock block = gradient_block(s);
    return PLACES
           * (block.tiles * (tile_step(block.inputs) + tile_step(block.outputs))
              + block.inputs * vectors(block.outputs) * VECTOR_FLOATS);
}

// The gradient of `inputs` input channels from `ci` on × `outputs` output channels from `co` on.
INLINE void write_gradient_block(const Winograd *s, const float *x, const float *dy, ptrdiff_t ci, ptrdiff_t inputs,
                                 ptrdiff_t co, ptrdiff_t outputs, ptrdiff_t most, float *workspace, float *gradient,
                                 const int WIDE) {
    const Tiling t = tiling(s);
    const ptrdiff_t v_step = tile_step(inputs), d_step = tile_step(outputs), width = vectors(outputs) * VECTOR_FLOATS;
    float *const v = workspace, *const d = v + PLACES * most * v_step, *const sums = d + PLACES * most * d_step;
    ptrdiff_t left = s->samples * t.rows * t.columns, first = 0;
    const ptrdiff_t blocks = (left + most - 1) / most;
    for (ptrdiff_t block = 0; block < blocks; ++block) {
        const ptrdiff_t tiles = left / (blocks - block);
        Place place = place_of(s, first);
        for (ptrdiff_t i = 0; i < tiles; ++i, advance(s, &place)) {
            transform_input(s, x, place, ci, inputs, tiles * v_step, v + i * v_step);
            transform_output_gradient(s, dy, place, co, outputs, tiles * d_step, d + i * d_step);
        }
        const ptrdiff_t tile_width = WIDE ? PANEL : VECTOR_FLOATS;
        for (int k = 0; k < PLACES; ++k)
            for (ptrdiff_t n = 0; n < width; n += tile_width) {
                const float *from = v + k * tiles * v_step, *g = d + k * tiles * d_step + n;
                float *to = sums + k * inputs * width + n;
                const int is_first = block == 0;
                if (WIDE && width - n > VECTOR_FLOATS)
                    gradient_rows(from, v_step, inputs, g, d_step, tiles, is_first, to, width, PAIR, WIDE);
                else gradient_rows(from, v_step, inputs, g, d_step, tiles, is_first, to, width, 1, WIDE);
            }
        first += tiles;
        left -= tiles;
    }
    for (ptrdiff_t c = 0; c < inputs; ++c)
        for (ptrdiff_t n = 0; n < outputs; n += VECTOR_FLOATS) {
            f32x16 u[PLACES], g[TAPS];
            UNROLLED_FOR(place, PLACES) u[place] = *(const f32x16u *)(sums + (place * inputs + c) * width + n);
            transform_sums(u, g);
            UNROLLED_FOR(tap, TAPS)
                store_partial(&g[tap], outputs - n,
                              gradient + (tap * s->in_channels + ci + c) * s->out_channels + co + n);
        }
}

INLINE void winograd_weight_gradient_on(const Winograd *s, const float *x, const float *dy, float *workspace,
                                        float *gradient, const int WIDE) {
    if (s->samples == 0) {
        memset(gradient, 0, (size_t)(TAPS * s->in_channels * s->out_channels) * sizeof(float));
        return;
    }
    const GradientBlock block = gradient_block(s);
    for (ptrdiff_t ci = 0; ci < s->in_channels; ci += block.inputs)
        for (ptrdiff_t co = 0; co < s->out_channels; co += block.outputs)
            write_gradient_block(s, x, dy, ci, minimum(block.inputs, s->in_channels - ci), co,
                                 minimum(block.outputs, s->out_channels - co), block.tiles, workspace, gradient, WIDE);
}

FOR_EACH_REGISTER_FILE(extern, winograd_weight_gradient,
                       (const Winograd *s, const float *x, const float *dy, float *workspace, float *gradient), s, x,
                       dy, workspace, gradient)
