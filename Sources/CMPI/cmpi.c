#define _GNU_SOURCE
#include "cmpi.h"
#include "waiting.h"

#include <dlfcn.h>
#include <string.h>

_Static_assert(sizeof(MPI_Request) <= sizeof(uintptr_t), "a request fits the handle");
_Static_assert(sizeof(MPI_Comm) <= sizeof(uintptr_t), "a communicator fits the handle");
_Static_assert(MPI_MAX_ERROR_STRING <= CMPI_TEXT_CAPACITY, "an error's text fits");

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

int cmpi_init(bool *funneled) {
    int provided = MPI_THREAD_SINGLE;
    const int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    *funneled = provided >= MPI_THREAD_FUNNELED;
    if (status != MPI_SUCCESS) return status;
    // Communicators made from it inherit the handler.
    return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

int cmpi_finalize(void) {
    cmpi_stop_watching();
    return MPI_Finalize();
}

void cmpi_abort(int exit_code) {
    // Open MPI 4 prints eight lines about MPI_ABORT, which would bury our one-line message. `mpirun -q` suppresses them
    // together with useful ones ("rank 1 exited on signal 9"), so set the variable behind -q here only, after our
    // message is out. It cannot be set through MPI_T; other libraries do not have it.
    bool *const quiet = dlsym(RTLD_DEFAULT, "orte_execute_quiet");
    if (quiet) *quiet = true;
    MPI_Abort(MPI_COMM_WORLD, exit_code);
}

bool cmpi_is_main_thread(void) {
    int is_finalized = 0, is_main = 0;
    if (MPI_Finalized(&is_finalized) == MPI_SUCCESS && is_finalized) return true;
    return MPI_Is_thread_main(&is_main) == MPI_SUCCESS && is_main;
}

void cmpi_error_string(int status, char text[CMPI_TEXT_CAPACITY]) {
    int length = 0;
    if (MPI_Error_string(status, text, &length) != MPI_SUCCESS) strcpy(text, "unknown MPI error");
}

int cmpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }

int cmpi_size(int *size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }

// MARK: Collective communication

// Completes a non-blocking operation that has just been started, with the timeout of waiting.h.
static int finished(int status, MPI_Request *request) {
    return status != MPI_SUCCESS ? status : cmpi_complete(request);
}

int cmpi_barrier(void) {
    MPI_Request request;
    return finished(MPI_Ibarrier(MPI_COMM_WORLD, &request), &request);
}

int cmpi_broadcast_bytes(void *bytes, int count, int root) {
    MPI_Request request;
    return finished(MPI_Ibcast(bytes, count, MPI_BYTE, root, MPI_COMM_WORLD, &request), &request);
}

int cmpi_maximum_int64(int64_t *value) {
    MPI_Request request;
    return finished(MPI_Iallreduce(MPI_IN_PLACE, value, 1, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD, &request), &request);
}

int cmpi_all_gather_int64(int64_t value, int64_t *values) {
    MPI_Request request;
    return finished(MPI_Iallgather(&value, 1, MPI_INT64_T, values, 1, MPI_INT64_T, MPI_COMM_WORLD, &request), &request);
}

int cmpi_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets, int root) {
    MPI_Request request;
    return finished(
        MPI_Igatherv(send, count, MPI_BYTE, receive, counts, offsets, MPI_BYTE, root, MPI_COMM_WORLD, &request),
        &request);
}

int cmpi_all_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets) {
    MPI_Request request;
    return finished(
        MPI_Iallgatherv(send, count, MPI_BYTE, receive, counts, offsets, MPI_BYTE, MPI_COMM_WORLD, &request), &request);
}

// MARK: Channels

int cmpi_open_channel(int color, int rank, cmpi_channel *channel) {
    MPI_Comm first = MPI_COMM_NULL, second = MPI_COMM_NULL, third = MPI_COMM_NULL;
    // Communicators are made without a limit to the wait: first all ranks must be there.
    int status = cmpi_barrier();
    if (status != MPI_SUCCESS) return status;
    status = MPI_Comm_split(MPI_COMM_WORLD, color, rank, &first);
    if (status == MPI_SUCCESS) status = MPI_Comm_dup(first, &second);
    if (status == MPI_SUCCESS) status = MPI_Comm_dup(first, &third);
    *channel = (cmpi_channel){handle_of(first), handle_of(second), handle_of(third)};
    return status;
}

int cmpi_channel_place(const cmpi_channel *channel, int *rank, int *size) {
    const int status = MPI_Comm_rank(communicator_of(channel->sums), rank);
    return status != MPI_SUCCESS ? status : MPI_Comm_size(communicator_of(channel->sums), size);
}

int cmpi_all_gather_doubles_in_place(const cmpi_channel *channel, double *values, const int *counts,
                                     const int *offsets) {
    MPI_Request request;
    return finished(MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts, offsets, MPI_DOUBLE,
                                    communicator_of(channel->sums), &request),
                    &request);
}

// MARK: Non-blocking communication

static MPI_Request request_of(const cmpi_request *request) {
    MPI_Request mpi;
    memcpy(&mpi, &request->handle, sizeof mpi);
    return mpi;
}

int cmpi_start_all_to_all(const cmpi_channel *channel, size_t element_bytes, const void *send, const int *send_counts,
                          const int *send_offsets, void *receive, const int *receive_counts, const int *receive_offsets,
                          cmpi_request *request) {
    // MPI has no two-byte floating-point type; an all-to-all only copies, so any type of that size will do.
    const MPI_Datatype type = element_bytes == sizeof(float) ? MPI_FLOAT : MPI_UINT16_T;
    MPI_Request mpi = MPI_REQUEST_NULL;
    const int status = MPI_Ialltoallv(send, send_counts, send_offsets, type, receive, receive_counts, receive_offsets,
                                      type, communicator_of(channel->all_to_alls), &mpi);
    memcpy(&request->handle, &mpi, sizeof mpi);
    return status;
}

int cmpi_start_all_gather_floats_in_place(const cmpi_channel *channel, float *values, const int *counts,
                                          const int *offsets, cmpi_request *request) {
    MPI_Request mpi = MPI_REQUEST_NULL;
    const int status = MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts, offsets, MPI_FLOAT,
                                       communicator_of(channel->all_gathers), &mpi);
    memcpy(&request->handle, &mpi, sizeof mpi);
    return status;
}

int cmpi_wait(cmpi_request *request) {
    MPI_Request mpi = request_of(request);
    const int status = cmpi_complete(&mpi);
    memcpy(&request->handle, &mpi, sizeof mpi);
    return status;
}

int cmpi_test(cmpi_request *request, bool *complete) {
    MPI_Request mpi = request_of(request);
    int flag = 0;
    const int status = MPI_Test(&mpi, &flag, MPI_STATUS_IGNORE);
    memcpy(&request->handle, &mpi, sizeof mpi);
    *complete = flag;
    return status;
}

// MARK: Failure notices

int cmpi_send_notice(int rank) {
    // Empty messages are sent eagerly. The request is freed, not completed: this rank is about to exit.
    MPI_Request request = MPI_REQUEST_NULL;
    const int status = MPI_Isend(NULL, 0, MPI_BYTE, rank, NOTICE_TAG, MPI_COMM_WORLD, &request);
    return status != MPI_SUCCESS ? status : MPI_Request_free(&request);
}

int cmpi_find_notice(int below, int *rank) {
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
