#include "normals.h"

// The same bits on every processor: no multiplication is fused with the addition behind it.
#pragma STDC FP_CONTRACT OFF

#include "elementary.h"
#include "philox.h"
#include <math.h>

enum { BLOCKS_AT_ONCE = 32 };

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

FOR_EACH_CPU void standard_normals(const uint32_t counter[4], const uint32_t key[2], size_t count, float *out) {
    uint32_t words[4][BLOCKS_AT_ONCE];
    float normals[4][BLOCKS_AT_ONCE];
    for (size_t start = 0; start < count; start += 4 * BLOCKS_AT_ONCE) {
        for (uint32_t block = 0; block < BLOCKS_AT_ONCE; ++block) {
            const uint32_t at[4] = {counter[0] + (uint32_t)(start / 4) + block, counter[1], counter[2], counter[3]};
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
