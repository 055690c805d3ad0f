// The functions of cmpi.h over MPI's own, whatever their types and constants are: the file that includes this one, each
// only once, has defined those or included mpi.h, and takes CMPI_TABLE.
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "../functions.h"
#include "waiting.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(MPI_Request) <= sizeof(uintptr_t), "a request fits the handle");
_Static_assert(sizeof(MPI_Comm) <= sizeof(uintptr_t), "a communicator fits the handle");
_Static_assert((int)MPI_MAX_ERROR_STRING <= (int)CMPI_TEXT_CAPACITY, "an error's text fits");

enum { NOTICE_TAG = 65 };

static MPI_Comm communicator_of(uintptr_t handle) {
    MPI_Comm communicator;
    memcpy(&communicator, &handle, sizeof communicator);
    return communicator;
}

static uintptr_t handle_of(MPI_Comm communicator) {
    uintptr_t handle = 0;
    memcpy(&handle, &communicator, sizeof communicator);
    return handle;
}

// MARK: Environment

static int initialize(bool *funneled) {
    int provided = MPI_THREAD_SINGLE;
    const int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    *funneled = provided >= MPI_THREAD_FUNNELED;
    if (status != MPI_SUCCESS) return status;
    // Communicators made from it inherit the handler.
    return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

static int finalize(void) {
    stop_watching();
    return MPI_Finalize();
}

static void abort_all(int exit_code) {
    // Open MPI 4 prints eight lines about MPI_ABORT, which would bury our one-line message. `mpirun -q` suppresses them
    // together with useful ones ("rank 1 exited on signal 9"), so set the variable behind -q here only, after our
    // message is out. It cannot be set through MPI_T; other libraries do not have it.
    bool *const quiet = dlsym(RTLD_DEFAULT, "orte_execute_quiet");
    if (quiet) *quiet = true;
    // MPICH prints a line of its own from within this process. Its launcher throws away what it has not read yet.
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    if (!quiet) usleep(100000);
    MPI_Abort(MPI_COMM_WORLD, exit_code);
}

static void library_version(char text[CMPI_TEXT_CAPACITY]) {
    static char whole[MPI_MAX_LIBRARY_VERSION_STRING + 1];
    int length = 0;
    if (MPI_Get_library_version(whole, &length) != MPI_SUCCESS) length = 0;
    whole[length] = 0;
    // MPICH tells how it was built on the lines behind the first.
    const size_t line = strcspn(whole, "\n");
    const size_t shown = line < CMPI_TEXT_CAPACITY ? line : CMPI_TEXT_CAPACITY - 1;
    memcpy(text, whole, shown);
    text[shown] = 0;
}

static bool is_main_thread(void) {
    int is_finalized = 0, is_main = 0;
    if (MPI_Finalized(&is_finalized) == MPI_SUCCESS && is_finalized) return true;
    return MPI_Is_thread_main(&is_main) == MPI_SUCCESS && is_main;
}

static void error_string(int status, char text[CMPI_TEXT_CAPACITY]) {
    int length = 0;
    if (MPI_Error_string(status, text, &length) != MPI_SUCCESS) strcpy(text, "unknown MPI error");
}

static int rank_at_work(int *number) { return MPI_Comm_rank(ranks_at_work(), number); }

static int size_at_work(int *ranks) { return MPI_Comm_size(ranks_at_work(), ranks); }

// MARK: Collective communication

// Completes a non-blocking operation that has just been started, with the timeout of waiting.h.
static int finished(int status, MPI_Request *request) { return status != MPI_SUCCESS ? status : complete(request); }

static int barrier(void) {
    MPI_Request request;
    return finished(MPI_Ibarrier(ranks_at_work(), &request), &request);
}

static int broadcast_bytes(void *bytes, int count, int root) {
    MPI_Request request;
    return finished(MPI_Ibcast(bytes, count, MPI_BYTE, root, ranks_at_work(), &request), &request);
}

static int maximum_int64(int64_t *value) {
    MPI_Request request;
    return finished(MPI_Iallreduce(MPI_IN_PLACE, value, 1, MPI_INT64_T, MPI_MAX, ranks_at_work(), &request), &request);
}

static int all_gather_int64(int64_t value, int64_t *values) {
    MPI_Request request;
    return finished(MPI_Iallgather(&value, 1, MPI_INT64_T, values, 1, MPI_INT64_T, ranks_at_work(), &request),
                    &request);
}

static int gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets, int root) {
    MPI_Request request;
    return finished(
        MPI_Igatherv(send, count, MPI_BYTE, receive, counts, offsets, MPI_BYTE, root, ranks_at_work(), &request),
        &request);
}

static int all_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets) {
    MPI_Request request;
    return finished(
        MPI_Iallgatherv(send, count, MPI_BYTE, receive, counts, offsets, MPI_BYTE, ranks_at_work(), &request),
        &request);
}

// MARK: Channels

static int open_channel(int color, int rank, cmpi_channel *channel) {
    MPI_Comm first = 0, second = 0, third = 0;
    // Communicators are made without a limit to the wait: first all ranks must be there.
    int status = barrier();
    if (status != MPI_SUCCESS) return status;
    status = MPI_Comm_split(ranks_at_work(), color, rank, &first);
    if (status == MPI_SUCCESS) status = MPI_Comm_dup(first, &second);
    if (status == MPI_SUCCESS) status = MPI_Comm_dup(first, &third);
    *channel = (cmpi_channel){handle_of(first), handle_of(second), handle_of(third)};
    return status;
}

