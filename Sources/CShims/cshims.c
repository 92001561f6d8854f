#define _GNU_SOURCE
#include "cshims.h"
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

const void *cshims_memmem(const void *haystack, size_t haystack_length, const void *needle, size_t needle_length) {
    return memmem(haystack, haystack_length, needle, needle_length);
}

ssize_t cshims_getrandom(void *buffer, size_t length) { return getrandom(buffer, length, 0); }

ssize_t cshims_send(int socket, const void *bytes, size_t length) {
    return send(socket, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}
