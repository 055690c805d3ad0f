#include "pooling.h"

#include "../products/tiles.h"
#include "addresses.h"

typedef uint8_t u8x16 __attribute__((vector_size(16)));

typedef double f64x16 __attribute__((vector_size(128)));

// Floats are added in chains of at most a quarter as many, and what they give in double precision.
enum { BLOCK_ROWS = 64 };

// Where a window holds more positions than this, a byte does not name one.
enum { NARROW_POSITIONS = 256 };

ptrdiff_t max_pooling_position_bytes(const Pooling *p) {
    return p->window_height * p->window_width > NARROW_POSITIONS ? sizeof(int32_t) : sizeof(uint8_t);
}

// Positions as they are kept, BYTES each.
INLINE void store_positions(const i32x16 *positions, ptrdiff_t remaining, uint8_t *to, const int BYTES) {
    const ptrdiff_t lanes = remaining < VECTOR_FLOATS ? remaining : VECTOR_FLOATS;
    if (BYTES == 1) {
        const u8x16 narrow = __builtin_convertvector(*positions, u8x16);
        memcpy(to, &narrow, (size_t)lanes);
    } else {
        const i32x16 wide = *positions;
        memcpy(to, &wide, (size_t)lanes * sizeof(int32_t));
    }
}

INLINE void load_positions(const uint8_t *from, ptrdiff_t remaining, i32x16 *positions, const int BYTES) {
    const ptrdiff_t lanes = remaining < VECTOR_FLOATS ? remaining : VECTOR_FLOATS;
    if (BYTES == 1) {
        u8x16 narrow = {0};
        memcpy(&narrow, from, (size_t)lanes);
        *positions = __builtin_convertvector(narrow, i32x16);
    } else {
        i32x16 wide = {0};
        memcpy(&wide, from, (size_t)lanes * sizeof(int32_t));
        *positions = wide;
    }
}

// The part of a window inside the map: positions window_first ..< window_last along one axis.
INLINE ptrdiff_t window_first(ptrdiff_t start) { return start < 0 ? -start : 0; }
INLINE ptrdiff_t window_last(ptrdiff_t start, ptrdiff_t window, ptrdiff_t extent) {
    return start + window > extent ? extent - start : window;
}

#define LANES(remaining) (WHOLE ? VECTOR_FLOATS : (remaining))

// The pixels of a window that lie on the map, and the position of the first in the window.
typedef struct {
    const float *pixels;
    ptrdiff_t rows, columns, first;
} WindowOnMap;

INLINE WindowOnMap window_on_map(const Pooling *p, const float *in, ptrdiff_t oh, ptrdiff_t ow) {
    const ptrdiff_t ih = oh * p->stride_height - p->top, iw = ow * p->stride_width - p->left;
    const ptrdiff_t row = window_first(ih), column = window_first(iw);
    return (WindowOnMap){.pixels = in + ((ih + row) * p->width + iw + column) * p->channels,
                         .rows = window_last(ih, p->window_height, p->height) - row,
                         .columns = window_last(iw, p->window_width, p->width) - column,
                         .first = row * p->window_width + column};
}

// The maxima of vectors, and their positions: as floats, which are chosen as the maxima are. (The compiler would choose
// bytes by masks of bytes, which it would have to make.) Positions of four bytes are the bits of these floats.
typedef struct {
    f32x16 best, which;
} Maximum;

INLINE void all_positions(ptrdiff_t position, f32x16 *which, const int BYTES) {
    if (BYTES == 1) *which = ALL_LANES((float)position);
    else *which = (f32x16)((i32x16){0} + (int32_t)position);
}

// The larger of two values, of which `later` has the later position. NaN replaces any number and is kept, so that a
// diverged run shows.
INLINE void keep_larger(Maximum *earlier, const f32x16 *later, const f32x16 *which) {
    const i32x16 better = ~(*later <= earlier->best) & (earlier->best == earlier->best);
    earlier->best = (f32x16)(((i32x16)*later & better) | ((i32x16)earlier->best & ~better));
    earlier->which = (f32x16)(((i32x16)*which & better) | ((i32x16)earlier->which & ~better));
}

