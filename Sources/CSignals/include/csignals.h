// Signals that ask the program to stop. A signal handler may do very little and may not run Swift code: it records the
// signal, and the program polls for it.
#ifndef CSIGNALS_H
#define CSIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

/// From here on SIGTERM, SIGINT, SIGHUP and SIGUSR1 are recorded and do not end the process, except that a second
/// SIGINT ends it as if there were no handler. Signals that were ignored at the start (nohup, `&` in a script) stay
/// ignored.
void stop_signals_watch(void);

/// Whether they are recorded.
bool stop_signals_watched(void);

/// Ends what stop_signals_watch has begun; a signal that was recorded meanwhile ends the process now.
void stop_signals_unwatch(void);

/// A process group that is killed where a signal ends this process; 0 for none.
void stop_signals_set_companion(pid_t group);

/// Whether there is nothing to be saved, so that signals end the process even so; SIGUSR1, which asks for a checkpoint
/// and nothing else, is recorded as ever.
void stop_signals_set_idle(bool idle);

/// The first signal that was recorded, or 0.
int stop_signals_noted(void);

#endif
