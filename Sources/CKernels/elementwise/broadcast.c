#include "broadcast.h"

// Each call takes `*large` on to the place behind the values that it has worked on.

static void expand(const ptrdiff_t *extents, const ptrdiff_t *steps, int axes, const float *small, float **large) {
    if (axes > 1) {
        for (ptrdiff_t i = 0; i < extents[0]; ++i) {
            expand(extents + 1, steps + 1, axes - 1, small + i * steps[0], large);
        }
    } else if (steps[0] == 1) {
        memcpy(*large, small, (size_t)extents[0] * sizeof(float));
        *large += extents[0];
    } else {
        for (ptrdiff_t i = 0; i < extents[0]; ++i) (*large)[i] = *small;
        *large += extents[0];
    }
}

void broadcast_expand(const ptrdiff_t *extents, const ptrdiff_t *steps, int axes, const float *small, float *large) {
    expand(extents, steps, axes, small, &large);
}

FOR_EACH_CPU
static void add_line(const float *line, ptrdiff_t count, double *sums) {
    for (ptrdiff_t i = 0; i < count; ++i) sums[i] += (double)line[i];
}

static void sum(const ptrdiff_t *extents, const ptrdiff_t *steps, int axes, const float **large, double *sums) {
    if (axes > 1) {
        for (ptrdiff_t i = 0; i < extents[0]; ++i) {
            sum(extents + 1, steps + 1, axes - 1, large, sums + i * steps[0]);
        }
    } else if (steps[0] == 1) {
        add_line(*large, extents[0], sums);
        *large += extents[0];
    } else {
        for (ptrdiff_t i = 0; i < extents[0]; ++i) *sums += (double)(*large)[i];
        *large += extents[0];
    }
}

void broadcast_sum(const ptrdiff_t *extents, const ptrdiff_t *steps, int axes, const float *large, double *sums) {
    sum(extents, steps, axes, &large, sums);
}
