#include "internal.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

// The floor: the least that a relay can do. Each call is two sockets on one loop; a message is unmasked, its audio found
// with memmem, framed anew and sent, all that one read brought in one write. Nothing is validated, paced, counted or kept.

struct worker {
    struct loop loop;
    uint16_t model_port;
    bool tls;
    struct worker *workers;
    uint32_t count, next;
    pthread_t thread;
};

struct pair {
    struct conn *carrier, *model;
    bool ready;
    uint32_t prefix_length;
    char stream[64];
    uint8_t prefix[128];
};

static const struct conn_ops carrier_side, model_side;

static void drop(struct pair *pair) {
    if (!pair->carrier && !pair->model) free(pair);
}

// MARK: Carrier

static void carrier_opened(struct conn *c) {
    struct pair *pair = c->owner;
    struct worker *worker = c->loop->owner;
    pair->model = conn_connect(c->loop, worker->model_port, worker->tls, "/?model=floor", &model_side, pair);
    if (!pair->model) conn_end(c, "no model");
}

static void carrier_text(struct conn *c, uint8_t *text, size_t length) {
    struct pair *pair = c->owner;
    size_t size;
    const uint8_t *payload = TEXT_VALUE(text, length, "\"payload\":\"", &size);
    if (payload) {
        if (!pair->ready || !pair->model) return;
        static const char before[] = "{\"type\":\"input_audio_buffer.append\",\"audio\":\"";
        size_t total = sizeof before - 1 + size + 2;
        uint8_t *at = frame_begin(pair->model, 1, total), *start = at;
        at = PUT(at, before);
        at = put(at, payload, size);
        PUT(at, "\"}");
        frame_end(pair->model, start, total);
        return;
    }
    const uint8_t *stream = TEXT_VALUE(text, length, "\"streamSid\":\"", &size);
    if (stream && !pair->prefix_length && size < sizeof pair->stream) {
        uint8_t *at = pair->prefix;
        at = PUT(at, "{\"event\":\"media\",\"streamSid\":\"");
        at = put(at, stream, size);
        at = PUT(at, "\",\"media\":{\"payload\":\"");
        pair->prefix_length = (uint32_t)(at - pair->prefix);
        memcpy(pair->stream, stream, size);
    }
}

static void carrier_done(struct conn *c) {
    struct pair *pair = c->owner;
    if (pair->model) frame_commit(pair->model);
}

static void carrier_closed(struct conn *c) {
    struct pair *pair = c->owner;
    c->loop->frame_length = 0;
    pair->carrier = NULL;
    if (pair->model && pair->model->phase != CONN_CLOSED) conn_end(pair->model, "carrier gone");
    else drop(pair);
}

/// `GET /ready`.
static void carrier_request(struct conn *c, uint8_t *head, size_t length) {
    (void)head;
    (void)length;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    conn_write(c, answer, sizeof answer - 1);
    conn_end(c, "answered");
}

static const struct conn_ops carrier_side = {
    .opened = carrier_opened,
    .text = carrier_text,
    .read_done = carrier_done,
    .closed = carrier_closed,
    .request = carrier_request,
};

// MARK: Model

static void relay(struct pair *pair, const uint8_t *payload, size_t size) {
    // 60 ms in a message: 480 bytes are 640 characters, so that the text can be cut without decoding it.
    while (size > 0) {
        size_t part = size > 640 ? 640 : size;
        size_t total = pair->prefix_length + part + 3;
        uint8_t *at = frame_begin(pair->carrier, 1, total), *start = at;
        at = put(at, pair->prefix, pair->prefix_length);
        at = put(at, payload, part);
        PUT(at, "\"}}");
        frame_end(pair->carrier, start, total);
        payload += part;
        size -= part;
    }
}

static void model_text(struct conn *c, uint8_t *text, size_t length) {
    struct pair *pair = c->owner;
    size_t size;
    if (!pair->carrier) return;
    const uint8_t *delta = TEXT_VALUE(text, length, "\"delta\":\"", &size);
    if (delta) return relay(pair, delta, size);
    if (TEXT_HAS(text, length, "\"input_audio_buffer.speech_started\"")) {
        static const char before[] = "{\"event\":\"clear\",\"streamSid\":\"";
        size_t stream = strlen(pair->stream), total = sizeof before - 1 + stream + 2;
        uint8_t *at = frame_begin(pair->carrier, 1, total), *start = at;
        at = PUT(at, before);
        at = put(at, pair->stream, stream);
        PUT(at, "\"}");
        frame_end(pair->carrier, start, total);
    } else if (TEXT_HAS(text, length, "\"session.created\"")) {
        static const char update[] =
            "{\"type\":\"session.update\",\"session\":{\"type\":\"realtime\",\"output_modalities\":[\"audio\"],"
            "\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcmu\"}},\"output\":{\"format\":{\"type\":"
            "\"audio/pcmu\"}}}}}";
        frame_commit(pair->carrier);
        conn_send(c, 1, update, sizeof update - 1);
    } else if (TEXT_HAS(text, length, "\"session.updated\"")) {
        static const char create[] = "{\"type\":\"response.create\"}";
        frame_commit(pair->carrier);
        conn_send(c, 1, create, sizeof create - 1);
        pair->ready = true;
    }
}

static void model_done(struct conn *c) {
    struct pair *pair = c->owner;
    if (pair->carrier) frame_commit(pair->carrier);
}

static void model_closed(struct conn *c) {
    struct pair *pair = c->owner;
    c->loop->frame_length = 0;
    pair->model = NULL;
    if (pair->carrier && pair->carrier->phase != CONN_CLOSED) conn_end(pair->carrier, "model gone");
    else drop(pair);
}

static const struct conn_ops model_side = {
    .text = model_text, .read_done = model_done, .closed = model_closed};

// MARK: Workers

static void accepted(struct conn *listener, int fd) {
    struct worker *acceptor = listener->owner;
    struct worker *worker = &acceptor->workers[acceptor->next++ % acceptor->count];
    struct pair *pair = calloc(1, sizeof *pair);
    // The socket lives on its worker's loop from here on; only its registration comes from this thread.
    pair->carrier = conn_accepted(&worker->loop, fd, false, &carrier_side, pair);
    if (!pair->carrier) free(pair);
}

static const struct conn_ops acceptor = {.accepted = accepted};

static void *work(void *argument) {
    struct worker *worker = argument;
    while (loop_turn(&worker->loop, -1, NULL)) {}
    return NULL;
}

int cload_floor(uint16_t port, uint16_t model_port, uint32_t threads, bool tls) {
    signal(SIGPIPE, SIG_IGN);
    struct worker *workers = calloc(threads, sizeof *workers);
    for (uint32_t i = 0; i < threads; i++) {
        struct worker *worker = &workers[i];
        worker->model_port = model_port;
        worker->tls = tls;
        worker->workers = workers;
        worker->count = threads;
        if (!loop_init(&worker->loop)) return errno;
        worker->loop.owner = worker;
        if (tls && !(worker->loop.client_tls = tls_client())) return EPROTO;
    }
    int fd = net_listen(port, false, NULL);
    if (fd < 0 || !conn_listener(&workers[0].loop, fd, &acceptor, &workers[0])) return errno;
    for (uint32_t i = 1; i < threads; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) return errno;
    }
    work(&workers[0]);
    return errno;
}
