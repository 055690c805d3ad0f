// Elementary functions in single precision, made of additions, multiplications, divisions and bit operations only.
//
// Those of the C library differ in the last bit between versions and processors; simulated stamps must not. There are
// no branches, so that loops over these functions are vectorised.
#ifndef CKERNELS_ELEMENTARY_H
#define CKERNELS_ELEMENTARY_H

#include "vectors.h"
#include <string.h>

// The same bits on every processor: multiplications and additions are not fused, neither here nor in what follows.
#pragma STDC FP_CONTRACT OFF

INLINE float float_of_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE int32_t bits_of_float(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// exp(x) for -87 <= x <= 88, which x is clamped to: 2^n · exp(r) with |r| <= ln 2 / 2, and Taylor's series for exp(r)
// (first omitted term: 5e-9).
INLINE float elementary_exp(float x) {
    const float nearest = 12582912.0f;  // 1.5 · 2^23: adding it leaves no fraction bits
    x = x < -87.0f ? -87.0f : x;
    x = x > 88.0f ? 88.0f : x;
    const float n = (x * 1.44269504f + nearest) - nearest;
    // ln 2 in two parts, the first with few enough bits that n · part is exact.
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    const float high = 1 / 24.0f + r * (1 / 120.0f + r * (1 / 720.0f + r / 5040));
    const float series = 1 + r * (1 + r * (1 / 2.0f + r * (1 / 6.0f + r * high)));
    return series * float_of_bits(((int32_t)n + 127) << 23);
}

// ln(x) for a positive normal x: e · ln 2 + ln(m) with m in [√½, √2), and ln(m) = 2 artanh((m - 1) / (m + 1))
// (first omitted term: 8e-10).
INLINE float elementary_log(float x) {
    const int32_t root_half = 0x3f3504f3;
    const int32_t exponent = (bits_of_float(x) - root_half) >> 23;
    const float m = float_of_bits(bits_of_float(x) - exponent * (1 << 23));
    const float s = (m - 1) / (m + 1), square = s * s;
    const float series = 1 + square * (1 / 3.0f + square * (1 / 5.0f + square * (1 / 7.0f + square / 9)));
    return (float)exponent * 0.693147181f + 2 * s * series;
}

// sin(x) and cos(x) for |x| <= π/4 by Taylor's series (first omitted terms: 2e-9 and 3e-10).
INLINE float elementary_sin(float x) {
    const float q = x * x;
    return x * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))));
}

INLINE float elementary_cos(float x) {
    const float q = x * x;
    return 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56 * (1 - q / 90))));
}

#endif
