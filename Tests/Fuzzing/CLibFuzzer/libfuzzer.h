// libFuzzer as a library (https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library").
#ifndef LIBFUZZER_H
#define LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

// Runs libFuzzer with these arguments; `test` is called with each input and returns 0.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *bytes, size_t count));

// A file without a name, in memory: memfd_create(2), which Swift does not see.
int memfd_create(const char *name, unsigned flags);
static inline int memory_file(void) { return memfd_create("fuzz", 1 /* MFD_CLOEXEC */); }

#endif
