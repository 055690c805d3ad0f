#include "pooling.h"

#include <math.h>

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

// The maximum over rows first_row ..< last_row and columns first_column ..< last_column of a window, for one block of
// channels. `in` points to the window's position (0, 0), even if that is outside the map.
INLINE void maximum_of_window(const float *in, ptrdiff_t line, ptrdiff_t channels, ptrdiff_t remaining,
                              ptrdiff_t first_row, ptrdiff_t last_row, ptrdiff_t first_column, ptrdiff_t last_column,
                              ptrdiff_t window_width, float *out, uint8_t *argmax, const int BYTES) {
    f32x16 best = (f32x16){0} - INFINITY, value = {0};
    // If all values are −∞ none exceeds the initial value: the first position inside the map is the result.
    i32x16 which = (i32x16){0} + (int32_t)(first_row * window_width + first_column);
    for (ptrdiff_t i = first_row; i < last_row; ++i)
        for (ptrdiff_t j = first_column; j < last_column; ++j) {
            load_partial(in + i * line + j * channels, remaining, &value);
            // NaN replaces any number and is kept, so that a diverged run shows.
            const i32x16 better = ~(value <= best) & (best == best);
            const i32x16 position = (i32x16){0} + (int32_t)(i * window_width + j);
            best = (f32x16)(((i32x16)value & better) | ((i32x16)best & ~better));
            which = (position & better) | (which & ~better);
        }
    store_partial(&best, remaining, out);
    store_positions(&which, remaining, argmax, BYTES);
}

// Whether windows are 2 × 2, adjacent and inside the map, and channels fill whole vectors: the common case is faster.
INLINE int is_plain_pair(const Pooling *p) {
    return p->window_height == 2 && p->window_width == 2 && p->stride_height == 2 && p->stride_width == 2 && p->top == 0
           && p->left == 0 && 2 * p->out_height <= p->height && 2 * p->out_width <= p->width
           && p->channels % VECTOR_FLOATS == 0;
}

INLINE void all_maxima(const Pooling *p, const float *in, ptrdiff_t samples, float *out, uint8_t *argmax,
                       const int BYTES) {
    const ptrdiff_t channels = p->channels, line = p->width * channels;
    const int is_plain = is_plain_pair(p);
    for (ptrdiff_t b = 0; b < samples; ++b, in += p->height * line)
        for (ptrdiff_t oh = 0; oh < p->out_height; ++oh)
            for (ptrdiff_t ow = 0; ow < p->out_width; ++ow, out += channels, argmax += channels * BYTES) {
                const ptrdiff_t ih = oh * p->stride_height - p->top, iw = ow * p->stride_width - p->left;
                const float *from = in + ih * line + iw * channels;
                if (is_plain) {
                    for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS)
                        maximum_of_window(from + c, line, channels, VECTOR_FLOATS, 0, 2, 0, 2, 2, out + c,
                                          argmax + c * BYTES, BYTES);
                    continue;
                }
                const ptrdiff_t last_row = window_last(ih, p->window_height, p->height);
                const ptrdiff_t last_column = window_last(iw, p->window_width, p->width);
                for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS)
                    maximum_of_window(from + c, line, channels, channels - c, window_first(ih), last_row,
                                      window_first(iw), last_column, p->window_width, out + c, argmax + c * BYTES,
                                      BYTES);
            }
}

FOR_EACH_CPU
void max_pooling(const Pooling *p, const float *in, ptrdiff_t samples, float *out, uint8_t *argmax) {
    if (max_pooling_position_bytes(p) == 1) all_maxima(p, in, samples, out, argmax, 1);
    else all_maxima(p, in, samples, out, argmax, sizeof(int32_t));
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
    if (max_pooling_position_bytes(p) == 1)
        spread_to_winners(p, out_gradient, argmax, rectified, samples, in_gradient, 1);
    else spread_to_winners(p, out_gradient, argmax, rectified, samples, in_gradient, sizeof(int32_t));
}

#define LANES(remaining) (WHOLE ? VECTOR_FLOATS : (remaining))

// The mean of a window's rows × columns pixels on the map, the sums of its rows added up.
INLINE void mean_of_window(const float *in, ptrdiff_t line, ptrdiff_t channels, ptrdiff_t rows, ptrdiff_t columns,
                           float *out, const int WHOLE) {
    const float share = 1.0f / (float)(rows * columns);
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = block_first(block, channels), remaining = channels - c;
        f32x16 sum = {0}, value = {0};
        for (ptrdiff_t i = 0; i < rows; ++i) {
            f32x16 row = {0};
            for (ptrdiff_t j = 0; j < columns; ++j) {
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
    for (ptrdiff_t b = 0; b < samples; ++b, in += p->height * line)
        for (ptrdiff_t oh = 0; oh < p->out_height; ++oh)
            for (ptrdiff_t ow = 0; ow < p->out_width; ++ow, out += channels) {
                const ptrdiff_t ih = oh * p->stride_height - p->top, iw = ow * p->stride_width - p->left;
                const ptrdiff_t row = window_first(ih), rows = window_last(ih, p->window_height, p->height) - row;
                const ptrdiff_t column = window_first(iw),
                                columns = window_last(iw, p->window_width, p->width) - column;
                const float *from = in + (ih + row) * line + (iw + column) * channels;
                if (channels >= VECTOR_FLOATS) mean_of_window(from, line, channels, rows, columns, out, 1);
                else mean_of_window(from, line, channels, rows, columns, out, 0);
            }
}

FOR_EACH_CPU
void average_pooling_backward(const Pooling *p, const float *out_gradient, ptrdiff_t samples, float *in_gradient) {
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
    for (ptrdiff_t b = 0; b < samples; ++b, out_gradient += channels)
        for (ptrdiff_t r = 0; r < rows; ++r, in_gradient += channels)
            for (ptrdiff_t c = 0; c < channels; ++c) in_gradient[c] = out_gradient[c] / (float)rows;
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

FOR_EACH_CPU
void global_max_backward(const float *in, const float *out, const float *out_gradient, ptrdiff_t samples,
                         ptrdiff_t rows, ptrdiff_t channels, float *in_gradient) {
    for (ptrdiff_t b = 0; b < samples; ++b, in += rows * channels, in_gradient += rows * channels)
        for (ptrdiff_t c = 0; c < channels; ++c) {
            const float largest = out[b * channels + c];
            ptrdiff_t equals = 0;
            for (ptrdiff_t r = 0; r < rows; ++r) equals += in[r * channels + c] == largest;
            const float share = out_gradient[b * channels + c] / (float)(equals > 0 ? equals : 1);
            for (ptrdiff_t r = 0; r < rows; ++r)
                in_gradient[r * channels + c] = in[r * channels + c] == largest ? share : 0;
        }
}
