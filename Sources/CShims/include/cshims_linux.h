#ifndef CALLROUTER_CSHIMS_LINUX_H
#define CALLROUTER_CSHIMS_LINUX_H

#ifdef __linux__
// Swift's Glibc module leaves these out.
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/// Lets the thread or process `pid` (0: the calling thread) run on `cpu` only: sched_setaffinity(2). 0, or -1 and errno.
int cshims_pin(pid_t pid, int cpu);

/// How many CPUs the calling thread may run on: sched_getaffinity(2). At least 1.
int cshims_usable_cpus(void);

/// Gives back the pages of code and constants of the program and its shared libraries: madvise(2) with MADV_DONTNEED on what
/// cannot be written. What is still needed comes back from the page cache at its next use. Libraries whose path holds one of
/// `kept`, an array that ends with NULL, stay as they are.
void cshims_release_code_pages(const char *_Nullable const *_Nonnull kept);
#endif

#endif
