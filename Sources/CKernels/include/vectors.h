// What every kernel shares: the vector type and the way one body is compiled for several processors.
#ifndef CKERNELS_VECTORS_H
#define CKERNELS_VECTORS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Sixteen floats: one AVX-512 register, two AVX2 registers, four NEON or SSE registers.
typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
// The same at any address.
typedef float f32x16u __attribute__((vector_size(64), aligned(4)));

enum { VECTOR_FLOATS = 16 };

// One body, compiled for AVX-512, AVX2 + FMA and the plain instruction set; the loader picks. On other processors
// (arm64) the plain compilation already uses the machine's vectors.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IS_THREAD_SANITIZED
#endif
#endif
#if defined(IS_THREAD_SANITIZED) && defined(__x86_64__)
// The choice is made before ThreadSanitizer is ready to see it.
#define FOR_EACH_CPU __attribute__((target("arch=x86-64-v3")))
#elif defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_CPU __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

#define INLINE static inline __attribute__((always_inline))

// The same number in all lanes: a load that broadcasts. (0 + x would be an addition, since −0 is not 0 + −0.)
#define ALL_LANES(x) ((f32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x})

// Vectors go by address between inlined functions: by value their calling convention would depend on the processor.

// The first `channels` floats from memory; the other lanes stay as they are.
INLINE void load_some(const float *from, ptrdiff_t channels, f32x16 *value) {
    if (channels >= VECTOR_FLOATS) {
        *value = *(const f32x16u *)from;
    } else {
        // A copy, for what memcpy writes to lies in memory: `value` itself stays in a register.
        f32x16 some = *value;
        memcpy(&some, from, (size_t)channels * sizeof(float));
        *value = some;
    }
}

// The first `channels` floats to memory.
INLINE void store_some(const f32x16 *value, ptrdiff_t channels, float *to) {
    if (channels >= VECTOR_FLOATS) {
        *(f32x16u *)to = *value;
    } else {
        const f32x16 some = *value;
        memcpy(to, &some, (size_t)channels * sizeof(float));
    }
}

// Where the block of channels that begins with channel `c` is read: with more than 16 channels the last block is a
// whole vector too, which reaches back into the block before it.
INLINE ptrdiff_t block_first(ptrdiff_t c, ptrdiff_t channels) {
    return c + VECTOR_FLOATS > channels && channels > VECTOR_FLOATS ? channels - VECTOR_FLOATS : c;
}

// max(x, 0); not-a-number stays what it is, so that a diverged run shows.
INLINE void rectify(f32x16 *x) { *x = (f32x16)((i32x16)*x & ~(*x < 0)); }

#endif
