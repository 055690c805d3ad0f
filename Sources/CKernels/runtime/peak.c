#include "peak.h"

#include "cpu.h"
#include "vectors.h"

#include <string.h>

// Independent dependency chains: as many as registers hold besides the two operands, and more than the latency of a
// multiply-add times the number of units, so that no unit waits for a result. Each chain starts from its own value, or
// the compiler would merge them.
#define PEAK(name, attribute, floats, chains) \
    attribute static float name(size_t rounds) { \
        typedef float vector __attribute__((vector_size(4 * floats))); \
        const float operands[2] = {0.999999f, 1e-6f}; \
        volatile const float *visible = operands; \
        const vector factor = visible[0] - (vector){0}; \
        const vector term = visible[1] - (vector){0}; \
        vector chain[chains]; \
        for (int i = 0; i < chains; ++i) chain[i] = (float)i - (vector){0}; \
        for (size_t round = 0; round < rounds; ++round) { \
            UNROLLED_FOR(i, chains) chain[i] = chain[i] * factor + term; \
        } \
        float sum = 0; \
        for (int i = 0; i < chains; ++i) \
            for (int j = 0; j < floats; ++j) sum += chain[i][j]; \
        return sum; \
    }

#if defined(__x86_64__) && defined(__linux__)
PEAK(avx512_rounds, __attribute__((target("avx512f"))), 16, 24)
PEAK(avx2_rounds, __attribute__((target("arch=x86-64-v3"))), 8, 12)
// SSE has sixteen registers and no fused multiply-add.
PEAK(plain_rounds, , 4, 12)

// The same choice that the dynamic loader makes for the kernels (FOR_EACH_CPU).
static const struct peak {
    const char *type;
    float (*rounds)(size_t rounds);
    size_t operations_per_round;
} peaks[] = {
    {"avx512", avx512_rounds, 2 * 16 * 24},
    {"avx2", avx2_rounds, 2 * 8 * 12},
    {"plain", plain_rounds, 2 * 4 * 12},
};

static const struct peak *own_peak(void) {
    const struct peak *peak = peaks;
    while (strcmp(peak->type, vector_kernel_type()) != 0) ++peak;
    return peak;
}

float peak_rounds(size_t rounds) { return own_peak()->rounds(rounds); }
size_t peak_operations_per_round(void) { return own_peak()->operations_per_round; }
#else
// NEON: 32 registers of four floats.
PEAK(plain_rounds, , 4, 24)

float peak_rounds(size_t rounds) { return plain_rounds(rounds); }
size_t peak_operations_per_round(void) { return 2 * 4 * 24; }
#endif

FOR_EACH_CPU
void stream_scaled(const float *from, size_t count, float *to) {
    for (size_t i = 0; i < count; ++i) to[i] = 0.5f * from[i];
}
