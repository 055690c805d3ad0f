// The processor: which version of the kernels runs, and how many processors there are.
#ifndef CKERNELS_CPU_H
#define CKERNELS_CPU_H

/// The version of the kernels that runs here: "avx512", "avx2", "neon" or "plain". All but "plain" give the same bits.
const char *vector_kernel_type(void);

/// Whether the kernels that run here have fused multiply-add, which the bits of results are defined by: all but
/// "plain".
int has_fused_multiply_add(void);

/// The processors that this process may run on: the size of its affinity mask, at least 1.
int available_processors(void);

#endif
