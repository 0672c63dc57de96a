#include "conformance/subrun.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void subrun_word(struct subrun *s, const char *word)
{
    if (s->count + 2 > s->cap) { /* execv wants a NULL behind the last */
        s->cap = s->cap == 0 ? 32 : 2 * s->cap;
        s->words = xrealloc(s->words, s->cap * sizeof *s->words);
    }
    s->words[s->count++] = xstrdup(str_from(word));
    s->words[s->count] = NULL;
}

void subrun_option(struct subrun *s, const char *name, const char *value)
{
    if (value == NULL)
        return;
    subrun_word(s, name);
    subrun_word(s, value);
}

void subrun_speed(struct subrun *s, double speed)
{
    char text[32];

    if (speed == 1)
        return;
    (void)snprintf(text, sizeof text, "%.6g", speed);
    subrun_option(s, "--speed", text);
}

void subrun_init(struct subrun *s, const struct options *o)
{
    *s = (struct subrun){.words = NULL};
    subrun_word(s, "seatrial");
    subrun_word(s, "run");
    subrun_option(s, "--scenarios", options_scenarios(o));
    subrun_option(s, "--endpoint", o->endpoint);
    subrun_option(s, "--seed", o->seed);
}

void subrun_fini(struct subrun *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->words[i]);
    free(s->words);
    *s = (struct subrun){.words = NULL};
}

static void child(const struct subrun *s, const char *log)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    sigset_t none;

    (void)sigemptyset(&none); /* the runner blocks what it takes from a descriptor */
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (fd >= 0) {
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
    }
    (void)execv("/proc/self/exe", s->words);
    _exit(127);
}

pid_t subrun_start(const struct subrun *s, const char *log)
{
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0)
        child(s, log);
    return pid;
}
