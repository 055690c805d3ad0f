#include "depthwise_convolution.h"

#include "../products/tiles.h"

// Outputs of a line that are computed together, so that each weight that is loaded is used as often.
enum { WIDEST = 6 };

// The taps along one axis that lie on the map, for a window that starts at `start`: first ..< last.
INLINE ptrdiff_t first_tap(ptrdiff_t start, ptrdiff_t dilation) {
    return start < 0 ? (dilation - 1 - start) / dilation : 0;
}
INLINE ptrdiff_t last_tap(ptrdiff_t start, ptrdiff_t window, ptrdiff_t dilation, ptrdiff_t extent) {
    const ptrdiff_t taps = start < extent ? (extent - 1 - start) / dilation + 1 : 0;
    return taps < window ? taps : window;
}

// The outputs along one axis for which a tap at `offset` from the window's start lies on the map: first ..< last.
INLINE ptrdiff_t first_output(ptrdiff_t offset, ptrdiff_t before, ptrdiff_t stride) {
    return offset < before ? (before - offset + stride - 1) / stride : 0;
}
INLINE ptrdiff_t last_output(ptrdiff_t offset, ptrdiff_t before, ptrdiff_t stride, ptrdiff_t extent,
                             ptrdiff_t outputs) {
    const ptrdiff_t reach = extent - 1 + before - offset, count = reach < 0 ? 0 : reach / stride + 1;
    return count < outputs ? count : outputs;
}

// The taps of a window, and weights that lie tap_step apart: backwards for a gradient.
typedef struct {
    ptrdiff_t first_row, last_row, first_column, last_column;
    const float *weights;
    ptrdiff_t tap_step;
} Taps;

#define LANES(remaining) (WHOLE ? VECTOR_FLOATS : (remaining))

// COUNT outputs of a line. `x` is the pixel under the first tap of the first output's window, even if that is outside
// the map.
INLINE void output_tile(const DepthwiseConvolution *s, const float *x, const Taps *taps, const float *bias, int relu,
                        float *y, const int COUNT, const int WHOLE) {
    const ptrdiff_t channels = s->channels, step = s->stride_width * channels;
    const ptrdiff_t row_step = s->dilation_height * s->width * channels, column_step = s->dilation_width * channels;
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = block_first(block, channels), remaining = channels - c;
        f32x16 sum[WIDEST], weight = {0}, value = {0};
        if (bias) load_partial(bias + c, LANES(remaining), &value);
        UNROLLED_FOR(n, COUNT) sum[n] = value;
        for (ptrdiff_t i = taps->first_row; i < taps->last_row; ++i)
            for (ptrdiff_t j = taps->first_column; j < taps->last_column; ++j) {
                const ptrdiff_t tap = i * s->window_width + j;
                load_partial(taps->weights + tap * taps->tap_step + c, LANES(remaining), &weight);
                UNROLLED_FOR(n, COUNT) {
                    load_partial(x + i * row_step + j * column_step + n * step + c, LANES(remaining), &value);
                    sum[n] += value * weight;
                }
            }
        UNROLLED_FOR(n, COUNT) {
            if (relu) rectify(&sum[n]);
            store_partial(&sum[n], LANES(remaining), y + n * channels + c);
        }
    }
}

#define TILE(n) \
    case n: output_tile(s, x + at, &taps, bias, relu, y + ow * channels, n, WHOLE); break;

// A line of outputs: those whose windows lie on the map in tiles of nearly equal size, the others one by one.
INLINE void output_line(const DepthwiseConvolution *s, const float *x, Taps taps, const float *bias, int relu, float *y,
                        const int WHOLE) {
    const ptrdiff_t channels = s->channels, last = (s->window_width - 1) * s->dilation_width;
    const ptrdiff_t first_inside = first_output(0, s->left, s->stride_width);
    const ptrdiff_t end_inside = last_output(last, s->left, s->stride_width, s->width, s->out_width);
    for (ptrdiff_t ow = 0, count; ow < s->out_width; ow += count) {
        const ptrdiff_t start = ow * s->stride_width - s->left, at = start * channels;
        taps.first_column = first_tap(start, s->dilation_width);
        taps.last_column = last_tap(start, s->window_width, s->dilation_width, s->width);
        count = 1;
        if (ow >= first_inside && ow < end_inside) {
            const ptrdiff_t inside = end_inside - ow;
            count = inside / ((inside + WIDEST - 1) / WIDEST);
        }
        switch (count) { TILES_1_TO_6 }
    }
}
#undef TILE

