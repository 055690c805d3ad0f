// The part of MPI that this program uses, in a form that Swift can import: mpi.h hides its constants behind casts in
// macros (MPI_COMM_WORLD, MPI_FLOAT, MPI_IN_PLACE).
//
// No MPI library is linked with the program: cmpi_load opens one, of any implementation whose binary interface
// implementations/ knows, or a shim (implementations/shim.c). It must have succeeded before any function below it is
// called.
//
// Functions work on the ranks of MPI_COMM_WORLD (between cmpi_enter_part and cmpi_leave_part on those of a part), or of
// the channel they are given, and return an MPI status: 0 (MPI_SUCCESS) or a code for cmpi_error_string. Those that
// wait for other ranks return CMPI_STALLED when the limit of cmpi_watch is exceeded. The operation is then still
// pending and may read and write its buffers whenever MPI is called: only cmpi_abort may follow.
//
// All functions except cmpi_is_main_thread must be called on the thread that called cmpi_init (MPI_THREAD_FUNNELED).
// Counts and offsets are in elements; arrays of counts and offsets have one element per rank.
#ifndef CMPI_H
#define CMPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An MPI_Request: a pointer or an int, depending on the MPI library.
typedef struct {
    uintptr_t handle;
} cmpi_request;

/// Room for the text of any error, at least MPI_MAX_ERROR_STRING.
enum { CMPI_TEXT_CAPACITY = 1024 };

/// Not an MPI status: a wait has exceeded the limit of cmpi_watch.
enum { CMPI_STALLED = -1 };

/// Binary interfaces of MPI libraries.
typedef enum {
    /// Whichever the library has.
    CMPI_ANY,
    /// Open MPI 3 to 5 (libmpi.so.40).
    CMPI_OPEN_MPI,
    /// MPICH and its family: Intel MPI, Cray MPICH, MVAPICH (libmpi.so.12).
    CMPI_MPICH,
} cmpi_implementation;

/// Opens an MPI library, or a shim of one, by its path or by a name that the dynamic linker finds; before MPI starts,
/// and not again once it has succeeded.
///
/// Returns whether it is of the implementation that is expected; if not, `reason` is set to what is wrong.
bool cmpi_load(const char *path, cmpi_implementation expected, char reason[CMPI_TEXT_CAPACITY]);

/// The file of the MPI library that was opened.
void cmpi_library_path(char text[CMPI_TEXT_CAPACITY]);

/// The first line of MPI_Get_library_version.
void cmpi_library_version(char text[CMPI_TEXT_CAPACITY]);

/// MPI_Init_thread with MPI_THREAD_FUNNELED; errors are returned from here on (MPI_ERRORS_RETURN).
///
/// Sets `funneled` to whether the library provides that level.
int cmpi_init(bool *funneled);

/// MPI_Finalize.
int cmpi_finalize(void);

/// MPI_Abort: ends all ranks. The launcher returns `exit_code`. What Open MPI 4 and MPICH would print is suppressed:
/// nothing that this process writes to standard error from here on appears.
void cmpi_abort(int exit_code);

/// MPI_Is_thread_main: whether the calling thread may communicate; true after MPI_Finalize.
bool cmpi_is_main_thread(void);

/// MPI_Error_string: the text of a status.
void cmpi_error_string(int status, char text[CMPI_TEXT_CAPACITY]);

/// MPI_Comm_rank of the ranks at work.
int cmpi_rank(int *rank);

/// MPI_Comm_size of the ranks at work.
int cmpi_size(int *size);

/// MPI_Barrier.
int cmpi_barrier(void);

/// MPI_Bcast of `count` bytes.
int cmpi_broadcast_bytes(void *bytes, int count, int root);

/// MPI_Allreduce with MPI_MAX of one integer, in place.
int cmpi_maximum_int64(int64_t *value);

/// MPI_Allgather of one integer per rank.
int cmpi_all_gather_int64(int64_t value, int64_t *values);

