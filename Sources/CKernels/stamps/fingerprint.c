#include "fingerprint.h"

typedef uint64_t u64x8 __attribute__((vector_size(64)));

// Independent hash chains, to hide the latency of the multiplications. Pixel i goes to chain i mod 32.
enum { LANES = 8, VECTORS = 4, CHAINS = LANES * VECTORS };

// A bijective mixing step: the product spreads differences to higher bits, the shift to lower ones. With a factor below
// 2³² a 64-bit product takes two vector multiplications instead of three.
INLINE void mix_lanes(u64x8 *value) {
    *value *= UINT64_C(0x9E3779B1);
    *value ^= *value >> 32;
}

INLINE uint64_t mix(uint64_t value) {
    value *= UINT64_C(0x9E3779B97F4A7C15);
    return value ^ (value >> 32);
}

FOR_EACH_CPU uint64_t stamp_fingerprint(uint64_t number, const double *pixels, ptrdiff_t n) {
    u64x8 chains[VECTORS];
    for (int chain = 0; chain < CHAINS; ++chain) chains[chain / LANES][chain % LANES] = number + (uint64_t)chain;
    ptrdiff_t i = 0;
    for (; i + CHAINS <= n; i += CHAINS) {
        u64x8 bits[VECTORS];
        memcpy(bits, pixels + i, sizeof bits);
        for (int v = 0; v < VECTORS; ++v) {
            chains[v] ^= bits[v];
            mix_lanes(&chains[v]);
        }
    }
    u64x8 rest[VECTORS] = {{0}};
    memcpy(rest, pixels + i, (size_t)(n - i) * sizeof(double));
    u64x8 all = {0};
    for (int v = 0; v < VECTORS; ++v) {
        chains[v] ^= rest[v];
        mix_lanes(&chains[v]);
        all ^= chains[v];
        mix_lanes(&all);
    }
    uint64_t value = mix(number ^ mix((uint64_t)n));
    for (int lane = 0; lane < LANES; ++lane) value = mix(value ^ all[lane]);
    return value;
}
