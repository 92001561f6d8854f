#include "generator.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

// The generator: opens calls, sends every frame when it is due, and reads what comes.

/// Frames sent in a row before what has arrived is read.
#define TICKS_PER_TURN 64

struct cload *cload_create(const struct cload_settings *settings) {
    // A target that closes a connection is counted, and must not end the measurement: OpenSSL writes without MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN);
    struct cload *load = calloc(1, sizeof *load);
    if (!load) return NULL;
    load->settings = *settings;
    load->slots = settings->steady + settings->passing;
    load->calls = calloc(load->slots ? load->slots : 1, sizeof *load->calls);
    load->audio = malloc(32 * FRAME_BYTES);
    if (!load->calls || !load->audio || !loop_init(&load->loop)) return NULL;
    load->loop.owner = load;
    load->loop.tracks = true;
    load->sending = true;
    for (uint32_t i = 0; i < load->slots; i++) {
        load->calls[i].load = load;
        load->calls[i].slot = i;
        load->calls[i].steady = i < settings->steady;
        load->calls[i].echoed_at = calloc(SENT_RING, sizeof(uint64_t));
    }
    if (settings->tls && !(load->loop.server_tls = tls_server())) return NULL;
    int model = net_listen(0, false, &load->model_port), claude = net_listen(0, false, &load->claude_port);
    if (model < 0 || claude < 0) return NULL;
    if (!conn_listener(&load->loop, model, &model_listener_ops, load)) return NULL;
    if (!conn_listener(&load->loop, claude, &claude_listener_ops, load)) return NULL;
    // Timers of the kernel are 50 µs late by default.
    prctl(PR_SET_TIMERSLACK, 1);
    return load;
}

void cload_destroy(struct cload *load) {
    // Sessions go with their connections: nobody is told of an end here.
    for (struct conn *c = load->loop.all; c; c = c->next) {
        if (c->ops == &model_ops) free(c->owner);
    }
    loop_destroy(&load->loop);
    for (uint32_t i = 0; i < load->slots; i++) {
        free(load->calls[i].echoed_at);
        free(load->calls[i].utterances);
        free(load->calls[i].up.words);
        free(load->calls[i].down.words);
    }
    free(load->calls);
    free(load->audio);
    free(load);
}

uint16_t cload_model_port(const struct cload *load) { return load->model_port; }
uint16_t cload_claude_port(const struct cload *load) { return load->claude_port; }
void cload_set_target(struct cload *load, uint16_t port) { load->target = port; }

void note_reason(struct cload *load, const char *side, const char *reason) {
    char text[96];
    snprintf(text, sizeof text, "%s: %s", side, reason[0] ? reason : "closed");
    for (uint32_t i = 0; i < load->reason_count; i++) {
        if (strcmp(load->reasons[i].text, text) == 0) {
            load->reasons[i].count++;
            return;
        }
    }
    if (load->reason_count == MAX_REASONS) {
        load->reasons[MAX_REASONS - 1].count++;
        return;
    }
    struct cload_reason *entry = &load->reasons[load->reason_count++];
    memcpy(entry->text, text, sizeof text);
    entry->count = 1;
}

// MARK: Time

static void open_steady(struct cload *load, uint64_t now) {
    while (load->opened < load->settings.steady) {
        uint64_t due = load->started_at + (uint64_t)((double)load->opened * 1e9 / load->settings.opening_rate);
        if (due > now) return;
        struct load_call *call = &load->calls[load->opened++];
        if (!call_begin(call)) {
            note_reason(load, "carrier", strerror(errno));
            call->state = CALL_FREE;
        }
    }
}

static void open_passing(struct cload *load, uint64_t now) {
    if (!load->passing_begun_at) load->passing_begun_at = now;
    for (int limit = 0; limit < 16 && load->counts.passing_begun < load->settings.passing_total; limit++) {
        uint64_t due =
            load->passing_begun_at + (uint64_t)((double)load->counts.passing_begun * 1e9 / load->settings.passing_rate);
        if (due > now) return;
        struct load_call *call = NULL;
        for (uint32_t i = 0; i < load->settings.passing && !call; i++) {
            uint32_t slot = load->settings.steady + load->passing_search++ % load->settings.passing;
            if (load->calls[slot].state == CALL_FREE) call = &load->calls[slot];
        }
        // Begins as soon as a place is free; the rate is then not kept, and the count says so.
        if (!call) return;
        if (now - due > FRAME_NANOSECONDS) load->counts.passing_late++;
        load->counts.passing_begun++;
        if (!call_begin(call)) {
            note_reason(load, "carrier", strerror(errno));
            call->state = CALL_FREE;
            load->counts.passing_ended++;
            load->counts.passing_failed++;
        }
    }
}

