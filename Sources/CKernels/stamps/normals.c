#include "normals.h"
#include "elementary.h"
#include "philox.h"
#include <math.h>

enum { BLOCKS_AT_ONCE = 32 };

// Box and Muller's transform of two random words: the first gives the radius, the second the angle.
INLINE void normal_pair(uint32_t radius_word, uint32_t angle_word, float *first, float *second) {
    // Exact, and in (0, 1): the logarithm is finite.
    const float uniform = ((float)(int32_t)(radius_word >> 9) + 0.5f) * 0x1p-23f;
    const float radius = sqrtf(-2 * elementary_log(uniform));
    // The low 30 bits give an angle within one quadrant, from −π/4 to π/4; the top two bits select the quadrant.
    const float quarters = (float)(int32_t)((angle_word & 0x3fffffffu) >> 6) * 0x1p-24f - 0.5f;
    const float x = elementary_cos(quarters * 1.57079633f), y = elementary_sin(quarters * 1.57079633f);
    const int32_t odd = -(int32_t)(angle_word >> 30 & 1);
    const int32_t sign = (int32_t)(angle_word & 0x80000000u);
    const int32_t x_bits = bits_of_float(x), minus_y_bits = bits_of_float(-y);
    // Bit 30 rotates (x, y) by a quarter turn to (−y, x), the top bit by half a turn.
    const float rotated_x = float_of_bits(((x_bits & ~odd) | (minus_y_bits & odd)) ^ sign);
    const float rotated_y = float_of_bits(((bits_of_float(y) & ~odd) | (x_bits & odd)) ^ sign);
    *first = radius * rotated_x;
    *second = radius * rotated_y;
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