static int channel_place(const cmpi_channel *channel, int *rank, int *size) {
    const int status = MPI_Comm_rank(communicator_of(channel->sums), rank);
    return status != MPI_SUCCESS ? status : MPI_Comm_size(communicator_of(channel->sums), size);
}

static int all_gather_doubles_in_place(const cmpi_channel *channel, double *values, const int *counts,
                                       const int *offsets) {
    MPI_Request request;
    return finished(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DOUBLE, values, counts, offsets, MPI_DOUBLE,
                                    communicator_of(channel->sums), &request),
                    &request);
}

// MARK: Non-blocking communication

static MPI_Request request_of(const cmpi_request *request) {
    MPI_Request mpi;
    memcpy(&mpi, &request->handle, sizeof mpi);
    return mpi;
}

static int start_all_to_all(const cmpi_channel *channel, size_t element_bytes, const void *send, const int *send_counts,
                            const int *send_offsets, void *receive, const int *receive_counts,
                            const int *receive_offsets, cmpi_request *request) {
    // MPI has no two-byte floating-point type; an all-to-all only copies, so any type of that size will do.
    const MPI_Datatype type = element_bytes == sizeof(float) ? MPI_FLOAT : MPI_UINT16_T;
    MPI_Request mpi;
    const int status = MPI_Ialltoallv(send, send_counts, send_offsets, type, receive, receive_counts, receive_offsets,
                                      type, communicator_of(channel->all_to_alls), &mpi);
    memcpy(&request->handle, &mpi, sizeof mpi);
    return status;
}

static int start_all_gather_floats_in_place(const cmpi_channel *channel, float *values, const int *counts,
                                            const int *offsets, cmpi_request *request) {
    MPI_Request mpi;
    const int status = MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_FLOAT, values, counts, offsets, MPI_FLOAT,
                                       communicator_of(channel->all_gathers), &mpi);
    memcpy(&request->handle, &mpi, sizeof mpi);
    return status;
}

static int wait_for(cmpi_request *request) {
    MPI_Request mpi = request_of(request);
    const int status = complete(&mpi);
    memcpy(&request->handle, &mpi, sizeof mpi);
    return status;
}

static int test_for(cmpi_request *request, bool *complete) {
    MPI_Request mpi = request_of(request);
    int flag = 0;
    const int status = MPI_Test(&mpi, &flag, MPI_STATUS_IGNORE);
    memcpy(&request->handle, &mpi, sizeof mpi);
    *complete = flag;
    return status;
}

// MARK: Parts

static int enter_part(int color, int rank) {
    // Communicators are made without a limit to the wait: first all ranks must be there.
    int status = barrier();
    if (status != MPI_SUCCESS) return status;
    status = MPI_Comm_split(MPI_COMM_WORLD, color, rank, &part);
    if (status != MPI_SUCCESS) return status;
    set_watch_aside();
    is_in_part = true;
    return MPI_SUCCESS;
}

static int leave_part(void) {
    take_watch_up();
    is_in_part = false;
    return MPI_Comm_free(&part);
}

// MARK: Failure notices

static int send_notice(int rank) {
    // Empty messages are sent eagerly. The request is freed, not completed: this rank is about to exit.
    MPI_Request request;
    const int status = MPI_Isend(NULL, 0, MPI_BYTE, rank, NOTICE_TAG, MPI_COMM_WORLD, &request);
    return status != MPI_SUCCESS ? status : MPI_Request_free(&request);
}

static int find_notice(int below, int *rank) {
    *rank = -1;
    for (int source = 0; source < below; ++source) {
        int found = 0;
        const int status = MPI_Iprobe(source, NOTICE_TAG, MPI_COMM_WORLD, &found, MPI_STATUS_IGNORE);
        if (status != MPI_SUCCESS) return status;
        if (found) {
            *rank = source;
            break;
        }
    }
    return MPI_SUCCESS;
}

#define CMPI_TABLE \
    { \
        .init = initialize, .finalize = finalize, .abort = abort_all, .is_main_thread = is_main_thread, \
        .error_string = error_string, .library_version = library_version, .rank = rank_at_work, .size = size_at_work, \
        .barrier = barrier, .broadcast_bytes = broadcast_bytes, .maximum_int64 = maximum_int64, \
        .all_gather_int64 = all_gather_int64, .gather_bytes = gather_bytes, .all_gather_bytes = all_gather_bytes, \
        .open_channel = open_channel, .enter_part = enter_part, .leave_part = leave_part, \
        .channel_place = channel_place, .all_gather_doubles_in_place = all_gather_doubles_in_place, \
        .start_all_to_all = start_all_to_all, .start_all_gather_floats_in_place = start_all_gather_floats_in_place, \
        .wait = wait_for, .test = test_for, .watch = watch, .change_limit = change_limit, \
        .silent_ranks = silent_ranks, .send_notice = send_notice, .find_notice = find_notice, \
    }

#endif
