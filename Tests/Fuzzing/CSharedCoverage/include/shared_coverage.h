// Coverage of a process that decodes a file, for libFuzzer in the process that asked for it.
#ifndef SHARED_COVERAGE_H
#define SHARED_COVERAGE_H

// Makes memory for the counters, which processes that are started from this one find by an environment variable.
void coverage_share(void);

// In a started process: finds that memory. Its counters count from 0 again.
void coverage_join(void);

// In a process that ends: leaves its counters there.
void coverage_leave(void);

// Adds what was left to the counters of this process.
void coverage_collect(void);

#endif
