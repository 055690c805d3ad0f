#include "program_start.h"

// Defines __GLIBC__ where that is the C library.
#include <limits.h>

#if defined(__linux__) && defined(__GLIBC__)

#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define ONE_THREAD "OPENBLAS_NUM_THREADS=1"

// OpenBLAS starts a thread for every processor when it is loaded, before main: with a limit on address space or threads
// (ulimit -v, ulimit -u) they wait for ever for memory, and the program for them. Only its environment can tell it not
// to, so the program starts itself anew with that. The lanes are the program's parallelism; OpenBLAS needs no threads.
//
// Whether an emulator stands in for the processor: what an emulated program starts may run on the real one.
static int is_emulated(void) {
#if defined(__x86_64__)
    unsigned a, b, c, d;
    // The leaf of hypervisors; QEMU's emulator calls itself "TCGTCGTCGTCG".
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 31 & 1)) return 0;
    __cpuid(0x40000000, a, b, c, d);
    return b == 0x54474354 && c == 0x43544743 && d == 0x47435447;
#else
    return 0;
#endif
}

// `.preinit_array` comes before the constructors of all libraries. The C library's own has not run either: `environ` is
// not set yet, system calls work.
static void start(int argc, char **argv, char **environment) {
    (void)argc;
    if (is_emulated()) return;
    size_t count = 0;
    for (; environment[count]; ++count) {
        if (strcmp(environment[count], ONE_THREAD) == 0) return;
    }
    char *changed[count + 2];
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
        const char *const equals = strchr(ONE_THREAD, '=');
        if (strncmp(environment[i], ONE_THREAD, (size_t)(equals + 1 - ONE_THREAD)) == 0) continue;
        changed[kept++] = environment[i];
    }
    changed[kept++] = ONE_THREAD;
    changed[kept] = NULL;
    // By its own path, so that process lists show its name. Where it cannot be started (no /proc), it goes on as it is.
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = 0;
    execve(path, argv, changed);
}

__attribute__((section(".preinit_array"), used)) static void (*at_start)(int, char **, char **) = start;

#endif
