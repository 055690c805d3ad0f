#define _GNU_SOURCE
#include "cmpi.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// What the handler needs: it may call only what is safe in one.
static char text[CMPI_TEXT_CAPACITY];
static size_t length;
static int code;

static void expire(int number) {
    (void)number;
    // Nothing can be done about a line that cannot be written.
    if (write(STDERR_FILENO, text, length) < 0) _exit(code);
    _exit(code);
}

static void set_timer(double seconds) {
    struct itimerval timer = {.it_value = {.tv_sec = (time_t)seconds}};
    timer.it_value.tv_usec = (suseconds_t)((seconds - (double)timer.it_value.tv_sec) * 1e6);
    setitimer(ITIMER_REAL, &timer, NULL);
}

void cmpi_begin_limit(double seconds, const char *line, int exit_code) {
    if (!(seconds > 0)) return;
    length = strnlen(line, sizeof text);
    memcpy(text, line, length);
    code = exit_code;
    struct sigaction action = {.sa_handler = expire};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    set_timer(seconds);
}

void cmpi_end_limit(void) { set_timer(0); }
