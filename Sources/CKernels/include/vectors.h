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

// Loads the first min(count, 16) lanes; the other lanes keep their values.
INLINE void load_partial(const float *from, ptrdiff_t count, f32x16 *value) {
    if (count >= VECTOR_FLOATS) {
        *value = *(const f32x16u *)from;
    } else {
        // memcpy into a copy, so that `value` itself can stay in a register.
        f32x16 lanes = *value;
        memcpy(&lanes, from, (size_t)count * sizeof(float));
        *value = lanes;
    }
}

// Stores the first min(count, 16) lanes.
INLINE void store_partial(const f32x16 *value, ptrdiff_t count, float *to) {
    if (count >= VECTOR_FLOATS) {
        *(f32x16u *)to = *value;
    } else {
        const f32x16 lanes = *value;
        memcpy(to, &lanes, (size_t)count * sizeof(float));
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
