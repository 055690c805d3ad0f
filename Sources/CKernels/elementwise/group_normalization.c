#include "group_normalization.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

typedef double f64x16 __attribute__((vector_size(128)));
typedef double f64x8 __attribute__((vector_size(64)));
typedef double f64x4 __attribute__((vector_size(32)));
typedef double f64x2 __attribute__((vector_size(16)));
typedef double f64x16u __attribute__((vector_size(128), aligned(8)));
typedef int64_t i64x16 __attribute__((vector_size(128)));

// The first min(count, 16) floats in double precision, and 0 in the other lanes.
INLINE void load_wide(const float *from, ptrdiff_t count, f64x16 *value) {
    f32x16 narrow;
    load_partial(from, count, &narrow);
    *value = __builtin_convertvector(narrow, f64x16);
}

INLINE void store_narrow(const f64x16 *value, ptrdiff_t count, float *to) {
    const f32x16 narrow = __builtin_convertvector(*value, f32x16);
    store_partial(&narrow, count, to);
}

// Adds the first min(count, 16) lanes to numbers in memory.
INLINE void add_lanes(const f64x16 *value, ptrdiff_t count, double *to) {
    if (count >= VECTOR_FLOATS) *(f64x16u *)to += *value;
    else
        for (ptrdiff_t i = 0; i < count; ++i) to[i] += (*value)[i];
}

// Sets the lanes from `count` on to 0.
INLINE void clear_lanes(ptrdiff_t count, f64x16 *value) {
    const i64x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    if (count < VECTOR_FLOATS) *value = (f64x16)((i64x16)*value & (lanes < count));
}

// The sum of all lanes: halves are added until one lane is left.
INLINE double sum_of_lanes(const f64x16 *value) {
    const f64x8 a = __builtin_shufflevector(*value, *value, 0, 1, 2, 3, 4, 5, 6, 7)
                    + __builtin_shufflevector(*value, *value, 8, 9, 10, 11, 12, 13, 14, 15);
    const f64x4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    const f64x2 c = __builtin_shufflevector(b, b, 0, 1) + __builtin_shufflevector(b, b, 2, 3);
    return c[0] + c[1];
}

// y = (x − μ)·inverse·γ + β for one vector.
INLINE void normalize_vector(const float *x, const f64x16 *mean, const f64x16 *inverse, const f64x16 *factor,
                             const f64x16 *shift, ptrdiff_t count, float *y) {
    f64x16 value;
    load_wide(x, count, &value);
    value = (value - *mean) * *inverse * *factor + *shift;
    store_narrow(&value, count, y);
}

// γ or β of the channels from `c` on, or the number that stands for them.
INLINE void load_parameters(const float *from, ptrdiff_t c, ptrdiff_t count, double absent, f64x16 *value) {
    if (from) load_wide(from + c, count, value);
    else *value = (f64x16){0} + absent;
}

// A group of one row, as all of layer normalisation are. Sums have a chain for each place in the row modulo 16.

INLINE void normalize_row(ptrdiff_t width, const float *x, const float *scale, const float *center, double epsilon,
                          double *statistics, float *y) {
    f64x16 sum = {0}, squares = {0}, value, factor, shift;
    for (ptrdiff_t c = 0; c < width; c += VECTOR_FLOATS) {
        load_wide(x + c, width - c, &value);
        sum += value;
    }
    const double mean = sum_of_lanes(&sum) / (double)width;
    for (ptrdiff_t c = 0; c < width; c += VECTOR_FLOATS) {
        load_wide(x + c, width - c, &value);
        value -= mean;
        clear_lanes(width - c, &value);
        squares += value * value;
    }
    const double inverse = 1 / sqrt(sum_of_lanes(&squares) / (double)width + epsilon);
    statistics[0] = mean;
    statistics[1] = inverse;
    const f64x16 means = (f64x16){0} + mean, inverses = (f64x16){0} + inverse;
    for (ptrdiff_t c = 0; c < width; c += VECTOR_FLOATS) {
        load_parameters(scale, c, width - c, 1, &factor);
        load_parameters(center, c, width - c, 0, &shift);
        normalize_vector(x + c, &means, &inverses, &factor, &shift, width - c, y + c);
    }
}

