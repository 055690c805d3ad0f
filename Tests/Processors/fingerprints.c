// Prints a fingerprint of what each kernel computes over many shapes. The lines are the same on every processor, which
// run.sh checks.
//
//   fingerprints [STEP]   with every STEP-th shape only, for emulators
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activation.h"
#include "add.h"
#include "arithmetic.h"
#include "augmentation.h"
#include "batch_normalization.h"
#include "bfloat16.h"
#include "depthwise_convolution.h"
#include "elementwise.h"
#include "group_normalization.h"
#include "line_convolution.h"
#include "narrow_product.h"
#include "normalize.h"
#include "normals.h"
#include "patch_product.h"
#include "pooling.h"
#include "portable_math.h"
#include "quartiles.h"
#include "row_product.h"
#include "simulation.h"
#include "update.h"
#include "winograd.h"

// Inputs are the same everywhere, too: a product and a sum are rounded one after another.
#pragma STDC FP_CONTRACT OFF

#define LENGTH(array) (sizeof(array) / sizeof *(array))

// FNV-1a over the bytes of results.
static uint64_t fingerprint = 0xcbf29ce484222325;

static void note(const void *values, size_t bytes) {
    const unsigned char *byte = values;
    for (size_t i = 0; i < bytes; ++i) fingerprint = (fingerprint ^ byte[i]) * 0x100000001b3;
}
static void note_floats(const float *values, ptrdiff_t count) { note(values, (size_t)count * sizeof *values); }
static void note_doubles(const double *values, ptrdiff_t count) { note(values, (size_t)count * sizeof *values); }

static void print(const char *kernel) {
    printf("%-32s %016llx\n", kernel, (unsigned long long)fingerprint);
    fingerprint = 0xcbf29ce484222325;
}

// Whether to leave out the next shape.
static long step = 1, shapes;
static int is_left_out(void) { return shapes++ % step != 0; }

static uint32_t state = 1;
static float random_float(void) {
    state = state * 1664525 + 1013904223;
    return (float)(int32_t)(state >> 8 << 8) * 0x1p-31f;
}

// Numbers between −1 and 1, with what kernels may read behind them.
static float *numbers(ptrdiff_t count) {
    float *values = malloc((size_t)(count + 64) * sizeof *values);
    if (!values) abort();
    for (ptrdiff_t i = 0; i < count + 64; ++i) values[i] = random_float();
    return values;
}
static float *room(ptrdiff_t count) {
    float *values = calloc((size_t)count + 64, sizeof *values);
    if (!values) abort();
    return values;
}

static const ptrdiff_t channels[] = {1, 3, 8, 15, 16, 17, 20, 32, 40, 48, 64, 96};

static void line_convolutions(void) {
    for (ptrdiff_t width = 1; width <= 42; ++width)
        for (size_t from = 0; from < LENGTH(channels); ++from)
            for (size_t to = 0; to < LENGTH(channels); ++to) {
                if (channels[from] * channels[to] > 1600 || is_left_out()) continue;
                const LineConvolution s = {3, width % 3 + 1, channels[from], channels[to], 3, width};
                const ptrdiff_t inputs = s.samples * (s.out_height + s.kernel_height - 1) * (width + 2) * s.in_channels;
                const ptrdiff_t outputs = s.samples * s.out_height * width * s.out_channels;
                const ptrdiff_t weights = s.kernel_height * 3 * s.in_channels * s.out_channels;
                float *x = numbers(inputs), *dy = numbers(outputs), *w = numbers(weights),
                      *bias = numbers(channels[to]);
                float *y = room(outputs), *dx = room(inputs), *dw = room(weights);
                if (line_convolution_fits_forward(&s)) {
                    line_convolution(&s, x, w, from % 2 ? bias : NULL, to % 2 != 0, y);
                    note_floats(y, outputs);
                }
                if (line_convolution_fits_input_gradient(&s)) {
                    line_convolution_input_gradient(&s, dy, w, to % 2 ? x : NULL, dx);
                    note_floats(dx, inputs);
                }
                if (line_convolution_fits_weight_gradient(&s)) {
                    line_convolution_weight_gradient(&s, x, dy, dw);
                    note_floats(dw, weights);
                }
                free(x), free(dy), free(w), free(bias), free(y), free(dx), free(dw);
            }
    print("line convolution");
}

