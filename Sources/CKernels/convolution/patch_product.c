#include "patch_product.h"
#include "../products/transpose_tile.h"
#include "row_product.h"

enum { PANEL = 2 * VECTOR_FLOATS };

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t larger(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }

// Floats of a row of the panel that begins with column n.
INLINE ptrdiff_t panel_width(ptrdiff_t columns, ptrdiff_t n) {
    return columns - n > VECTOR_FLOATS ? PANEL : VECTOR_FLOATS;
}

ptrdiff_t panels_count(ptrdiff_t rows, ptrdiff_t columns) {
    return rows * ((columns + VECTOR_FLOATS - 1) / VECTOR_FLOATS * VECTOR_FLOATS);
}

FOR_EACH_CPU
void pack_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t count,
                 float *panels) {
    for (ptrdiff_t n = 0; n < columns; n += PANEL) {
        const ptrdiff_t width = panel_width(columns, n), used = smaller(columns - n, width);
        float *to = panels + n * rows + first * width;
        for (ptrdiff_t r = 0; r < count; ++r, to += width) {
            memcpy(to, matrix + r * columns + n, (size_t)used * sizeof(float));
            memset(to + used, 0, (size_t)(width - used) * sizeof(float));
        }
    }
}

FOR_EACH_CPU
void pack_transposed_panels(const float *matrix, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t first, ptrdiff_t count,
                            float *panels) {
    for (ptrdiff_t n = 0; n < columns; n += PANEL) {
        const ptrdiff_t width = panel_width(columns, n);
        float *to = panels + n * rows + first * width;
        for (ptrdiff_t v = 0; v < width; v += VECTOR_FLOATS) {
            const float *from = matrix + (n + v) * count;
            const ptrdiff_t left = columns - n - v;
            ptrdiff_t r = 0;
            if (left >= VECTOR_FLOATS)
                for (; r + VECTOR_FLOATS <= count; r += VECTOR_FLOATS)
                    transpose_tile(from + r, count, width, to + r * width + v);
            for (; r < count; ++r)
                for (ptrdiff_t i = 0; i < VECTOR_FLOATS; ++i)
                    to[r * width + v + i] = i < left ? from[i * count + r] : 0;
        }
    }
}

// Windows that lie on the map with the same taps, one after another.
typedef struct {
    ptrdiff_t window, count;    // the first, and how many
    ptrdiff_t first_tap, taps;  // the first tap on the map, and how many
} Run;

// The first tap of window w that lies on the map, and the first one behind the map.
INLINE ptrdiff_t first_tap(const PatchAxis *axis, ptrdiff_t w) {
    const ptrdiff_t missing = axis->before - w * axis->stride;
    return missing > 0 ? smaller((missing + axis->dilation - 1) / axis->dilation, axis->taps) : 0;
}
INLINE ptrdiff_t end_tap(const PatchAxis *axis, ptrdiff_t w) {
    const ptrdiff_t left = axis->pixels + axis->before - w * axis->stride;
    return left > 0 ? smaller((left + axis->dilation - 1) / axis->dilation, axis->taps) : 0;
}

// The run that begins with window w.
INLINE Run next_run(const PatchAxis *axis, ptrdiff_t w) {
    const ptrdiff_t first = first_tap(axis, w), end = end_tap(axis, w);
    Run run = {w, 1, first, larger(end - first, 0)};
    while (w + run.count < axis->windows && first_tap(axis, w + run.count) == first
           && end_tap(axis, w + run.count) == end)
        ++run.count;
    return run;
}

// The pixel of the first tap of a run's first window.
INLINE ptrdiff_t first_pixel(const PatchAxis *axis, const Run *run) {
    return run->taps ? run->window * axis->stride + run->first_tap * axis->dilation - axis->before : 0;
}

// One direction of a region: how many windows, and the floats between their inputs and between their outputs.
typedef struct {
    ptrdiff_t count, input_step, output_step;
} Direction;