// The maximum of rows × columns pixels, of which the first has the position `first` in a window of `width` columns.
// Rows are compared by themselves: comparisons that wait for each other would take longer.
INLINE void maximum_of_window(const float *in, ptrdiff_t line, ptrdiff_t channels, ptrdiff_t rows, ptrdiff_t columns,
                              ptrdiff_t width, ptrdiff_t first, float *out, uint8_t *argmax, const int BYTES,
                              const int WHOLE) {
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = WHOLE ? block_first(block, channels) : block, remaining = channels - c;
        Maximum all = {{0}, {0}};
        f32x16 value = {0}, position;
        for (ptrdiff_t i = 0; i < rows; ++i) {
            const float *pixel = in + i * line + c;
            Maximum row = {{0}, {0}};
            all_positions(first + i * width, &row.which, BYTES);
            load_partial(pixel, LANES(remaining), &row.best);
            for (ptrdiff_t j = 1; j < columns; ++j) {
                all_positions(first + i * width + j, &position, BYTES);
                load_partial(pixel + j * channels, LANES(remaining), &value);
                keep_larger(&row, &value, &position);
            }
            if (i == 0) all = row;
            else keep_larger(&all, &row.best, &row.which);
        }
        store_partial(&all.best, LANES(remaining), out + c);
        const i32x16 which = BYTES == 1 ? __builtin_convertvector(all.which, i32x16) : (i32x16)all.which;
        store_positions(&which, LANES(remaining), argmax + c * BYTES, BYTES);
    }
}

// Whether windows are 2 × 2, adjacent and inside the map, and channels fill whole vectors: the common case is faster.
INLINE int is_plain_pair(const Pooling *p) {
    return p->window_height == 2 && p->window_width == 2 && p->stride_height == 2 && p->stride_width == 2 && p->top == 0
           && p->left == 0 && 2 * p->out_height <= p->height && 2 * p->out_width <= p->width
           && p->channels % VECTOR_FLOATS == 0;
}

INLINE void all_maxima(const Pooling *p, const float *in, ptrdiff_t samples, float *out, uint8_t *argmax,
                       const int BYTES, const int WHOLE) {
    const ptrdiff_t channels = p->channels, line = p->width * channels, width = p->window_width;
    for (ptrdiff_t b = 0; b < samples; ++b, in += p->height * line)
        for (ptrdiff_t oh = 0; oh < p->out_height; ++oh)
            for (ptrdiff_t ow = 0; ow < p->out_width; ++ow, out += channels, argmax += channels * BYTES) {
                const WindowOnMap w = window_on_map(p, in, oh, ow);
                // Common windows have loops of constant length.
                if (WHOLE && w.rows == 2 && w.columns == 2 && width == 2 && w.first == 0)
                    maximum_of_window(w.pixels, line, channels, 2, 2, 2, 0, out, argmax, BYTES, 1);
                else if (WHOLE && w.rows == 3 && w.columns == 3 && width == 3 && w.first == 0)
                    maximum_of_window(w.pixels, line, channels, 3, 3, 3, 0, out, argmax, BYTES, 1);
                else
                    maximum_of_window(w.pixels, line, channels, w.rows, w.columns, width, w.first, out, argmax, BYTES,
                                      WHOLE);
            }
}

FOR_EACH_CPU
void max_pooling(const Pooling *p, const float *in, ptrdiff_t samples, float *out, uint8_t *argmax) {
    const int is_narrow = max_pooling_position_bytes(p) == 1;
    if (is_narrow && p->channels >= VECTOR_FLOATS) all_maxima(p, in, samples, out, argmax, 1, 1);
    else if (is_narrow) all_maxima(p, in, samples, out, argmax, 1, 0);
    else all_maxima(p, in, samples, out, argmax, sizeof(int32_t), 0);
}

