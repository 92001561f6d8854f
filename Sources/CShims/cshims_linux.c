#ifdef __linux__
#define _GNU_SOURCE
#include "cshims_linux.h"
#include <sched.h>

int cshims_pin(pid_t pid, int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(pid, sizeof set, &set);
}
#endif
