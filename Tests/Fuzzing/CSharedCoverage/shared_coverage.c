#define _GNU_SOURCE
#include "shared_coverage.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char variable[] = "FUZZING_COVERAGE";

// The counters of this program's instrumented code (-fsanitize-coverage=inline-8bit-counters), as the linker bounds
// them.
extern uint8_t counters_start[] __asm__("__start___sancov_cntrs");
extern uint8_t counters_end[] __asm__("__stop___sancov_cntrs");

static uint8_t *shared;

static size_t count(void) { return (size_t)(counters_end - counters_start); }

static void map(int descriptor) {
    void *base = mmap(NULL, count(), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (base == MAP_FAILED) abort();
    shared = base;
}

void coverage_share(void) {
    const int descriptor = memfd_create("coverage", MFD_CLOEXEC);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", getpid(), descriptor);
    if (descriptor < 0 || ftruncate(descriptor, (off_t)count()) != 0 || setenv(variable, path, 1) != 0) abort();
    map(descriptor);
}

void coverage_join(void) {
    const char *path = getenv(variable);
    const int descriptor = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    map(descriptor);
    close(descriptor);
    memset(counters_start, 0, count());
}

void coverage_leave(void) {
    if (shared != NULL) memcpy(shared, counters_start, count());
}

void coverage_collect(void) {
    for (size_t index = 0; index < count(); index++) {
        if (shared[index] == 0) continue;
        const unsigned sum = counters_start[index] + (unsigned)shared[index];
        counters_start[index] = sum > 255 ? 255 : (uint8_t)sum;
    }
    memset(shared, 0, count());
}