// The output's gradient for one block of channels of a window; with `rectified`, 0 where that is not positive.
INLINE void gradient_of_window(const float *out_gradient, const float *rectified, ptrdiff_t remaining,
                               f32x16 *gradient) {
    load_partial(out_gradient, remaining, gradient);
    if (!rectified) return;
    f32x16 output = {0};
    load_partial(rectified, remaining, &output);
    *gradient = (f32x16)((i32x16)*gradient & (output > 0));
}

// The fast path for one sample: each pixel is written once, and pixels that no window covers are set to 0.
INLINE void plain_pair_backward(const Pooling *p, const float *out_gradient, const uint8_t *argmax,
                                const float *rectified, float *in_gradient) {
    const ptrdiff_t channels = p->channels, line = p->width * channels, covered = 2 * p->out_width * channels;
    for (ptrdiff_t oh = 0; oh < p->out_height; ++oh, in_gradient += 2 * line) {
        for (ptrdiff_t c = 0; c < p->out_width * channels; c += VECTOR_FLOATS) {
            f32x16 gradient = {0};
            gradient_of_window(out_gradient, rectified, VECTOR_FLOATS, &gradient);
            u8x16 narrow;
            memcpy(&narrow, argmax, sizeof narrow);
            const i32x16 which = __builtin_convertvector(narrow, i32x16);
            float *to = in_gradient + c / channels * 2 * channels + c % channels;
            UNROLLED_FOR(i, 2)
                UNROLLED_FOR(j, 2)
                    *(f32x16u *)(to + i * line + j * channels) = (f32x16)((i32x16)gradient & (which == 2 * i + j));
            out_gradient += VECTOR_FLOATS;
            argmax += VECTOR_FLOATS;
            if (rectified) rectified += VECTOR_FLOATS;
        }
        for (int i = 0; i < 2; ++i)
            memset(in_gradient + i * line + covered, 0, (size_t)(line - covered) * sizeof(float));
    }
    memset(in_gradient, 0, (size_t)((p->height - 2 * p->out_height) * line) * sizeof(float));
}

// What a pixel gets from the outputs whose windows hold it: from a maximum the gradient if it won, from a mean its
// share.
enum { OF_MAXIMUM, OF_MEAN };

// A line of pixels and the outputs whose windows hold pixels of it: rows first ..< last of them. Of output row r the
// line is row `row` − r·stride of its windows.
typedef struct {
    const Pooling *shape;
    ptrdiff_t row, first, last;
} PixelLine;

INLINE PixelLine pixel_line(const Pooling *p, ptrdiff_t h) {
    const ptrdiff_t row = h + p->top, missing = row - p->window_height + 1, last = row / p->stride_height + 1;
    return (PixelLine){p, row, missing > 0 ? (missing + p->stride_height - 1) / p->stride_height : 0,
                       last < p->out_height ? last : p->out_height};
}

// How much of the window of an output lies on the map.
INLINE ptrdiff_t rows_of_window(const Pooling *p, ptrdiff_t oh) {
    const ptrdiff_t start = oh * p->stride_height - p->top;
    return window_last(start, p->window_height, p->height) - window_first(start);
}
INLINE ptrdiff_t columns_of_window(const Pooling *p, ptrdiff_t ow) {
    const ptrdiff_t start = ow * p->stride_width - p->left;
    return window_last(start, p->window_width, p->width) - window_first(start);
}