static void patch_products(void) {
    static const struct {
        ptrdiff_t pixels, taps, stride, dilation, before;
    } axes[] = {{1, 1, 1, 1, 0},  {7, 3, 1, 1, 1},  {8, 3, 2, 1, 0},
                {21, 5, 1, 1, 2}, {13, 7, 2, 1, 3}, {12, 3, 1, 2, 2}};
    for (size_t axis = 0; axis < LENGTH(axes); ++axis)
        for (size_t from = 0; from < LENGTH(channels); ++from)
            for (size_t to = 0; to < LENGTH(channels); ++to) {
                if (channels[from] * channels[to] > 2048 || is_left_out()) continue;
                const ptrdiff_t reach = (axes[axis].taps - 1) * axes[axis].dilation + 1;
                const ptrdiff_t windows = (axes[axis].pixels + 2 * axes[axis].before - reach) / axes[axis].stride + 1;
                const PatchAxis along = {axes[axis].pixels,   windows,          axes[axis].taps, axes[axis].stride,
                                         axes[axis].dilation, axes[axis].before};
                const ptrdiff_t in = channels[from], out = channels[to];
                const Patches s = {2, along, along, in, out, windows * windows * out, windows * out, out};
                const ptrdiff_t rows = along.taps * along.taps * in, panels = panels_count(rows, out);
                const ptrdiff_t inputs = 2 * along.pixels * along.pixels * in, outputs = 2 * s.out_sample;
                float *x = numbers(inputs), *w = numbers(rows * out), *bias = numbers(out), *y = room(outputs);
                float *packed = room(panels), *turned = room(panels_count(out, rows));
                pack_panels(w, rows, out, 0, rows, packed);
                pack_transposed_panels(w, out, rows, 0, out, turned);
                note_floats(packed, panels);
                patch_product(&s, x, packed, to % 2 ? bias : NULL, from % 2 != 0, y);
                note_floats(y, outputs);
                free(x), free(w), free(bias), free(y), free(packed), free(turned);
            }
    print("patch product");
}

static void row_products(void) {
    static const ptrdiff_t lengths[] = {1, 5, 16, 33, 64, 150}, rows[] = {1, 2, 5, 7, 14, 25, 49, 100};
    for (size_t length = 0; length < LENGTH(lengths); ++length)
        for (size_t row = 0; row < LENGTH(rows); ++row)
            for (size_t to = 0; to < LENGTH(channels); ++to)
                for (int segments = 1; segments <= 3; segments += 2) {
                    if (is_left_out()) continue;
                    RowProduct s = {0};
                    const ptrdiff_t width = lengths[length] * segments, out = channels[to];
                    s.groups = 3, s.lines = 1, s.rows = rows[row], s.segments = segments, s.length = lengths[length];
                    s.segment_step = lengths[length], s.input_step = width, s.input_group = width * rows[row];
                    s.output_step = out, s.output_group = out * rows[row], s.channels = out, s.weight_step = out;
                    s.segment_rows = lengths[length];
                    const ptrdiff_t inputs = 3 * s.input_group, outputs = 3 * s.output_group;
                    float *x = numbers(inputs), *w = numbers(width * out), *bias = numbers(out), *dy = numbers(outputs);
                    float *y = room(outputs), *dw = room(width * out), *sums = room(out);
                    row_product(&s, x, w, to % 2 ? bias : NULL, row % 2 != 0, y);
                    note_floats(y, outputs);
                    row_product_weight_gradient(&s, x, dy, dw);
                    note_floats(dw, width * out);
                    column_sums(dy, 3 * rows[row], out, out, sums);
                    note_floats(sums, out);
                    free(x), free(w), free(bias), free(dy), free(y), free(dw), free(sums);
                }
    print("row product");
    for (ptrdiff_t length = 1; length <= 600; length += 37)
        for (ptrdiff_t outputs = 1; outputs <= 2; ++outputs) {
            float *x = numbers(7 * length), *w = numbers(outputs * length), *dy = numbers(7 * outputs);
            float *y = room(7 * outputs), *dx = room(7 * length), *dw = room(outputs * length);
            narrow_product(x, w, w, 7, length, outputs, y);
            narrow_product_input_gradient(dy, w, 7, length, outputs, dx);
            narrow_product_weight_gradient(x, dy, 7, length, outputs, dw);
            note_floats(y, 7 * outputs), note_floats(dx, 7 * length), note_floats(dw, outputs * length);
            free(x), free(w), free(dy), free(y), free(dx), free(dw);
        }
    print("narrow product");
}

