#include "line_convolution.h"

#include "../products/tiles.h"

// Kernel columns, and the largest tiles (in output pixels): the tile's sums, the weights of three columns and an input
// must fit the 32 registers of AVX-512. Tiles of two vectors of channels hold at most WIDEST_PAIR pixels. Of smaller
// registers tiles hold one vector and at most NARROW pixels, or SPLIT_NARROW with split sums.
enum { COLUMNS = 3, WIDEST = 24, WIDEST_FORWARD = 20, WIDEST_PAIR = 10, NARROW = 4, SPLIT_NARROW = 3 };

// With at most this many sums in a line of AVX-512, the three additions to each would form a dependency chain longer
// than the rest of the loop hides: the middle column then has separate sums. Since the order of additions is the same
// on all processors, so it has on those whose tiles are smaller.
enum { FEWEST = 8 };
INLINE int splits(const LineConvolution *s, int vectors) { return s->out_width * vectors <= FEWEST; }

// Floats from one line, and from one sample, to the next.
typedef struct {
    ptrdiff_t in_line, out_line, in_sample, out_sample;
} Steps;

INLINE Steps steps_of(const LineConvolution *s) {
    const ptrdiff_t in_line = (s->out_width + COLUMNS - 1) * s->in_channels, out_line = s->out_width * s->out_channels;
    return (Steps){in_line, out_line, (s->out_height + s->kernel_height - 1) * in_line, s->out_height * out_line};
}

int line_convolution_fits_forward(const LineConvolution *s) { return s->out_channels >= VECTOR_FLOATS; }

int line_convolution_fits_input_gradient(const LineConvolution *s) {
    return s->in_channels >= VECTOR_FLOATS
           && s->out_width <= (s->in_channels >= 2 * VECTOR_FLOATS ? WIDEST_PAIR : WIDEST);
}

int line_convolution_fits_weight_gradient(const LineConvolution *s) {
    return s->out_channels >= VECTOR_FLOATS && s->out_channels % VECTOR_FLOATS == 0 && s->in_channels % 4 == 0
           && s->out_width >= 2;
}

// One tile: WIDTH outputs of a line × VECTORS vectors of channels.
INLINE void forward_tile(const LineConvolution *s, const float *x, const float *weights, const float *bias, int relu,
                         float *y, const int WIDTH, const int VECTORS, const int SPLIT) {
    f32x16 sum[WIDEST + 2], middle[FEWEST];
    const ptrdiff_t ci_count = s->in_channels, co_count = s->out_channels, line = (s->out_width + 2) * ci_count;
    const ptrdiff_t column = ci_count * co_count;
    UNROLLED_FOR(i, WIDTH)
        UNROLLED_FOR(v, VECTORS) {
            sum[i * VECTORS + v] = bias ? *(const f32x16u *)(bias + v * VECTOR_FLOATS) : (f32x16){0};
            if (SPLIT) middle[i * VECTORS + v] = (f32x16){0};
        }
    for (ptrdiff_t kh = 0; kh < s->kernel_height; ++kh, x += line, weights += COLUMNS * column) {
        const float *w = weights, *p = x;
        for (ptrdiff_t ci = 0; ci < ci_count; ++ci, w += co_count, ++p) {
            f32x16 k[COLUMNS * 2];
            UNROLLED_FOR(kw, COLUMNS)
                UNROLLED_FOR(v, VECTORS) k[kw * VECTORS + v] = *(const f32x16u *)(w + kw * column + v * VECTOR_FLOATS);
            UNROLLED_FOR(i, WIDTH + COLUMNS - 1) {
                const f32x16 value = ALL_LANES(p[i * ci_count]);
                UNROLLED_FOR(kw, COLUMNS)
                    if (i - kw >= 0 && i - kw < WIDTH)
                        UNROLLED_FOR(v, VECTORS)
                            *(SPLIT && kw == 1 ? &middle[(i - kw) * VECTORS + v]
                                               : &sum[(i - kw) * VECTORS + v]) += value * k[kw * VECTORS + v];
            }
        }
    }
    UNROLLED_FOR(i, WIDTH)
        UNROLLED_FOR(v, VECTORS) {
            if (SPLIT) sum[i * VECTORS + v] += middle[i * VECTORS + v];
            if (relu) rectify(&sum[i * VECTORS + v]);
            *(f32x16u *)(y + i * co_count + v * VECTOR_FLOATS) = sum[i * VECTORS + v];
        }
}

