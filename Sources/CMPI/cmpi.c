#define _GNU_SOURCE
#include "cmpi.h"
#include "functions.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

// What cmpi_load has chosen.
static const cmpi_functions *mpi = NULL;

// MARK: Loading

static void refuse(void *library, char *reason, const char *format, const char *detail) {
    snprintf(reason, CMPI_TEXT_CAPACITY, format, detail);
    if (library) dlclose(library);
}

bool cmpi_load(const char *path, cmpi_implementation expected, char reason[CMPI_TEXT_CAPACITY]) {
    // Global, because Open MPI and UCX open plug-ins that expect to find the library's symbols.
    void *const library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        refuse(NULL, reason, "%s", dlerror());
        return false;
    }
    const cmpi_functions *const shim = dlsym(library, CMPI_SHIM_NAME);
    if (shim) {
        mpi = shim;
        return true;
    }
    const cmpi_implementation found = dlsym(library, "ompi_mpi_comm_world") ? CMPI_OPEN_MPI : CMPI_MPICH;
    if (expected != CMPI_ANY && found != expected) {
        refuse(library, reason, "%s: belongs to another implementation of MPI", path);
        return false;
    }
    const char *missing = NULL;
    const cmpi_functions *const functions = found == CMPI_OPEN_MPI ? cmpi_open_mpi(library, &missing)
                                                                   : cmpi_mpich(library, &missing);
    if (!functions) {
        refuse(library, reason, "the library has no %s", missing);
        return false;
    }
    mpi = functions;
    return true;
}

void cmpi_library_path(char text[CMPI_TEXT_CAPACITY]) {
    Dl_info place;
    void *const symbol = dlsym(RTLD_DEFAULT, "MPI_Init_thread");
    const bool is_known = symbol && dladdr(symbol, &place) && place.dli_fname;
    snprintf(text, CMPI_TEXT_CAPACITY, "%s", is_known ? place.dli_fname : "");
}

// MARK: Forwarding

int cmpi_init(bool *funneled) { return mpi->init(funneled); }
int cmpi_finalize(void) { return mpi->finalize(); }
void cmpi_abort(int exit_code) { mpi->abort(exit_code); }
bool cmpi_is_main_thread(void) { return mpi->is_main_thread(); }
void cmpi_error_string(int status, char text[CMPI_TEXT_CAPACITY]) { mpi->error_string(status, text); }
void cmpi_library_version(char text[CMPI_TEXT_CAPACITY]) { mpi->library_version(text); }
int cmpi_rank(int *rank) { return mpi->rank(rank); }
int cmpi_size(int *size) { return mpi->size(size); }
int cmpi_barrier(void) { return mpi->barrier(); }
int cmpi_broadcast_bytes(void *bytes, int count, int root) { return mpi->broadcast_bytes(bytes, count, root); }
int cmpi_maximum_int64(int64_t *value) { return mpi->maximum_int64(value); }
int cmpi_all_gather_int64(int64_t value, int64_t *values) { return mpi->all_gather_int64(value, values); }

int cmpi_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets, int root) {
    return mpi->gather_bytes(send, count, receive, counts, offsets, root);
}

int cmpi_all_gather_bytes(const void *send, int count, void *receive, const int *counts, const int *offsets) {
    return mpi->all_gather_bytes(send, count, receive, counts, offsets);
}

int cmpi_open_channel(int color, int rank, cmpi_channel *channel) { return mpi->open_channel(color, rank, channel); }
int cmpi_enter_part(int color, int rank) { return mpi->enter_part(color, rank); }
int cmpi_leave_part(void) { return mpi->leave_part(); }

int cmpi_channel_place(const cmpi_channel *channel, int *rank, int *size) {
    return mpi->channel_place(channel, rank, size);
}

int cmpi_all_gather_doubles_in_place(const cmpi_channel *channel, double *values, const int *counts,
                                     const int *offsets) {
    return mpi->all_gather_doubles_in_place(channel, values, counts, offsets);
}

int cmpi_start_all_to_all(const cmpi_channel *channel, size_t element_bytes, const void *send, const int *send_counts,
                          const int *send_offsets, void *receive, const int *receive_counts, const int *receive_offsets,
                          cmpi_request *request) {
    return mpi->start_all_to_all(channel, element_bytes, send, send_counts, send_offsets, receive, receive_counts,
                                 receive_offsets, request);
}

int cmpi_start_all_gather_floats_in_place(const cmpi_channel *channel, float *values, const int *counts,
                                          const int *offsets, cmpi_request *request) {
    return mpi->start_all_gather_floats_in_place(channel, values, counts, offsets, request);
}

int cmpi_wait(cmpi_request *request) { return mpi->wait(request); }
int cmpi_test(cmpi_request *request, bool *complete) { return mpi->test(request, complete); }
int cmpi_watch(double seconds) { return mpi->watch(seconds); }
void cmpi_change_limit(double seconds) { mpi->change_limit(seconds); }
void cmpi_silent_ranks(bool *silent) { mpi->silent_ranks(silent); }
int cmpi_send_notice(int rank) { return mpi->send_notice(rank); }
int cmpi_find_notice(int below, int *rank) { return mpi->find_notice(below, rank); }
