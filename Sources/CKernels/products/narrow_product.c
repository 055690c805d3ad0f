#include "narrow_product.h"

// Each of eight inputs twice, to multiply with the interleaved weights of two outputs.
#define TWICE(x) __builtin_shufflevector(x, x, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7)

// Reduces the lanes of `v` by halves: to the sums of the even and of the odd lanes for two outputs, for one output to
// the sum of all lanes, in sum[0].
INLINE void reduce(const f32x16 *v, const int OUTPUTS, float sum[2]) {
    float lane[VECTOR_FLOATS];
    memcpy(lane, v, sizeof lane);
    for (int width = VECTOR_FLOATS / 2; width >= OUTPUTS; width /= 2)
        for (int i = 0; i < width; ++i) lane[i] += lane[i + width];
    sum[0] = lane[0];
    sum[1] = OUTPUTS == 2 ? lane[1] : lane[0];
}

INLINE void forward(const float *in, const float *weights, const float *bias, ptrdiff_t samples, ptrdiff_t length,
                    float *out, const int OUTPUTS) {
    const ptrdiff_t step = VECTOR_FLOATS / OUTPUTS;
    for (ptrdiff_t b = 0; b < samples; ++b, in += length, out += OUTPUTS) {
        f32x16 first = {0}, second = {0};
        ptrdiff_t k = 0;
        for (; k + 2 * step <= length; k += 2 * step) {
            const f32x16 w0 = *(const f32x16u *)(weights + k * OUTPUTS);
            const f32x16 w1 = *(const f32x16u *)(weights + k * OUTPUTS + VECTOR_FLOATS);
            if (OUTPUTS == 2) {
                const f32x8 x0 = *(const f32x8u *)(in + k), x1 = *(const f32x8u *)(in + k + 8);
                first += (f32x16)TWICE(x0) * w0;
                second += (f32x16)TWICE(x1) * w1;
            } else {
                first += *(const f32x16u *)(in + k) * w0;
                second += *(const f32x16u *)(in + k + VECTOR_FLOATS) * w1;
            }
        }
        first += second;
        float sum[2];
        reduce(&first, OUTPUTS, sum);
        // As vectors, compilers for arm64 would round these products before they are added.
#pragma clang loop vectorize(disable)
        for (; k < length; ++k)
            for (int n = 0; n < OUTPUTS; ++n) sum[n] += in[k] * weights[k * OUTPUTS + n];
        for (int n = 0; n < OUTPUTS; ++n) out[n] = sum[n] + (bias ? bias[n] : 0);
    }
}

FOR_EACH_CPU
void narrow_product(const float *in, const float *weights, const float *bias, ptrdiff_t samples, ptrdiff_t length,
                    ptrdiff_t outputs, float *out) {
    if (outputs == 2) forward(in, weights, bias, samples, length, out, 2);
    else forward(in, weights, bias, samples, length, out, 1);
}

FOR_EACH_CPU
void narrow_product_input_gradient(const float *out_gradient, const float *weights, ptrdiff_t samples, ptrdiff_t length,
                                   ptrdiff_t outputs, float *in_gradient) {
    for (ptrdiff_t b = 0; b < samples; ++b, in_gradient += length) {
        if (outputs == 1) {
            const float d = out_gradient[b];
            for (ptrdiff_t k = 0; k < length; ++k) in_gradient[k] = d * weights[k];
        } else {
            const float d0 = out_gradient[2 * b], d1 = out_gradient[2 * b + 1];
            for (ptrdiff_t k = 0; k < length; ++k) in_gradient[k] = d0 * weights[2 * k] + d1 * weights[2 * k + 1];
        }
    }
}

INLINE void weight_gradient(const float *in, const float *out_gradient, ptrdiff_t samples, ptrdiff_t length,
                            float *gradient, const int OUTPUTS) {
    const ptrdiff_t step = VECTOR_FLOATS / OUTPUTS;
    ptrdiff_t k = 0;
    for (; k + 2 * step <= length; k += 2 * step) {
        f32x16 first = {0}, second = {0};
        for (ptrdiff_t b = 0; b < samples; ++b) {
            const float *x = in + b * length + k, d0 = out_gradient[b * OUTPUTS];
            if (OUTPUTS == 2) {
                const float d1 = out_gradient[b * OUTPUTS + 1];
                const f32x16 d = {d0, d1, d0, d1, d0, d1, d0, d1, d0, d1, d0, d1, d0, d1, d0, d1};
                const f32x8 x0 = *(const f32x8u *)x, x1 = *(const f32x8u *)(x + 8);
                first += (f32x16)TWICE(x0) * d;
                second += (f32x16)TWICE(x1) * d;
            } else {
                first += *(const f32x16u *)x * d0;
                second += *(const f32x16u *)(x + VECTOR_FLOATS) * d0;
            }
        }
        *(f32x16u *)(gradient + k * OUTPUTS) = first;
        *(f32x16u *)(gradient + k * OUTPUTS + VECTOR_FLOATS) = second;
    }
    for (; k < length; ++k)
        for (int n = 0; n < OUTPUTS; ++n) {
            float sum = 0;
            for (ptrdiff_t b = 0; b < samples; ++b) sum += in[b * length + k] * out_gradient[b * OUTPUTS + n];
            gradient[k * OUTPUTS + n] = sum;
        }
}

FOR_EACH_CPU
void narrow_product_weight_gradient(const float *in, const float *out_gradient, ptrdiff_t samples, ptrdiff_t length,
                                    ptrdiff_t outputs, float *gradient) {
    if (outputs == 2) weight_gradient(in, out_gradient, samples, length, gradient, 2);
    else weight_gradient(in, out_gradient, samples, length, gradient, 1);
}
