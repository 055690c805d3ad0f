#include "group_normalization.h"

#include <math.h>

#pragma STDC FP_CONTRACT OFF

// Sums are kept in as many parts, by the value's place in its row, to hide the latency of additions.
enum { PARTS = 8 };

typedef double f64x8 __attribute__((vector_size(64)));

INLINE double total(const f64x8 *parts) {
    const f64x8 p = *parts;
    return ((p[0] + p[1]) + (p[2] + p[3])) + ((p[4] + p[5]) + (p[6] + p[7]));
}

// Σ term(row, i) over the rows of group g: `term` is an expression of the place i in the row at `row` floats.
#define GROUP_SUM(result, shape, g, term) \
    do { \
        f64x8 parts_ = {0}; \
        double rest_ = 0; \
        for (ptrdiff_t p_ = 0; p_ < (shape).pixels; ++p_) { \
            const ptrdiff_t row = (p_ * (shape).groups + (g)) * (shape).width; \
            ptrdiff_t i_ = 0; \
            for (; i_ + PARTS <= (shape).width; i_ += PARTS) { \
                UNROLLED_FOR(k_, PARTS) { \
                    const ptrdiff_t i = i_ + k_; \
                    parts_[k_] += (term); \
                } \
            } \
            for (ptrdiff_t i = i_; i < (shape).width; ++i) rest_ += (term); \
        } \
        (result) = total(&parts_) + rest_; \
    } while (0)

FOR_EACH_CPU
void group_normalize(GroupShape shape, const float *x, const float *scale, const float *center, double epsilon,
                     double *statistics, float *y) {
    const double count = (double)(shape.pixels * shape.width);
    for (ptrdiff_t g = 0; g < shape.groups; ++g) {
        double sum, squares;
        GROUP_SUM(sum, shape, g, (double)x[row + i]);
        const double mean = sum / count;
        GROUP_SUM(squares, shape, g, ((double)x[row + i] - mean) * ((double)x[row + i] - mean));
        const double inverse = 1 / sqrt(squares / count + epsilon);
        statistics[2 * g] = mean;
        statistics[2 * g + 1] = inverse;
        for (ptrdiff_t p = 0; p < shape.pixels; ++p) {
            const ptrdiff_t row = (p * shape.groups + g) * shape.width;
            for (ptrdiff_t i = 0; i < shape.width; ++i) {
                const float factor = scale ? scale[g * shape.width + i] : 1;
                const float shift = center ? center[g * shape.width + i] : 0;
                y[row + i] = (float)(((double)x[row + i] - mean) * inverse * (double)factor + (double)shift);
            }
        }
    }
}

FOR_EACH_CPU
void group_normalize_backward(GroupShape shape, const float *x, const float *dy, const float *scale,
                              const double *statistics, double *scale_sums, double *center_sums, float *dx) {
    const double count = (double)(shape.pixels * shape.width);
    for (ptrdiff_t g = 0; g < shape.groups; ++g) {
        const double mean = statistics[2 * g], inverse = statistics[2 * g + 1];
        const float *factors = scale ? scale + g * shape.width : NULL;
        for (ptrdiff_t p = 0; p < shape.pixels; ++p) {
            const ptrdiff_t row = (p * shape.groups + g) * shape.width;
            for (ptrdiff_t i = 0; i < shape.width; ++i) {
                scale_sums[g * shape.width + i] += (double)dy[row + i] * (((double)x[row + i] - mean) * inverse);
                center_sums[g * shape.width + i] += (double)dy[row + i];
            }
        }
        if (!dx) continue;
        double plain, along;
#define GRADIENT ((double)dy[row + i] * (factors ? (double)factors[i] : 1))
        GROUP_SUM(plain, shape, g, GRADIENT);
        GROUP_SUM(along, shape, g, GRADIENT * (((double)x[row + i] - mean) * inverse));
        plain /= count;
        along /= count;
        for (ptrdiff_t p = 0; p < shape.pixels; ++p) {
            const ptrdiff_t row = (p * shape.groups + g) * shape.width;
            for (ptrdiff_t i = 0; i < shape.width; ++i) {
                const double normalized = ((double)x[row + i] - mean) * inverse;
                dx[row + i] = (float)((GRADIENT - plain - normalized * along) * inverse);
            }
        }
#undef GRADIENT
    }
}
