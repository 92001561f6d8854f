#include "generator.h"
#include <stdio.h>

// The carrier's side of a call of the generator.

static void carrier_opened(struct conn *c) {
    struct load_call *call = c->owner;
    static const char connected[] = "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"0.2.0\"}";
    conn_send(c, 1, connected, sizeof connected - 1);
    char text[512];
    int length = snprintf(text, sizeof text,
                          "{\"event\":\"start\",\"sequenceNumber\":\"1\",\"start\":{\"streamSid\":\"STREAM%u\","
                          "\"accountSid\":\"benchmark\",\"callSid\":\"CALL%u\",\"tracks\":[\"inbound\"],"
                          "\"customParameters\":{},\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\","
                          "\"sampleRate\":8000,\"channels\":1}}}",
                          call->id, call->id);
    conn_send(c, 1, text, (size_t)length);
    if (c->phase == CONN_OPEN) call->state = CALL_LIVE;
}

bool call_begin(struct load_call *call) {
    call->id = call->slot + call->generation * call->load->slots;
    call->generation++;
    call->established = call->failed = false;
    call->sent = 0;
    call->first_due = 0;
    call->begun_at = cload_now();
    call->window_first = 0;
    call->window_end = 0;
    ledger_reset(&call->up);
    ledger_reset(&call->down);
    call->spoken = 0;
    call->utterance_count = 0;
    call->cleared_response = call->interrupted_response = call->first_audio_response = 0;
    call->mark_head = call->mark_tail = 0;
    call->played_until = 0;
    call->model = NULL;
    call->state = CALL_OPENING;
    call->carrier = conn_connect(&call->load->loop, call->load->target, false, "/media-stream", &carrier_ops, call);
    return call->carrier != NULL;
}

static void send_marks(struct load_call *call, uint64_t now) {
    while (call->mark_head != call->mark_tail) {
        uint32_t index = call->mark_head % MARK_RING;
        if (call->marks[index].due > now) return;
        call->mark_head++;
        char text[192];
        int length = snprintf(text, sizeof text, "{\"event\":\"mark\",\"streamSid\":\"STREAM%u\",\"mark\":{\"name\":\"%.*s\"}}",
                              call->id, call->marks[index].length, call->marks[index].name);
        conn_send(call->carrier, 1, text, (size_t)length);
    }
}

void call_tick(struct load_call *call, uint64_t due) {
    struct cload *load = call->load;
    struct conn *c = call->carrier;
    uint64_t now = cload_now();
    if (call->mark_head != call->mark_tail) send_marks(call, now);
    if (c->phase != CONN_OPEN) return;
    uint64_t number = call->sent;
    if (number == 0) call->first_due = due;
    // The frames of a call whose connection came up late are still due every 20 ms from the first on.
    if (in_window(load, due)) {
        record(load, CLOAD_LATENESS, now - due);
        call->window_end = number + 1;
    } else if (!load->measuring || due < load->window_began) {
        call->window_first = number + 1;
        call->window_end = number + 1;
    }
    uint8_t text[512], *at = text;
    at = PUT(at, "{\"event\":\"media\",\"sequenceNumber\":\"");
    at = put_number(at, number + 2);
    at = PUT(at, "\",\"media\":{\"track\":\"inbound\",\"chunk\":\"");
    at = put_number(at, number + 1);
    at = PUT(at, "\",\"timestamp\":\"");
    at = put_number(at, number * 20);
    at = PUT(at, "\",\"payload\":\"");
    stamp_write_text(at, (struct stamp){call->id, 0, number});
    at += FRAME_TEXT;
    at = PUT(at, "\"}}");
    call->sent++;
    conn_send(c, 1, text, (size_t)(at - text));
    if (load->settings.mode == CLOAD_TALK && call->model) model_tick(call, due);
}

static void received_frame(struct load_call *call, const uint8_t *payload, size_t length, size_t index, uint64_t now) {
    struct cload *load = call->load;
    struct stamp stamp;
    call->played_until = (call->played_until > now ? call->played_until : now) + FRAME_NANOSECONDS;
    if (!stamp_read(payload, length, index, &stamp) || stamp.call != call->id) {
        load->counts.unstamped++;
        return;
    }
    load->counts.frames_down++;
    if (stamp.response && stamp.response == call->cleared_response) load->counts.frames_after_clear++;
    if (call->first_audio_response && stamp.response == call->first_audio_response) {
        if (in_window(load, call->first_audio_at)) record(load, CLOAD_FIRST_AUDIO, now - call->first_audio_at);
        call->first_audio_response = 0;
    }
    if (!ledger_arrived(&call->down, stamp.sequence) || stamp.response != 0) return;
    uint64_t due = call->first_due + stamp.sequence * FRAME_NANOSECONDS;
    if (!call->steady || !in_window(load, due)) return;
    record(load, CLOAD_ROUND_TRIP, now - due);
    record(load, CLOAD_DOWNLINK, now - call->echoed_at[stamp.sequence % SENT_RING]);
}