// All outputs, from weights that lie `tap_step` apart.
INLINE void outputs(const DepthwiseConvolution *s, const float *x, ptrdiff_t samples, const float *weights,
                    ptrdiff_t tap_step, const float *bias, int relu, float *y) {
    const ptrdiff_t in_line = s->width * s->channels, out_line = s->out_width * s->channels;
    for (ptrdiff_t sample = 0; sample < samples; ++sample, x += s->height * in_line)
        for (ptrdiff_t oh = 0; oh < s->out_height; ++oh, y += out_line) {
            const ptrdiff_t start = oh * s->stride_height - s->top;
            const Taps taps = {first_tap(start, s->dilation_height),
                               last_tap(start, s->window_height, s->dilation_height, s->height),
                               0,
                               0,
                               weights,
                               tap_step};
            if (s->channels >= VECTOR_FLOATS) output_line(s, x + start * in_line, taps, bias, relu, y, 1);
            else output_line(s, x + start * in_line, taps, bias, relu, y, 0);
        }
}

FOR_EACH_CPU
void depthwise_convolution(const DepthwiseConvolution *s, const float *x, ptrdiff_t samples, const float *weights,
                           const float *bias, int relu, float *y) {
    outputs(s, x, samples, weights, s->channels, bias, relu, y);
}

// Which lanes of the vector from channel `first` on belong to the block that starts at channel `block`: not those that
// the block before has too, to which nothing may be added twice.
INLINE void lanes_of_block(ptrdiff_t first, ptrdiff_t block, i32x16 *lanes) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    *lanes = lane >= (int32_t)(block - first);
}

// dx += dy · weights over the taps of one output.
INLINE void spread_output(const DepthwiseConvolution *s, const float *dy, const Taps *taps, float *dx,
                          const int WHOLE) {
    const ptrdiff_t channels = s->channels;
    const ptrdiff_t row_step = s->dilation_height * s->width * channels, column_step = s->dilation_width * channels;
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = block_first(block, channels), remaining = channels - c;
        f32x16 gradient = {0}, weight = {0}, sum = {0};
        i32x16 lanes;
        lanes_of_block(c, block, &lanes);
        load_partial(dy + c, LANES(remaining), &gradient);
        for (ptrdiff_t i = taps->first_row; i < taps->last_row; ++i)
            for (ptrdiff_t j = taps->first_column; j < taps->last_column; ++j) {
                float *to = dx + i * row_step + j * column_step + c;
                load_partial(taps->weights + (i * s->window_width + j) * taps->tap_step + c, LANES(remaining), &weight);
                load_partial(to, LANES(remaining), &sum);
                sum = (f32x16)(((i32x16)(sum + gradient * weight) & lanes) | ((i32x16)sum & ~lanes));
                store_partial(&sum, LANES(remaining), to);
            }
    }
}

// The input's gradient for any strides: each output adds to the pixels that it saw.
INLINE void spread_outputs(const DepthwiseConvolution *s, const float *dy, ptrdiff_t samples, const float *weights,
                           float *dx) {
    const ptrdiff_t line = s->width * s->channels;
    memset(dx, 0, (size_t)(samples * s->height * line) * sizeof(float));
    for (ptrdiff_t sample = 0; sample < samples; ++sample, dx += s->height * line)
        for (ptrdiff_t oh = 0; oh < s->out_height; ++oh) {
            const ptrdiff_t top = oh * s->stride_height - s->top;
            Taps taps = {first_tap(top, s->dilation_height),
                         last_tap(top, s->window_height, s->dilation_height, s->height),
                         0,
                         0,
                         weights,
                         s->channels};
            for (ptrdiff_t ow = 0; ow < s->out_width; ++ow, dy += s->channels) {
                const ptrdiff_t left = ow * s->stride_width - s->left;
                taps.first_column = first_tap(left, s->dilation_width);
                taps.last_column = last_tap(left, s->window_width, s->dilation_width, s->width);
                float *to = dx + top * line + left * s->channels;
                if (s->channels >= VECTOR_FLOATS) spread_output(s, dy, &taps, to, 1);
                else spread_output(s, dy, &taps, to, 0);
            }
        }
}