// Writes a vector of an input gradient, or that before the rectifier which made the input.
INLINE void store_input_gradient(f32x16 *total, const float *rectified, float *dx) {
    if (rectified) *total = (f32x16)((i32x16)*total & (*(const f32x16u *)rectified > 0));
    *(f32x16u *)dx = *total;
}

// One tile: WIDTH output gradients of a line give WIDTH + 2 input gradients × VECTORS vectors of channels.
INLINE void input_gradient_tile(const LineConvolution *s, const float *dy, const float *weights, ptrdiff_t rows,
                                const float *rectified, float *dx, const int WIDTH, const int VECTORS) {
    f32x16 sum[(WIDEST + 2) + 2], middle[FEWEST];
    const int SPLIT = WIDTH * VECTORS <= FEWEST;
    const ptrdiff_t ci_count = s->in_channels, co_count = s->out_channels, line = s->out_width * co_count;
    const ptrdiff_t column = ci_count * co_count;
    UNROLLED_FOR(i, (WIDTH + 2) * VECTORS) sum[i] = (f32x16){0};
    UNROLLED_FOR(i, WIDTH * VECTORS)
        if (SPLIT) middle[i] = (f32x16){0};
    // Kernel row kh belongs to output line ih − kh: one advances while the other goes back.
    for (ptrdiff_t row = 0; row < rows; ++row, dy -= line, weights += COLUMNS * column) {
        const float *w = weights, *p = dy;
        for (ptrdiff_t co = 0; co < co_count; ++co, w += ci_count, ++p) {
            f32x16 k[COLUMNS * 2];
            UNROLLED_FOR(kw, COLUMNS)
                UNROLLED_FOR(v, VECTORS) k[kw * VECTORS + v] = *(const f32x16u *)(w + kw * column + v * VECTOR_FLOATS);
            UNROLLED_FOR(i, WIDTH) {
                const f32x16 value = ALL_LANES(p[i * co_count]);
                UNROLLED_FOR(kw, COLUMNS)
                    UNROLLED_FOR(v, VECTORS)
                        *(SPLIT && kw == 1 ? &middle[i * VECTORS + v]
                                           : &sum[(i + kw) * VECTORS + v]) += value * k[kw * VECTORS + v];
            }
        }
    }
    UNROLLED_FOR(i, WIDTH + 2)
        UNROLLED_FOR(v, VECTORS) {
            f32x16 total = sum[i * VECTORS + v];
            if (SPLIT && i > 0 && i <= WIDTH) total += middle[(i - 1) * VECTORS + v];
            const ptrdiff_t place = i * ci_count + v * VECTOR_FLOATS;
            store_input_gradient(&total, rectified ? rectified + place : rectified, dx + place);
        }
}

