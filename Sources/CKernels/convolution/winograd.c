#include "winograd.h"

#include "../products/tiles.h"
#include "../products/transpose_tile.h"
#include "winograd_lines.h"

enum {
    MOST_PLACES = 36,  // of a transformed tile
    TAPS = 9,          // of a piece of the kernel
    PAIR = 2,          // vectors of a panel of outputs
    PANEL = PAIR * VECTOR_FLOATS,
    // Tiles that are transformed before they are multiplied: so many that each transformed weight, which comes from the
    // third-level cache if channels are many, is used often, so few that the transformed inputs stay in a cache.
    MOST_TILES = 56,
    CACHED_FLOATS = 1 << 19,
    // The same of weight gradients, where both operands are transformed and read once.
    GRADIENT_TILES = 64,
    GRADIENT_FLOATS = 1 << 18,
    // Input channels that are summed before they are added to the others.
    SUMMED_CHANNELS = 64,
    // Channels of inputs and outputs whose transformed gradients are summed in the cache.
    GRADIENT_CHANNELS = 128,
    // With more than one piece, since there are as many sums of each.
    GRADIENT_CHANNELS_OF_PIECES = 64,
};

static ptrdiff_t vectors(ptrdiff_t channels) { return (channels + VECTOR_FLOATS - 1) / VECTOR_FLOATS; }

// Floats between transformed tiles: not a power of two, so that neighbours fall into different cache sets.
static ptrdiff_t tile_step(ptrdiff_t channels) { return (vectors(channels) + 1) * VECTOR_FLOATS; }

// Of a transformed tile.
static int places_of(const Winograd *s) { return (int)((s->tile + 2) * (s->tile + 2)); }

