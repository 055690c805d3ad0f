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

typedef uint64_t u64x8 __attribute__((vector_size(64)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));

// Eight Philox4x32-10 blocks, whose numbers are the lanes of `block`; philox.h has the scalar form. A word is the lower
// half of a lane of 64 bits, which is what products read; what is left above it is of no account.
//
// Of a block's counter the first word alone differs from lane to lane: half of the first two rounds is scalar.
INLINE void philox8(const u64x8 *block, uint32_t sample, uint32_t step, uint32_t purpose, uint64_t seed, u64x8 out[4]) {
    const uint64_t m0 = 0xD2511F53u, m1 = 0xCD9E8D57u, low = 0xFFFFFFFFu;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    const u64x8 first = (*block & low) * m0;
    const uint64_t first_scalar = m1 * step;
    u64x8 c2 = (first >> 32) ^ (uint64_t)(purpose ^ k1), c3 = first;
    const uint32_t s0 = (uint32_t)(first_scalar >> 32) ^ sample ^ k0, s1 = (uint32_t)first_scalar;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
    const u64x8 second = (c2 & low) * m1;
    const uint64_t second_scalar = m0 * s0;
    u64x8 c0 = (second >> 32) ^ (uint64_t)(s1 ^ k0), c1 = second;
    c2 = c3 ^ (uint64_t)((uint32_t)(second_scalar >> 32) ^ k1);
    c3 = (u64x8){0} + (uint64_t)(uint32_t)second_scalar;
    UNROLLED_RANGE(round, 2, 10) {
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
        const u64x8 p0 = (c0 & low) * m0, p1 = (c2 & low) * m1;
        c0 = (p1 >> 32) ^ c1 ^ (uint64_t)k0;
        c1 = p1;
        c2 = (p0 >> 32) ^ c3 ^ (uint64_t)k1;
        c3 = p0;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

// Sixteen successive blocks, from the even and the odd ones.
INLINE void philox16(uint32_t block, uint32_t sample, uint32_t step, uint32_t purpose, uint64_t seed, u32x16 out[4]) {
    const u64x8 lane = {0, 2, 4, 6, 8, 10, 12, 14}, even = lane + block, odd = even + 1;
    u64x8 evens[4], odds[4];
    philox8(&even, sample, step, purpose, seed, evens);
    philox8(&odd, sample, step, purpose, seed, odds);
    UNROLLED_FOR(w, 4) out[w] = (u32x16)((evens[w] & 0xFFFFFFFFu) | (odds[w] << 32));
}

// Sixteen values, of which the first `lanes` exist: y = x·scale and keep = 1 where the word is large enough, else 0.
INLINE void drop(const float *x, const u32x16 *word, int32_t threshold, float scale, ptrdiff_t lanes, float *y,
                 uint8_t *keep) {
    const i32x16 kept = (i32x16)(*word >> 8) >= threshold;
    f32x16 value = {0};
    load_partial(x, lanes, &value);
    value = (f32x16)((i32x16)(value * scale) & kept);
    store_partial(&value, lanes, y);
    const u8x16 flags = __builtin_convertvector(kept & 1, u8x16);
    memcpy(keep, &flags, (size_t)lanes);
}

FOR_EACH_CPU
void dropout(const float *x, ptrdiff_t count, float rate, uint64_t seed, uint32_t sample, uint32_t step,
             uint32_t purpose, float *y, uint8_t *keep) {
    // u ≥ rate with u = word / 2²⁴ is word ≥ ⌈rate·2²⁴⌉.
    const double scaled = (double)rate * 16777216.0;
    const int32_t threshold = (int32_t)scaled + ((double)(int32_t)scaled < scaled);
    const float scale = 1.0f / (1.0f - rate);
    u32x16 words[4];
    ptrdiff_t i = 0;
    for (; i + 64 <= count; i += 64) {
        philox16((uint32_t)(i / 64 * 16), sample, step, purpose, seed, words);
        UNROLLED_FOR(w, 4) drop(x + i + w * 16, &words[w], threshold, scale, 16, y + i + w * 16, keep + i + w * 16);
    }
    if (i < count) philox16((uint32_t)(i / 64 * 16), sample, step, purpose, seed, words);
    for (int w = 0; i < count; ++w, i += 16)
        drop(x + i, &words[w], threshold, scale, count - i < 16 ? count - i : 16, y + i, keep + i);
}

FOR_EACH_CPU
void dropout_backward(const float *dy, const uint8_t *keep, ptrdiff_t count, float rate, float *dx) {
    const float scale = 1.0f / (1.0f - rate);
    for (ptrdiff_t i = 0; i < count; ++i) dx[i] = keep[i] ? dy[i] * scale : 0;
}