// The windows of one run of rows and one of columns, all with the same taps: products of rows in place, of which none
// meets padding.
INLINE RowProduct region(const Patches *s, const Run *rows, const Run *columns) {
    const ptrdiff_t pixel = s->in_channels, line = s->columns.pixels * pixel;
    const Direction along[3] = {{columns->count, s->columns.stride * pixel, s->out_pixel},
                                {rows->count, s->rows.stride * line, s->out_line},
                                {s->samples, s->rows.pixels * line, s->out_sample}};
    // Tiles run along a direction with enough windows to hide the latency of the multiply-adds: along lines if they
    // have, since neighbours share cache lines.
    enum { ENOUGH = 6 };
    int best = 0;
    for (int i = 1; i < 3 && along[best].count < ENOUGH; ++i)
        if (along[i].count > along[best].count) best = i;
    const Direction tile = along[best], outer = along[best == 2 ? 1 : 2], inner = along[best == 0 ? 1 : 0];
    return (RowProduct){.groups = outer.count,
                        .input_group = outer.input_step,
                        .output_group = outer.output_step,
                        .lines = inner.count,
                        .input_line = inner.input_step,
                        .output_line = inner.output_step,
                        .rows = tile.count,
                        .input_step = tile.input_step,
                        .output_step = tile.output_step,
                        .segments = columns->taps ? rows->taps : 0,
                        .segment_step = s->rows.dilation * line,
                        .segment_rows = s->columns.taps * pixel,
                        .length = columns->taps * pixel};
}

INLINE int is_pointwise(const PatchAxis *axis) {
    return axis->taps == 1 && axis->stride == 1 && axis->before == 0 && axis->windows == axis->pixels;
}

// The shape whose patches are single pixels that all lie one after another, as do the outputs: every pixel is a sample.
INLINE Patches flattened(const Patches *s) {
    Patches flat = *s;
    if (is_pointwise(&s->rows) && is_pointwise(&s->columns) && s->out_line == s->columns.windows * s->out_pixel
        && s->out_sample == s->rows.windows * s->out_line) {
        flat.samples *= s->rows.pixels * s->columns.pixels;
        flat.rows.pixels = flat.rows.windows = flat.columns.pixels = flat.columns.windows = 1;
        flat.out_sample = flat.out_line = s->out_pixel;
    }
    return flat;
}

void patch_product(const Patches *shape, const float *x, const float *panels, const float *bias, int relu, float *y) {
    const Patches flat = flattened(shape), *const s = &flat;
    const ptrdiff_t pixel = s->in_channels, line = s->columns.pixels * pixel;
    const ptrdiff_t weight_rows = s->rows.taps * s->columns.taps * pixel;
    Run rows, columns;
    for (ptrdiff_t row = 0; row < s->rows.windows; row += rows.count) {
        rows = next_run(&s->rows, row);
        for (ptrdiff_t column = 0; column < s->columns.windows; column += columns.count) {
            columns = next_run(&s->columns, column);
            RowProduct product = region(s, &rows, &columns);
            const float *in = x + first_pixel(&s->rows, &rows) * line + first_pixel(&s->columns, &columns) * pixel;
            float *out = y + row * s->out_line + column * s->out_pixel;
            const ptrdiff_t first_row = (rows.first_tap * s->columns.taps + columns.first_tap) * pixel;
            // Neighbouring taps are one run of inputs; dilated ones are products of their own, one after another.
            const ptrdiff_t parts = s->columns.dilation == 1 || columns.taps < 2 ? 1 : columns.taps;
            product.length /= parts;
            for (ptrdiff_t n = 0; n < s->out_channels; n += PANEL) {
                product.weight_step = panel_width(s->out_channels, n);
                product.channels = smaller(s->out_channels - n, PANEL);
                const float *weights = panels + n * weight_rows + first_row * product.weight_step;
                for (ptrdiff_t part = 0; part < parts; ++part) {
                    product.continues = part > 0;
                    row_product(&product, in + part * s->columns.dilation * pixel,
                                weights + part * pixel * product.weight_step, bias ? bias + n : NULL,
                                relu && part + 1 == parts, out + n);
                }
            }
        }
    }
}
