// The processor: which of a kernel's compilations it runs, and how many there are.
#ifndef CKERNELS_CPU_H
#define CKERNELS_CPU_H

// "avx512", "avx2" or "plain": each sums in its own order.
const char *vector_kernel_type(void);

// Processors that this process may run on: the size of its affinity mask, at least 1.
int available_processors(void);

#endif
