#ifndef CLOAD_INTERNAL_H
#define CLOAD_INTERNAL_H

#define _GNU_SOURCE
#include "cload.h"
#include <openssl/ssl.h>
#include <string.h>
#include <sys/epoll.h>

// Plain text connections, WebSocket framing and the loop that both the generator and the floor run on.

#define SPACE_SIZE (1u << 20)

enum conn_kind { CONN_WEBSOCKET, CONN_LISTENER, CONN_HTTP };
enum conn_phase { CONN_CONNECTING, CONN_HANDSHAKE, CONN_UPGRADING, CONN_OPEN, CONN_CLOSED };

struct conn;

struct conn_ops {
    /// The HTTP upgrade is done.
    void (*opened)(struct conn *c);
    /// A whole text message, unmasked in place; lives for the call only.
    void (*text)(struct conn *c, uint8_t *text, size_t length);
    /// All that one read brought has been handed on.
    void (*read_done)(struct conn *c);
    /// It is gone; `c->reason` says why. The connection is freed after the turn.
    void (*closed)(struct conn *c);
    /// Listeners: a socket was accepted.
    void (*accepted)(struct conn *listener, int fd);
    /// A request that is no upgrade.
    void (*request)(struct conn *c, uint8_t *head, size_t length);
};

struct loop {
    int epoll;
    uint8_t *space;
    /// Frames being built, for one connection at a time.
    uint8_t *frame;
    size_t frame_length, frame_capacity;
    uint64_t random;
    struct conn *dead;
    /// All connections, where they are to be closed with the loop; the floor lives as long as its process.
    bool tracks;
    struct conn *all;
    SSL_CTX *server_tls, *client_tls;
    uint32_t connections;
    void *owner;
};

struct conn {
    struct loop *loop;
    const struct conn_ops *ops;
    void *owner;
    SSL *ssl;
    uint8_t *rest, *out;
    uint32_t rest_length, rest_capacity;
    uint32_t out_offset, out_length, out_capacity;
    int fd;
    uint8_t kind, phase;
    bool client, armed, sent_close;
    struct conn *next_dead, *previous, *next;
    /// The path of the upgrade (client).
    const char *path;
    char reason[80];
};

bool loop_init(struct loop *loop);
/// Closes what is open and frees all; nobody is told.
void loop_destroy(struct loop *loop);
/// Waits for at most `timeout` ns (negative: without end) and handles what is there.
bool loop_turn(struct loop *loop, int64_t timeout, void (*between)(struct loop *));

int net_listen(uint16_t port, bool reuse, uint16_t *actual);
struct conn *conn_listener(struct loop *loop, int fd, const struct conn_ops *ops, void *owner);
struct conn *conn_accepted(struct loop *loop, int fd, bool tls, const struct conn_ops *ops, void *owner);
struct conn *conn_connect(struct loop *loop, uint16_t port, bool tls, const char *path, const struct conn_ops *ops,
                          void *owner);

/// Begins a frame of `length` bytes for `c`; the payload is written where this points.
uint8_t *frame_begin(struct conn *c, uint8_t opcode, size_t length);
/// Ends the frame begun last: masks it where `c` is a client.
void frame_end(struct conn *c, uint8_t *payload, size_t length);
/// Writes all frames built since the last commit.
void frame_commit(struct conn *c);

/// One frame of one message, written at once.
void conn_send(struct conn *c, uint8_t opcode, const void *payload, size_t length);
/// Raw bytes, outside of frames.
void conn_write(struct conn *c, const void *bytes, size_t length);
void conn_close(struct conn *c, uint16_t code);
void conn_end(struct conn *c, const char *reason);

/// The TLS contexts of the model side: a self-made certificate for 127.0.0.1.
SSL_CTX *tls_server(void);
SSL_CTX *tls_client(void);

// MARK: Text

/// What stands between `key` and the next quotation mark.
static inline const uint8_t *text_value(const uint8_t *text, size_t length, const char *key, size_t key_length,
                                        size_t *value_length) {
    const uint8_t *found = memmem(text, length, key, key_length);
    if (!found) return NULL;
    found += key_length;
    const uint8_t *end = memchr(found, '"', length - (size_t)(found - text));
    if (!end) return NULL;
    *value_length = (size_t)(end - found);
    return found;
}

#define TEXT_VALUE(text, length, key, value_length) text_value(text, length, key, sizeof(key) - 1, value_length)
#define TEXT_HAS(text, length, key) (memmem(text, length, key, sizeof(key) - 1) != NULL)

static inline uint8_t *put(uint8_t *to, const void *from, size_t length) {
    memcpy(to, from, length);
    return to + length;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

static inline uint8_t *put_number(uint8_t *to, uint64_t value) {
    uint8_t digits[20];
    int count = 0;
    do digits[count++] = (uint8_t)('0' + value % 10);
    while (value /= 10);
    while (count) *to++ = digits[--count];
    return to;
}

// MARK: Stamps

#define FRAME_BYTES 160
#define FRAME_TEXT 216
#define FRAME_NANOSECONDS 20000000ull
#define STAMP_BYTES 12

struct stamp {
    uint32_t call, response;
    uint64_t sequence;
};

/// The 160 bytes of a frame: the stamp, then near silence.
void stamp_write_audio(uint8_t *audio, struct stamp stamp);
/// The 216 characters of the same.
void stamp_write_text(uint8_t *text, struct stamp stamp);
/// Reads the stamp of frame `index` of a base64 payload; false where there is none.
bool stamp_read(const uint8_t *payload, size_t length, size_t index, struct stamp *stamp);
/// Bytes of audio that `length` characters of base64 hold.
size_t base64_bytes(const uint8_t *text, size_t length);

#endif
