#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64

uint64_t cload_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

// MARK: Loop

bool loop_init(struct loop *loop) {
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->space = malloc(SPACE_SIZE);
    loop->frame_capacity = 64 << 10;
    loop->frame = malloc(loop->frame_capacity);
    loop->random = 0x9E3779B97F4A7C15ull;
    if (getrandom(&loop->random, sizeof loop->random, 0) < 0) return false;
    loop->random |= 1;
    return loop->epoll >= 0 && loop->space && loop->frame;
}

static void conn_event(struct conn *c, uint32_t events);

static void conn_free(struct conn *c) {
    free(c->rest);
    free(c->out);
    if (c->ssl) SSL_free(c->ssl);
    close(c->fd);
    free(c);
}

/// Frees the connections that have ended.
static void bury(struct loop *loop) {
    while (loop->dead) {
        struct conn *c = loop->dead;
        loop->dead = c->next_dead;
        if (loop->tracks) {
            if (c->next) c->next->previous = c->previous;
            if (c->previous) c->previous->next = c->next;
            else loop->all = c->next;
        }
        conn_free(c);
    }
}

bool loop_turn(struct loop *loop, int64_t timeout, void (*between)(struct loop *)) {
    struct epoll_event events[BATCH];
    struct timespec wait = {timeout / 1000000000, timeout % 1000000000};
    int count = epoll_pwait2(loop->epoll, events, BATCH, timeout < 0 ? NULL : &wait, NULL);
    if (count < 0) return errno == EINTR;
    for (int i = 0; i < count; i++) {
        conn_event(events[i].data.ptr, events[i].events);
        if (between && (i & 7) == 7) between(loop);
    }
    bury(loop);
    return true;
}

void loop_destroy(struct loop *loop) {
    bury(loop);
    while (loop->all) {
        struct conn *c = loop->all;
        loop->all = c->next;
        conn_free(c);
    }
    if (loop->server_tls) SSL_CTX_free(loop->server_tls);
    if (loop->client_tls) SSL_CTX_free(loop->client_tls);
    if (loop->epoll >= 0) close(loop->epoll);
    free(loop->space);
    free(loop->frame);
}

// MARK: Sockets

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int net_listen(uint16_t port, bool reuse, uint16_t *actual) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    struct sockaddr_in address = loopback(port);
    socklen_t length = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 4096) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
        close(fd);
        return -1;
    }
    if (actual) *actual = ntohs(address.sin_port);
    return fd;
}

static struct conn *conn_new(struct loop *loop, int fd, enum conn_kind kind, const struct conn_ops *ops, void *owner,
                             uint32_t interest) {
    struct conn *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->loop = loop;
    c->fd = fd;
    c->kind = kind;
    c->ops = ops;
    c->owner = owner;
    c->armed = (interest & EPOLLOUT) != 0;
    struct epoll_event event = {.events = interest, .data.ptr = c};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        free(c);
        return NULL;
    }
    loop->connections++;
    if (loop->tracks) {
        c->next = loop->all;
        if (c->next) c->next->previous = c;
        loop->all = c;
    }
    return c;
}

struct conn *conn_listener(struct loop *loop, int fd, const struct conn_ops *ops, void *owner) {
    return conn_new(loop, fd, CONN_LISTENER, ops, owner, EPOLLIN);
}

static void no_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct conn *conn_accepted(struct loop *loop, int fd, bool tls, const struct conn_ops *ops, void *owner) {
    no_delay(fd);
    struct conn *c = conn_new(loop, fd, CONN_WEBSOCKET, ops, owner, EPOLLIN);
    if (!c) {
        close(fd);
        return NULL;
    }
    c->phase = CONN_UPGRADING;
    if (tls) {
        c->ssl = SSL_new(loop->server_tls);
        SSL_set_fd(c->ssl, fd);
        SSL_set_accept_state(c->ssl);
        c->phase = CONN_HANDSHAKE;
    }
    return c;
}

