// What a process that decodes files needs of Linux and Swift cannot call: fork, messages with descriptors, limits.
#ifndef ISOLATION_H
#define ISOLATION_H

#include <stddef.h>
#include <stdint.h>

// fork(2): 0 in the child, its number in the parent, -1 when there can be no more processes. For a process of one
// thread.
int isolation_fork(void);

// Memory without a name that is shared through its descriptor (memfd_create(2)); -1 with errno.
int isolation_shared_memory(void);

// Sends `size` bytes and `count` (at most 4) descriptors over a Unix socket of whole messages. 0, or -1 with errno.
int isolation_send(int socket, const void *message, size_t size, const int *descriptors, int count);

// Receives a message of exactly `size` bytes and `count` (at most 4) descriptors: 1. 0 when the other side has gone;
// -1 for anything else.
int isolation_receive(int socket, void *message, size_t size, int *descriptors, int count);

// Waits until the process's only child ends: 0 and its status by waitpid(2), or -1. The child is killed as soon as the
// other side of `socket` has gone, and after `seconds`.
int isolation_wait(int child, int socket, uint64_t seconds, int *status);

// Closes all descriptors from `first` on.
void isolation_close_from(int first);

// Takes from this process what decoding does not need, for good: more memory than it has now and `memory` bytes, more
// than `seconds` of processor time, core dumps, and every system call but those for memory, the descriptors that it
// has, and its end. A kernel that cannot filter system calls leaves them.
void isolation_restrict(uint64_t memory, uint64_t seconds);

#endif
