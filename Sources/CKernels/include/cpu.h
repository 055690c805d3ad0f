// The processor: which version of the kernels runs, and how many processors there are.
#ifndef CKERNELS_CPU_H
#define CKERNELS_CPU_H

/// The version of the kernels that runs here: "avx512", "avx2" or "plain". Their results may differ in the last bits.
const char *vector_kernel_type(void);

/// The processors that this process may run on: the size of its affinity mask, at least 1.
int available_processors(void);

#endif
