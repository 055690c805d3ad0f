#include "simulation.h"
#include "elementary.h"
#include "philox.h"
#include <math.h>

enum { BLOCKS_AT_ONCE = 32, COLUMNS_AT_ONCE = 8 };

// Two normal numbers from two uniform words: the radius from the first, the direction from the second.
INLINE void normal_pair(uint32_t radius_word, uint32_t angle_word, float *first, float *second) {
    // In (0, 1), exact, never 0: the logarithm is finite.
    const float uniform = ((float)(int32_t)(radius_word >> 9) + 0.5f) * 0x1p-23f;
    const float radius = sqrtf(-2 * elementary_log(uniform));
    // A quarter turn around 0 from the low bits, and which quarter from the top two.
    const float turn = (float)(int32_t)((angle_word & 0x3fffffffu) >> 6) * 0x1p-24f - 0.5f;
    const float x = elementary_cos(turn * 1.57079633f), y = elementary_sin(turn * 1.57079633f);
    const int32_t odd = -(int32_t)(angle_word >> 30 & 1);
    const int32_t sign = (int32_t)(angle_word & 0x80000000u);
    const int32_t x_bits = bits_of_float(x), minus_y_bits = bits_of_float(-y);
    // An odd quarter turns (x, y) into (-y, x); the top bit turns by half.
    const float turned_x = float_of_bits(((x_bits & ~odd) | (minus_y_bits & odd)) ^ sign);
    const float turned_y = float_of_bits(((bits_of_float(y) & ~odd) | (x_bits & odd)) ^ sign);
    *first = radius * turned_x;
    *second = radius * turned_y;
}

void standard_normals(const uint32_t counter[4], const uint32_t key[2], size_t count, float *out) {
    uint32_t words[4][BLOCKS_AT_ONCE];
    float normals[4][BLOCKS_AT_ONCE];
    for (size_t start = 0; start < count; start += 4 * BLOCKS_AT_ONCE) {
        for (uint32_t block = 0; block < BLOCKS_AT_ONCE; ++block) {
            const uint32_t at[4] = {
                counter[0] + (uint32_t)(start / 4) + block, counter[1], counter[2], counter[3]};
            uint32_t four[4];
            philox4x32_10(at, key, four);
            for (int element = 0; element < 4; ++element) words[element][block] = four[element];
        }
        for (int block = 0; block < BLOCKS_AT_ONCE; ++block) {
            normal_pair(words[0][block], words[1][block], &normals[0][block], &normals[1][block]);
            normal_pair(words[2][block], words[3][block], &normals[2][block], &normals[3][block]);
        }
        const size_t left = count - start < 4 * BLOCKS_AT_ONCE ? count - start : 4 * BLOCKS_AT_ONCE;
        for (size_t element = 0; element < left; ++element) out[start + element] = normals[element % 4][element / 4];
    }
}

void add_point_source(
    const struct point_spread *shape, float flux, float x, float y, size_t height, size_t width, float *image) {
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

void add_filtered(
    const float *image, size_t height, size_t width, const float down[3], const float across[3], float *restrict out) {
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

float portable_exp(float x) { return elementary_exp(x); }

float portable_log(float x) { return elementary_log(x); }

float portable_cosine_of_turns(float turns) {
    const float full = 6.28318531f;
    const float fraction = fabsf(turns - rintf(turns));
    if (fraction <= 0.125f) return elementary_cos(full * fraction);
    if (fraction < 0.375f) return elementary_sin(full * (0.25f - fraction));
    return -elementary_cos(full * (0.5f - fraction));
}