/// MPI_Gatherv of bytes. `receive`, `counts` and `offsets` are read on the root only.
int cmpi_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets, int root);

/// MPI_Allgatherv of bytes.
int cmpi_all_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets);

/// A group of ranks that exchange data.
///
/// MPI requires that all ranks start the operations on a communicator in the same order. Ranks that compute while they
/// communicate start all-to-alls, all-gathers and blocking operations in different relative orders, so each of these
/// three kinds has its own communicator: the order must be the same on all ranks of a channel within each kind only.
typedef struct {
    // MPI_Comms: pointers or ints, depending on the MPI library.
    uintptr_t all_to_alls, all_gathers, sums;
} cmpi_channel;

/// MPI_Comm_split: a channel of the ranks of one `color`, ordered by `rank`, that lasts until MPI_Finalize. Collective
/// over all ranks.
int cmpi_open_channel(int color, int rank, cmpi_channel *channel);

/// MPI_Comm_split: from here on the ranks of one `color`, ordered by `rank`, are the ranks at work, with numbers from 0
/// and no limit to waits but that of their own cmpi_watch. Collective over all ranks, which are not in a part yet.
int cmpi_enter_part(int color, int rank);

/// MPI_Comm_free: all ranks are at work again, with the limit that they had. Collective over the part.
int cmpi_leave_part(void);

/// MPI_Comm_rank and MPI_Comm_size of a channel.
int cmpi_channel_place(const cmpi_channel *channel, int *rank, int *size);

/// MPI_Allgatherv of doubles with MPI_IN_PLACE.
int cmpi_all_gather_doubles_in_place(const cmpi_channel *channel, double *values, const int *counts,
                                     const int *offsets);

/// MPI_Ialltoallv of elements of `element_bytes` = 4 or 2. All arrays must stay valid until the request is complete.
int cmpi_start_all_to_all(const cmpi_channel *channel, size_t element_bytes, const void *send, const int *send_counts,
                          const int *send_offsets, void *receive, const int *receive_counts, const int *receive_offsets,
                          cmpi_request *request);

/// MPI_Iallgatherv of floats with MPI_IN_PLACE. All arrays must stay valid until the request is complete.
int cmpi_start_all_gather_floats_in_place(const cmpi_channel *channel, float *values, const int *counts,
                                          const int *offsets, cmpi_request *request);

/// MPI_Wait.
int cmpi_wait(cmpi_request *request);

/// MPI_Test: whether the request is complete, without waiting.
int cmpi_test(cmpi_request *request, bool *complete);

/// From here on no wait for other ranks lasts longer than `seconds`; 0 or less for no limit. Collective.
///
/// Time in which this process itself is stopped (SIGSTOP, a suspended machine) hardly counts.
int cmpi_watch(double seconds);

/// Changes the limit of cmpi_watch; none where there was none. Not collective.
void cmpi_change_limit(double seconds);

/// Unless cmpi_end_limit comes within so many seconds, this process writes `line`, shorter than CMPI_TEXT_CAPACITY, to
/// standard error and ends with `exit_code` (SIGALRM). For what may wait for ever within the MPI library; 0 or less for
/// no limit. Not collective, and before cmpi_init too.
void cmpi_begin_limit(double seconds, const char *line, int exit_code);

/// Ends what cmpi_begin_limit has begun.
void cmpi_end_limit(void);

/// After CMPI_STALLED, sets silent[r] for each rank r to whether no sign was received that it is waiting too: these
/// ranks are the ones that stalled. `silent` has one element per rank.
void cmpi_silent_ranks(bool *silent);

/// Sends rank `rank` a failure notice: an empty message "I have failed". Notices are only probed for and never
/// received, since the job ends soon after.
int cmpi_send_notice(int rank);

/// Sets `rank` to the lowest rank below `below` that has sent this one a failure notice, or to −1.
int cmpi_find_notice(int below, int *rank);

#endif