// The gradients of the OUTPUTS·STRIDE pixels from the first of output `ow`'s window on, of a window of WIDTH columns.
// The sums stay in registers while the outputs are added in row-major order. If CHECKED, outputs and pixels beside the
// maps are left out. `out_gradient`, `argmax` and `rectified` are those of the sample, `in_gradient` that of the line,
// and `shares` holds 1/n for n pixels.
INLINE void gradient_tile(const PixelLine *line, const float *out_gradient, const uint8_t *argmax,
                          const float *rectified, const float *shares, ptrdiff_t ow, float *in_gradient, const int KIND,
                          const int RECTIFIED, const int OUTPUTS, const int STRIDE, const int WIDTH,
                          const int CHECKED) {
    enum { MOST_PIXELS = 8 };
    const Pooling *p = line->shape;
    const ptrdiff_t channels = p->channels, first_pixel = ow * STRIDE - p->left, width = p->width;
    // Windows of outputs before `ow` reach into the tile.
    const ptrdiff_t first = ow - (WIDTH - 1) / STRIDE, end = p->out_width - ow, out_line = p->out_width * channels;
    const ptrdiff_t first_row = line->first, last_row = line->last, row_step = p->stride_height * WIDTH;
    const ptrdiff_t start = first_row * out_line + first * channels;
    ptrdiff_t columns[MOST_PIXELS + 2] = {0};
    if (KIND == OF_MEAN)
        UNROLLED_RANGE(k, -((WIDTH - 1) / STRIDE), OUTPUTS)
            columns[k + (WIDTH - 1) / STRIDE] = CHECKED ? columns_of_window(p, ow + k) : WIDTH;
    in_gradient += first_pixel * channels;
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = block_first(block, channels);
        const float *above_line = out_gradient + start + c, *output_line = RECTIFIED ? rectified + start + c : NULL;
        const uint8_t *position_line = KIND == OF_MAXIMUM ? argmax + start + c : NULL;
        ptrdiff_t position_in_window = (line->row - first_row * p->stride_height) * WIDTH;
        f32x16 sum[MOST_PIXELS], gradient = {0};
        UNROLLED_FOR(u, OUTPUTS * STRIDE) sum[u] = (f32x16){0};
        for (ptrdiff_t oh = first_row; oh < last_row; ++oh) {
            const float *above = above_line, *output = output_line;
            const uint8_t *position = position_line;
            const i32x16 row_start = (i32x16){0} + (int32_t)position_in_window;
            const float *row_shares = KIND == OF_MEAN ? shares + rows_of_window(p, oh) * WIDTH : NULL;
            UNROLLED_RANGE(k, -((WIDTH - 1) / STRIDE), OUTPUTS) {
                if (!CHECKED || (k >= -ow && k < end)) {
                    i32x16 column = {0};
                    float share = 0;
                    load_partial(above, VECTOR_FLOATS, &gradient);
                    if (KIND == OF_MAXIMUM) {
                        load_positions(position, VECTOR_FLOATS, &column, 1);
                        column -= row_start;
                        // Where the output is not positive, no pixel won.
                        if (RECTIFIED) column |= ~(*(const f32x16u *)output > 0);
                    } else {
                        share = row_shares[columns[k + (WIDTH - 1) / STRIDE]];
                    }
                    UNROLLED_FOR(j, WIDTH) {
                        const int u = STRIDE * k + j;
                        if (u < 0 || u >= OUTPUTS * STRIDE) continue;
                        if (KIND == OF_MAXIMUM) sum[u] += (f32x16)((i32x16)gradient & (column == j));
                        else sum[u] += gradient * share;
                    }
                }
                advance(&above, channels);
                if (RECTIFIED) advance(&output, channels);
                if (KIND == OF_MAXIMUM) position += channels;
            }
            advance(&above_line, out_line);
            if (RECTIFIED) advance(&output_line, out_line);
            if (KIND == OF_MAXIMUM) position_line += out_line;
            position_in_window -= row_step;
        }
        float *to = in_gradient + c;
        UNROLLED_FOR(u, OUTPUTS * STRIDE) {
            if (!CHECKED || (first_pixel + u >= 0 && first_pixel + u < width)) *(f32x16u *)to = sum[u];
            to += channels;
        }
    }
}

