// The part of MPI that this program uses, in terms that Swift can import: mpi.h hides its constants behind casts in
// macros (MPI_COMM_WORLD, MPI_FLOAT, MPI_IN_PLACE), and its location is known to the C compiler only.
//
// Every function works on the ranks of MPI_COMM_WORLD, or of the channel it is given, and returns MPI's status: 0
// (MPI_SUCCESS) or a code for cmpi_error_string; those that wait for other ranks return CMPI_STALLED when they have
// waited in vain (cmpi_watch). The operation then still reads and writes its buffers whenever MPI is called: nothing
// but cmpi_abort may follow. All of them but cmpi_is_main_thread belong to the thread that called cmpi_init
// (MPI_THREAD_FUNNELED).
#ifndef CMPI_H
#define CMPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// An MPI_Request: a pointer or an int, according to the MPI library.
typedef struct {
    uintptr_t handle;
} cmpi_request;

// Room for the text of any error (at least MPI_MAX_ERROR_STRING).
enum { CMPI_TEXT_CAPACITY = 1024 };

// No status of MPI: a wait has lasted longer than cmpi_watch allows.
enum { CMPI_STALLED = -1 };

// MPI_Init_thread with MPI_THREAD_FUNNELED; errors are returned from here on (MPI_ERRORS_RETURN).
// `funneled` says whether the library grants that level.
int cmpi_init(bool *funneled);
int cmpi_finalize(void);
// MPI_Abort: ends every rank; the launcher returns `exit_code` and, with Open MPI 4, prints nothing of its own.
void cmpi_abort(int exit_code);
// Whether the calling thread may communicate; true when MPI is over.
bool cmpi_is_main_thread(void);
void cmpi_error_string(int status, char text[CMPI_TEXT_CAPACITY]);

int cmpi_rank(int *rank);
int cmpi_size(int *size);

int cmpi_barrier(void);
int cmpi_broadcast_bytes(void *bytes, int count, int root);
int cmpi_maximum_int64(int64_t *value);
int cmpi_all_gather_int64(int64_t value, int64_t *values);
int cmpi_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets, int root);
int cmpi_all_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets);

// Some ranks that exchange with each other. Ranks that compute while they communicate start all-to-alls, all-gathers
// and blocking operations in orders of their own, but MPI wants one order on each communicator: so each of the three
// kinds has its own. The order of started all-to-alls, of started all-gathers and of sums must be the same on all ranks
// of a channel within each kind only.
typedef struct {
    // MPI_Comms: pointers or ints, according to the MPI library.
    uintptr_t all_to_alls, all_gathers, sums;
} cmpi_channel;

// MPI_Comm_split: the ranks of one color, in their order; there until MPI ends. Collective over all ranks.
int cmpi_open_channel(int color, int rank, cmpi_channel *channel);
// This process's place among the ranks of the channel, and how many they are.
int cmpi_channel_place(const cmpi_channel *channel, int *rank, int *size);

// MPI_Allgatherv with MPI_IN_PLACE.
int cmpi_all_gather_doubles_in_place(const cmpi_channel *channel, double *values, const int *counts,
                                     const int *offsets);

// MPI_Ialltoallv of elements of 4 or 2 bytes. The arrays must stay until the request is complete.
int cmpi_start_all_to_all(const cmpi_channel *channel, size_t element_bytes, const void *send, const int *send_counts,
                          const int *send_offsets, void *receive, const int *receive_counts, const int *receive_offsets,
                          cmpi_request *request);
// MPI_Iallgatherv with MPI_IN_PLACE.
int cmpi_start_all_gather_floats_in_place(const cmpi_channel *channel, float *values, const int *counts,
                                          const int *offsets, cmpi_request *request);
int cmpi_wait(cmpi_request *request);
int cmpi_test(cmpi_request *request, bool *complete);

// From here on no wait for other ranks lasts longer than so many seconds. Collective; 0 or less for no limit.
// A process that is itself stopped for a while (SIGSTOP, a suspended machine) does not count that time.
int cmpi_watch(double seconds);
// Tells of each rank, after CMPI_STALLED, whether nothing shows that it waits too.
void cmpi_silent_ranks(bool *silent);

// A notice is an empty message "I have failed". It is never received, only looked for: the job ends soon after.
int cmpi_send_notice(int rank);
// The lowest rank below `below` that has sent this one a notice, or -1.
int cmpi_find_notice(int below, int *rank);

#endif
