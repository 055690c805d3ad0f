// Sliding windows over one channel per lane, for vectors of LANES floats. depthwise_convolution.c includes this file
// twice: with 16 lanes for registers of 16 floats, and with 8 for smaller ones, of which a tile then needs half as
// many.
//
// The file that includes it defines LANES and NAMED(x), which tells the names of one inclusion from those of the other.

#define VECTOR NAMED(vector)
#define MASK NAMED(mask)
typedef float VECTOR __attribute__((vector_size(4 * LANES)));
typedef float NAMED(vector_anywhere) __attribute__((vector_size(4 * LANES), aligned(4)));
typedef int32_t MASK __attribute__((vector_size(4 * LANES)));

// Taps of a row whose gradients are summed at once, in PARTS registers each.
#define MOST_TAPS (LANES == 16 ? 5 : 3)

// The first min(count, LANES) lanes, all of them if WHOLE.
INLINE void NAMED(load)(const float *from, ptrdiff_t count, VECTOR *value, const int WHOLE) {
    if (WHOLE) *value = *(const NAMED(vector_anywhere) *)from;
    else memcpy(value, from, (size_t)count * sizeof(float));
}
INLINE void NAMED(store)(const VECTOR *value, ptrdiff_t count, float *to, const int WHOLE) {
    if (WHOLE) *(NAMED(vector_anywhere) *)to = *value;
    else memcpy(to, value, (size_t)count * sizeof(float));
}

// The first channel to read for the block that starts at `block`: of more channels than lanes the last block is whole
// too, and overlaps the one before.
INLINE ptrdiff_t NAMED(first_channel)(ptrdiff_t block, ptrdiff_t channels, const int WHOLE) {
    return WHOLE && block + LANES > channels ? channels - LANES : block;
}

// Adds COLUMNS taps of a row to COUNT outputs. `x` is the pixel under the first of these taps for the first output, and
// taps are `step` floats apart. Neighbouring outputs are STRIDE taps apart and share pixels; with 0 they are `stride`
// floats apart. If CHECKED, only pixels on the map are looked at: `first` is the number of the first tap, and those of
// `reach` are on the map.
INLINE void NAMED(add_taps)(const float *x, ptrdiff_t step, ptrdiff_t stride, const Reach *reach, ptrdiff_t first,
                            const float *weights, ptrdiff_t weight_step, ptrdiff_t count, VECTOR *sum, const int COUNT,
                            const int COLUMNS, const int STRIDE, const int WHOLE, const int CHECKED) {
    VECTOR weight[MOST_COLUMNS], value = {0};
    UNROLLED_FOR(j, COLUMNS) {
        weight[j] = (VECTOR){0};
        NAMED(load)(weights + j * weight_step, count, &weight[j], WHOLE);
    }
    if (STRIDE == 0) {
        UNROLLED_FOR(j, COLUMNS)
            UNROLLED_FOR(n, COUNT) {
                if (CHECKED
                    && !is_pixel(reach->start + n * reach->stride + (first + j) * reach->dilation, reach->pixels))
                    continue;
                NAMED(load)(x + n * stride + j * step, count, &value, WHOLE);
                sum[n] += value * weight[j];
            }
        return;
    }
    UNROLLED_FOR(k, (COUNT - 1) * STRIDE + COLUMNS) {
        if (k > 0 && k % 3 == 0) advance(&x, 3 * step);
        if (CHECKED && (first + k < reach->first || first + k >= reach->end)) continue;
        NAMED(load)(x + k % 3 * step, count, &value, WHOLE);
        UNROLLED_FOR(n, COUNT) {
            const int j = k - n * STRIDE;
            if (j >= 0 && j < COLUMNS) sum[n] += value * weight[j];
        }
    }
}

