#include "csignals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_int noted;
static atomic_int interrupted;

static void note(int number) {
    int none = 0;
    atomic_compare_exchange_strong(&noted, &none, number);
    if (number != SIGINT || atomic_fetch_add(&interrupted, 1) == 0) return;
    // Blocked while its handler runs, the signal takes its default course as soon as this function returns.
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
}

void stop_signals_watch(void) {
    const int numbers[] = {SIGTERM, SIGINT, SIGUSR1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, NULL);
    }
}

int stop_signals_noted(void) { return atomic_load(&noted); }