struct conn *conn_connect(struct loop *loop, uint16_t port, bool tls, const char *path, const struct conn_ops *ops,
                          void *owner) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return NULL;
    no_delay(fd);
    struct sockaddr_in address = loopback(port);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) {
        close(fd);
        return NULL;
    }
    struct conn *c = conn_new(loop, fd, CONN_WEBSOCKET, ops, owner, EPOLLIN | EPOLLOUT);
    if (!c) {
        close(fd);
        return NULL;
    }
    c->client = true;
    c->path = path;
    c->phase = CONN_CONNECTING;
    if (tls) {
        c->ssl = SSL_new(loop->client_tls);
        SSL_set_fd(c->ssl, fd);
        SSL_set_connect_state(c->ssl);
    }
    return c;
}

static void interest(struct conn *c, bool writing) {
    if (c->armed == writing) return;
    c->armed = writing;
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(c->loop->epoll, EPOLL_CTL_MOD, c->fd, &event);
}

void conn_end(struct conn *c, const char *reason) {
    if (c->phase == CONN_CLOSED) return;
    c->phase = CONN_CLOSED;
    if (reason && !c->reason[0]) snprintf(c->reason, sizeof c->reason, "%s", reason);
    if (c->ssl) SSL_shutdown(c->ssl);
    shutdown(c->fd, SHUT_RDWR);
    c->loop->connections--;
    c->next_dead = c->loop->dead;
    c->loop->dead = c;
    if (c->ops->closed) c->ops->closed(c);
}

// MARK: Writing

/// Bytes written; 0 where nothing can be now, -1 where the connection has ended.
static ssize_t raw_write(struct conn *c, const uint8_t *bytes, size_t length) {
    if (c->ssl) {
        ERR_clear_error();
        int count = SSL_write(c->ssl, bytes, (int)length);
        if (count > 0) return count;
        int error = SSL_get_error(c->ssl, count);
        return error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    ssize_t count = send(c->fd, bytes, length, MSG_NOSIGNAL);
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static void keep(struct conn *c, const uint8_t *bytes, size_t length) {
    if (c->out_offset == c->out_length) c->out_offset = c->out_length = 0;
    if (c->out_length + length > c->out_capacity) {
        c->out_capacity = (uint32_t)(c->out_length + length + 4096);
        c->out = realloc(c->out, c->out_capacity);
    }
    memcpy(c->out + c->out_length, bytes, length);
    c->out_length += (uint32_t)length;
}

void conn_write(struct conn *c, const void *bytes, size_t length) {
    if (c->phase == CONN_CLOSED) return;
    const uint8_t *at = bytes;
    if (c->out_offset == c->out_length) {
        while (length > 0) {
            ssize_t written = raw_write(c, at, length);
            if (written < 0) return conn_end(c, "write failed");
            if (written == 0) break;
            at += written;
            length -= (size_t)written;
        }
        if (length == 0) return;
    }
    keep(c, at, length);
    interest(c, true);
}

static void write_rest(struct conn *c) {
    while (c->out_offset < c->out_length) {
        ssize_t written = raw_write(c, c->out + c->out_offset, c->out_length - c->out_offset);
        if (written < 0) return conn_end(c, "write failed");
        if (written == 0) return;
        c->out_offset += (uint32_t)written;
    }
    interest(c, false);
}

// MARK: Frames

static void mask(uint8_t *bytes, size_t length, uint32_t key) {
    uint64_t wide = (uint64_t)key << 32 | key;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        word ^= wide;
        memcpy(bytes + i, &word, 8);
    }
    const uint8_t *octets = (const uint8_t *)&key;
    for (; i < length; i++) bytes[i] ^= octets[i & 3];
}

uint8_t *frame_begin(struct conn *c, uint8_t opcode, size_t length) {
    struct loop *loop = c->loop;
    if (loop->frame_length + length + 14 > loop->frame_capacity) {
        loop->frame_capacity = (loop->frame_length + length + 14) * 2;
        loop->frame = realloc(loop->frame, loop->frame_capacity);
    }
    uint8_t *at = loop->frame + loop->frame_length;
    uint8_t bit = c->client ? 0x80 : 0;
    *at++ = 0x80 | opcode;
    if (length < 126) {
        *at++ = (uint8_t)length | bit;
    } else if (length <= 0xFFFF) {
        *at++ = 126 | bit;
        *at++ = (uint8_t)(length >> 8);
        *at++ = (uint8_t)length;
    } else {
        *at++ = 127 | bit;
        for (int shift = 56; shift >= 0; shift -= 8) *at++ = (uint8_t)((uint64_t)length >> shift);
    }
    if (c->client) at += 4;
    loop->frame_length = (size_t)(at - loop->frame) + length;
    return at;
}

void frame_end(struct conn *c, uint8_t *payload, size_t length) {
    if (!c->client) return;
    uint64_t random = c->loop->random;
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    c->loop->random = random;
    uint32_t key = (uint32_t)(random >> 32);
    memcpy(payload - 4, &key, 4);
    mask(payload, length, key);
}

void frame_commit(struct conn *c) {
    size_t length = c->loop->frame_length;
    if (length == 0) return;
    c->loop->frame_length = 0;
    conn_write(c, c->loop->frame, length);
}

void conn_send(struct conn *c, uint8_t opcode, const void *payload, size_t length) {
    if (c->phase != CONN_OPEN) return;
    uint8_t *at = frame_begin(c, opcode, length);
    memcpy(at, payload, length);
    frame_end(c, at, length);
    frame_commit(c);
}

void conn_close(struct conn *c, uint16_t code) {
    if (c->phase != CONN_OPEN || c->sent_close) return;
    uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
    conn_send(c, 8, payload, 2);
    c->sent_close = true;
}

// MARK: Upgrade

static void send_upgrade(struct conn *c) {
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          c->path);
    conn_write(c, request, (size_t)length);
}