// The same sums for registers that do not hold a line: WIDTH input gradients of one vector, from the WIDTH + 2 output
// gradients around them, of which those before FROM and from TO on lie beside the map.
INLINE void gathered_gradient_tile(const LineConvolution *s, const float *dy, const float *weights, ptrdiff_t rows,
                                   const float *rectified, float *dx, const int WIDTH, const int FROM, const int TO,
                                   const int SPLIT) {
    f32x16 sum[NARROW], middle[NARROW];
    const ptrdiff_t ci_count = s->in_channels, co_count = s->out_channels, line = s->out_width * co_count;
    const ptrdiff_t column = ci_count * co_count;
    UNROLLED_FOR(i, WIDTH) sum[i] = middle[i] = (f32x16){0};
    for (ptrdiff_t row = 0; row < rows; ++row, dy -= line, weights += COLUMNS * column) {
        const float *w = weights, *p = dy;
        for (ptrdiff_t co = 0; co < co_count; ++co, w += ci_count, ++p) {
            f32x16 k[COLUMNS];
            UNROLLED_FOR(kw, COLUMNS) k[kw] = *(const f32x16u *)(w + kw * column);
            UNROLLED_RANGE(j, FROM, TO) {
                const f32x16 value = ALL_LANES(p[(j - 2) * co_count]);
                UNROLLED_FOR(kw, COLUMNS)
                    if (j - 2 + kw >= 0 && j - 2 + kw < WIDTH)
                        *(SPLIT && kw == 1 ? &middle[j - 2 + kw] : &sum[j - 2 + kw]) += value * k[kw];
            }
        }
    }
    UNROLLED_FOR(i, WIDTH) {
        // The middle column of input gradient i is that of output gradient i − 1.
        if (SPLIT && i + 1 >= FROM && i + 1 < TO) sum[i] += middle[i];
        store_input_gradient(&sum[i], rectified ? rectified + i * ci_count : rectified, dx + i * ci_count);
    }
}

// How many tiles of nearly equal size: each takes `left / tiles` of what is left.
INLINE ptrdiff_t tile_count(ptrdiff_t pixels, ptrdiff_t widest) { return (pixels + widest - 1) / widest; }

#define TILE(n) \
    case n: forward_tile(s, x, weights, bias, relu, y, n, VECTORS, VECTORS *n <= FEWEST); break;

// A line of outputs, in tiles of nearly equal size.
INLINE void forward_line(const LineConvolution *s, const float *x, const float *weights, const float *bias, int relu,
                         float *y, const int VECTORS) {
    ptrdiff_t left = s->out_width;
    for (ptrdiff_t tiles = tile_count(left, VECTORS == 2 ? WIDEST_PAIR : WIDEST_FORWARD); tiles > 0; --tiles) {
        const ptrdiff_t width = left / tiles;
        switch (width) {
            TILES_1_TO_6
            TILES_7_TO_10
            default:
                if (VECTORS == 1) {
                    switch (width) {
                        TILES_11_TO_14
                        TILES_15_TO_24
                    }
                }
        }
        x += width * s->in_channels;
        y += width * s->out_channels;
        left -= width;
    }
}
#undef TILE

#define TILE(n) \
    case n: forward_tile(s, x, weights, bias, relu, y, n, 1, SPLIT); break;

// A line of outputs of one vector in smaller registers.
INLINE void narrow_forward_line(const LineConvolution *s, const float *x, const float *weights, const float *bias,
                                int relu, float *y, const int SPLIT) {
    ptrdiff_t left = s->out_width;
    for (ptrdiff_t tiles = tile_count(left, SPLIT ? SPLIT_NARROW : NARROW); tiles > 0; --tiles) {
        const ptrdiff_t width = left / tiles;
        switch (width) { TILES_1_TO_4 }
        x += width * s->in_channels;
        y += width * s->out_channels;
        left -= width;
    }
}
#undef TILE

#define TILE(n) \
    case n: input_gradient_tile(s, dy, weights, rows, rectified, dx, n, VECTORS); break;

// A line of input gradients: always one tile, since neighbouring tiles would both add to the pixels between them.
INLINE void input_gradient_line(const LineConvolution *s, const float *dy, const float *weights, ptrdiff_t rows,
                                const float *rectified, float *dx, const int VECTORS) {
    switch (s->out_width) {
        TILES_1_TO_6
        TILES_7_TO_10
        default:
            if (VECTORS == 1) {
                switch (s->out_width) {
                    TILES_11_TO_14
                    TILES_15_TO_24
                }
            }
    }
}
#undef TILE

#define GATHERED(n, from, to) gathered_gradient_tile(s, dy, weights, rows, rectified, dx, n, from, to, SPLIT)
#define TILE(n) \
    case n: \
        if (is_first && is_last) GATHERED(n, 2, n); \
        else if (is_first) GATHERED(n, 2, n + 2); \
        else if (is_last) GATHERED(n, 0, n); \
        else GATHERED(n, 0, n + 2); \
        break;

