/*
 * Threads that take no signals: they are main's. Nor do threads that a library starts from one.
 */
#ifndef LIB_THREAD_H
#define LIB_THREAD_H

#include <pthread.h>

#include "lib/base.h"

/* False: the system has no more threads. */
bool thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg) MUST_CHECK;

#endif