static void winograd_convolutions(void) {
    static const ptrdiff_t many[] = {48, 64, 80, 128}, sides[] = {2, 3, 5, 8, 13, 21};
    for (size_t from = 0; from < LENGTH(many); ++from)
        for (size_t to = 0; to < LENGTH(many); ++to)
            for (size_t side = 0; side < LENGTH(sides); ++side) {
                if (is_left_out()) continue;
                const ptrdiff_t in = many[from], out = many[to], n = sides[side], samples = n > 8 ? 1 : 4;
                const ptrdiff_t height = 3 + from % 2 * 2, width = 3 + to % 3 * 2, taps = height * width;
                const Winograd s = {
                    taps == 9 && side % 2 ? 4 : 2, height, width, samples, n, n, in, n, n, out, height / 2, width / 2};
                const ptrdiff_t inputs = samples * n * n * in, outputs = samples * n * n * out;
                float *x = numbers(inputs), *dy = numbers(outputs), *w = numbers(taps * in * out), *bias = numbers(out);
                float *transformed = room(winograd_kernel_count(&s)), *y = room(outputs), *dw = room(taps * in * out);
                float *workspace = room(winograd_workspace_count(&s));
                float *gradient_workspace = room(winograd_gradient_workspace_count(&s));
                winograd_transform_kernel(&s, w, transformed);
                winograd_convolution(&s, x, transformed, bias, to % 2 != 0, side % 2 ? dy : NULL, workspace, y);
                note_floats(y, outputs);
                winograd_weight_gradient(&s, x, dy, gradient_workspace, dw);
                note_floats(dw, taps * in * out);
                if (in == out) {
                    winograd_transform_turned_kernel(&s, w, transformed);
                    winograd_convolution(&s, dy, transformed, NULL, 0, x, workspace, y);
                    note_floats(y, outputs);
                }
                free(x), free(dy), free(w), free(bias), free(transformed), free(y), free(dw), free(workspace);
                free(gradient_workspace);
            }
    print("Winograd");
}

static void windows(void) {
    for (size_t c = 0; c < LENGTH(channels); ++c)
        for (ptrdiff_t side = 3; side <= 27; side += 4)
            for (ptrdiff_t taps = 2; taps <= 5; ++taps)
                for (ptrdiff_t stride = 1; stride <= 3; ++stride) {
                    if (is_left_out()) continue;
                    const ptrdiff_t n = channels[c], dilation = 1 + (side + taps) % 2 * (stride < 3);
                    const ptrdiff_t before = (taps - 1) * dilation / 2, reach = (taps - 1) * dilation + 1;
                    const ptrdiff_t out = (side + 2 * before - reach) / stride + 1;
                    const ptrdiff_t pooled = (side + 2 * (taps / 2) - taps) / stride + 1;
                    const DepthwiseConvolution d = {side,   side,   n,        out,      out,    taps,  taps,
                                                    stride, stride, dilation, dilation, before, before};
                    const Pooling p = {side, side, n, pooled, pooled, taps, taps, stride, stride, taps / 2, taps / 2};
                    const ptrdiff_t inputs = 2 * side * side * n, outputs = 2 * out * out * n;
                    const ptrdiff_t maxima = 2 * pooled * pooled * n, weights = taps * taps * n;
                    float *x = numbers(inputs), *dy = numbers(outputs + maxima), *w = numbers(weights);
                    float *y = room(outputs + maxima), *dx = room(inputs), *dw = room(weights);
                    uint8_t *positions = calloc((size_t)(maxima * max_pooling_position_bytes(&p)) + 64, 1);
                    depthwise_convolution(&d, x, 2, w, w, stride == 1, y);
                    note_floats(y, outputs);
                    depthwise_convolution_input_gradient(&d, dy, 2, w, dx);
                    depthwise_convolution_weight_gradient(&d, x, dy, 2, dw);
                    note_floats(dx, inputs), note_floats(dw, weights);
                    max_pooling(&p, x, 2, y, positions);
                    max_pooling_backward(&p, dy, positions, side % 8 == 3 ? y : NULL, 2, dx);
                    note_floats(y, maxima), note_floats(dx, inputs);
                    average_pooling(&p, x, 2, y);
                    average_pooling_backward(&p, dy, 2, dx);
                    note_floats(y, maxima), note_floats(dx, inputs);
                    global_average(x, 2, side * side, n, y);
                    global_average_backward(y, 2, side * side, n, dx);
                    note_floats(y, 2 * n), note_floats(dx, inputs);
                    global_max(x, 2, side * side, n, y);
                    global_max_backward(x, y, dy, 2, side * side, n, dx);
                    note_floats(y, 2 * n), note_floats(dx, inputs);
                    free(x), free(dy), free(w), free(y), free(dx), free(dw), free(positions);
                }
    print("depthwise convolution, pooling");
}