// COUNT outputs of a line. `x` is the pixel under the first tap of the first output's window.
INLINE void NAMED(output_tile)(const Windows *s, const float *x, const Reach *reach, const Range *rows,
                               const float *bias, int relu, float *y, const int COUNT, const int STRIDE,
                               const int WHOLE, const int CHECKED) {
    const ptrdiff_t channels = s->channels, row_step = s->rows.dilation * s->columns.pixels * channels;
    const ptrdiff_t weight_step = s->weight_column, weight_row = s->weight_row, taps = s->columns.taps;
    const ptrdiff_t stride = s->columns.stride * channels, out_pixel = s->out_pixel;
    const float *const first_weights = s->weights + rows->first * weight_row;
    ptrdiff_t step = s->columns.dilation * channels;
    keep(&step);
    x += rows->first * row_step;
    for (ptrdiff_t block = 0; block < channels; block += LANES) {
        const ptrdiff_t c = NAMED(first_channel)(block, channels, WHOLE), count = channels - c;
        VECTOR sum[MOST_OUTPUTS], value = {0};
        if (bias) NAMED(load)(bias + c, count, &value, WHOLE);
        UNROLLED_FOR(n, COUNT) sum[n] = value;
        const float *row = x + c, *weights = first_weights + c;
        for (ptrdiff_t i = rows->first; i < rows->last; ++i) {
#define ADD(COLUMNS) \
    NAMED(add_taps) \
    (row + j * step, step, stride, reach, j, weights + j * weight_step, weight_step, count, sum, COUNT, COLUMNS, \
     STRIDE, WHOLE, CHECKED)
            ptrdiff_t j = 0;
            for (; j + MOST_COLUMNS <= taps; j += MOST_COLUMNS) ADD(MOST_COLUMNS);
            if (j + 2 == taps) ADD(2);
            else if (j + 1 == taps) ADD(1);
#undef ADD
            advance(&row, row_step);
            advance(&weights, weight_row);
        }
        float *to = y + c;
        UNROLLED_FOR(n, COUNT) {
            if (relu) sum[n] = (VECTOR)((MASK)sum[n] & ~(sum[n] < 0));
            NAMED(store)(&sum[n], count, to, WHOLE);
            to += out_pixel;
        }
    }
}

// A line of outputs in tiles of nearly equal size: small ones have their windows looked at anyway, as in small maps
// they reach beyond.
INLINE void NAMED(output_line)(const Windows *s, const float *x, const Range *rows, const float *bias, int relu,
                               float *y, const int STRIDE, const int WHOLE) {
    const ptrdiff_t windows = s->columns.windows, most = STRIDE > 0 ? MOST_OUTPUTS : FEW_OUTPUTS;
    for (ptrdiff_t ow = 0, count; ow < windows; ow += count) {
        const ptrdiff_t left = windows - ow;
        count = left / ((left + most - 1) / most);
        if (STRIDE == 0 && count < FEW_OUTPUTS) count = 1;
        const Reach reach = reach_of(&s->columns, ow);
        const float *from = x + reach.start * s->channels;
        float *to = y + ow * s->out_pixel;
        const int is_inside = is_on_map(&reach, count, s->columns.taps);
#define CHECKED_TILE(n) \
    case n: \
        NAMED(output_tile)(s, from, &reach, rows, bias, relu, to, n, STRIDE, WHOLE, 1); \
        break;
#define TILE(n) \
    case n: \
        if (!is_inside) NAMED(output_tile)(s, from, &reach, rows, bias, relu, to, n, STRIDE, WHOLE, 1); \
        else NAMED(output_tile)(s, from, &reach, rows, bias, relu, to, n, STRIDE, WHOLE, 0); \
        break;
        if (STRIDE == 0) {
            switch (count) { CHECKED_TILE(1) TILE(4) }
        } else {
            switch (count) {
                CHECKED_TILE(1) CHECKED_TILE(2) CHECKED_TILE(3) CHECKED_TILE(4) TILE(5) TILE(6) TILE(7) TILE(8)
            }
        }
#undef TILE
#undef CHECKED_TILE
    }
}

// Adds x · dy of COUNT outputs to the sums of COLUMNS taps of a row, of which the first is tap `first` of the window:
// the gradients of one block of channels. `reach` is that of the first output; the rest is as in `add_taps`.
INLINE void NAMED(add_products)(const float *x, ptrdiff_t step, ptrdiff_t stride, const Reach *reach, ptrdiff_t first,
                                const float *dy, ptrdiff_t channels, ptrdiff_t count, VECTOR (*sum)[PARTS],
                                const int COUNT, const int COLUMNS, const int STRIDE, const int WHOLE,
                                const int CHECKED) {
    // Small register files have no room for them beside the sums: they are then loaded for each use.
    VECTOR above[PARTS], value = {0};
    UNROLLED_FOR(n, COUNT) {
        above[n] = (VECTOR){0};
        if (LANES == 16) NAMED(load)(dy + n * channels, count, &above[n], WHOLE);
    }
    if (STRIDE == 0) {
        UNROLLED_FOR(n, COUNT) {
            if (LANES < 16) NAMED(load)(dy + n * channels, count, &above[n], WHOLE);
            UNROLLED_FOR(j, COLUMNS) {
                const ptrdiff_t column = reach->start + n * reach->stride + (first + j) * reach->dilation;
                if (CHECKED && !is_pixel(column, reach->pixels)) continue;
                NAMED(load)(x + n * stride + j * step, count, &value, WHOLE);
                sum[j][n] += value * above[n];
            }
        }
        return;
    }
    UNROLLED_FOR(k, (COUNT - 1) * STRIDE + COLUMNS) {
        if (k > 0 && k % 3 == 0) advance(&x, 3 * step);
        if (CHECKED && (first + k < reach->first || first + k >= reach->end)) continue;
        NAMED(load)(x + k % 3 * step, count, &value, WHOLE);
        UNROLLED_FOR(n, COUNT) {
            const int j = k - n * STRIDE;
            if (j < 0 || j >= COLUMNS) continue;
            if (LANES < 16) NAMED(load)(dy + n * channels, count, &above[n], WHOLE);
            sum[j][n] += value * above[n];
        }
    }
}