static ptrdiff_t minimum(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

// MARK: Pieces. Piece (a, b) of a kernel is its taps from row 2a and column 2b on: two rows and columns, three of the
// last piece. Of a piece of two rows the last row of places is zero, and so with columns.

typedef struct {
    ptrdiff_t rows, columns;
    int side;  // of a transformed tile
} Pieces;

static Pieces pieces_of(const Winograd *s) {
    return (Pieces){(s->kernel_height - 1) / 2, (s->kernel_width - 1) / 2, (int)s->tile + 2};
}

static int is_one_piece(const Winograd *s) { return s->kernel_height == 3 && s->kernel_width == 3; }

// Pieces first_row ..< rows × first_column ..< columns, those of a place that are not zero.
typedef struct {
    ptrdiff_t first_row, first_column, rows, columns;
} PlacePieces;

INLINE PlacePieces pieces_at(const Pieces *p, int place) {
    const int last = p->side - 1, row = place / p->side, column = place % p->side;
    return (PlacePieces){row == last ? p->rows - 1 : 0, column == last ? p->columns - 1 : 0, p->rows, p->columns};
}

INLINE ptrdiff_t pieces_count(const PlacePieces *p) {
    return (p->rows - p->first_row) * (p->columns - p->first_column);
}

// Pieces of all places together.
static ptrdiff_t pieces_of_tile(const Winograd *s) {
    const Pieces p = pieces_of(s);
    return ((p.side - 1) * p.rows + 1) * ((p.side - 1) * p.columns + 1);
}

// The number of piece (row, column) at each place, counted through all places, or −1 where it is zero.
static void piece_numbers(const Winograd *s, ptrdiff_t row, ptrdiff_t column, ptrdiff_t *numbers) {
    const Pieces p = pieces_of(s);
    ptrdiff_t before = 0;
    for (int place = 0; place < places_of(s); ++place) {
        const PlacePieces at = pieces_at(&p, place);
        const ptrdiff_t i = row - at.first_row, j = column - at.first_column;
        numbers[place] = i < 0 || j < 0 ? -1 : before + i * (at.columns - at.first_column) + j;
        before += pieces_count(&at);
    }
}

// The tap of the kernel that is tap (i / 3, i % 3) of a piece, or −1 if it belongs to the next piece.
static ptrdiff_t tap_of_piece(const Winograd *s, ptrdiff_t row, ptrdiff_t column, int i) {
    const Pieces p = pieces_of(s);
    if ((i / 3 == 2 && row + 1 < p.rows) || (i % 3 == 2 && column + 1 < p.columns)) return -1;
    return (2 * row + i / 3) * s->kernel_width + 2 * column + i % 3;
}

// MARK: Kernels. Panels of 32 output channels (the last of 16, if that is enough), of each the places, of each its
// pieces, of each the input channels.

ptrdiff_t winograd_kernel_count(const Winograd *s) {
    return pieces_of_tile(s) * s->in_channels * vectors(s->out_channels) * VECTOR_FLOATS;
}

// G g Gᵀ for a vector of kernels g[row·3 + column].
INLINE void transform_taps(const f32x16 *g, f32x16 *to, const int M) {
    enum { ROWS = 6, COLUMNS = 3 };
    f32x16 half[ROWS * COLUMNS];
    UNROLLED_FOR(c, 3) {
        const f32x16 line[3] = {g[c], g[3 + c], g[6 + c]};
        f32x16 u[ROWS];
        tap_line(line, u, M);
        UNROLLED_FOR(r, M + 2) half[r * 3 + c] = u[r];
    }
    UNROLLED_FOR(r, M + 2) tap_line(half + r * 3, to + r * (M + 2), M);
}

// Stores the transformed taps of an input channel and a vector of output channels: of a place with number n of its
// piece at to[n·number_step].
INLINE void store_taps_on(const f32x16 *g, const ptrdiff_t *numbers, ptrdiff_t number_step, float *to, const int M) {
    f32x16 u[MOST_PLACES];
    transform_taps(g, u, M);
    UNROLLED_FOR(place, (M + 2) * (M + 2)) {
        if (numbers[place] >= 0) *(f32x16u *)(to + numbers[place] * number_step) = u[place];
    }
}
INLINE void store_taps(const Winograd *s, const f32x16 *g, const ptrdiff_t *numbers, ptrdiff_t number_step, float *to) {
    if (s->tile == 2) store_taps_on(g, numbers, number_step, to, 2);
    else store_taps_on(g, numbers, number_step, to, 4);
}

// The panel of a vector of output channels, its width, and where the vector's first channel lies in it.
typedef struct {
    ptrdiff_t start, width;
} VectorInPanel;

static VectorInPanel vector_in_panel(const Winograd *s, ptrdiff_t vector) {
    const ptrdiff_t panel = vector / PAIR;
    const ptrdiff_t width = minimum(vectors(s->out_channels) - panel * PAIR, PAIR) * VECTOR_FLOATS;
    return (VectorInPanel){panel * pieces_of_tile(s) * s->in_channels * PANEL + vector % PAIR * VECTOR_FLOATS, width};
}

FOR_EACH_CPU
void winograd_transform_kernel(const Winograd *s, const float *kernel, float *transformed) {
    const Pieces pieces = pieces_of(s);
    ptrdiff_t numbers[MOST_PLACES], taps[TAPS];
    for (ptrdiff_t piece = 0; piece < pieces.rows * pieces.columns; ++piece) {
        const ptrdiff_t row = piece / pieces.columns, column = piece % pieces.columns;
        piece_numbers(s, row, column, numbers);
        for (int i = 0; i < TAPS; ++i) taps[i] = tap_of_piece(s, row, column, i);
        for (ptrdiff_t n = 0; n < vectors(s->out_channels); ++n) {
            const VectorInPanel at = vector_in_panel(s, n);
            for (ptrdiff_t c = 0; c < s->in_channels; ++c) {
                f32x16 g[TAPS];
                UNROLLED_FOR(i, TAPS) {
                    g[i] = (f32x16){0};
                    if (taps[i] >= 0)
                        load_partial(kernel + (taps[i] * s->in_channels + c) * s->out_channels + n * VECTOR_FLOATS,
                                     s->out_channels - n * VECTOR_FLOATS, &g[i]);
                }
                store_taps(s, g, numbers, s->in_channels * at.width, transformed + at.start + c * at.width);
            }
        }
    }
}

FOR_EACH_CPU
void winograd_transform_turned_kernel(const Winograd *s, const float *kernel, float *transformed) {
    // The kernel has the turned convolution's outputs as inputs, and its inputs as outputs.
    const Pieces pieces = pieces_of(s);
    const ptrdiff_t last = s->kernel_height * s->kernel_width - 1;
    ptrdiff_t numbers[MOST_PLACES];
    for (ptrdiff_t piece = 0; piece < pieces.rows * pieces.columns; ++piece) {
        const ptrdiff_t row = piece / pieces.columns, column = piece % pieces.columns;
        piece_numbers(s, row, column, numbers);
        for (ptrdiff_t n = 0; n < vectors(s->out_channels); ++n) {
            const VectorInPanel at = vector_in_panel(s, n);
            for (ptrdiff_t first = 0; first < s->in_channels; first += VECTOR_FLOATS) {
                const ptrdiff_t rows = minimum(s->out_channels - n * VECTOR_FLOATS, VECTOR_FLOATS);
                const ptrdiff_t columns = minimum(s->in_channels - first, VECTOR_FLOATS);
                // turned[tap][input channel][output channel]
                _Alignas(64) float turned[TAPS][VECTOR_FLOATS][VECTOR_FLOATS];
                for (int i = 0; i < TAPS; ++i) {
                    const ptrdiff_t tap = tap_of_piece(s, row, column, i);
                    const float *from = kernel + ((last - tap) * s->out_channels + n * VECTOR_FLOATS) * s->in_channels
                                        + first;
                    if (tap >= 0 && rows == VECTOR_FLOATS && columns == VECTOR_FLOATS) {
                        transpose_tile(from, s->in_channels, VECTOR_FLOATS, turned[i][0]);
                        continue;
                    }
                    memset(turned[i], 0, sizeof turned[i]);
                    for (ptrdiff_t r = 0; tap >= 0 && r < rows; ++r)
                        for (ptrdiff_t c = 0; c < columns; ++c) turned[i][c][r] = from[r * s->in_channels + c];
                }
                for (ptrdiff_t c = 0; c < columns; ++c) {
                    f32x16 g[TAPS];
                    UNROLLED_FOR(i, TAPS) g[i] = *(const f32x16 *)turned[i][c];
                    store_taps(s, g, numbers, s->in_channels * at.width,
                               transformed + at.start + (first + c) * at.width);
                }
            }
        }
    }
}

// MARK: Tiles

// The tiles of all samples are numbered through: sample, row, column.
typedef struct {
    ptrdiff_t rows, columns;
} Tiling;

static Tiling tiling(const Winograd *s) {
    const ptrdiff_t m = s->tile;
    return (Tiling){(s->out_height + m - 1) / m, (s->out_width + m - 1) / m};
}

// Where a tile of outputs is: its sample, and its upper left pixel.
typedef struct {
    ptrdiff_t sample, row, column;
} Place;

INLINE Place place_of(const Winograd *s, ptrdiff_t tile) {
    const Tiling t = tiling(s);
    return (Place){tile / (t.rows * t.columns), tile / t.columns % t.rows * s->tile, tile % t.columns * s->tile};
}

// Moves to the next tile.
INLINE void advance(const Winograd *s, Place *place) {
    place->column += s->tile;
    if (place->column < s->out_width) return;
    place->column = 0;
    place->row += s->tile;
    if (place->row < s->out_height) return;
    place->row = 0;
    ++place->sample;
}

// Tiles that are computed together. With one piece they are a run of tiles from any to any other; with more, `lines`
// whole lines of a sample, or of all lines of `samples` samples, since pieces read neighbouring transformed tiles.
typedef struct {
    ptrdiff_t samples, lines, tiles;  // of a line; a run counts as one line
    ptrdiff_t grid_lines, grid;       // lines of a sample, and tiles of a line, of transformed inputs
} Block;

INLINE Block block_of(const Winograd *s, ptrdiff_t samples, ptrdiff_t lines, ptrdiff_t tiles) {
    const Pieces p = pieces_of(s);
    return (Block){samples, lines, tiles, lines + p.rows - 1, tiles + p.columns - 1};
}

INLINE ptrdiff_t tiles_of(const Block *b) { return b->samples * b->lines * b->tiles; }
INLINE ptrdiff_t transformed_of(const Block *b) { return b->samples * b->grid_lines * b->grid; }

// The block from tile `first` on, of at most about `most` tiles of which `left` are left: blocks are nearly equal.
INLINE Block next_block(const Winograd *s, ptrdiff_t first, ptrdiff_t left, ptrdiff_t most) {
    if (is_one_piece(s)) return block_of(s, 1, 1, left / ((left + most - 1) / most));
    const Tiling t = tiling(s);
    const ptrdiff_t map = t.rows * t.columns;
    if (map < most) return block_of(s, minimum(most / map, left / map), t.rows, t.columns);
    const ptrdiff_t parts = (map + most - 1) / most, lines = (t.rows + parts - 1) / parts;
    return block_of(s, 1, minimum(lines, t.rows - first / t.columns % t.rows), t.columns);
}

// The largest block where at most about `most` tiles are asked for.
static Block largest_block(const Winograd *s, ptrdiff_t most) {
    const Tiling t = tiling(s);
    return is_one_piece(s) ? block_of(s, 1, 1, most) : next_block(s, 0, s->samples * t.rows * t.columns, most);
}

// The pixels of a tile beside the border of the map: where each vector of channels is read, from zeros outside.
typedef struct {
    const float *pixel[MOST_PLACES];
    ptrdiff_t factor[MOST_PLACES];
} Pixels;

// Bᵀ d B of one vector of channels, from the pixels at `from`, of lines `line` apart, or from `pixels` + c, of which
// `count` channels are left: to[place·place_step].
INLINE void transform_pixels(const float *from, ptrdiff_t line, ptrdiff_t step, const Pixels *pixels, ptrdiff_t c,
                             ptrdiff_t count, ptrdiff_t place_step, float *to, const int M) {
    f32x16 half[MOST_PLACES];
    UNROLLED_FOR(column, M + 2) {
        f32x16 d[6], t[6];
        UNROLLED_FOR(row, M + 2) {
            const int i = row * (M + 2) + column;
            if (pixels) load_partial(pixels->pixel[i] + pixels->factor[i] * c, count, &d[row]);
            else d[row] = *(const f32x16u *)(from + row * line + column * step);
        }
        input_line(d, t, M);
        UNROLLED_FOR(row, M + 2) half[row * (M + 2) + column] = t[row];
    }
    UNROLLED_FOR(row, M + 2) {
        f32x16 t[6];
        input_line(half + row * (M + 2), t, M);
        UNROLLED_FOR(column, M + 2) *(f32x16u *)(to + (row * (M + 2) + column) * place_step) = t[column];
    }
}

// Bᵀ d B for channels first ..< first + channels of a tile: to[place·place_step + c]. Lanes behind the last channel are
// zero.
INLINE void transform_input_on(const Winograd *s, const float *x, Place place, ptrdiff_t first, ptrdiff_t channels,
                               ptrdiff_t place_step, float *to, const int M) {
    const ptrdiff_t row = place.row - s->top, column = place.column - s->left, step = s->in_channels;
    const ptrdiff_t line = s->in_width * step, side = M + 2;
    const float *from = x + ((place.sample * s->in_height + row) * s->in_width + column) * step + first;
    const int is_inside = row >= 0 && row + side <= s->in_height && column >= 0 && column + side <= s->in_width;
    ptrdiff_t c = 0;
    if (is_inside)
        for (; c + VECTOR_FLOATS <= channels; c += VECTOR_FLOATS) {
            // Of the next tile.
            UNROLLED_FOR(i, (M + 2) * M) __builtin_prefetch(from + i / M * line + (side + i % M) * step + c);
            transform_pixels(from + c, line, step, NULL, 0, VECTOR_FLOATS, place_step, to + c, M);
        }
    if (c >= channels) return;
    // Beside the map every vector is read from the same zeros.
    static const float zeros[VECTOR_FLOATS];
    Pixels pixels;
    for (int i = 0; i < (M + 2) * (M + 2); ++i) {
        const ptrdiff_t h = row + i / side, w = column + i % side;
        const int is_on_map = h >= 0 && h < s->in_height && w >= 0 && w < s->in_width;
        pixels.pixel[i] = is_on_map ? from + i / side * line + i % side * step : zeros;
        pixels.factor[i] = is_on_map;
    }
    for (; c + VECTOR_FLOATS <= channels; c += VECTOR_FLOATS)
        transform_pixels(NULL, 0, 0, &pixels, c, VECTOR_FLOATS, place_step, to + c, M);
    if (c < channels) transform_pixels(NULL, 0, 0, &pixels, c, channels - c, place_step, to + c, M);
}
INLINE void transform_input(const Winograd *s, const float *x, Place place, ptrdiff_t first, ptrdiff_t channels,
                            ptrdiff_t place_step, float *to) {
    if (s->tile == 2) transform_input_on(s, x, place, first, channels, place_step, to, 2);
    else transform_input_on(s, x, place, first, channels, place_step, to, 4);
}

// Aᵀ m A + bias of a tile and `channels` output channels, up to 32, from `first` on, stored where the map is.
INLINE void write_output_on(const Winograd *s, const float *m, ptrdiff_t place_step, Place place, ptrdiff_t first,
                            ptrdiff_t channels, const float *bias, int relu, const float *mask, float *y, const int M) {
    const ptrdiff_t step = s->out_channels, line = s->out_width * step, side = M + 2;
    const ptrdiff_t start = (place.sample * s->out_height + place.row) * line + place.column * step + first;
    const ptrdiff_t rows = s->out_height - place.row, columns = s->out_width - place.column;
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        f32x16 half[4 * 6], b = {0};
        if (bias) load_partial(bias + first + c, channels - c, &b);
        UNROLLED_FOR(column, M + 2) {
            f32x16 p[6], line_of_outputs[4];
            UNROLLED_FOR(row, M + 2) p[row] = *(const f32x16u *)(m + (row * side + column) * place_step + c);
            output_line(p, line_of_outputs, M);
            UNROLLED_FOR(row, M) half[row * side + column] = line_of_outputs[row];
        }
        UNROLLED_FOR(row, M) {
            f32x16 out[4];
            output_line(half + row * side, out, M);
            UNROLLED_FOR(column, M) {
                if (row >= rows || column >= columns) continue;
                const ptrdiff_t at = start + row * line + column * step + c;
                f32x16 value = b + out[column];
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
INLINE void write_output(const Winograd *s, const float *m, ptrdiff_t place_step, Place place, ptrdiff_t first,
                         ptrdiff_t channels, const float *bias, int relu, const float *mask, float *y) {
    if (s->tile == 2) write_output_on(s, m, place_step, place, first, channels, bias, relu, mask, y, 2);
    else write_output_on(s, m, place_step, place, first, channels, bias, relu, mask, y, 4);
}

// The transformed inputs of a block that begins at `place`: to[place·place_step + tile·step + c].
INLINE void transform_inputs(const Winograd *s, const Block *b, const float *x, Place place, ptrdiff_t first,
                             ptrdiff_t channels, ptrdiff_t step, float *to) {
    const ptrdiff_t count = transformed_of(b);
    if (is_one_piece(s)) {
        for (ptrdiff_t i = 0; i < count; ++i, advance(s, &place))
            transform_input(s, x, place, first, channels, count * step, to + i * step);
        return;
    }
    for (ptrdiff_t sample = 0; sample < b->samples; ++sample)
        for (ptrdiff_t line = 0; line < b->grid_lines; ++line)
            for (ptrdiff_t tile = 0; tile < b->grid; ++tile, to += step) {
                const Place at = {place.sample + sample, place.row + s->tile * line, s->tile * tile};
                transform_input(s, x, at, first, channels, count * step, to);
            }
}

// MARK: Products

// Transformed inputs of a place: a row is a tile, `step` floats from the next in its line, lines are `line_step` apart,
// and `pieces` are those to sum over, the first of which reads the row itself.
typedef struct {
    ptrdiff_t step, line_step, channels;
    PlacePieces pieces;
    ptrdiff_t count;  // of the pieces
} Rows;

// Stores the sums of a register tile of ROWS × VECTORS vectors if `is_first`, else adds them.
INLINE void write_sums(const f32x16 *sum, int is_first, float *to, ptrdiff_t to_step, const int ROWS,
                       const int VECTORS) {
    UNROLLED_FOR(i, ROWS * VECTORS) {
        f32x16u *place = (f32x16u *)(to + i / VECTORS * to_step + i % VECTORS * VECTOR_FLOATS);
        *place = is_first ? sum[i] : *place + sum[i];
    }
}

// One register tile: ROWS transformed tiles × VECTORS vectors of output channels, summed over pieces and input
// channels.
INLINE void product_tile(const Rows *rows, const float *v, const float *u, ptrdiff_t u_step, float *m, const int ROWS,
                         const int VECTORS) {
    const ptrdiff_t channels = rows->channels, v_step = rows->step, columns = rows->pieces.columns;
    f32x16 sum[28];
    UNROLLED_FOR(i, ROWS * VECTORS) sum[i] = (f32x16){0};
    ptrdiff_t left = rows->count, column = rows->pieces.first_column, c = 0;
    int is_first = 1;
    // One loop around that over channels: with loops over rows and columns of pieces, sums do not stay in registers.
    for (;;) {
        const ptrdiff_t end = minimum(channels, c + SUMMED_CHANNELS);
        // The weights behind these: of more channels, the next piece, or place.
        const float *next = u + (end - c) * u_step;
        for (; c < end; ++c, u += u_step, next += u_step) {
            f32x16 w[PAIR];
            UNROLLED_FOR(n, VECTORS) __builtin_prefetch(next + n * VECTOR_FLOATS, 0, 2);
            UNROLLED_FOR(n, VECTORS) w[n] = *(const f32x16u *)(u + n * VECTOR_FLOATS);
            UNROLLED_FOR(r, ROWS) {
                const float value = v[r * v_step + c];
                UNROLLED_FOR(n, VECTORS) sum[r * VECTORS + n] += value * w[n];
            }
        }
        const int is_piece_done = c == channels;
        if (is_piece_done && left == 1) break;
        // Many channels are summed in parts, which keeps what is rounded off small.
        if (channels > SUMMED_CHANNELS) {
            write_sums(sum, is_first, m, PANEL, ROWS, VECTORS);
            UNROLLED_FOR(i, ROWS * VECTORS) sum[i] = (f32x16){0};
            is_first = 0;
        }
        if (!is_piece_done) continue;
        c = 0;
        --left;
        v += v_step;
        if (++column < columns) continue;
        column = rows->pieces.first_column;
        v += rows->line_step - (columns - column) * v_step;
    }
    write_sums(sum, is_first, m, PANEL, ROWS, VECTORS);
}

#define TILE(n) \
    case n: product_tile(rows, v, u, u_step, m, n, VECTORS); break;

INLINE void product_rows(const Rows *rows, const float *v, ptrdiff_t left, const float *u, ptrdiff_t u_step, float *m,
                         const int VECTORS, const int WIDE) {
    const ptrdiff_t largest = tile_rows(VECTORS, 0, WIDE), tiles = (left + largest - 1) / largest;
    for (ptrdiff_t tile = 0; tile < tiles; ++tile) {
        const ptrdiff_t count = left / (tiles - tile);
        SWITCH_TILES(count, largest)
        v += count * rows->step;
        m += count * PANEL;
        left -= count;
    }
}
#undef TILE

// `count` rows × a panel of `width` output channels.
INLINE void product_panel(const Rows *rows, const float *v, ptrdiff_t count, const float *u, ptrdiff_t width, float *m,
                          const int WIDE) {
    if (WIDE && width == PANEL) {
        product_rows(rows, v, count, u, width, m, PAIR, WIDE);
        return;
    }
    for (ptrdiff_t n = 0; n < width; n += VECTOR_FLOATS) product_rows(rows, v, count, u + n, width, m + n, 1, WIDE);
}

// Tiles of one block.
static ptrdiff_t block_tiles(const Winograd *s) {
    const ptrdiff_t most = CACHED_FLOATS / (places_of(s) * tile_step(s->in_channels));
    return most >= MOST_TILES ? MOST_TILES : most >= MOST_TILES / 2 ? MOST_TILES / 2 : MOST_TILES / 4;
}

ptrdiff_t winograd_workspace_count(const Winograd *s) {
    const Block block = largest_block(s, block_tiles(s));
    return places_of(s) * (transformed_of(&block) * tile_step(s->in_channels) + tiles_of(&block) * PANEL);
}

INLINE void winograd_convolution_on(const Winograd *s, const float *x, const float *transformed, const float *bias,
                                    int relu, const float *mask, float *workspace, float *y, const int WIDE) {
    const ptrdiff_t channels = s->in_channels, step = tile_step(channels), most = block_tiles(s);
    const Tiling t = tiling(s);
    const Pieces pieces = pieces_of(s);
    const int places = places_of(s);
    ptrdiff_t left = s->samples * t.rows * t.columns, first = 0;
    const Block largest = largest_block(s, most);
    float *const v = workspace, *const m = workspace + places * transformed_of(&largest) * step;
    while (left > 0) {
        const Block block = next_block(s, first, left, most);
        const ptrdiff_t tiles = tiles_of(&block), grid = transformed_of(&block);
        const Place start = place_of(s, first);
        transform_inputs(s, &block, x, start, 0, channels, step, v);
        const float *u = transformed;
        for (ptrdiff_t n = 0; n < s->out_channels; n += PANEL) {
            const ptrdiff_t width = s->out_channels - n > VECTOR_FLOATS ? PANEL : VECTOR_FLOATS;
            for (int place = 0; place < places; ++place) {
                const PlacePieces at = pieces_at(&pieces, place);
                const Rows rows = {step, block.grid * step, channels, at, pieces_count(&at)};
                const float *from = v + place * grid * step + rows.pieces.first_row * rows.line_step
                                    + rows.pieces.first_column * step;
                float *to = m + place * tiles * PANEL;
                for (ptrdiff_t sample = 0; sample < block.samples; ++sample)
                    for (ptrdiff_t line = 0; line < block.lines; ++line, to += block.tiles * PANEL)
                        product_panel(&rows, from + (sample * block.grid_lines + line) * rows.line_step, block.tiles, u,
                                      width, to, WIDE);
                u += rows.count * channels * width;
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
INLINE void transform_output_gradient_on(const Winograd *s, const float *dy, Place place, ptrdiff_t first,
                                         ptrdiff_t channels, ptrdiff_t place_step, float *to, const int M) {
    const ptrdiff_t step = s->out_channels, line = s->out_width * step, side = M + 2;
    const float *from = dy + (place.sample * s->out_height + place.row) * line + place.column * step + first;
    const ptrdiff_t rows = s->out_height - place.row, columns = s->out_width - place.column;
    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
        // half[row of M + 2][column of M]
        f32x16 half[6 * 4];
        UNROLLED_FOR(column, M) {
            f32x16 d[4], v[6];
            UNROLLED_FOR(row, M) {
                d[row] = (f32x16){0};
                if (row < rows && column < columns)
                    load_partial(from + row * line + column * step + c, channels - c, &d[row]);
            }
            gradient_line(d, v, M);
            UNROLLED_FOR(row, M + 2) half[row * M + column] = v[row];
        }
        UNROLLED_FOR(row, M + 2) {
            f32x16 v[6];
            gradient_line(half + row * M, v, M);
            UNROLLED_FOR(column, M + 2) *(f32x16u *)(to + (row * side + column) * place_step + c) = v[column];
        }
    }
}
INLINE void transform_output_gradient(const Winograd *s, const float *dy, Place place, ptrdiff_t first,
                                      ptrdiff_t channels, ptrdiff_t place_step, float *to) {
    if (s->tile == 2) transform_output_gradient_on(s, dy, place, first, channels, place_step, to, 2);
    else transform_output_gradient_on(s, dy, place, first, channels, place_step, to, 4);
}

// One register tile: INPUTS input channels × VECTORS vectors of output channels, summed over the tiles of a block. The
// result is stored if `is_first`, else added.
INLINE void gradient_tile(const Block *b, const float *v, ptrdiff_t v_step, const float *d, ptrdiff_t d_step,
                          int is_first, float *to, ptrdiff_t to_step, const int INPUTS, const int VECTORS) {
    f32x16 sum[28];
    UNROLLED_FOR(i, INPUTS * VECTORS) sum[i] = (f32x16){0};
    const ptrdiff_t tiles = b->tiles, beside = (b->grid - tiles) * v_step;
    const ptrdiff_t below = (b->grid_lines - b->lines) * b->grid * v_step;
    for (ptrdiff_t sample = 0; sample < b->samples; ++sample, v += below)
        for (ptrdiff_t line = 0; line < b->lines; ++line, v += beside)
            for (ptrdiff_t tile = 0; tile < tiles; ++tile, v += v_step, d += d_step) {
                f32x16 g[PAIR];
                UNROLLED_FOR(n, VECTORS) g[n] = *(const f32x16u *)(d + n * VECTOR_FLOATS);
                UNROLLED_FOR(i, INPUTS) {
                    const float value = v[i];
                    UNROLLED_FOR(n, VECTORS) sum[i * VECTORS + n] += value * g[n];
                }
            }
    write_sums(sum, is_first, to, to_step, INPUTS, VECTORS);
}

#define TILE(n) \
    case n: gradient_tile(b, v, v_step, d, d_step, is_first, to, to_step, n, VECTORS); break;

// All input channels of a block × VECTORS vectors of output channels.
INLINE void gradient_rows(const Block *b, const float *v, ptrdiff_t v_step, ptrdiff_t inputs, const float *d,
                          ptrdiff_t d_step, int is_first, float *to, ptrdiff_t to_step, const int VECTORS,
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

// Gᵀ u G for a vector of sums u[row·(M + 2) + column].
INLINE void transform_sums(const f32x16 *u, f32x16 *to, const int M) {
    f32x16 half[3 * 6];
    UNROLLED_FOR(column, M + 2) {
        f32x16 line[6], g[3];
        UNROLLED_FOR(row, M + 2) line[row] = u[row * (M + 2) + column];
        sums_line(line, g, M);
        UNROLLED_FOR(row, 3) half[row * (M + 2) + column] = g[row];
    }
    UNROLLED_FOR(row, 3) sums_line(half + row * (M + 2), to + row * 3, M);
}

// The gradients of a piece's taps, one vector of output channels, from sums of places of which number n lies at
// n·place_step: to[taps[i]·tap_step], `count` channels.
INLINE void write_taps_on(const float *sums, const ptrdiff_t *numbers, ptrdiff_t place_step, const ptrdiff_t *taps,
                          ptrdiff_t tap_step, ptrdiff_t count, float *to, const int M) {
    f32x16 u[MOST_PLACES], g[TAPS];
    UNROLLED_FOR(place, (M + 2) * (M + 2)) {
        u[place] = (f32x16){0};
        if (numbers[place] >= 0) u[place] = *(const f32x16u *)(sums + numbers[place] * place_step);
    }
    transform_sums(u, g, M);
    UNROLLED_FOR(i, TAPS) {
        if (taps[i] >= 0) store_partial(&g[i], count, to + taps[i] * tap_step);
    }
}

// Channels whose gradients are summed together: how many inputs and outputs, and tiles of a block.
typedef struct {
    ptrdiff_t inputs, outputs, tiles;
} GradientBlock;

static GradientBlock gradient_block(const Winograd *s) {
    const ptrdiff_t channels = is_one_piece(s) ? GRADIENT_CHANNELS : GRADIENT_CHANNELS_OF_PIECES;
    GradientBlock block = {minimum(s->in_channels, channels), minimum(s->out_channels, channels), 0};
    const ptrdiff_t most = GRADIENT_FLOATS / (places_of(s) * (tile_step(block.inputs) + tile_step(block.outputs)));
    block.tiles = minimum(most, GRADIENT_TILES);
    return block;
}

ptrdiff_t winograd_gradient_workspace_count(const Winograd *s) {
    const GradientBlock channels = gradient_block(s);
    const Block block = largest_block(s, channels.tiles);
    return places_of(s)
               * (transformed_of(&block) * tile_step(channels.inputs) + tiles_of(&block) * tile_step(channels.outputs))
           + pieces_of_tile(s) * channels.inputs * vectors(channels.outputs) * VECTOR_FLOATS;
}

// The gradient of `inputs` input channels from `ci` on × `outputs` output channels from `co` on.
INLINE void write_gradient_block(const Winograd *s, const float *x, const float *dy, ptrdiff_t ci, ptrdiff_t inputs,
                                 ptrdiff_t co, ptrdiff_t outputs, ptrdiff_t most, float *workspace, float *gradient,
                                 const int WIDE) {
    const Tiling t = tiling(s);
    const Pieces pieces = pieces_of(s);
    const int places = places_of(s);
    const ptrdiff_t v_step = tile_step(inputs), d_step = tile_step(outputs), width = vectors(outputs) * VECTOR_FLOATS;
    const Block largest = largest_block(s, most);
    float *const v = workspace, *const d = v + places * transformed_of(&largest) * v_step;
    float *const sums = d + places * tiles_of(&largest) * d_step;
    ptrdiff_t left = s->samples * t.rows * t.columns, first = 0;
    while (left > 0) {
        const Block block = next_block(s, first, left, most);
        const ptrdiff_t tiles = tiles_of(&block), grid = transformed_of(&block),
                        tile_width = WIDE ? PANEL : VECTOR_FLOATS;
        Place place = place_of(s, first);
        transform_inputs(s, &block, x, place, ci, inputs, v_step, v);
        for (ptrdiff_t i = 0; i < tiles; ++i, advance(s, &place))
            transform_output_gradient(s, dy, place, co, outputs, tiles * d_step, d + i * d_step);
        float *sum = sums;
        for (int k = 0; k < places; ++k) {
            const PlacePieces at = pieces_at(&pieces, k);
            for (ptrdiff_t row = at.first_row; row < at.rows; ++row)
                for (ptrdiff_t column = at.first_column; column < at.columns; ++column, sum += inputs * width)
                    for (ptrdiff_t n = 0; n < width; n += tile_width) {
                        const float *from = v + (k * grid + row * block.grid + column) * v_step;
                        const float *g = d + k * tiles * d_step + n;
                        const int is_first = first == 0;
                        if (WIDE && width - n > VECTOR_FLOATS)
                            gradient_rows(&block, from, v_step, inputs, g, d_step, is_first, sum + n, width, PAIR,
                                          WIDE);
                        else gradient_rows(&block, from, v_step, inputs, g, d_step, is_first, sum + n, width, 1, WIDE);
                    }
        }
        first += tiles;
        left -= tiles;
    }
    for (ptrdiff_t piece = 0; piece < pieces.rows * pieces.columns; ++piece) {
        const ptrdiff_t row = piece / pieces.columns, column = piece % pieces.columns;
        ptrdiff_t numbers[MOST_PLACES], taps[TAPS];
        piece_numbers(s, row, column, numbers);
        for (int i = 0; i < TAPS; ++i) taps[i] = tap_of_piece(s, row, column, i);
        const ptrdiff_t place_step = inputs * width, tap_step = s->in_channels * s->out_channels;
        for (ptrdiff_t c = 0; c < inputs; ++c)
            for (ptrdiff_t n = 0; n < outputs; n += VECTOR_FLOATS) {
                const float *from = sums + c * width + n;
                float *to = gradient + (ci + c) * s->out_channels + co + n;
                if (s->tile == 2) write_taps_on(from, numbers, place_step, taps, tap_step, outputs - n, to, 2);
                else write_taps_on(from, numbers, place_step, taps, tap_step, outputs - n, to, 4);
            }
    }
}

INLINE void winograd_weight_gradient_on(const Winograd *s, const float *x, const float *dy, float *workspace,
                                        float *gradient, const int WIDE) {
    if (s->samples == 0) {
        memset(gradient, 0,
               (size_t)(s->kernel_height * s->kernel_width * s->in_channels * s->out_channels) * sizeof(float));
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