static void normalizations(void) {
    for (size_t c = 0; c < LENGTH(channels); ++c)
        for (ptrdiff_t rows = 1; rows < 700; rows += 173) {
            const ptrdiff_t n = channels[c], count = rows * n;
            float *x = numbers(count), *dy = numbers(count), *factors = numbers(6 * n), *y = room(count);
            double *sums = calloc((size_t)(2 * count) + 64, sizeof *sums);
            channel_moments(x, rows, n, sums);
            note_doubles(sums, 2 * n);
            channel_scale_shift(x, factors, factors + n, factors + 2 * n, rows, n, rows % 2 != 0, y);
            note_floats(y, count);
            const float *scale = rows % 2 ? factors + n : NULL, *shift = rows % 2 ? factors + 2 * n : NULL;
            channel_gradient_sums(x, dy, factors, factors + 3 * n, scale, shift, rows, n, sums);
            note_doubles(sums, 2 * n);
            channel_gradient(x, dy, factors, factors + 3 * n, factors + 4 * n, factors + 5 * n, scale, shift, rows, n,
                             y);
            note_floats(y, count);
            const GroupShape group = {rows, 1, n};
            group_normalize(group, x, factors, factors + n, 1e-3, sums, y);
            note_floats(y, count);
            double *scales = calloc((size_t)n + 16, sizeof *scales), *centers = calloc((size_t)n + 16, sizeof *centers);
            group_normalize_backward(group, x, dy, factors, sums, scales, centers, sums + 2, y);
            note_floats(y, count), note_doubles(scales, n), note_doubles(centers, n);
            free(x), free(dy), free(factors), free(y), free(sums), free(scales), free(centers);
        }
    print("normalisation");
}

static void elements(void) {
    enum { COUNT = 5003 };
    float *x = numbers(COUNT), *dy = numbers(COUNT), *y = room(COUNT), *dx = room(COUNT);
    for (int i = 0; i < COUNT; ++i) x[i] *= i % 7 ? 4 : 90;
    for (int f = 0; f <= ACTIVATION_SPARSE_SIGMOID; ++f) {
        activation((Activation)f, 0.7f, x, COUNT, y);
        activation_backward((Activation)f, 0.7f, x, y, dy, COUNT, dx);
        note_floats(y, COUNT), note_floats(dx, COUNT);
    }
    for (ptrdiff_t width = 1; width <= 41; width += 8) {
        softmax(x, COUNT / width, width, y);
        softmax_backward(y, dy, COUNT / width, width, dx);
        note_floats(y, COUNT), note_floats(dx, COUNT);
        log_softmax(x, COUNT / width, width, y);
        log_softmax_backward(y, dy, COUNT / width, width, dx);
        note_floats(y, COUNT), note_floats(dx, COUNT);
    }
    print("activations");
    for (int f = 0; f <= ARITHMETIC_POWER; ++f) {
        for (int i = 0; i < COUNT; ++i) x[i] = f == ARITHMETIC_POWER && x[i] < 0 ? -x[i] : x[i];
        combine((Arithmetic)f, x, dy, COUNT, y);
        note_floats(y, COUNT);
        combine_with_number((Arithmetic)f, x, 1.7f, COUNT, y);
        note_floats(y, COUNT);
    }
    add_into(y, x, COUNT), add_scaled(y, x, 0.3f, COUNT, y), add_pair(y, dy, COUNT, 1, y);
    note_floats(y, COUNT);
    uint8_t keep[COUNT];
    dropout(x, COUNT, 0.3f, 7, 3, 11, 5, y, keep);
    note_floats(y, COUNT), note(keep, sizeof keep);
    round_to_bfloat16(x, COUNT);
    note_floats(x, COUNT);
    print("arithmetic");

    float *weights = numbers(COUNT), *first = room(COUNT), *second = room(COUNT);
    for (int step = 0; step < 3; ++step) {
        sgd_update(weights, dy, COUNT, 0.01f);
        momentum_update(weights, dy, first, COUNT, 0.01f, 0.9f, step % 2);
        adam_update(weights, dy, first, second, COUNT, 0.001f, 0.1f, 0.001f, 1e-7f);
        average_update(y, weights, COUNT, 0.9f, 0.1f);
        lars_update(weights, dy, first, COUNT, 0.01f, 0.9f, 1e-4f);
        lamb_direction(dx, first, second, COUNT, 0.1f, 0.001f, 1.1f, 1.2f, 1e-6f);
        note_floats(weights, COUNT), note_floats(y, COUNT), note_floats(dx, COUNT);
    }
    double sums[COUNT / 64 + 1] = {0}, magnitude[16] = {0}, square[16] = {0};
    sum_squares(weights, COUNT, 64, sums);
    penalty_sums(weights, COUNT, magnitude, square);
    add_penalty_gradient(weights, COUNT, 0.1f, 0.2f, dx);
    note_doubles(sums, LENGTH(sums)), note_doubles(magnitude, 1), note_doubles(square, 1), note_floats(dx, COUNT);
    print("optimizers");
    free(x), free(dy), free(y), free(dx), free(weights), free(first), free(second);
}