static bool answer_upgrade(struct conn *c, const char *head, size_t length) {
    static const char name[] = "sec-websocket-key:";
    const char *key = NULL;
    for (const char *line = head; line && line < head + length;) {
        if (strncasecmp(line, name, sizeof name - 1) == 0) key = line + sizeof name - 1;
        const char *end = memmem(line, length - (size_t)(line - head), "\r\n", 2);
        line = end ? end + 2 : NULL;
    }
    if (!key) return false;
    while (*key == ' ') key++;
    char text[128];
    size_t key_length = strcspn(key, " \r");
    if (key_length > 64) return false;
    memcpy(text, key, key_length);
    strcpy(text + key_length, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    uint8_t digest[SHA_DIGEST_LENGTH];
    SHA1((const uint8_t *)text, strlen(text), digest);
    uint8_t accept[64];
    EVP_EncodeBlock(accept, digest, sizeof digest);
    char answer[256];
    int count = snprintf(answer, sizeof answer,
                         "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: %s\r\n\r\n",
                         accept);
    conn_write(c, answer, (size_t)count);
    return true;
}

/// Takes the head of the upgrade; its length, or 0 where it is not whole or none.
static size_t upgrade(struct conn *c, uint8_t *bytes, size_t length) {
    uint8_t *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - bytes) + 4;
    if (c->client) {
        if (length < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0) {
            char reason[64];
            snprintf(reason, sizeof reason, "refused: %.*s", (int)strcspn((char *)bytes, "\r"), (char *)bytes);
            conn_end(c, reason);
            return 0;
        }
    } else {
        end[2] = 0;
        if (!answer_upgrade(c, (char *)bytes, head - 2)) {
            end[2] = '\r';
            if (c->ops->request) {
                c->kind = CONN_HTTP;
                c->ops->request(c, bytes, length);
            } else {
                conn_end(c, "not an upgrade");
            }
            return 0;
        }
    }
    if (c->phase == CONN_CLOSED) return 0;
    c->phase = CONN_OPEN;
    if (c->ops->opened) c->ops->opened(c);
    return head;
}

// MARK: Reading

/// Takes one frame from the start of `bytes`; its length, or 0 where it is not whole.
static size_t take_frame(struct conn *c, uint8_t *bytes, size_t available) {
    if (available < 2) return 0;
    size_t length = bytes[1] & 0x7F, header = 2;
    if (length == 126) {
        if (available < 4) return 0;
        length = (size_t)bytes[2] << 8 | bytes[3];
        header = 4;
    } else if (length == 127) {
        if (available < 10) return 0;
        length = 0;
        for (int i = 2; i < 10; i++) length = length << 8 | bytes[i];
        header = 10;
    }
    bool masked = bytes[1] & 0x80;
    if (masked) header += 4;
    if (available < header + length) return 0;
    uint8_t *payload = bytes + header;
    if (masked) {
        uint32_t key;
        memcpy(&key, payload - 4, 4);
        mask(payload, length, key);
    }
    switch (bytes[0]) {
    case 0x81: c->ops->text(c, payload, length); break;
    case 0x89:
        // What is being built for another connection goes out first.
        if (c->ops->read_done) c->ops->read_done(c);
        conn_send(c, 10, payload, length);
        break;
    case 0x8A: break;
    case 0x88: {
        char reason[80];
        unsigned code = length >= 2 ? (unsigned)payload[0] << 8 | payload[1] : 1005;
        snprintf(reason, sizeof reason, "close %u %.*s", code, (int)(length > 2 ? (length < 62 ? length - 2 : 60) : 0),
                 payload + 2);
        if (c->ops->read_done) c->ops->read_done(c);
        if (!c->sent_close) conn_send(c, 8, payload, length < 2 ? 0 : 2);
        conn_end(c, reason);
        break;
    }
    default: conn_end(c, "a fragment, or a frame of an unexpected type"); break;
    }
    return header + length;
}