FOR_EACH_CPU
void depthwise_convolution_input_gradient(const DepthwiseConvolution *s, const float *dy, ptrdiff_t samples,
                                          const float *weights, float *dx) {
    if (s->stride_height != 1 || s->stride_width != 1) {
        spread_outputs(s, dy, samples, weights, dx);
        return;
    }
    // With strides of one it is the convolution of the output's gradient with the kernel turned by 180°.
    DepthwiseConvolution turned = *s;
    turned.height = s->out_height;
    turned.width = s->out_width;
    turned.out_height = s->height;
    turned.out_width = s->width;
    turned.top = (s->window_height - 1) * s->dilation_height - s->top;
    turned.left = (s->window_width - 1) * s->dilation_width - s->left;
    const ptrdiff_t taps = s->window_height * s->window_width;
    outputs(&turned, dy, samples, weights + (taps - 1) * s->channels, -s->channels, NULL, 0, dx);
}

// gradient += Σ x · dy over `count` outputs of a line, for one tap.
INLINE void add_line_gradient(const float *x, ptrdiff_t step, const float *dy, ptrdiff_t count, ptrdiff_t channels,
                              float *gradient, const int WHOLE) {
    for (ptrdiff_t block = 0; block < channels; block += VECTOR_FLOATS) {
        const ptrdiff_t c = block_first(block, channels), remaining = channels - c;
        f32x16 sum[4] = {{0}, {0}, {0}, {0}}, value = {0}, above = {0};
        const float *p = x + c, *q = dy + c;
        ptrdiff_t n = 0;
        for (; n + 4 <= count; n += 4, p += 4 * step, q += 4 * channels)
            UNROLLED_FOR(i, 4) {
                load_partial(p + i * step, LANES(remaining), &value);
                load_partial(q + i * channels, LANES(remaining), &above);
                sum[i] += value * above;
            }
        for (int i = 0; n + i < count; ++i, p += step, q += channels) {
            load_partial(p, LANES(remaining), &value);
            load_partial(q, LANES(remaining), &above);
            sum[i] += value * above;
        }
        i32x16 lanes;
        lanes_of_block(c, block, &lanes);
        load_partial(gradient + c, LANES(remaining), &value);
        sum[0] = value + ((sum[0] + sum[1]) + (sum[2] + sum[3]));
        value = (f32x16)(((i32x16)sum[0] & lanes) | ((i32x16)value & ~lanes));
        store_partial(&value, LANES(remaining), gradient + c);
    }
}

FOR_EACH_CPU
void depthwise_convolution_weight_gradient(const DepthwiseConvolution *s, const float *x, const float *dy,
                                           ptrdiff_t samples, float *gradient) {
    const ptrdiff_t channels = s->channels, in_line = s->width * channels, out_line = s->out_width * channels;
    memset(gradient, 0, (size_t)(s->window_height * s->window_width * channels) * sizeof(float));
    for (ptrdiff_t sample = 0; sample < samples; ++sample, x += s->height * in_line)
        for (ptrdiff_t oh = 0; oh < s->out_height; ++oh, dy += out_line) {
            const ptrdiff_t top = oh * s->stride_height - s->top;
            const ptrdiff_t last_row = last_tap(top, s->window_height, s->dilation_height, s->height);
            for (ptrdiff_t i = first_tap(top, s->dilation_height); i < last_row; ++i)
                for (ptrdiff_t j = 0; j < s->window_width; ++j) {
                    const ptrdiff_t offset = j * s->dilation_width;
                    const ptrdiff_t first = first_output(offset, s->left, s->stride_width);
                    const ptrdiff_t last = last_output(offset, s->left, s->stride_width, s->width, s->out_width);
                    const ptrdiff_t row = top + i * s->dilation_height;
                    const ptrdiff_t column = first * s->stride_width - s->left + offset;
                    const float *from = x + row * in_line + column * channels, *above = dy + first * channels;
                    float *to = gradient + (i * s->window_width + j) * channels;
                    const ptrdiff_t step = s->stride_width * channels;
                    if (channels >= VECTOR_FLOATS) add_line_gradient(from, step, above, last - first, channels, to, 1);
                    else add_line_gradient(from, step, above, last - first, channels, to, 0);
                }
        }
}

void repeat_channels(const float *x, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t multiplier, float *y) {
    for (ptrdiff_t i = 0; i < rows * channels; ++i)
        for (ptrdiff_t m = 0; m < multiplier; ++m) *y++ = x[i];
}

void add_repeated_channels(const float *y, ptrdiff_t rows, ptrdiff_t channels, ptrdiff_t multiplier, float *x) {
    for (ptrdiff_t i = 0; i < rows * channels; ++i) {
        float sum = *y++;
        for (ptrdiff_t m = 1; m < multiplier; ++m) sum += *y++;
        x[i] = sum;
    }
}