static void received_clear(struct load_call *call, uint64_t now) {
    // What was queued is gone, and the marks behind it come back at once.
    for (uint32_t i = call->mark_head; i != call->mark_tail; i++) call->marks[i % MARK_RING].due = now;
    call->played_until = now;
    if (!call->interrupted_response) return;
    if (in_window(call->load, call->interrupted_at)) record(call->load, CLOAD_BARGE_IN, now - call->interrupted_at);
    call->cleared_response = call->interrupted_response;
    call->interrupted_response = 0;
}

static void received_mark(struct load_call *call, const uint8_t *text, size_t length, uint64_t now) {
    size_t size;
    const uint8_t *name = TEXT_VALUE(text, length, "\"name\":\"", &size);
    if (!name || size > sizeof call->marks[0].name || call->mark_tail - call->mark_head == MARK_RING) {
        call->load->counts.unexpected++;
        return;
    }
    call->load->counts.marks++;
    uint32_t index = call->mark_tail++ % MARK_RING;
    call->marks[index].due = call->played_until > now ? call->played_until : now;
    call->marks[index].length = (uint8_t)size;
    memcpy(call->marks[index].name, name, size);
}

static void carrier_text(struct conn *c, uint8_t *text, size_t length) {
    struct load_call *call = c->owner;
    struct cload *load = call->load;
    uint64_t now = cload_now();
    size_t size;
    const uint8_t *payload = TEXT_VALUE(text, length, "\"payload\":\"", &size);
    if (payload) {
        load->counts.messages++;
        load->counts.messages_down++;
        if (!call->established) {
            call->established = true;
            if (call->steady) load->counts.established++;
            else record(load, CLOAD_SET_UP, now - call->begun_at);
        }
        size_t frames = size == FRAME_TEXT ? 1 : (base64_bytes(payload, size) + FRAME_BYTES - 1) / FRAME_BYTES;
        for (size_t i = 0; i < frames; i++) received_frame(call, payload, size, i, now);
    } else if (TEXT_HAS(text, length, "\"event\":\"clear\"")) {
        received_clear(call, now);
    } else if (TEXT_HAS(text, length, "\"event\":\"mark\"")) {
        received_mark(call, text, length, now);
    } else {
        load->counts.unexpected++;
    }
}

void call_stop(struct load_call *call) {
    struct conn *c = call->carrier;
    if (!c || c->phase != CONN_OPEN) {
        if (c) conn_end(c, "never opened");
        return;
    }
    char text[256];
    int length = snprintf(text, sizeof text,
                          "{\"event\":\"stop\",\"sequenceNumber\":\"%llu\",\"streamSid\":\"STREAM%u\","
                          "\"stop\":{\"accountSid\":\"benchmark\",\"callSid\":\"CALL%u\"}}",
                          (unsigned long long)call->sent + 2, call->id, call->id);
    call->state = CALL_CLOSING;
    call->ending_at = cload_now();
    conn_send(c, 1, text, (size_t)length);
    conn_close(c, 1000);
}

static void carrier_closed(struct conn *c) {
    struct load_call *call = c->owner;
    if (call->carrier != c) return;
    struct cload *load = call->load;
    if (call->state != CALL_CLOSING) {
        note_reason(load, "carrier", c->reason);
        call->failed = true;
    }
    call->carrier = NULL;
    model_forget(call);
    if (!call->steady) {
        uint64_t lost = ledger_missing(&call->up, 0, call->sent);
        load->passed_up.sent += call->sent;
        load->passed_up.lost += lost;
        load->passed_up.duplicated += call->up.duplicated;
        load->passed_up.reordered += call->up.reordered;
        load->passed_down.sent += call->sent;
        load->passed_down.duplicated += call->down.duplicated;
        load->passed_down.reordered += call->down.reordered;
        load->counts.passing_ended++;
        if (call->failed || !call->established) load->counts.passing_failed++;
    }
    call->state = CALL_FREE;
}

const struct conn_ops carrier_ops = {
    .opened = carrier_opened,
    .text = carrier_text,
    .closed = carrier_closed,
};