// A line of input gradients of one vector in smaller registers. No tile has one pixel: the tiles at both ends of a line
// hold the two that lie beside the outputs.
INLINE void narrow_input_gradient_line(const LineConvolution *s, const float *dy, const float *weights, ptrdiff_t rows,
                                       const float *rectified, float *dx, const int SPLIT) {
    ptrdiff_t left = s->out_width + COLUMNS - 1;
    int is_first = 1;
    for (ptrdiff_t tiles = tile_count(left, SPLIT ? SPLIT_NARROW : NARROW); tiles > 0; --tiles, is_first = 0) {
        const ptrdiff_t width = left / tiles;
        const int is_last = tiles == 1;
        switch (width) { TILES_2_TO_4 }
        dy += width * s->out_channels;
        dx += width * s->in_channels;
        if (rectified) rectified += width * s->in_channels;
        left -= width;
    }
}
#undef TILE
#undef GATHERED

INLINE void line_convolution_on(const LineConvolution *s, const float *x, const float *weights, const float *bias,
                                int relu, float *y, const int WIDE) {
    const Steps to_next = steps_of(s);
    for (ptrdiff_t sample = 0; sample < s->samples; ++sample, x += to_next.in_sample, y += to_next.out_sample)
        for (ptrdiff_t n = 0; n < s->out_channels;) {
            const ptrdiff_t width = n + 2 * VECTOR_FLOATS <= s->out_channels ? 2 * VECTOR_FLOATS : VECTOR_FLOATS;
            // The last block ends with the last channel and may overlap the block before.
            if (n + width > s->out_channels) n = s->out_channels - width;
            const float *b = bias ? bias + n : bias;
            const int vectors = (int)(width / VECTOR_FLOATS);
            for (ptrdiff_t oh = 0; oh < s->out_height; ++oh) {
                const float *const in = x + oh * to_next.in_line, *const w = weights + n;
                float *const out = y + oh * to_next.out_line + n;
                if (WIDE && vectors == 1) forward_line(s, in, w, b, relu, out, 1);
                else if (WIDE) forward_line(s, in, w, b, relu, out, 2);
                else
                    for (ptrdiff_t v = 0; v < width; v += VECTOR_FLOATS) {
                        if (splits(s, vectors)) narrow_forward_line(s, in, w + v, b ? b + v : b, relu, out + v, 1);
                        else narrow_forward_line(s, in, w + v, b ? b + v : b, relu, out + v, 0);
                    }
            }
            n += width;
        }
}
FOR_EACH_REGISTER_FILE(extern, line_convolution,
                       (const LineConvolution *s, const float *x, const float *weights, const float *bias, int relu,
                        float *y),
                       s, x, weights, bias, relu, y)

INLINE void line_convolution_input_gradient_on(const LineConvolution *s, const float *dy, const float *transposed,
                                               const float *rectified, float *dx, const int WIDE) {
    const Steps to_next = steps_of(s);
    const ptrdiff_t in_height = s->out_height + s->kernel_height - 1;
    const ptrdiff_t kernel_row = COLUMNS * s->in_channels * s->out_channels;
    float *const start = dx;
    for (ptrdiff_t sample = 0; sample < s->samples; ++sample, dx += to_next.in_sample, dy += to_next.out_sample)
        for (ptrdiff_t n = 0; n < s->in_channels;) {
            const ptrdiff_t width = n + 2 * VECTOR_FLOATS <= s->in_channels ? 2 * VECTOR_FLOATS : VECTOR_FLOATS;
            if (n + width > s->in_channels) n = s->in_channels - width;
            const int vectors = (int)(width / VECTOR_FLOATS);
            for (ptrdiff_t ih = 0; ih < in_height; ++ih) {
                const ptrdiff_t first = ih < s->out_height ? 0 : ih - s->out_height + 1;
                const ptrdiff_t last = ih < s->kernel_height ? ih : s->kernel_height - 1;
                const float *w = transposed + first * kernel_row + n, *g = dy + (ih - first) * to_next.out_line;
                const ptrdiff_t place = (dx - start) + ih * to_next.in_line + n;
                const float *r = rectified ? rectified + place : rectified;
                const ptrdiff_t rows = last - first + 1;
                float *const out = start + place;
                if (WIDE && vectors == 1) input_gradient_line(s, g, w, rows, r, out, 1);
                else if (WIDE) input_gradient_line(s, g, w, rows, r, out, 2);
                else
                    for (ptrdiff_t v = 0; v < width; v += VECTOR_FLOATS) {
                        if (splits(s, vectors))
                            narrow_input_gradient_line(s, g, w + v, rows, r ? r + v : r, out + v, 1);
                        else narrow_input_gradient_line(s, g, w + v, rows, r ? r + v : r, out + v, 0);
                    }
            }
            n += width;
        }
}
FOR_EACH_REGISTER_FILE(extern, line_convolution_input_gradient,
                       (const LineConvolution *s, const float *dy, const float *transposed, const float *rectified,
                        float *dx),
                       s, dy, transposed, rectified, dx)