static void tick(struct cload *load, struct load_call *call, uint64_t due, uint64_t now) {
    if (call->state == CALL_LIVE) {
        if (call->steady || call->sent < load->settings.passing_frames) return call_tick(call, due);
        call->state = CALL_LINGERING;
        call->ending_at = now;
    } else if (call->state == CALL_LINGERING && now - call->ending_at > LINGER) {
        call_stop(call);
    } else if (call->state == CALL_CLOSING && now - call->ending_at > 5000000000ull && call->carrier) {
        conn_end(call->carrier, "no answer to the close frame");
    }
}

/// Opens calls and sends frames that are due; returns when the next one is.
static uint64_t send_due(struct cload *load) {
    uint64_t now = cload_now();
    if (load->opened < load->settings.steady) open_steady(load, now);
    if (load->settings.passing && load->opened == load->settings.steady &&
        load->counts.established >= load->settings.steady) {
        open_passing(load, now);
    }
    for (int i = 0;; i++) {
        uint64_t due = load->started_at + (uint64_t)((unsigned __int128)load->frame_count * FRAME_NANOSECONDS / load->slots);
        // What was due in the measured time is sent, however late.
        if (load->stopping && due >= load->window_ended) {
            load->sending = false;
            return UINT64_MAX;
        }
        if (due > now || i == TICKS_PER_TURN) return due;
        tick(load, &load->calls[load->frame_count % load->slots], due, now);
        load->frame_count++;
    }
}

static void send_between(struct loop *loop) {
    struct cload *load = loop->owner;
    if (load->sending) send_due(load);
}

bool cload_play(struct cload *load, uint64_t deadline, bool until_established, bool until_passed) {
    if (!load->started_at) load->started_at = cload_now();
    for (;;) {
        uint64_t now = cload_now();
        if (now >= deadline) return true;
        if (until_established && load->counts.established == load->settings.steady) return true;
        if (until_passed && load->counts.passing_ended == load->settings.passing_total) return true;
        uint64_t next = deadline;
        if (load->sending) {
            uint64_t due = send_due(load);
            if (due < next) next = due;
            now = cload_now();
        }
        if (!loop_turn(&load->loop, next > now ? (int64_t)(next - now) : 0, send_between)) return false;
    }
}

// MARK: Results

void cload_begin_window(struct cload *load) {
    memset(load->histograms, 0, sizeof load->histograms);
    load->window_began = cload_now();
    load->window_ended = UINT64_MAX;
    load->measuring = true;
    for (uint32_t i = 0; i < load->settings.steady; i++) {
        load->calls[i].window_first = load->calls[i].window_end = load->calls[i].sent;
    }
}

void cload_end_window(struct cload *load) { load->window_ended = cload_now(); }

void cload_stop_sending(struct cload *load) { load->stopping = true; }

uint64_t cload_unsent(const struct cload *load) {
    if (!load->sending) return 0;
    unsigned __int128 due = (unsigned __int128)(load->window_ended - load->started_at) * load->slots / FRAME_NANOSECONDS;
    return due > load->frame_count ? (uint64_t)due - load->frame_count : 0;
}

void cload_hang_up(struct cload *load) {
    for (uint32_t i = 0; i < load->slots; i++) {
        if (load->calls[i].carrier) call_stop(&load->calls[i]);
    }
}

void cload_get_counts(const struct cload *load, struct cload_counts *counts) {
    *counts = load->counts;
    counts->connections = load->loop.connections;
}

void cload_get_directions(const struct cload *load, struct cload_direction *up, struct cload_direction *down) {
    memset(up, 0, sizeof *up);
    memset(down, 0, sizeof *down);
    for (uint32_t i = 0; i < load->settings.steady; i++) {
        const struct load_call *call = &load->calls[i];
        uint64_t sent = call->window_end - call->window_first;
        up->sent += sent;
        up->lost += ledger_missing(&call->up, call->window_first, call->window_end);
        up->duplicated += call->up.duplicated;
        up->reordered += call->up.reordered;
        down->duplicated += call->down.duplicated;
        down->reordered += call->down.reordered;
        if (load->settings.mode == CLOAD_ECHO) {
            down->sent += sent;
            down->lost += ledger_missing(&call->down, call->window_first, call->window_end);
        }
        for (uint32_t k = 0; k < call->utterance_count; k++) {
            struct utterance utterance = call->utterances[k];
            if (utterance.at < load->window_began || utterance.at >= load->window_ended) continue;
            down->sent += utterance.end - utterance.first;
            down->lost += ledger_missing(&call->down, utterance.first, utterance.end);
        }
    }
}

void cload_get_passing(const struct cload *load, struct cload_direction *up, struct cload_direction *down) {
    *up = load->passed_up;
    *down = load->passed_down;
}

const uint64_t *cload_get_histogram(const struct cload *load, enum cload_latency latency) {
    return load->histograms[latency];
}

uint32_t cload_get_reasons(const struct cload *load, struct cload_reason *reasons, uint32_t limit) {
    uint32_t count = load->reason_count < limit ? load->reason_count : limit;
    memcpy(reasons, load->reasons, count * sizeof *reasons);
    return count;
}