// The gradients of all pixels, for windows of WIDTH columns that are STRIDE columns apart.
INLINE void gather_gradients(const Pooling *p, const float *out_gradient, const uint8_t *argmax, const float *rectified,
                             ptrdiff_t samples, float *in_gradient, const int KIND, const int RECTIFIED,
                             const int OUTPUTS, const int STRIDE, const int WIDTH) {
    const ptrdiff_t outputs = p->out_height * p->out_width * p->channels, before = (WIDTH - 1) / STRIDE * STRIDE;
    float shares[2 * NARROW_POSITIONS] = {0};
    if (KIND == OF_MEAN)
        for (ptrdiff_t r = 1; r <= p->window_height; ++r)
            UNROLLED_FOR(w, WIDTH) shares[r * WIDTH + w + 1] = 1.0f / (float)(r * (w + 1));
    for (ptrdiff_t b = 0; b < samples; ++b) {
        for (ptrdiff_t h = 0; h < p->height; ++h, in_gradient += p->width * p->channels) {
            const PixelLine line = pixel_line(p, h);
            for (ptrdiff_t ow = 0; ow * STRIDE < p->width + p->left; ow += OUTPUTS) {
                const ptrdiff_t start = ow * STRIDE - p->left;
                // Whether all outputs exist, with windows on the map.
                const int is_inside = start >= before && start + (OUTPUTS - 1) * STRIDE + WIDTH <= p->width
                                      && start + OUTPUTS * STRIDE <= p->width && ow + OUTPUTS <= p->out_width;
#define TILE(CHECKED) \
    gradient_tile(&line, out_gradient, argmax, rectified, shares, ow, in_gradient, KIND, RECTIFIED, OUTPUTS, STRIDE, \
                  WIDTH, CHECKED)
                if (is_inside) TILE(0);
                else TILE(1);
#undef TILE
            }
        }
        out_gradient += outputs;
        if (KIND == OF_MAXIMUM) argmax += outputs;
        if (RECTIFIED) rectified += outputs;
    }
}

// Whether there is a template for this shape.
INLINE int has_common_windows(const Pooling *p) {
    return p->channels >= VECTOR_FLOATS && max_pooling_position_bytes(p) == 1 && p->stride_width <= p->window_width
           && p->window_width <= 3 && p->window_width >= 2;
}

// Gathers with the template for this shape, in tiles that fit the registers: FEW or so pixels where these are few.
#define DEFINE_GATHER(name, KIND, RECTIFIED, FEW) \
    INLINE void name##_on(const Pooling *p, const float *out_gradient, const uint8_t *argmax, const float *rectified, \
                          ptrdiff_t samples, float *in_gradient, const int WIDE) { \
        if (p->window_width == 2 && p->stride_width == 1) GATHER(KIND, RECTIFIED, WIDE ? 8 : FEW, 1, 2); \
        else if (p->window_width == 2) GATHER(KIND, RECTIFIED, WIDE ? 4 : FEW / 2, 2, 2); \
        else if (p->stride_width == 1) GATHER(KIND, RECTIFIED, WIDE ? 8 : FEW, 1, 3); \
        else if (p->stride_width == 2) GATHER(KIND, RECTIFIED, WIDE ? 4 : FEW / 2, 2, 3); \
        else GATHER(KIND, RECTIFIED, WIDE ? 2 : 1, 3, 3); \
    } \
    FOR_EACH_REGISTER_FILE(static, name, \
                           (const Pooling *p, const float *out_gradient, const uint8_t *argmax, \
                            const float *rectified, ptrdiff_t samples, float *in_gradient), \
                           p, out_gradient, argmax, rectified, samples, in_gradient)
#define GATHER(KIND, RECTIFIED, OUTPUTS, STRIDE, WIDTH) \
    gather_gradients(p, out_gradient, argmax, rectified, samples, in_gradient, KIND, RECTIFIED, OUTPUTS, STRIDE, WIDTH)
DEFINE_GATHER(gather_maxima, OF_MAXIMUM, 0, 2)
DEFINE_GATHER(gather_rectified_maxima, OF_MAXIMUM, 1, 2)
DEFINE_GATHER(gather_means, OF_MEAN, 0, 4)
#undef GATHER
#undef DEFINE_GATHER