INLINE void row_backward(ptrdiff_t width, const float *x, const float *dy, const float *scale, const double *statistics,
                         double *scale_sums, double *center_sums, float *dx) {
    const double mean = statistics[0], inverse = statistics[1];
    f64x16 plain = {0}, along = {0}, normalized, gradient, factor, product;
    for (ptrdiff_t c = 0; c < width; c += VECTOR_FLOATS) {
        const ptrdiff_t count = width - c;
        load_wide(x + c, count, &normalized);
        load_wide(dy + c, count, &gradient);
        normalized = (normalized - mean) * inverse;
        product = gradient * normalized;
        add_lanes(&product, count, scale_sums + c);
        add_lanes(&gradient, count, center_sums + c);
        // Lanes behind the row have no gradient, and add nothing.
        load_parameters(scale, c, count, 1, &factor);
        gradient *= factor;
        plain += gradient;
        along += gradient * normalized;
    }
    if (!dx) return;
    const double plain_mean = sum_of_lanes(&plain) / (double)width, along_mean = sum_of_lanes(&along) / (double)width;
    for (ptrdiff_t c = 0; c < width; c += VECTOR_FLOATS) {
        load_wide(x + c, width - c, &normalized);
        load_wide(dy + c, width - c, &gradient);
        load_parameters(scale, c, width - c, 1, &factor);
        normalized = (normalized - mean) * inverse;
        gradient = (gradient * factor - plain_mean - normalized * along_mean) * inverse;
        store_narrow(&gradient, width - c, dx + c);
    }
}

// Groups of several pixels: vectors run along the channels of all groups, each channel is summed over the pixels by
// itself, and then the channels of a group.

// The statistic of the group of each channel from `c` on: `statistics` holds two numbers for each group.
INLINE void of_groups(const GroupShape *shape, const double *statistics, ptrdiff_t c, ptrdiff_t count, f64x16 *value) {
    double lanes[VECTOR_FLOATS] = {0};
    for (ptrdiff_t i = 0; i < count && i < VECTOR_FLOATS; ++i) lanes[i] = statistics[2 * ((c + i) / shape->width)];
    memcpy(value, lanes, sizeof lanes);
}

// Expands `block` for each vector of channels: `c` is its first channel, `count` how many channels are left there, and
// `seen` how many of its lanes belong to the vector before, which the last one overlaps.
#define EACH_VECTOR(channels, block) \
    do { \
        for (ptrdiff_t start_ = 0; start_ < (channels); start_ += VECTOR_FLOATS) { \
            const ptrdiff_t c = block_first(start_, (channels)), count = (channels)-c, seen = start_ - c; \
            (void)seen; \
            block; \
        } \
    } while (0)

// Adds the lanes that the vector before does not hold to the numbers of their groups.
INLINE void add_to_groups(const GroupShape *shape, const f64x16 *value, ptrdiff_t c, ptrdiff_t seen, ptrdiff_t count,
                          double *statistics) {
    double lanes[VECTOR_FLOATS];
    memcpy(lanes, value, sizeof lanes);
    for (ptrdiff_t i = seen; i < count && i < VECTOR_FLOATS; ++i) statistics[2 * ((c + i) / shape->width)] += lanes[i];
}

INLINE void normalize_map(const GroupShape *shape, const float *x, const float *scale, const float *center,
                          double epsilon, double *statistics, float *y) {
    const ptrdiff_t channels = shape->groups * shape->width, pixels = shape->pixels;
    const double number = (double)(pixels * shape->width);
    f64x16 value, mean, inverse, factor, shift;
    for (ptrdiff_t g = 0; g < 2 * shape->groups; ++g) statistics[g] = 0;
    EACH_VECTOR(channels, {
        f64x16 sum = {0};
        for (ptrdiff_t p = 0; p < pixels; ++p) {
            load_wide(x + p * channels + c, count, &value);
            sum += value;
        }
        add_to_groups(shape, &sum, c, seen, count, statistics);
    });
    for (ptrdiff_t g = 0; g < shape->groups; ++g) statistics[2 * g] /= number;
    EACH_VECTOR(channels, {
        f64x16 squares = {0};
        of_groups(shape, statistics, c, count, &mean);
        for (ptrdiff_t p = 0; p < pixels; ++p) {
            load_wide(x + p * channels + c, count, &value);
            value -= mean;
            squares += value * value;
        }
        add_to_groups(shape, &squares, c, seen, count, statistics + 1);
    });
    for (ptrdiff_t g = 0; g < shape->groups; ++g)
        statistics[2 * g + 1] = 1 / sqrt(statistics[2 * g + 1] / number + epsilon);
    EACH_VECTOR(channels, {
        of_groups(shape, statistics, c, count, &mean);
        of_groups(shape, statistics + 1, c, count, &inverse);
        load_parameters(scale, c, count, 1, &factor);
        load_parameters(center, c, count, 0, &shift);
        for (ptrdiff_t p = 0; p < pixels; ++p)
            normalize_vector(x + p * channels + c, &mean, &inverse, &factor, &shift, count, y + p * channels + c);
    });
}

