// How a rank waits for the others: without limit, or for as long as cmpi_watch allows. Part of operations.h.
#ifndef WAITING_H
#define WAITING_H

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// A rank that has waited long sends heartbeats to all others until the operation completes. Ranks whose heartbeats
// arrive are waiting too; when the limit is reached, the ranks without recent heartbeats are those that stalled, and
// the lowest of the waiting ranks times out first, to report for all. The communicating thread does all this inside its
// own wait, which MPI_THREAD_FUNNELED allows; a rank that computes neither sends nor receives heartbeats.

enum { HEARTBEAT_TAG = 66 };
// Heartbeats per limit.
enum { HEARTBEATS = 8 };
// A wait polls without sleeping for at most this many seconds, then sleeps between polls.
static const double longest_spin = 1;
static const useconds_t sleep_microseconds = 1000;
// How many seconds longer, at most, the other waiting ranks wait for the lowest to report for all.
static const double longest_grace = 5;
// Of a longer time between two polls only this much counts: this process itself was stopped.
static const double longest_gap = 1;

// Seconds that a wait may last; 0 for no limit.
static double limit = 0;
// A separate communicator, so that heartbeats which are never received cannot be mistaken for other messages.
static MPI_Comm heartbeats;
static bool has_heartbeats = false;
static int rank, size;
// For each rank, how long this wait had lasted when its last heartbeat arrived; negative for never.
static double *heard = NULL;
// How long the wait that timed out had lasted.
static double waited_until_timeout = 0;

static void stop_watching(void) {
    if (has_heartbeats) MPI_Comm_free(&heartbeats);
    has_heartbeats = false;
    free(heard);
    heard = NULL;
    limit = 0;
}

static int watch(double seconds) {
    stop_watching();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (!(seconds > 0) || size < 2) return MPI_SUCCESS;
    heard = malloc((size_t)size * sizeof *heard);
    if (!heard) return MPI_ERR_NO_MEM;
    const int status = MPI_Comm_dup(MPI_COMM_WORLD, &heartbeats);
    has_heartbeats = status == MPI_SUCCESS;
    if (has_heartbeats) limit = seconds;
    return status;
}

static void change_limit(double seconds) {
    if (limit > 0) limit = seconds;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double least(double a, double b) { return a < b ? a : b; }

static void send_heartbeats(void) {
    for (int other = 0; other < size; ++other) {
        if (other == rank) continue;
        // Empty messages are sent eagerly: there is nothing to wait for.
        MPI_Request request;
        if (MPI_Isend(NULL, 0, MPI_BYTE, other, HEARTBEAT_TAG, heartbeats, &request) == MPI_SUCCESS)
            MPI_Request_free(&request);
    }
}

// Receives all heartbeats that have arrived; whether there were any.
static bool receive_heartbeats(double waited) {
    bool any = false;
    for (;;) {
        int found = 0;
        MPI_Status status;
        if (MPI_Iprobe(MPI_ANY_SOURCE, HEARTBEAT_TAG, heartbeats, &found, &status) != MPI_SUCCESS || !found) return any;
        if (MPI_Recv(NULL, 0, MPI_BYTE, status.MPI_SOURCE, HEARTBEAT_TAG, heartbeats, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            return any;
        heard[status.MPI_SOURCE] = waited;
        any = true;
    }
}

// Heartbeats that arrived before this wait say nothing about it: their senders may have gone on since.
static void discard_old_heartbeats(void) {
    receive_heartbeats(-1);
    for (int other = 0; other < size; ++other) heard[other] = -1;
}

// Half the limit is long enough for several heartbeats.
static bool is_silent(int other, double waited) { return other != rank && heard[other] < waited - limit / 2; }

static bool is_lowest_waiting(double waited) {
    for (int lower = 0; lower < rank; ++lower) {
        if (!is_silent(lower, waited)) return false;
    }
    return true;
}

// MPI_Wait with a timeout: CMPI_STALLED if the operation does not complete within the limit. It is then still pending:
// its buffers must stay valid, and no MPI function but MPI_Abort may be called.
static int complete(MPI_Request *request) {
    if (limit <= 0) return MPI_Wait(request, MPI_STATUS_IGNORE);
    const double interval = limit / HEARTBEATS;
    const double spin = least(interval, longest_spin), grace = least(interval, longest_grace);
    double waited = 0, last_heartbeat = -interval, last_poll = now();
    bool is_long = false;
    for (;;) {
        int is_done = 0;
        const int status = MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
        if (status != MPI_SUCCESS || is_done) return status;
        const double poll = now();
        waited += least(poll - last_poll, longest_gap);
        last_poll = poll;
        if (waited < spin) continue;
        if (!is_long) discard_old_heartbeats();
        is_long = true;
        // Heartbeats are answered, so that a rank that has only just begun to wait is not taken for stalled.
        const bool is_asked = receive_heartbeats(waited);
        if ((is_asked || waited >= interval) && waited - last_heartbeat >= interval) {
            send_heartbeats();
            last_heartbeat = waited;
        }
        if (waited >= limit && (is_lowest_waiting(waited) || waited >= limit + grace)) {
            waited_until_timeout = waited;
            return CMPI_STALLED;
        }
        usleep(sleep_microseconds);
    }
}

static void silent_ranks(bool *silent) {
    for (int other = 0; other < size; ++other) silent[other] = is_silent(other, waited_until_timeout);
}

#endif
