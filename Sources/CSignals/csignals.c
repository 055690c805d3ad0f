#include "csignals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

// The first signal received, or 0.
static atomic_int received;
static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
// How many SIGINTs have been received.
static atomic_int interrupts;

// Whether there is nothing that a signal would have to wait for.
static atomic_bool is_idle;
// The process group that must not outlive this process, or 0.
static atomic_int companion;

// The signal is blocked while its handler runs: raised again here, it ends the process when the handler returns.
static void end_by(int number) {
    if (atomic_load(&companion)) kill(-atomic_load(&companion), SIGKILL);
    signal(number, SIG_DFL);
    raise(number);
}

static void record(int number) {
    if (atomic_load(&is_idle) && number != SIGUSR1) {
        end_by(number);
        return;
    }
    int none = 0;
    atomic_compare_exchange_strong(&received, &none, number);
    if (number != SIGINT || atomic_fetch_add(&interrupts, 1) == 0) return;
    end_by(SIGINT);
}

void stop_signals_watch(void) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        struct sigaction action = {.sa_handler = record, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, NULL);
    }
}

bool stop_signals_watched(void) {
    struct sigaction now;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == record) return true;
    }
    return false;
}

void stop_signals_unwatch(void) {
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == record) signal(numbers[i], SIG_DFL);
    }
    if (atomic_load(&received)) raise(atomic_load(&received));
}

void stop_signals_set_companion(pid_t group) { atomic_store(&companion, group); }

void stop_signals_set_idle(bool idle) { atomic_store(&is_idle, idle); }

int stop_signals_noted(void) { return atomic_load(&received); }
