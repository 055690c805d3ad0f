// malloc and its kin for the whole program, Swift's runtime and all libraries included: Swift traps where memory is
// refused, with pages of backtrace, and cannot throw. Memory comes from the C library as ever; where it refuses an
// amount that a machine of this size could have (`ulimit -v`, all of it in use), the program ends with one line. What
// no such machine has is refused as ever: a damaged file may ask for anything, and its reader knows better what to say.

// Defines __GLIBC__ where that is the C library.
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#if defined(__linux__) && defined(__GLIBC__) && !defined(IS_SANITIZED)

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/// Fault.Kind.noResources.
enum { NO_RESOURCES = 71 };

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

// Returns only for amounts beyond the machine's memory.
static void end_if_plausible(size_t bytes) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    if (pages <= 0 || page <= 0 || bytes / (size_t)page >= (size_t)pages) return;
    char line[256];
    const int length = snprintf(
        line, sizeof line,
        "error: memory: the system refuses %zu KB; use fewer --threads or a smaller --microbatch, or raise the "
        "limit (ulimit -v)\n",
        bytes / 1024 + 1);
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0) _exit(NO_RESOURCES);
    _exit(NO_RESOURCES);
}

void *malloc(size_t bytes) {
    void *const block = __libc_malloc(bytes);
    if (!block) end_if_plausible(bytes);
    return block;
}

void *calloc(size_t count, size_t bytes) {
    void *const block = __libc_calloc(count, bytes);
    size_t total;
    if (!block && !__builtin_mul_overflow(count, bytes, &total)) end_if_plausible(total);
    return block;
}

void *realloc(void *block, size_t bytes) {
    void *const other = __libc_realloc(block, bytes);
    if (!other && bytes) end_if_plausible(bytes);
    return other;
}

int posix_memalign(void **block, size_t alignment, size_t bytes) {
    if (alignment % sizeof(void *) || !alignment || alignment & (alignment - 1)) return EINVAL;
    void *const made = __libc_memalign(alignment, bytes);
    if (!made) {
        end_if_plausible(bytes);
        return ENOMEM;
    }
    *block = made;
    return 0;
}

void *aligned_alloc(size_t alignment, size_t bytes) {
    void *const block = __libc_memalign(alignment, bytes);
    if (!block) end_if_plausible(bytes);
    return block;
}

#endif