// Any windows: each output adds its gradient to the pixel that won.
INLINE void spread_to_winners(const Pooling *p, const float *out_gradient, const uint8_t *argmax,
                              const float *rectified, ptrdiff_t samples, float *in_gradient, const int BYTES) {
    const ptrdiff_t channels = p->channels, map = p->height * p->width * channels;
    memset(in_gradient, 0, (size_t)(samples * map) * sizeof(float));
    for (ptrdiff_t b = 0; b < samples; ++b, in_gradient += map)
        for (ptrdiff_t oh = 0; oh < p->out_height; ++oh)
            for (ptrdiff_t ow = 0; ow < p->out_width; ++ow, out_gradient += channels, argmax += channels * BYTES) {
                const ptrdiff_t ih = oh * p->stride_height - p->top, iw = ow * p->stride_width - p->left;
                const ptrdiff_t last_row = window_last(ih, p->window_height, p->height);
                const ptrdiff_t last_column = window_last(iw, p->window_width, p->width);
                for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
                    const ptrdiff_t remaining = channels - c;
                    f32x16 gradient = {0}, sum = {0};
                    i32x16 which;
                    gradient_of_window(out_gradient + c, rectified ? rectified + c : rectified, remaining, &gradient);
                    load_positions(argmax + c * BYTES, remaining, &which, BYTES);
                    for (ptrdiff_t i = window_first(ih); i < last_row; ++i)
                        for (ptrdiff_t j = window_first(iw); j < last_column; ++j) {
                            float *to = in_gradient + ((ih + i) * p->width + iw + j) * channels + c;
                            const i32x16 won = which == (int32_t)(i * p->window_width + j);
                            load_partial(to, remaining, &sum);
                            sum += (f32x16)((i32x16)gradient & won);
                            store_partial(&sum, remaining, to);
                        }
                }
                if (rectified) rectified += channels;
            }
}

FOR_EACH_CPU
void max_pooling_backward(const Pooling *p, const float *out_gradient, const uint8_t *argmax, const float *rectified,
                          ptrdiff_t samples, float *in_gradient) {
    if (is_plain_pair(p)) {
        const ptrdiff_t map = p->height * p->width * p->channels;
        const ptrdiff_t outputs = p->out_height * p->out_width * p->channels;
        for (ptrdiff_t b = 0; b < samples; ++b)
            plain_pair_backward(p, out_gradient + b * outputs, argmax + b * outputs,
                                rectified ? rectified + b * outputs : rectified, in_gradient + b * map);
        return;
    }
    if (has_common_windows(p)) {
        if (rectified) gather_rectified_maxima(p, out_gradient, argmax, rectified, samples, in_gradient);
        else gather_maxima(p, out_gradient, argmax, NULL, samples, in_gradient);
        return;
    }
    if (max_pooling_position_bytes(p) == 1)
        spread_to_winners(p, out_gradient, argmax, rectified, samples, in_gradient, 1);
    else spread_to_winners(p, out_gradient, argmax, rectified, samples, in_gradient, sizeof(int32_t));
}

// The mean of a window's rows × columns pixels on the map, the sums of its rows added up.
INLINE void mean_of_window(const float *in, ptrdiff_t line, ptrdiff_t channels, ptrdiff_t rows, ptrdiff_t columns,
                           float *out, const int WHOLE) {
    const float share = 1.0f / (float)(rows * columns);
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = block_first(block, channels), remaining = channels - c;
        f32x16 sum = {0}, value = {0};
        for (ptrdiff_t i = 0; i < rows; ++i) {
            // Not 0 + the first: the sum of rows turns −0 into 0 all the same.
            f32x16 row = {0};
            load_partial(in + i * line + c, LANES(remaining), &row);
            for (ptrdiff_t j = 1; j < columns; ++j) {
                load_partial(in + i * line + j * channels + c, LANES(remaining), &value);
                row += value;
            }
            sum += row;
        }
        sum *= share;
        store_partial(&sum, LANES(remaining), out + c);
    }
}