INLINE void map_backward(const GroupShape *shape, const float *x, const float *dy, const float *scale,
                         const double *statistics, double *scale_sums, double *center_sums, double *group_sums,
                         float *dx) {
    const ptrdiff_t channels = shape->groups * shape->width, pixels = shape->pixels;
    const double number = (double)(pixels * shape->width);
    f64x16 normalized, gradient, mean, inverse, factor, plain, along;
    for (ptrdiff_t g = 0; g < 2 * shape->groups; ++g) group_sums[g] = 0;
    EACH_VECTOR(channels, {
        of_groups(shape, statistics, c, count, &mean);
        of_groups(shape, statistics + 1, c, count, &inverse);
        plain = along = (f64x16){0};
        for (ptrdiff_t p = 0; p < pixels; ++p) {
            load_wide(x + p * channels + c, count, &normalized);
            load_wide(dy + p * channels + c, count, &gradient);
            normalized = (normalized - mean) * inverse;
            plain += gradient;
            along += gradient * normalized;
        }
        for (ptrdiff_t i = seen; i < count && i < VECTOR_FLOATS; ++i) {
            center_sums[c + i] += plain[i];
            scale_sums[c + i] += along[i];
        }
        load_parameters(scale, c, count, 1, &factor);
        plain *= factor;
        along *= factor;
        add_to_groups(shape, &plain, c, seen, count, group_sums);
        add_to_groups(shape, &along, c, seen, count, group_sums + 1);
    });
    if (!dx) return;
    for (ptrdiff_t g = 0; g < 2 * shape->groups; ++g) group_sums[g] /= number;
    EACH_VECTOR(channels, {
        of_groups(shape, statistics, c, count, &mean);
        of_groups(shape, statistics + 1, c, count, &inverse);
        of_groups(shape, group_sums, c, count, &plain);
        of_groups(shape, group_sums + 1, c, count, &along);
        load_parameters(scale, c, count, 1, &factor);
        for (ptrdiff_t p = 0; p < pixels; ++p) {
            load_wide(x + p * channels + c, count, &normalized);
            load_wide(dy + p * channels + c, count, &gradient);
            normalized = (normalized - mean) * inverse;
            gradient = (gradient * factor - plain - normalized * along) * inverse;
            store_narrow(&gradient, count, dx + p * channels + c);
        }
    });
}

FOR_EACH_CPU
void group_normalize(GroupShape shape, const float *x, const float *scale, const float *center, double epsilon,
                     double *statistics, float *y) {
    if (shape.pixels > 1) {
        normalize_map(&shape, x, scale, center, epsilon, statistics, y);
        return;
    }
    for (ptrdiff_t g = 0; g < shape.groups; ++g) {
        const ptrdiff_t c = g * shape.width;
        normalize_row(shape.width, x + c, scale ? scale + c : scale, center ? center + c : center, epsilon,
                      statistics + 2 * g, y + c);
    }
}

FOR_EACH_CPU
void group_normalize_backward(GroupShape shape, const float *x, const float *dy, const float *scale,
                              const double *statistics, double *scale_sums, double *center_sums, double *group_sums,
                              float *dx) {
    if (shape.pixels > 1) {
        map_backward(&shape, x, dy, scale, statistics, scale_sums, center_sums, group_sums, dx);
        return;
    }
    for (ptrdiff_t g = 0; g < shape.groups; ++g) {
        const ptrdiff_t c = g * shape.width;
        row_backward(shape.width, x + c, dy + c, scale ? scale + c : scale, statistics + 2 * g, scale_sums + c,
                     center_sums + c, dx ? dx + c : dx);
    }
}
