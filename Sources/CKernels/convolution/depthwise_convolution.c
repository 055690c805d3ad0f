#include "depthwise_convolution.h"

#include "../products/tiles.h"
#include "addresses.h"
#include "patch_product.h"

// Outputs of a tile, taps of a row that are added to them at once, and interleaved partial sums of a gradient.
enum { MOST_OUTPUTS = 8, FEW_OUTPUTS = 4, MOST_COLUMNS = 3, PARTS = 4 };

// Windows that slide over maps of pixels, and where their outputs and weights lie: floats from one to the next along
// lines and columns. The weights of a gradient run backwards.
typedef struct {
    PatchAxis rows, columns;
    ptrdiff_t channels;
    ptrdiff_t out_line, out_pixel;
    const float *weights;
    ptrdiff_t weight_row, weight_column;
} Windows;

// Those with the numbers first ..< last.
typedef struct {
    ptrdiff_t first, last;
} Range;

// The taps on the map of the window that starts at pixel `start`.
INLINE Range taps_on_map(const PatchAxis *axis, ptrdiff_t start) {
    const ptrdiff_t dilation = axis->dilation;
    const ptrdiff_t taps = start < axis->pixels ? (axis->pixels - 1 - start) / dilation + 1 : 0;
    return (Range){start < 0 ? (dilation - 1 - start) / dilation : 0, taps < axis->taps ? taps : axis->taps};
}

// The first output for which a tap lies on the map.
INLINE ptrdiff_t first_output(const PatchAxis *axis, ptrdiff_t tap) {
    const ptrdiff_t missing = axis->before - tap * axis->dilation;
    return missing > 0 ? (missing + axis->stride - 1) / axis->stride : 0;
}

// The groups of PARTS outputs whose windows lie on the map, as the range of these outputs.
INLINE Range groups_inside(const PatchAxis *axis) {
    const ptrdiff_t reach = (axis->taps - 1) * axis->dilation, first = first_output(axis, 0);
    const ptrdiff_t room = axis->pixels - 1 + axis->before - reach, outputs = room < 0 ? 0 : room / axis->stride + 1;
    return (Range){(first + PARTS - 1) / PARTS * PARTS,
                   (outputs < axis->windows ? outputs : axis->windows) / PARTS * PARTS};
}

// Whether an axis has this pixel.
INLINE int is_pixel(ptrdiff_t place, ptrdiff_t pixels) { return (size_t)place < (size_t)pixels; }

// The columns from the start of a window on, counted in taps (`dilation` columns): those of first ..< end are on the
// map.
typedef struct {
    ptrdiff_t first, end;
    ptrdiff_t start, pixels, stride, dilation;
} Reach;

INLINE ptrdiff_t rounded_up(ptrdiff_t count, ptrdiff_t unit) { return unit == 1 ? count : (count + unit - 1) / unit; }

// That of the window of an output.
INLINE Reach reach_of(const PatchAxis *axis, ptrdiff_t output) {
    const ptrdiff_t start = output * axis->stride - axis->before, left = axis->pixels - start;
    return (Reach){.first = start < 0 ? rounded_up(-start, axis->dilation) : 0,
                   .end = left > 0 ? rounded_up(left, axis->dilation) : 0,
                   .start = start,
                   .pixels = axis->pixels,
                   .stride = axis->stride,
                   .dilation = axis->dilation};
}

// Whether this window and those of the next outputs, `count` in all, lie on the map.
INLINE int is_on_map(const Reach *reach, ptrdiff_t count, ptrdiff_t taps) {
    return reach->start >= 0
           && reach->start + (count - 1) * reach->stride + (taps - 1) * reach->dilation < reach->pixels;
}

#define LANES 8
#define NAMED(x) x##_of_8
#include "depthwise_tiles.h"
#undef LANES
#undef NAMED
#define LANES 16
#define NAMED(x) x##_of_16
#include "depthwise_tiles.h"
#undef LANES
#undef NAMED

// How many taps lie between neighbouring outputs, if these share pixels in one of the ways that have a template, else
// 0.
INLINE ptrdiff_t taps_apart(const PatchAxis *axis) {
    const ptrdiff_t apart = axis->stride / axis->dilation;
    return apart * axis->dilation == axis->stride && apart <= 2 ? apart : 0;
}

