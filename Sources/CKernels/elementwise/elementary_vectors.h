// Elementary functions of sixteen floats at once, made of additions, multiplications, divisions and bit operations.
//
// Those of the C library take one float at a time, and differ in the last bit between versions and processors. A
// product and a sum are rounded one after another here, also in the rest of a file that includes this one, and there
// are no branches: every processor gives the same bits. Errors are given in units in the last place (ulp) of the
// result; NaN stays NaN. Each function replaces its argument.
#ifndef CKERNELS_ELEMENTARY_VECTORS_H
#define CKERNELS_ELEMENTARY_VECTORS_H

#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

// a where the comparison `mask` holds, else b.
#define SELECT(mask, a, b) ((f32x16)(((mask) & (i32x16)(a)) | (~(mask) & (i32x16)(b))))

// |x|, and |x| with the sign of `sign`.
#define MAGNITUDE(x) ((f32x16)((i32x16)(x)&0x7fffffff))
#define WITH_SIGN_OF(sign, x) ((f32x16)(((i32x16)(sign)&INT32_MIN) | ((i32x16)(x)&0x7fffffff)))

// min(max(x, low), high), NaN for NaN.
INLINE void clamp(f32x16 *x, float low, float high) {
    *x = SELECT(*x < low, ALL_LANES(low), *x);
    *x = SELECT(*x > high, ALL_LANES(high), *x);
}

// exp(r) − 1 and n of exp(x) = 2ⁿ·exp(r) with |r| ≤ ln 2 / 2, for |x| < 200. Coefficients: S. Moshier, Cephes, expf.
INLINE void reduced_exp(const f32x16 *x, f32x16 *series, i32x16 *n) {
    const float nearest = 12582912.0f;  // 1.5 · 2²³: adding it leaves no fraction bits
    const f32x16 shifted = *x * 1.44269504f + nearest, whole = shifted - nearest;
    *n = (i32x16)((u32x16)shifted - 0x4b400000u);
    // ln 2 in two parts, the first with few enough bits that whole · part is exact.
    const f32x16 r = (*x - whole * 0.693359375f) + whole * 2.12194440e-4f;
    f32x16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    *series = (p * r) * r + r;
}

// 2ⁿ for −126 ≤ n ≤ 127.
#define POWER_OF_TWO(n) ((f32x16)((u32x16)((n) + 127) << 23))

// exp(x): 2 ulp, with subnormal results, 0 and ∞ where the exact function is rounded to them.
INLINE void vector_exp(f32x16 *x) {
    f32x16 series;
    i32x16 n;
    clamp(x, -104.0f, 89.0f);
    reduced_exp(x, &series, &n);
    // In two factors, since 2ⁿ itself may be no normal number.
    const i32x16 half = n >> 1, rest = n - half;
    *x = ((series + 1.0f) * POWER_OF_TWO(half)) * POWER_OF_TWO(rest);
}

// The same for −87 ≤ x ≤ 88, or NaN, where 2ⁿ is a normal number.
INLINE void moderate_exp(f32x16 *x) {
    f32x16 series;
    i32x16 n;
    reduced_exp(x, &series, &n);
    *x = (series + 1.0f) * POWER_OF_TWO(n);
}

// exp(x) − 1 for −18 ≤ x ≤ 88, or NaN: 3 ulp.
INLINE void moderate_expm1(f32x16 *x) {
    f32x16 series;
    i32x16 n;
    reduced_exp(x, &series, &n);
    const f32x16 half_power = POWER_OF_TWO(n - 1);
    *x = SELECT(n == 0, series, 2.0f * (series * half_power + (half_power - 0.5f)));
}

// exp(x) − 1: 3 ulp.
INLINE void vector_expm1(f32x16 *x) {
    clamp(x, -18.0f, 89.0f);
    moderate_expm1(x);
}

// ln(1 + x) for 0 ≤ x ≤ 1, as 2 artanh(s) with s = x / (2 + x) (first omitted term: s²⁰/21 < 2e-11): 3 ulp.
INLINE void vector_log1p(f32x16 *x) {
    const f32x16 s = *x / (*x + 2.0f), square = s * s;
    f32x16 series = square * (1 / 19.0f) + 1 / 17.0f;
    series = series * square + 1 / 15.0f;
    series = series * square + 1 / 13.0f;
    series = series * square + 1 / 11.0f;
    series = series * square + 1 / 9.0f;
    series = series * square + 1 / 7.0f;
    series = series * square + 1 / 5.0f;
    series = series * square + 1 / 3.0f;
    *x = 2.0f * s + (2.0f * s) * (series * square);
}

// 1 / (1 + exp(−x)) without overflow: 3 ulp.
INLINE void vector_logistic(f32x16 *x) {
    f32x16 power = -MAGNITUDE(*x);
    vector_exp(&power);
    *x = SELECT(*x < 0.0f, power, ALL_LANES(1.0f)) / (1.0f + power);
}

// tanh(x) = (exp(2|x|) − 1) / (exp(2|x|) + 1) with the sign of x: 3 ulp.
INLINE void vector_tanh(f32x16 *x) {
    f32x16 power = 2.0f * MAGNITUDE(*x);
    power = SELECT(power > 20.0f, ALL_LANES(20.0f), power);
    moderate_expm1(&power);
    power = power / (power + 2.0f);
    *x = WITH_SIGN_OF(*x, power);
}

// erf(x): 3 ulp. A polynomial for small x, 1 − exp(polynomial) for others; coefficients: N. Juffa.
INLINE void vector_erf(f32x16 *x) {
    f32x16 t = MAGNITUDE(*x);
    t = SELECT(t > 4.0f, ALL_LANES(4.0f), t);
    const f32x16 square = t * t;
    f32x16 small = square * -5.96761703e-4f + 4.99119423e-3f;
    small = small * square - 2.67681349e-2f;
    small = small * square + 1.12819925e-1f;
    small = small * square - 3.76125336e-1f;
    small = small * square + 1.28379166e-1f;
    small = small * t + t;
    f32x16 large = (t * -1.72853470e-5f + 3.83197126e-4f) * square + (t * -3.88396438e-3f + 2.42546219e-2f);
    large = large * t - 1.06777877e-1f;
    large = large * t - 6.34846687e-1f;
    large = large * t - 1.28717512e-1f;
    large = large * t - t;
    moderate_exp(&large);
    large = SELECT(t > 0.927734375f, 1.0f - large, small);
    *x = WITH_SIGN_OF(*x, large);
}

#endif