// Adds to the gradients of COLUMNS taps of a row, of which the first is tap `first`, what one line of outputs gives.
// `x` is the row of the map. The windows of the outputs `inside`, of which there are groups of PARTS, lie on the map.
INLINE void NAMED(add_line)(const Windows *s, const float *x, const float *dy, const Range *inside, ptrdiff_t first,
                            float *gradient, const int COLUMNS, const int STRIDE, const int WHOLE) {
    const ptrdiff_t channels = s->channels, stride = s->columns.stride * channels, windows = s->columns.windows;
    const ptrdiff_t inside_first = inside->first, inside_last = inside->last;
    ptrdiff_t step = s->columns.dilation * channels;
    keep(&step);
    int is_odd[MOST_TAPS];
    UNROLLED_FOR(j, COLUMNS) is_odd[j] = first_output(&s->columns, first + j) % 2 != 0;
    x += (first * s->columns.dilation - s->columns.before) * channels;
    for (ptrdiff_t block = 0; block < channels; block += LANES) {
        const ptrdiff_t c = NAMED(first_channel)(block, channels, WHOLE), count = channels - c;
        VECTOR sum[MOST_TAPS][PARTS];
        UNROLLED_FOR(j, COLUMNS)
            UNROLLED_FOR(n, PARTS) sum[j][n] = (VECTOR){0};
        const float *from = x + c, *above = dy + c;
#define ADD(COUNT, CHECKED) \
    NAMED(add_products) \
    (from, step, stride, &reach, first, above, channels, count, sum, COUNT, COLUMNS, STRIDE, WHOLE, CHECKED)
        for (ptrdiff_t ow = 0; ow < windows; ow += PARTS) {
            Reach reach = {0};
            if (ow >= inside_first && ow < inside_last) {
                ADD(PARTS, 0);
            } else {
                reach = reach_of(&s->columns, ow);
                switch (windows - ow) {
                    case 1: ADD(1, 1); break;
                    case 2: ADD(2, 1); break;
                    case 3: ADD(3, 1); break;
                    default: ADD(PARTS, 1);
                }
            }
            advance(&from, PARTS * stride);
            advance(&above, PARTS * channels);
        }
#undef ADD
        UNROLLED_FOR(j, COLUMNS) {
            // Parts are numbered from a tap's first output on the map; pairs of parts are added, and then the pairs.
            const VECTOR even = (sum[j][0] + sum[j][1]) + (sum[j][2] + sum[j][3]);
            const VECTOR odd = (sum[j][3] + sum[j][0]) + (sum[j][1] + sum[j][2]);
            VECTOR old = {0};
            NAMED(load)(gradient + j * channels + c, count, &old, WHOLE);
            VECTOR total = old + (is_odd[j] ? odd : even);
            // Channels that the block before has too have got theirs.
            for (ptrdiff_t lane = 0; lane < block - c; ++lane) total[lane] = old[lane];
            NAMED(store)(&total, count, gradient + j * channels + c, WHOLE);
        }
    }
}

// The same for all taps of a row.
INLINE void NAMED(add_row)(const Windows *s, const float *x, const float *dy, const Range *inside, float *gradient,
                           const int STRIDE, const int WHOLE) {
    for (ptrdiff_t j = 0; j < s->columns.taps; j += MOST_TAPS) {
#define ADD(COLUMNS) NAMED(add_line)(s, x, dy, inside, j, gradient + j * s->channels, COLUMNS, STRIDE, WHOLE)
        switch (s->columns.taps - j) {
            case 1: ADD(1); break;
            case 2: ADD(2); break;
#if LANES == 16
            case 3: ADD(3); break;
            case 4: ADD(4); break;
#endif
            default: ADD(MOST_TAPS);
        }
#undef ADD
    }
}

#undef VECTOR
#undef MASK
#undef MOST_TAPS