// A line of outputs, and the gradients of a row of taps from a line, for one template of strides each: as functions of
// their own they take the compiler less time than as one.
#define DEFINE_LINE(STRIDE) \
    INLINE void output_line_##STRIDE##_on(const Windows *s, const float *x, const Range *rows, const float *bias, \
                                          int relu, float *y, const int WIDE) { \
        if (WIDE && s->channels >= 16) output_line_of_16(s, x, rows, bias, relu, y, STRIDE, 1); \
        else output_line_of_8(s, x, rows, bias, relu, y, STRIDE, 1); \
    } \
    INLINE void gradient_row_##STRIDE##_on(const Windows *s, const float *x, const float *dy, const Range *inside, \
                                           float *gradient, const int WIDE) { \
        if (WIDE && s->channels >= 16) add_row_of_16(s, x, dy, inside, gradient, STRIDE, 1); \
        else add_row_of_8(s, x, dy, inside, gradient, STRIDE, 1); \
    } \
    FOR_EACH_REGISTER_FILE( \
        static, output_line_##STRIDE, \
        (const Windows *s, const float *x, const Range *rows, const float *bias, int relu, float *y), s, x, rows, \
        bias, relu, y) \
    FOR_EACH_REGISTER_FILE(static, gradient_row_##STRIDE, \
                           (const Windows *s, const float *x, const float *dy, const Range *inside, float *gradient), \
                           s, x, dy, inside, gradient)
DEFINE_LINE(0)
DEFINE_LINE(1)
DEFINE_LINE(2)

// The same of fewer channels than fill a vector.
FOR_EACH_CPU
static void narrow_output_line(const Windows *s, const float *x, const Range *rows, const float *bias, int relu,
                               float *y) {
    output_line_of_8(s, x, rows, bias, relu, y, 0, 0);
}
FOR_EACH_CPU
static void narrow_gradient_row(const Windows *s, const float *x, const float *dy, const Range *inside,
                                float *gradient) {
    add_row_of_8(s, x, dy, inside, gradient, 0, 0);
}

// All outputs of a sample.
static void outputs(const Windows *s, const float *x, const float *bias, int relu, float *y) {
    const ptrdiff_t line = s->columns.pixels * s->channels, apart = taps_apart(&s->columns);
    const int is_narrow = s->channels < 8;
    for (ptrdiff_t oh = 0; oh < s->rows.windows; ++oh, y += s->out_line) {
        const ptrdiff_t start = oh * s->rows.stride - s->rows.before;
        const Range rows = taps_on_map(&s->rows, start);
        const float *from = x + start * line;
        if (is_narrow) narrow_output_line(s, from, &rows, bias, relu, y);
        else if (apart == 1) output_line_1(s, from, &rows, bias, relu, y);
        else if (apart == 2) output_line_2(s, from, &rows, bias, relu, y);
        else output_line_0(s, from, &rows, bias, relu, y);
    }
}

// Adds the gradients of all taps of a sample.
static void add_gradient(const Windows *s, const float *x, const float *dy, float *gradient) {
    const ptrdiff_t line = s->columns.pixels * s->channels, apart = taps_apart(&s->columns);
    const int is_narrow = s->channels < 8;
    const Range inside = groups_inside(&s->columns);
    for (ptrdiff_t oh = 0; oh < s->rows.windows; ++oh, dy += s->out_line) {
        const ptrdiff_t start = oh * s->rows.stride - s->rows.before;
        const Range rows = taps_on_map(&s->rows, start);
        for (ptrdiff_t i = rows.first; i < rows.last; ++i) {
            const float *from = x + (start + i * s->rows.dilation) * line;
            float *to = gradient + i * s->columns.taps * s->channels;
            if (is_narrow) narrow_gradient_row(s, from, dy, &inside, to);
            else if (apart == 1) gradient_row_1(s, from, dy, &inside, to);
            else if (apart == 2) gradient_row_2(s, from, dy, &inside, to);
            else gradient_row_0(s, from, dy, &inside, to);
        }
    }
}

