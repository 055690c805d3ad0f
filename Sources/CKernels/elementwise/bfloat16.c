#include "bfloat16.h"

INLINE float rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    // Round to nearest, ties to even: add just under half a unit in the last kept place, and one more if that place is
    // odd. The carry may reach the exponent, which rounds to the next power of two or to infinity.
    const uint32_t nearest = bits + 0x7fff + (bits >> 16 & 1);
    // The carry of a number cannot reach the sign. A NaN is made quiet instead, lest truncation make it an infinity.
    const uint32_t result = ((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x00400000 : nearest) & 0xffff0000;
    memcpy(&x, &result, sizeof x);
    return x;
}

FOR_EACH_CPU void round_to_bfloat16(float *x, size_t n) {
    for (size_t i = 0; i < n; ++i) x[i] = rounded(x[i]);
}

FOR_EACH_CPU void add_rounded_into(float *restrict y, const float *restrict x, size_t n) {
    for (size_t i = 0; i < n; ++i) y[i] = rounded(y[i] + x[i]);
}

FOR_EACH_CPU void pack_bfloat16(uint16_t *restrict y, const float *restrict x, size_t n) {
    const char *const bytes = (const char *)x;
    for (size_t i = 0; i < n; ++i) {
        uint32_t bits;
        memcpy(&bits, bytes + i * sizeof bits, sizeof bits);
        y[i] = (uint16_t)(bits >> 16);
    }
}

FOR_EACH_CPU void unpack_bfloat16(float *restrict y, const uint16_t *restrict x, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        const uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(y + i, &bits, sizeof bits);
    }
}