/// Bytes read; 0 where there are none now, -1 where the connection has ended.
static ssize_t raw_read(struct conn *c, uint8_t *bytes, size_t length) {
    if (c->ssl) {
        ERR_clear_error();
        int count = SSL_read(c->ssl, bytes, (int)length);
        if (count > 0) return count;
        int error = SSL_get_error(c->ssl, count);
        return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    ssize_t count = recv(c->fd, bytes, length, 0);
    if (count > 0) return count;
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void readable(struct conn *c) {
    uint8_t *space = c->loop->space;
    do {
        size_t kept = c->rest_length;
        if (kept) memcpy(space, c->rest, kept);
        ssize_t count = raw_read(c, space + kept, SPACE_SIZE - kept - 1);
        if (count == 0) break;
        if (count < 0) return conn_end(c, c->sent_close ? "closed" : "closed without a close frame");
        uint8_t *bytes = space;
        size_t length = kept + (size_t)count;
        if (c->phase == CONN_UPGRADING) {
            bytes[length] = 0;
            size_t head = upgrade(c, bytes, length);
            bytes += head;
            length -= head;
        }
        while (c->phase == CONN_OPEN && c->kind == CONN_WEBSOCKET) {
            size_t taken = take_frame(c, bytes, length);
            if (taken == 0) break;
            bytes += taken;
            length -= taken;
        }
        if (c->phase == CONN_CLOSED) return;
        c->rest_length = (uint32_t)length;
        if (length > 0) {
            if (length > c->rest_capacity) {
                c->rest_capacity = (uint32_t)length + 512;
                c->rest = realloc(c->rest, c->rest_capacity);
            }
            memcpy(c->rest, bytes, length);
        }
    } while (c->ssl && SSL_pending(c->ssl) > 0);
    if (c->ops->read_done && c->phase != CONN_CLOSED) c->ops->read_done(c);
}

/// Goes on with the TLS handshake; true once it is done.
static bool handshake(struct conn *c) {
    ERR_clear_error();
    int result = SSL_do_handshake(c->ssl);
    if (result == 1) return true;
    int error = SSL_get_error(c->ssl, result);
    if (error == SSL_ERROR_WANT_READ) {
        interest(c, false);
    } else if (error == SSL_ERROR_WANT_WRITE) {
        interest(c, true);
    } else {
        conn_end(c, "the TLS handshake failed");
    }
    return false;
}

static void conn_event(struct conn *c, uint32_t events) {
    if (c->kind == CONN_LISTENER) {
        int fd;
        while ((fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) c->ops->accepted(c, fd);
        return;
    }
    if (c->phase == CONN_CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return conn_end(c, "connect failed");
        if (!(events & EPOLLOUT)) return;
        if (c->ssl) {
            c->phase = CONN_HANDSHAKE;
        } else {
            interest(c, false);
            c->phase = CONN_UPGRADING;
            return send_upgrade(c);
        }
    }
    if (c->phase == CONN_HANDSHAKE) {
        if (!handshake(c)) return;
        interest(c, false);
        c->phase = CONN_UPGRADING;
        if (c->client) return send_upgrade(c);
        // What came with the end of the handshake is already inside of OpenSSL.
        return readable(c);
    }
    if (c->phase == CONN_CLOSED) return;
    if (events & EPOLLOUT) write_rest(c);
    if (c->phase != CONN_CLOSED && events & ~(uint32_t)EPOLLOUT) readable(c);
}