static void functions(void) {
    for (int i = -4000; i <= 4000; ++i) {
        const double x = i * 0.19, positive = 1 + (i + 4000) * 0.37;
        const double values[] = {portable_exp(x),
                                 portable_expm1(x / 97),
                                 portable_log(positive / 300),
                                 portable_log1p(positive / 400),
                                 portable_pow(positive / 1000, x / 31),
                                 portable_pow(positive / 1000, i % 65),
                                 portable_cos_pi((i + 4000) / 8000.0)};
        note_doubles(values, LENGTH(values));
        const float single[] = {portable_expf((float)x), portable_logf((float)positive),
                                portable_cosine_of_turns((float)x)};
        note_floats(single, LENGTH(single));
    }
    print("functions");
}

static void stamps(void) {
    enum { SIDE = 21, COUNT = SIDE * SIDE };
    const uint32_t counter[4] = {1, 2, 3, 4}, key[2] = {5, 6};
    float *noise = room(COUNT), *out = room(COUNT), *scratch = room(stamp_shift_scratch(SIDE, SIDE)),
          *rows = room(COUNT);
    double pixels[COUNT], more[2 * COUNT], quartiles[3];
    standard_normals(counter, key, COUNT, noise);
    note_floats(noise, COUNT);
    for (int i = 0; i < COUNT; ++i) pixels[i] = 100 + 7 * (double)noise[i];
    stamp_quartiles(pixels, COUNT, more, quartiles);
    note_doubles(quartiles, 3);
    const double percentile = stamp_percentile(pixels, COUNT, 99.3, more);
    note_doubles(&percentile, 1);
    stamp_normalize(pixels, more, COUNT, 0, out), note_floats(out, COUNT);
    stamp_normalize(pixels, more, COUNT, 1, out), note_floats(out, COUNT);
    stamp_standardize(pixels, more, COUNT, out), note_floats(out, COUNT);
    stamp_zscore(pixels, COUNT, out), note_floats(out, COUNT);
    stamp_scale_to_range(pixels, more, COUNT, out), note_floats(out, COUNT);
    stamp_divide_by_norm(pixels, more, COUNT, out), note_floats(out, COUNT);
    stamp_asinh(out, COUNT, 0.1f), note_floats(out, COUNT);
    stamp_shift(noise, SIDE, SIDE, 0.3f, -0.7f, scratch, out), note_floats(out, COUNT);
    print("stamps");
    const struct point_spread spread = {0.3f, 0.05f, 0.4f, 3, 0.2f, 0.8f, 0.2f};
    add_point_source(&spread, 40, 10.3f, 9.6f, SIDE, SIDE, out);
    const float filter[3] = {0.2f, 0.6f, 0.2f};
    add_filtered(noise, SIDE, SIDE, filter, filter, out);
    filter_separably(noise, SIDE, SIDE, filter, 1, filter, 1, rows, out);
    note_floats(out, COUNT), note_floats(rows, COUNT);
    print("simulation");
    free(noise), free(out), free(scratch), free(rows);
}

int main(int count, char **arguments) {
    if (count > 1) step = strtol(arguments[1], NULL, 10);
    if (step < 1) return 64;
    line_convolutions();
    patch_products();
    row_products();
    winograd_convolutions();
    windows();
    normalizations();
    elements();
    functions();
    stamps();
    return 0;
}