FOR_EACH_CPU
void average_pooling(const Pooling *p, const float *in, ptrdiff_t samples, float *out) {
    const ptrdiff_t channels = p->channels, line = p->width * channels;
    const int is_whole = channels >= VECTOR_FLOATS;
    for (ptrdiff_t b = 0; b < samples; ++b, in += p->height * line)
        for (ptrdiff_t oh = 0; oh < p->out_height; ++oh)
            for (ptrdiff_t ow = 0; ow < p->out_width; ++ow, out += channels) {
                const WindowOnMap w = window_on_map(p, in, oh, ow);
                if (is_whole && w.rows == 2 && w.columns == 2) mean_of_window(w.pixels, line, channels, 2, 2, out, 1);
                else if (is_whole && w.rows == 3 && w.columns == 3)
                    mean_of_window(w.pixels, line, channels, 3, 3, out, 1);
                else if (is_whole) mean_of_window(w.pixels, line, channels, w.rows, w.columns, out, 1);
                else mean_of_window(w.pixels, line, channels, w.rows, w.columns, out, 0);
            }
}

FOR_EACH_CPU
void average_pooling_backward(const Pooling *p, const float *out_gradient, ptrdiff_t samples, float *in_gradient) {
    if (has_common_windows(p)) {
        gather_means(p, out_gradient, NULL, NULL, samples, in_gradient);
        return;
    }
    const ptrdiff_t channels = p->channels, map = p->height * p->width * channels;
    memset(in_gradient, 0, (size_t)(samples * map) * sizeof(float));
    for (ptrdiff_t b = 0; b < samples; ++b, in_gradient += map)
        for (ptrdiff_t oh = 0; oh < p->out_height; ++oh)
            for (ptrdiff_t ow = 0; ow < p->out_width; ++ow, out_gradient += channels) {
                const ptrdiff_t ih = oh * p->stride_height - p->top, iw = ow * p->stride_width - p->left;
                const ptrdiff_t first_row = window_first(ih), last_row = window_last(ih, p->window_height, p->height);
                const ptrdiff_t first = window_first(iw), last = window_last(iw, p->window_width, p->width);
                const float share = 1.0f / (float)((last_row - first_row) * (last - first));
                for (ptrdiff_t i = first_row; i < last_row; ++i)
                    for (ptrdiff_t j = first; j < last; ++j) {
                        float *dx = in_gradient + ((ih + i) * p->width + iw + j) * channels;
                        for (ptrdiff_t c = 0; c < channels; ++c) dx[c] += out_gradient[c] * share;
                    }
            }
}

// The means of one sample's rows for `VECTORS` vectors of channels.
INLINE void mean_of_rows(const float *in, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t remaining, float *out,
                         const int VECTORS, const int WHOLE) {
    f64x16 total[2] = {{0}, {0}};
    for (ptrdiff_t start = 0; start < rows; start += BLOCK_ROWS) {
        const ptrdiff_t end = rows - start < BLOCK_ROWS ? rows : start + BLOCK_ROWS;
        f32x16 part[8] = {{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}}, value = {0};
        ptrdiff_t r = start;
        for (; r + 4 <= end; r += 4, in += 4 * channels)
            UNROLLED_FOR(i, 4)
                UNROLLED_FOR(v, VECTORS) {
                    load_partial(in + i * channels + v * VECTOR_FLOATS, LANES(remaining), &value);
                    part[i * VECTORS + v] += value;
                }
        for (int i = 0; r + i < end; ++i, in += channels)
            UNROLLED_FOR(v, VECTORS) {
                load_partial(in + v * VECTOR_FLOATS, LANES(remaining), &value);
                part[i * VECTORS + v] += value;
            }
        UNROLLED_FOR(v, VECTORS) {
            const f32x16 sum = (part[v] + part[VECTORS + v]) + (part[2 * VECTORS + v] + part[3 * VECTORS + v]);
            total[v] += __builtin_convertvector(sum, f64x16);
        }
    }
    UNROLLED_FOR(v, VECTORS) {
        const f32x16 mean = __builtin_convertvector(total[v] / (double)rows, f32x16);
        store_partial(&mean, LANES(remaining), out + v * VECTOR_FLOATS);
    }
}

