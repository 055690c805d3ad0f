// Counter-based random numbers: Philox4x32-10.
//
// Source: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), table 2 and section 5.3.
#ifndef CKERNELS_PHILOX_H
#define CKERNELS_PHILOX_H

#include "vectors.h"

/// Sets out[0 ..< 4] to the block of four 32-bit random numbers of a counter and a key.
static inline void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; ++round) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c0 = n0;
        c1 = (uint32_t)p1;
        c2 = n2;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

#endif