// One input pixel of a line, which contributes to the gradients of kernel columns first ..= last; moves to the next.
#define COLUMN(first, last) \
    do { \
        f32x16 d[COLUMNS * 2]; \
        UNROLLED_RANGE(kw, first, last + 1) \
            UNROLLED_FOR(v, VECTORS) d[kw * VECTORS + v] = *(const f32x16u *)(q - kw * co_count + v * VECTOR_FLOATS); \
        UNROLLED_FOR(c, INPUTS) { \
            const f32x16 value = ALL_LANES(p[c]); \
            UNROLLED_RANGE(kw, first, last + 1) \
                UNROLLED_FOR(v, VECTORS) sum[(kw * INPUTS + c) * VECTORS + v] += value * d[kw * VECTORS + v]; \
        } \
        p += ci_count; \
        q += co_count; \
    } while (0)

// One tile: INPUTS input channels × three kernel columns × VECTORS vectors of output channels, summed over the lines of
// `samples` samples. The result is stored if `first`, else added to the gradient.
INLINE void weight_gradient_tile(const LineConvolution *s, const float *x, const float *dy, ptrdiff_t samples,
                                 int first, float *gradient, const int INPUTS, const int VECTORS) {
    f32x16 sum[24];
    UNROLLED_FOR(i, COLUMNS * INPUTS * VECTORS) sum[i] = (f32x16){0};
    const ptrdiff_t ci_count = s->in_channels, co_count = s->out_channels;
    const Steps to_next = steps_of(s);
    for (ptrdiff_t sample = 0; sample < samples; ++sample)
        for (ptrdiff_t oh = 0; oh < s->out_height; ++oh) {
            const float *p = x + sample * to_next.in_sample + oh * to_next.in_line,
                        *q = dy + sample * to_next.out_sample + oh * to_next.out_line;
            COLUMN(0, 0);
            COLUMN(0, 1);
            for (ptrdiff_t iw = 2; iw < s->out_width; ++iw) COLUMN(0, 2);
            COLUMN(1, 2);
            COLUMN(2, 2);
        }
    UNROLLED_FOR(kw, COLUMNS)
        UNROLLED_FOR(c, INPUTS)
            UNROLLED_FOR(v, VECTORS) {
                f32x16u *to = (f32x16u *)(gradient + (kw * ci_count + c) * co_count + v * VECTOR_FLOATS);
                *to = first ? sum[(kw * INPUTS + c) * VECTORS + v] : *to + sum[(kw * INPUTS + c) * VECTORS + v];
            }
}
#undef COLUMN

