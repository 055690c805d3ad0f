// What every kernel shares: the vector type, and how one function body is compiled for several processors and sizes.
// README.md of this target explains both.
#ifndef CKERNELS_VECTORS_H
#define CKERNELS_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Sixteen floats: one AVX-512 register, two AVX2 registers, four NEON or SSE registers.
typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
// The same at any address that is a multiple of four.
typedef float f32x16u __attribute__((vector_size(64), aligned(4)));

// Half of one.
typedef float f32x8 __attribute__((vector_size(32)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef float f32x8u __attribute__((vector_size(32), aligned(4)));

// A quarter of one.
typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x4u __attribute__((vector_size(16), aligned(4)));

enum { VECTOR_FLOATS = 16, HALF_FLOATS = VECTOR_FLOATS / 2 };

// Function multi-versioning: the body is compiled for AVX-512, for AVX2 with FMA and for the baseline instruction set,
// and the dynamic loader picks one. On other processors (arm64) the baseline already has the machine's vectors.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IS_THREAD_SANITIZED
#endif
#endif
#if defined(IS_THREAD_SANITIZED) && defined(__x86_64__)
// The loader would choose before ThreadSanitizer is initialised.
#define FOR_EACH_CPU __attribute__((target("arch=x86-64-v3")))
#elif defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_CPU __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

// A template: each FOR_EACH_CPU function that calls it gets a copy for its own processor. Parameters in capitals are
// template parameters; every call passes constants for them, and the branches and loops over them vanish.
#define INLINE static inline __attribute__((always_inline))

// Fully unrolled `for` loops over 0 ≤ i < count, or start ≤ i < end, with constant bounds: arrays that are indexed by i
// then stay in registers.
#define UNROLLED_FOR(i, count) UNROLLED_RANGE(i, 0, count)
#define UNROLLED_RANGE(i, start, end) _Pragma("clang loop unroll(full)") for (int i = (start); i < (end); ++i)

// The same number in all lanes: a broadcasting load. (0 + x would be an addition, since −0 is not 0 + −0.)
#define ALL_LANES(x) ((f32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x})

// Vectors are passed to inlined functions by address: by value, their calling convention would depend on the processor.

// Fewer lanes than a vector's are moved in pieces of eight, four, two and one, which stay in registers: a `memcpy` of
// so many bytes would be a call, and wait for what it has stored.

// Loads the first `count` < 4 lanes and sets the others to 0.
INLINE void load_below_4(const float *from, ptrdiff_t count, f32x4 *value) {
    switch (count) {
        case 0: *value = (f32x4){0}; break;
        case 1: *value = (f32x4){from[0]}; break;
        case 2: *value = (f32x4){from[0], from[1]}; break;
        default: *value = (f32x4){from[0], from[1], from[2]};
    }
}

INLINE void store_below_4(const f32x4 *value, ptrdiff_t count, float *to) {
    if (count > 0) to[0] = (*value)[0];
    if (count > 1) to[1] = (*value)[1];
    if (count > 2) to[2] = (*value)[2];
}

// Loads the first min(count, 8) lanes and sets the others to 0.
INLINE void load_half(const float *from, ptrdiff_t count, f32x8 *value) {
    if (count >= HALF_FLOATS) {
        *value = *(const f32x8u *)from;
        return;
    }
    f32x4 low, high = {0};
    if (count < 4) {
        load_below_4(from, count, &low);
    } else {
        low = *(const f32x4u *)from;
        load_below_4(from + 4, count - 4, &high);
    }
    *value = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
}

// Stores the first min(count, 8) lanes.
INLINE void store_half(const f32x8 *value, ptrdiff_t count, float *to) {
    if (count >= HALF_FLOATS) {
        *(f32x8u *)to = *value;
        return;
    }
    const f32x4 low = __builtin_shufflevector(*value, *value, 0, 1, 2, 3);
    const f32x4 high = __builtin_shufflevector(*value, *value, 4, 5, 6, 7);
    if (count < 4) {
        store_below_4(&low, count, to);
    } else {
        *(f32x4u *)to = low;
        store_below_4(&high, count - 4, to + 4);
    }
}

// Loads the first min(count, 16) lanes and sets the others to 0.
INLINE void load_partial(const float *from, ptrdiff_t count, f32x16 *value) {
    if (count >= VECTOR_FLOATS) {
        *value = *(const f32x16u *)from;
        return;
    }
    f32x8 low, high = {0};
    load_half(from, count, &low);
    if (count > HALF_FLOATS) load_half(from + HALF_FLOATS, count - HALF_FLOATS, &high);
    *value = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// Stores the first min(count, 16) lanes.
INLINE void store_partial(const f32x16 *value, ptrdiff_t count, float *to) {
    if (count >= VECTOR_FLOATS) {
        *(f32x16u *)to = *value;
        return;
    }
    const f32x8 low = __builtin_shufflevector(*value, *value, 0, 1, 2, 3, 4, 5, 6, 7);
    store_half(&low, count, to);
    if (count > HALF_FLOATS) {
        const f32x8 high = __builtin_shufflevector(*value, *value, 8, 9, 10, 11, 12, 13, 14, 15);
        store_half(&high, count - HALF_FLOATS, to + HALF_FLOATS);
    }
}

// The first channel to read for the block of 16 channels that starts at `c`. With more than 16 channels in all, the
// last block is a full vector too: it starts earlier and overlaps the block before it.
INLINE ptrdiff_t block_first(ptrdiff_t c, ptrdiff_t channels) {
    return c + VECTOR_FLOATS > channels && channels > VECTOR_FLOATS ? channels - VECTOR_FLOATS : c;
}

// x = max(x, 0). NaN stays NaN, so that a diverged run shows.
INLINE void rectify(f32x16 *x) { *x = (f32x16)((i32x16)*x & ~(*x < 0)); }
INLINE void rectify_half(f32x8 *x) { *x = (f32x8)((i32x8)*x & ~(*x < 0)); }

#endif
