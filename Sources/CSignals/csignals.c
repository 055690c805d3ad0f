#include "csignals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

// The first signal received, or 0.
static atomic_int received;
// How many SIGINTs have been received.
static atomic_int interrupts;

static void record(int number) {
    int none = 0;
    atomic_compare_exchange_strong(&received, &none, number);
    if (number != SIGINT || atomic_fetch_add(&interrupts, 1) == 0) return;
    // The signal is blocked while its handler runs: raised again here, it ends the process when this function returns.
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
}

void stop_signals_watch(void) {
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        struct sigaction action = {.sa_handler = record, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, NULL);
    }
}

int stop_signals_noted(void) { return atomic_load(&received); }
