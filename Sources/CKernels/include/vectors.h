// What every kernel shares: the vector type and the way one body is compiled for several processors.
#ifndef CKERNELS_VECTORS_H
#define CKERNELS_VECTORS_H

#include <stddef.h>
#include <stdint.h>

// Sixteen floats: one AVX-512 register, two AVX2 registers, four NEON or SSE registers.
typedef float f32x16 __attribute__((vector_size(64)));
// The same at any address.
typedef float f32x16u __attribute__((vector_size(64), aligned(4)));

enum { VECTOR_FLOATS = 16 };

// One body, compiled for AVX-512, AVX2 + FMA and the plain instruction set; the loader picks. On other processors
// (arm64) the plain compilation already uses the machine's vectors.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_CPU __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

#define INLINE static inline __attribute__((always_inline))

#endif
