#define _GNU_SOURCE
#include "cpu.h"

#if defined(__linux__)
#include <sched.h>
#endif
#include <string.h>
#include <unistd.h>

const char *vector_kernel_type(void) {
#if defined(__x86_64__) && defined(__linux__)
    if (__builtin_cpu_supports("avx512f")) return "avx512";
    if (__builtin_cpu_supports("x86-64-v3")) return "avx2";
#elif defined(__aarch64__)
    return "neon";
#endif
    return "plain";
}

int has_fused_multiply_add(void) { return strcmp(vector_kernel_type(), "plain") != 0; }

int available_processors(void) {
#if defined(__linux__)
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0) return CPU_COUNT(&mask) > 0 ? CPU_COUNT(&mask) : 1;
#endif
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (int)count : 1;
}