// The same sums for smaller registers, of one kernel column and one vector.
INLINE void narrow_weight_gradient_tile(const LineConvolution *s, const float *x, const float *dy, ptrdiff_t samples,
                                        int first, float *gradient, const int INPUTS) {
    f32x16 sum[6];
    UNROLLED_FOR(c, INPUTS) sum[c] = (f32x16){0};
    const ptrdiff_t ci_count = s->in_channels, co_count = s->out_channels;
    const Steps to_next = steps_of(s);
    for (ptrdiff_t sample = 0; sample < samples; ++sample)
        for (ptrdiff_t oh = 0; oh < s->out_height; ++oh) {
            const float *p = x + sample * to_next.in_sample + oh * to_next.in_line,
                        *q = dy + sample * to_next.out_sample + oh * to_next.out_line;
            for (ptrdiff_t ow = 0; ow < s->out_width; ++ow, p += ci_count, q += co_count) {
                const f32x16 d = *(const f32x16u *)q;
                UNROLLED_FOR(c, INPUTS) {
                    const f32x16 value = ALL_LANES(p[c]);
                    sum[c] += value * d;
                }
            }
        }
    UNROLLED_FOR(c, INPUTS) {
        f32x16u *to = (f32x16u *)(gradient + c * co_count);
        *to = first ? sum[c] : *to + sum[c];
    }
}

#define TILE(n) \
    case n: narrow_weight_gradient_tile(s, x + c, dy, samples, first, gradient + c * s->out_channels, n); break;

// The gradient of one kernel column for one vector of output channels.
INLINE void narrow_weight_gradient(const LineConvolution *s, const float *x, const float *dy, ptrdiff_t samples,
                                   int first, float *gradient) {
    ptrdiff_t c = 0;
    for (ptrdiff_t tiles = tile_count(s->in_channels, 6); tiles > 0; --tiles) {
        const ptrdiff_t width = (s->in_channels - c) / tiles;
        switch (width) { TILES_1_TO_6 }
        c += width;
    }
}
#undef TILE

INLINE void line_convolution_weight_gradient_on(const LineConvolution *s, const float *x, const float *dy,
                                                float *gradient, const int WIDE) {
    const ptrdiff_t ci_count = s->in_channels, co_count = s->out_channels;
    const Steps to_next = steps_of(s);
    const ptrdiff_t pixels = s->out_height * s->out_width, pass = pixels >= 64 ? 1 : (64 + pixels - 1) / pixels;
    if (s->samples == 0)
        memset(gradient, 0, (size_t)(s->kernel_height * COLUMNS * ci_count * co_count) * sizeof(float));
    for (ptrdiff_t start = 0; start < s->samples; start += pass) {
        const ptrdiff_t samples = start + pass <= s->samples ? pass : s->samples - start;
        for (ptrdiff_t kh = 0; kh < s->kernel_height; ++kh) {
            const float *in = x + start * to_next.in_sample + kh * to_next.in_line,
                        *out = dy + start * to_next.out_sample;
            float *to = gradient + kh * COLUMNS * ci_count * co_count;
            for (ptrdiff_t n = 0; n < co_count;) {
                if (!WIDE) {
                    for (ptrdiff_t kw = 0; kw < COLUMNS; ++kw)
                        narrow_weight_gradient(s, in + kw * ci_count, out + n, samples, start == 0,
                                               to + kw * ci_count * co_count + n);
                    n += VECTOR_FLOATS;
                } else if (n + 2 * VECTOR_FLOATS <= co_count) {
                    for (ptrdiff_t c = 0; c < ci_count; c += 4)
                        weight_gradient_tile(s, in + c, out + n, samples, start == 0, to + c * co_count + n, 4, 2);
                    n += 2 * VECTOR_FLOATS;
                } else {
                    for (ptrdiff_t c = 0; c < ci_count;) {
                        if (c + 8 <= ci_count) {
                            weight_gradient_tile(s, in + c, out + n, samples, start == 0, to + c * co_count + n, 8, 1);
                            c += 8;
                        } else {
                            weight_gradient_tile(s, in + c, out + n, samples, start == 0, to + c * co_count + n, 4, 1);
                            c += 4;
                        }
                    }
                    n += VECTOR_FLOATS;
                }
            }
        }
    }
}
FOR_EACH_REGISTER_FILE(extern, line_convolution_weight_gradient,
                       (const LineConvolution *s, const float *x, const float *dy, float *gradient), s, x, dy, gradient)
