#ifndef CALLROUTER_CALLOCATIONS_H
#define CALLROUTER_CALLOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

/// What was allocated: every malloc(3) and its kin, of Swift, C and C++ alike.
typedef struct {
    /// How often memory was asked for; a realloc counts as one.
    uint64_t count;
    /// How much of it, as asked for.
    uint64_t bytes;
} callocations_total;

/// Counts from here on, or stops: while it stops an allocation costs what it costs without us.
void callocations_count(bool counts);

/// What this process has allocated while it counted, on all threads.
callocations_total callocations_now(void);

/// What the process has allocated so far that writes its count to the memory at `page`.
callocations_total callocations_of(const void *_Nonnull page);

/// Names, in the environment, a file of at least 16 bytes: a process that finds it counts from its start, and counts there.
#define CALLOCATIONS_FILE "CALLROUTER_ALLOCATIONS_FILE"

#endif
