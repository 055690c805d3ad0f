#define _GNU_SOURCE
#include "isolation.h"

#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 4

static void interrupt(int signal) { (void)signal; }

// That a child has ended must interrupt ppoll(2) in isolation_wait(), and nothing else.
int isolation_fork(void) {
    const struct sigaction action = {.sa_handler = interrupt};
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &ended, NULL) != 0 || sigaction(SIGCHLD, &action, NULL) != 0) return -1;
    return fork();
}

static int64_t monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

int isolation_wait(int child, int socket, uint64_t seconds, int *status) {
    const int64_t start = monotonic_seconds();
    sigset_t open_mask;
    sigprocmask(SIG_BLOCK, NULL, &open_mask);
    sigdelset(&open_mask, SIGCHLD);
    while (1) {
        const pid_t ended = waitpid(child, status, WNOHANG);
        if (ended == child) return 0;
        if (ended < 0 && errno != EINTR) return -1;
        const int64_t passed = monotonic_seconds() - start;
        const struct timespec left = {.tv_sec = (uint64_t)passed < seconds ? (int64_t)seconds - passed : 0};
        // Without events of its own it tells only that the other side has gone.
        struct pollfd other = {.fd = socket};
        if (left.tv_sec > 0 && ppoll(&other, 1, &left, &open_mask) <= 0) continue;
        kill(child, SIGKILL);
        while (waitpid(child, status, 0) < 0)
            if (errno != EINTR) return -1;
        return 0;
    }
}

int isolation_shared_memory(void) { return memfd_create("swift-run-trainer", MFD_CLOEXEC); }

// Room for the descriptors of a message, aligned as the system wants it.
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(MOST_DESCRIPTORS * sizeof(int))];
};

int isolation_send(int socket, const void *message, size_t size, const int *descriptors, int count) {
    if (count < 1 || count > MOST_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr whole = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&whole);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(rights), descriptors, (size_t)count * sizeof(int));
    ssize_t sent;
    do sent = sendmsg(socket, &whole, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size ? 0 : -1;
}

int isolation_receive(int socket, void *message, size_t size, int *descriptors, int count) {
    union control control;
    struct iovec part = {.iov_base = message, .iov_len = size};
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t received;
    do received = recvmsg(socket, &whole, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received == 0) return 0;
    struct cmsghdr *rights = received < 0 ? NULL : CMSG_FIRSTHDR(&whole);
    if (received != (ssize_t)size || rights == NULL || rights->cmsg_type != SCM_RIGHTS
        || rights->cmsg_len != CMSG_LEN((size_t)count * sizeof(int)))
        return -1;
    memcpy(descriptors, CMSG_DATA(rights), (size_t)count * sizeof(int));
    return 1;
}

void isolation_close_from(int first) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
#endif
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const int descriptor = atoi(entry->d_name);
        if (descriptor >= first && descriptor != dirfd(folder)) close(descriptor);
    }
    closedir(folder);
}

static void limit(int resource, uint64_t value) {
    struct rlimit limits;
    if (getrlimit(resource, &limits) != 0) return;
    if (limits.rlim_cur == RLIM_INFINITY || limits.rlim_cur > value) limits.rlim_cur = value;
    if (limits.rlim_max == RLIM_INFINITY || limits.rlim_max > value + 1) limits.rlim_max = value + 1;
    setrlimit(resource, &limits);
}

// The address space that this process has, in bytes.
static uint64_t address_space(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 1ULL << 32;
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// Answers EPERM to every system call that is not in the list.
static void filter_system_calls(void) {
#ifdef ARCHITECTURE
    static const int allowed[] = {
        SYS_brk,         SYS_mmap,         SYS_munmap,       SYS_mremap,         SYS_mprotect,      SYS_madvise,
        SYS_read,        SYS_pread64,      SYS_write,        SYS_pwrite64,       SYS_lseek,         SYS_fstat,
        SYS_ftruncate,   SYS_close,        SYS_futex,        SYS_getrandom,      SYS_clock_gettime, SYS_gettimeofday,
        SYS_sched_yield, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_getpid,        SYS_gettid,
        SYS_tgkill,      SYS_exit,         SYS_exit_group,   SYS_newfstatat,     SYS_sigaltstack,
    };
    enum { count = sizeof allowed / sizeof allowed[0] };
    struct sock_filter program[count + 6];
    size_t length = 0;
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t index = 0; index < count; index++)
        program[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[index],
                                                         (unsigned char)(count - index), 0);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
#endif
}

void isolation_restrict(uint64_t memory, uint64_t seconds) {
    limit(RLIMIT_AS, address_space() + memory);
    limit(RLIMIT_CPU, seconds);
    limit(RLIMIT_CORE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    filter_system_calls();
}
