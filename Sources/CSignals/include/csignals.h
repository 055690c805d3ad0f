// Signals that ask the program to stop. A handler may do next to nothing, and no Swift: it notes the signal, and the
// program looks at the note when it suits.
#ifndef CSIGNALS_H
#define CSIGNALS_H

// From here on SIGTERM, SIGINT and SIGUSR1 no longer end the process but are noted. A second SIGINT ends it at once, as
// if there were no handler. A signal that was ignored when the program started (nohup, or `&` in a script) stays so.
void stop_signals_watch(void);

// The first signal that was noted, or 0.
int stop_signals_noted(void);

#endif
