#include "simulation.h"
#include "elementary.h"

#include <math.h>
#include <string.h>

enum { COLUMNS_AT_ONCE = 8 };

void add_point_source(const struct point_spread *shape, float flux, float x, float y, size_t height, size_t width,
                      float *image) {
    const struct point_spread s = *shape;
    static const float node[2] = {-0.288675135f, 0.288675135f};  // ½ / √3
    for (size_t row = 0; row < height; ++row) {
        for (size_t start = 0; start < width; start += COLUMNS_AT_ONCE) {
            float sum[COLUMNS_AT_ONCE] = {0};
            for (int point = 0; point < 4; ++point) {
                const float dy = (float)row + node[point / 2] - y;
                const float first = (float)start + node[point % 2] - x;
                for (int column = 0; column < COLUMNS_AT_ONCE; ++column) {
                    const float dx = first + (float)column;
                    const float t = s.xx * dx * dx + 2 * s.xy * dx * dy + s.yy * dy * dy;
                    const float moffat = elementary_exp(-s.moffat_index * elementary_log(1 + s.moffat_scale * t));
                    const float gaussian = elementary_exp(-0.693147181f * t);
                    sum[column] += flux / 4 * (s.moffat_peak * moffat + s.gaussian_peak * gaussian);
                }
            }
            const size_t left = width - start < COLUMNS_AT_ONCE ? width - start : COLUMNS_AT_ONCE;
            for (size_t column = 0; column < left; ++column) image[row * width + start + column] += sum[column];
        }
    }
}

void add_filtered(const float *image, size_t height, size_t width, const float down[3], const float across[3],
                  float *restrict out) {
    const float a = across[0], b = across[1], c = across[2], d = down[0], e = down[1], f = down[2];
    for (size_t row = 0; row + 2 < height; ++row) {
        const float *above = image + row * width, *here = above + width, *below = here + width;
        for (size_t column = 0; column + 2 < width; ++column) {
            const float first = (a * above[column] + b * above[column + 1]) + c * above[column + 2];
            const float second = (a * here[column] + b * here[column + 1]) + c * here[column + 2];
            const float third = (a * below[column] + b * below[column + 1]) + c * below[column + 2];
            out[row * (width - 2) + column] += (d * first + e * second) + f * third;
        }
    }
}

/// out[k] += weight · in[k]
static void add_weighted(float weight, const float *restrict in, size_t count, float *restrict out) {
    for (size_t k = 0; k < count; ++k) out[k] += weight * in[k];
}

void filter_separably(const float *image, size_t height, size_t width, const float *down, size_t reach_down,
                      const float *across, size_t reach_across, float *rows, float *out) {
    memset(rows, 0, height * width * sizeof *rows);
    memset(out, 0, height * width * sizeof *out);
    for (size_t row = 0; row < height; ++row) {
        const float *from = image + row * width;
        float *to = rows + row * width;
        for (size_t place = 0; place <= 2 * reach_across; ++place) {
            // Light moves by place − reach_across columns.
            const size_t right = place > reach_across ? place - reach_across : 0;
            const size_t left = place < reach_across ? reach_across - place : 0;
            if (right + left < width) add_weighted(across[place], from + left, width - right - left, to + right);
        }
    }
    for (size_t row = 0; row < height; ++row) {
        for (size_t place = 0; place <= 2 * reach_down; ++place) {
            const size_t from = row + reach_down - place;  // wraps around where it would be negative
            if (from < height) add_weighted(down[place], rows + from * width, width, out + row * width);
        }
    }
}

float portable_expf(float x) { return elementary_exp(x); }

float portable_logf(float x) { return elementary_log(x); }

float portable_cosine_of_turns(float turns) {
    const float full = 6.28318531f;
    const float fraction = fabsf(turns - rintf(turns));
    if (fraction <= 0.125f) return elementary_cos(full * fraction);
    if (fraction < 0.375f) return elementary_sin(full * (0.25f - fraction));
    return -elementary_cos(full * (0.5f - fraction));
}
