// Signals that ask the program to stop. A signal handler may do very little and may not run Swift code: it records the
// signal, and the program polls for it.
#ifndef CSIGNALS_H
#define CSIGNALS_H

/// From here on SIGTERM, SIGINT, SIGHUP and SIGUSR1 are recorded and do not end the process, except that a second SIGINT ends
/// it as if there were no handler. Signals that were ignored at the start (nohup, `&` in a script) stay ignored.
void stop_signals_watch(void);

/// The first signal that was recorded, or 0.
int stop_signals_noted(void);

#endif
