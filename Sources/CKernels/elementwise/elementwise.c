#include "elementwise.h"

// Explicit vectors: operands may alias, which keeps the compiler from vectorising the plain loops.

FOR_EACH_CPU
void relu(const float *x, ptrdiff_t count, float *y) {
    f32x16 value = {0};
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        load_partial(x + i, count - i, &value);
        rectify(&value);
        store_partial(&value, count - i, y + i);
    }
}

FOR_EACH_CPU
void relu_backward(const float *y, const float *dy, ptrdiff_t count, float *dx) {
    f32x16 output = {0}, gradient = {0};
    for (ptrdiff_t i = 0; i < count; i += VECTOR_FLOATS) {
        load_partial(y + i, count - i, &output);
        load_partial(dy + i, count - i, &gradient);
        gradient = (f32x16)((i32x16)gradient & (output > 0));
        store_partial(&gradient, count - i, dx + i);
    }
}

FOR_EACH_CPU
void add_pair(const float *a, const float *b, ptrdiff_t count, int rectify, float *y) {
    if (rectify) {
        for (ptrdiff_t i = 0; i < count; ++i) y[i] = a[i] + b[i] < 0 ? 0 : a[i] + b[i];
    } else {
        for (ptrdiff_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
    }
}

FOR_EACH_CPU
void add_to_rows(const float *row, ptrdiff_t rows, ptrdiff_t channels, int rectify_sums, float *y) {
    for (ptrdiff_t r = 0; r < rows; ++r, y += channels)
        for (ptrdiff_t c = 0; c < channels; c += VECTOR_FLOATS) {
            f32x16 value = {0}, addend = {0};
            load_partial(y + c, channels - c, &value);
            load_partial(row + c, channels - c, &addend);
            value += addend;
            if (rectify_sums) rectify(&value);
            store_partial(&value, channels - c, y + c);
        }
}

void copy_columns(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t from_step, ptrdiff_t to_step,
                  float *to) {
    for (ptrdiff_t r = 0; r < rows; ++r, from += from_step, to += to_step)
        memcpy(to, from, (size_t)columns * sizeof(float));
}

typedef uint64_t u64x16 __attribute__((vector_size(128)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));

// The high and the low 32 bits of a·b.
#define MULTIPLY(a, b, high, low) \
    do { \
        const u64x16 wide = __builtin_convertvector(b, u64x16) * (uint64_t)(a); \
        high = __builtin_convertvector(wide >> 32, u32x16); \
        low = __builtin_convertvector(wide, u32x16); \
    } while (0)

// Sixteen successive Philox4x32-10 blocks; philox.h has the scalar form.
INLINE void philox16(uint32_t block, uint32_t sample, uint32_t step, uint32_t purpose, uint64_t seed, u32x16 out[4]) {
    const u32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, zero = {0};
    u32x16 c0 = lane + block, c1 = zero + sample, c2 = zero + step, c3 = zero + purpose;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; ++round) {
        u32x16 h0, l0, h1, l1;
        MULTIPLY(0xD2511F53u, c0, h0, l0);
        MULTIPLY(0xCD9E8D57u, c2, h1, l1);
        c0 = h1 ^ c1 ^ k0;
        c1 = l1;
        c2 = h0 ^ c3 ^ k1;
        c3 = l0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

FOR_EACH_CPU
void dropout(const float *x, ptrdiff_t count, float rate, uint64_t seed, uint32_t sample, uint32_t step,
             uint32_t purpose, float *y, uint8_t *keep) {
    // u ≥ rate with u = word / 2²⁴ is word ≥ ⌈rate·2²⁴⌉.
    const double scaled = (double)rate * 16777216.0;
    const uint32_t threshold = (uint32_t)scaled + ((double)(uint32_t)scaled < scaled);
    const float scale = 1.0f / (1.0f - rate);
    for (ptrdiff_t start = 0; start < count; start += 64) {
        u32x16 words[4];
        philox16((uint32_t)(start / 64 * 16), sample, step, purpose, seed, words);
        for (int w = 0; w < 4 && start + w * 16 < count; ++w) {
            const ptrdiff_t i = start + w * 16, remaining = count - i;
            const i32x16 kept = (i32x16)(words[w] >> 8 >= (u32x16){0} + threshold);
            f32x16 value = {0};
            load_partial(x + i, remaining, &value);
            value = (f32x16)((i32x16)(value * scale) & kept);
            store_partial(&value, remaining, y + i);
            const u8x16 flags = __builtin_convertvector(kept & 1, u8x16);
            memcpy(keep + i, &flags, (size_t)(remaining < 16 ? remaining : 16));
        }
    }
}

FOR_EACH_CPU
void dropout_backward(const float *dy, const uint8_t *keep, ptrdiff_t count, float rate, float *dx) {
    const float scale = 1.0f / (1.0f - rate);
    for (ptrdiff_t i = 0; i < count; ++i) dx[i] = keep[i] ? dy[i] * scale : 0;
}
