// How a rank waits for the others: without limit, or for as long as cmpi_watch allows. Part of operations.h.
#ifndef WAITING_H
#define WAITING_H

#include "part.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

// What cmpi_watch has begun.
typedef struct {
    // Seconds that a wait may last; 0 for no limit.
    double limit;
    // A separate communicator, so that heartbeats which are never received cannot be mistaken for other messages.
    MPI_Comm heartbeats;
    bool has_heartbeats;
    int rank, size;
    // For each rank, how long this wait had lasted when its last heartbeat arrived; negative for never.
    double *heard;
} Watch;

static Watch current, aside;
// How long the wait that timed out had lasted.
static double waited_until_timeout = 0;

static void stop_watching(void) {
    if (current.has_heartbeats) MPI_Comm_free(&current.heartbeats);
    free(current.heard);
    memset(&current, 0, sizeof current);
}

static int watch(double seconds) {
    stop_watching();
    MPI_Comm_rank(ranks_at_work(), &current.rank);
    MPI_Comm_size(ranks_at_work(), &current.size);
    if (!(seconds > 0) || current.size < 2) return MPI_SUCCESS;
    current.heard = malloc((size_t)current.size * sizeof *current.heard);
    if (!current.heard) return MPI_ERR_NO_MEM;
    const int status = MPI_Comm_dup(ranks_at_work(), &current.heartbeats);
    current.has_heartbeats = status == MPI_SUCCESS;
    if (current.has_heartbeats) current.limit = seconds;
    return status;
}

static void change_limit(double seconds) {
    if (current.limit > 0) current.limit = seconds;
}

// Puts what cmpi_watch has begun aside, for a part of the ranks that watches itself; and ends that and takes up the
// other again.
static void set_watch_aside(void) {
    aside = current;
    memset(&current, 0, sizeof current);
}
static void take_watch_up(void) {
    stop_watching();
    current = aside;
    memset(&aside, 0, sizeof aside);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double least(double a, double b) { return a < b ? a : b; }

static void send_heartbeats(void) {
    for (int other = 0; other < current.size; ++other) {
        if (other == current.rank) continue;
        // Empty messages are sent eagerly: there is nothing to wait for.
        MPI_Request request;
        if (MPI_Isend(NULL, 0, MPI_BYTE, other, HEARTBEAT_TAG, current.heartbeats, &request) == MPI_SUCCESS)
            MPI_Request_free(&request);
    }
}

// Receives all heartbeats that have arrived; whether there were any.
static bool receive_heartbeats(double waited) {
    bool any = false;
    for (;;) {
        int found = 0;
        MPI_Status status;
        if (MPI_Iprobe(MPI_ANY_SOURCE, HEARTBEAT_TAG, current.heartbeats, &found, &status) != MPI_SUCCESS || !found)
            return any;
        if (MPI_Recv(NULL, 0, MPI_BYTE, status.MPI_SOURCE, HEARTBEAT_TAG, current.heartbeats, MPI_STATUS_IGNORE)
            != MPI_SUCCESS)
            return any;
        current.heard[status.MPI_SOURCE] = waited;
        any = true;
    }
}

// Heartbeats that arrived before this wait say nothing about it: their senders may have gone on since.
static void discard_old_heartbeats(void) {
    receive_heartbeats(-1);
    for (int other = 0; other < current.size; ++other) current.heard[other] = -1;
}

// Half the limit is long enough for several heartbeats.
static bool is_silent(int other, double waited) {
    return other != current.rank && current.heard[other] < waited - current.limit / 2;
}

static bool is_lowest_waiting(double waited) {
    for (int lower = 0; lower < current.rank; ++lower) {
        if (!is_silent(lower, waited)) return false;
    }
    return true;
}

// MPI_Wait with a timeout: CMPI_STALLED if the operation does not complete within the limit. It is then still pending:
// its buffers must stay valid, and no MPI function but MPI_Abort may be called.
static int complete(MPI_Request *request) {
    if (current.limit <= 0) return MPI_Wait(request, MPI_STATUS_IGNORE);
    const double interval = current.limit / HEARTBEATS;
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
        if (waited >= current.limit && (is_lowest_waiting(waited) || waited >= current.limit + grace)) {
            waited_until_timeout = waited;
            return CMPI_STALLED;
        }
        usleep(sleep_microseconds);
    }
}

static void silent_ranks(bool *silent) {
    for (int other = 0; other < current.size; ++other) silent[other] = is_silent(other, waited_until_timeout);
}

#endif
