#ifndef CALLROUTER_CSHIMS_H
#define CALLROUTER_CSHIMS_H

#include <stddef.h>
#include <sys/types.h>

/// The first place of `needle` in `haystack`, or NULL: memmem(3), which needs _GNU_SOURCE.
const void *_Nullable cshims_memmem(const void *_Nonnull haystack, size_t haystack_length,
                                    const void *_Nonnull needle, size_t needle_length);

/// Fills `buffer` with `length` random bytes: getrandom(2), at most 256 bytes a call without interruption.
ssize_t cshims_getrandom(void *_Nonnull buffer, size_t length);

/// Sends what the socket takes at once, without a signal where the peer is gone: send(2).
/// Returns the bytes that it took, or -1.
ssize_t cshims_send(int socket, const void *_Nonnull bytes, size_t length);

#endif
