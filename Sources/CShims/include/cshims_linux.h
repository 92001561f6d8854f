#ifndef CALLROUTER_CSHIMS_LINUX_H
#define CALLROUTER_CSHIMS_LINUX_H

#ifdef __linux__
// Swift's Glibc module leaves these out.
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/// Lets the thread or process `pid` (0: the calling thread) run on `cpu` only: sched_setaffinity(2). 0, or -1 and errno.
int cshims_pin(pid_t pid, int cpu);
#endif

#endif