INLINE Windows windows_of(const DepthwiseConvolution *s, const float *weights) {
    return (Windows){.rows = {s->height, s->out_height, s->window_height, s->stride_height, s->dilation_height, s->top},
                     .columns = {s->width, s->out_width, s->window_width, s->stride_width, s->dilation_width, s->left},
                     .channels = s->channels,
                     .out_line = s->out_width * s->channels,
                     .out_pixel = s->channels,
                     .weights = weights,
                     .weight_row = s->window_width * s->channels,
                     .weight_column = s->channels};
}

void depthwise_convolution(const DepthwiseConvolution *s, const float *x, ptrdiff_t samples, const float *weights,
                           const float *bias, int relu, float *y) {
    const Windows windows = windows_of(s, weights);
    const ptrdiff_t map = s->height * s->width * s->channels;
    for (ptrdiff_t sample = 0; sample < samples; ++sample, x += map, y += s->out_height * windows.out_line)
        outputs(&windows, x, bias, relu, y);
}

void depthwise_convolution_weight_gradient(const DepthwiseConvolution *s, const float *x, const float *dy,
                                           ptrdiff_t samples, float *gradient) {
    const Windows windows = windows_of(s, NULL);
    const ptrdiff_t map = s->height * s->width * s->channels;
    memset(gradient, 0, (size_t)(s->window_height * s->window_width * s->channels) * sizeof(float));
    for (ptrdiff_t sample = 0; sample < samples; ++sample, x += map, dy += s->out_height * windows.out_line)
        add_gradient(&windows, x, dy, gradient);
}

INLINE ptrdiff_t greatest_common_divisor(ptrdiff_t a, ptrdiff_t b) {
    while (b != 0) {
        const ptrdiff_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

// The pixels `first`, first + stride, first + 2·stride … of an axis, seen from the outputs: windows with a stride of
// one that slide over the outputs, with those taps that lie on these pixels, in the order of the outputs. Tap t of
// these windows is tap last_tap − t·tap_step of the axis.
INLINE PatchAxis turned_axis(const PatchAxis *axis, ptrdiff_t first, ptrdiff_t *last_tap, ptrdiff_t *tap_step) {
    const ptrdiff_t stride = axis->stride, dilation = axis->dilation;
    const ptrdiff_t common = stride == 1 ? 1 : greatest_common_divisor(stride, dilation);
    const ptrdiff_t step = stride / common, place = first + axis->before;
    ptrdiff_t tap = 0;
    while (tap < step && (place - tap * dilation) % stride != 0) ++tap;
    const ptrdiff_t taps = tap < step && tap < axis->taps ? (axis->taps - 1 - tap) / step + 1 : 0;
    const ptrdiff_t between = taps > 1 ? dilation / common : 1;
    *last_tap = tap + (taps - 1) * step;
    *tap_step = step;
    return (PatchAxis){.pixels = axis->windows,
                       .windows = (axis->pixels - first + stride - 1) / stride,
                       .taps = taps,
                       .stride = 1,
                       .dilation = between,
                       .before = taps > 0 ? (taps - 1) * between - (place - tap * dilation) / stride : 0};
}

void depthwise_convolution_input_gradient(const DepthwiseConvolution *s, const float *dy, ptrdiff_t samples,
                                          const float *weights, float *dx) {
    const Windows forward = windows_of(s, weights);
    const ptrdiff_t line = s->width * s->channels;
    for (ptrdiff_t sample = 0; sample < samples; ++sample) {
        for (ptrdiff_t row = 0; row < s->stride_height && row < s->height; ++row)
            for (ptrdiff_t column = 0; column < s->stride_width && column < s->width; ++column) {
                ptrdiff_t last_row, last_column, row_step, column_step;
                Windows turned = forward;
                turned.rows = turned_axis(&forward.rows, row, &last_row, &row_step);
                turned.columns = turned_axis(&forward.columns, column, &last_column, &column_step);
                turned.out_line = s->stride_height * line;
                turned.out_pixel = s->stride_width * s->channels;
                turned.weights = weights + last_row * forward.weight_row + last_column * forward.weight_column;
                turned.weight_row = -row_step * forward.weight_row;
                turned.weight_column = -column_step * forward.weight_column;
                outputs(&turned, dy, NULL, 0, dx + row * line + column * s->channels);
            }
        dx += s->height * line;
        dy += s->out_height * s->out_width * s->channels;
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