FOR_EACH_CPU
void global_average(const float *in, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels, float *out) {
    for (ptrdiff_t b = 0; b < samples; ++b, out += channels, in += rows * channels)
        for (ptrdiff_t block = 0; block < channels;) {
            const ptrdiff_t c = block_first(block, channels);
            if (block + 2 * VECTOR_FLOATS <= channels) {
                mean_of_rows(in + block, rows, channels, 0, out + block, 2, 1);
                block += 2 * VECTOR_FLOATS;
                continue;
            }
            if (channels >= VECTOR_FLOATS) mean_of_rows(in + c, rows, channels, 0, out + c, 1, 1);
            else mean_of_rows(in, rows, channels, channels, out, 1, 0);
            block += VECTOR_FLOATS;
        }
}

FOR_EACH_CPU
void global_average_backward(const float *out_gradient, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels,
                             float *in_gradient) {
    for (ptrdiff_t b = 0; b < samples; ++b, out_gradient += channels) {
        const float *const first = in_gradient;
        for (ptrdiff_t c = 0; c < channels; ++c) in_gradient[c] = out_gradient[c] / (float)rows;
        in_gradient += channels;
        for (ptrdiff_t r = 1; r < rows; ++r, in_gradient += channels)
            memcpy(in_gradient, first, (size_t)channels * sizeof(float));
    }
}

FOR_EACH_CPU
void global_max(const float *in, ptrdiff_t samples, ptrdiff_t rows, ptrdiff_t channels, float *out) {
    for (ptrdiff_t b = 0; b < samples; ++b, out += channels) {
        memcpy(out, in, (size_t)channels * sizeof(float));
        for (ptrdiff_t r = 0; r < rows; ++r, in += channels)
            // NaN replaces any number and is kept.
            for (ptrdiff_t c = 0; c < channels; ++c) out[c] = in[c] <= out[c] || out[c] != out[c] ? out[c] : in[c];
    }
}

INLINE void gradient_of_rows(const float *in, const float *out, const float *out_gradient, ptrdiff_t rows,
                             ptrdiff_t channels, ptrdiff_t remaining, float *in_gradient, const int WHOLE) {
    f32x16 largest = {0}, share = {0}, value = {0};
    i32x16 equals = {0};
    load_partial(out, LANES(remaining), &largest);
    load_partial(out_gradient, LANES(remaining), &share);
    for (ptrdiff_t r = 0; r < rows; ++r) {
        load_partial(in + r * channels, LANES(remaining), &value);
        equals -= value == largest;
    }
    const i32x16 none = equals == 0;
    share /= __builtin_convertvector(equals - none, f32x16);
    for (ptrdiff_t r = 0; r < rows; ++r) {
        load_partial(in + r * channels, LANES(remaining), &value);
        value = (f32x16)((i32x16)share & (value == largest));
        store_partial(&value, LANES(remaining), in_gradient + r * channels);
    }
}

FOR_EACH_CPU
void global_max_backward(const float *in, const float *out, const float *out_gradient, ptrdiff_t samples,
                         ptrdiff_t rows, ptrdiff_t channels, float *in_gradient) {
    for (ptrdiff_t b = 0; b < samples; ++b, in += rows * channels, in_gradient += rows * channels)
        for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
            const ptrdiff_t c = block_first(block, channels), place = b * channels + c;
            if (channels >= VECTOR_FLOATS)
                gradient_of_rows(in + c, out + place, out_gradient + place, rows, channels, channels, in_gradient + c,
                                 1);
            else gradient_of_rows(in, out + place, out_gradient + place, rows, channels, channels, in_gradient, 0);
        }
}
