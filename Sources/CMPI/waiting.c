#define _GNU_SOURCE
#include "waiting.h"
#include "cmpi.h"

#include <stdlib.h>
#include <unistd.h>

// Whoever waits long calls out to all others that it does, again and again. Those who are heard wait too: when the
// limit is over the culprits are the ranks that have been silent, and the lowest of those that wait gives up first. All
// of it is done by the thread that communicates, within its own wait, which MPI_THREAD_FUNNELED allows; a rank that
// computes neither calls nor listens.

enum { CALL_TAG = 66 };
// How many times a rank calls while the limit runs out.
enum { CALLS = 8 };
// After this many seconds a wait is a long one: there is time to sleep between two looks.
static const double longest_spin = 1;
static const useconds_t nap_microseconds = 1000;
// The others give the lowest rank at most so many seconds more, to report for all.
static const double longest_grace = 5;
// A longer time between two looks means that this process itself was stopped.
static const double longest_gap = 1;

static double limit = 0;
// A communicator of its own, so that calls not yet heard are in nobody's way.
static MPI_Comm calls = MPI_COMM_NULL;
static int rank, size;
// For each rank, how long this wait had lasted when its last call was heard; negative for never.
static double *heard = NULL;
// How long the wait had lasted that was given up.
static double waited_in_vain = 0;

int cmpi_watch(double seconds) {
    cmpi_stop_watching();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (!(seconds > 0) || size < 2) return MPI_SUCCESS;
    heard = malloc((size_t)size * sizeof *heard);
    if (!heard) return MPI_ERR_NO_MEM;
    const int status = MPI_Comm_dup(MPI_COMM_WORLD, &calls);
    if (status == MPI_SUCCESS) limit = seconds;
    return status;
}

void cmpi_stop_watching(void) {
    if (calls != MPI_COMM_NULL) MPI_Comm_free(&calls);
    free(heard);
    heard = NULL;
    limit = 0;
}

static double least(double a, double b) { return a < b ? a : b; }

static void call_all(void) {
    for (int other = 0; other < size; ++other) {
        if (other == rank) continue;
        // Empty messages leave at once, and nobody waits for their arrival.
        MPI_Request request;
        if (MPI_Isend(NULL, 0, MPI_BYTE, other, CALL_TAG, calls, &request) == MPI_SUCCESS) MPI_Request_free(&request);
    }
}

// Whether anybody has called since the last time.
static bool listen_to_all(double waited) {
    bool any = false;
    for (;;) {
        int found = 0;
        MPI_Status status;
        if (MPI_Iprobe(MPI_ANY_SOURCE, CALL_TAG, calls, &found, &status) != MPI_SUCCESS || !found) return any;
        if (MPI_Recv(NULL, 0, MPI_BYTE, status.MPI_SOURCE, CALL_TAG, calls, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            return any;
        heard[status.MPI_SOURCE] = waited;
        any = true;
    }
}

// Calls that have arrived before this wait may come from ranks that have gone on since.
static void forget_old_calls(void) {
    listen_to_all(-1);
    for (int other = 0; other < size; ++other) heard[other] = -1;
}

// Half the limit is the time of several calls.
static bool is_silent(int other, double waited) { return other != rank && heard[other] < waited - limit / 2; }

static bool is_lowest_waiting(double waited) {
    for (int lower = 0; lower < rank; ++lower) {
        if (!is_silent(lower, waited)) return false;
    }
    return true;
}

int cmpi_complete(MPI_Request *request) {
    if (limit <= 0) return MPI_Wait(request, MPI_STATUS_IGNORE);
    const double interval = limit / CALLS, spin = least(interval, longest_spin), grace = least(interval, longest_grace);
    double waited = 0, called = -interval, looked = MPI_Wtime();
    bool is_long = false;
    for (;;) {
        int is_done = 0;
        const int status = MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
        if (status != MPI_SUCCESS || is_done) return status;
        const double now = MPI_Wtime();
        waited += least(now - looked, longest_gap);
        looked = now;
        if (waited < spin) continue;
        if (!is_long) forget_old_calls();
        is_long = true;
        // An answer to whoever calls, so that a rank that has only just begun to wait is not taken for a culprit.
        const bool is_called = listen_to_all(waited);
        if ((is_called || waited >= interval) && waited - called >= interval) {
            call_all();
            called = waited;
        }
        if (waited >= limit && (is_lowest_waiting(waited) || waited >= limit + grace)) {
            waited_in_vain = waited;
            return CMPI_STALLED;
        }
        usleep(nap_microseconds);
    }
}

void cmpi_silent_ranks(bool *silent) {
    for (int other = 0; other < size; ++other) silent[other] = is_silent(other, waited_in_vain);
}
