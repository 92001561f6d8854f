#include "generator.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

// The voice model's side of a call of the generator, in the shapes of OpenAI's Realtime API, and Claude's.

#define SESSION                                                                                                       \
    "{\"type\":\"realtime\",\"object\":\"realtime.session\",\"id\":\"sess_1\",\"model\":\"gpt-realtime-2.1\","          \
    "\"output_modalities\":[\"audio\"],\"audio\":{\"input\":{\"format\":{\"type\":\"audio/pcmu\"},\"turn_detection\":"   \
    "{\"type\":\"server_vad\",\"threshold\":0.5,\"prefix_padding_ms\":300,\"silence_duration_ms\":500,"                 \
    "\"create_response\":true,\"interrupt_response\":true}},\"output\":{\"format\":{\"type\":\"audio/pcmu\"},"          \
    "\"voice\":\"marin\"}}}"

static void send_literal(struct conn *c, const char *text) { conn_send(c, 1, text, strlen(text)); }

/// Builds the frame of one message; `frame_commit` sends all of them.
__attribute__((format(printf, 2, 3))) static void queue(struct conn *c, const char *format, ...) {
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    uint8_t *at = frame_begin(c, 1, (size_t)length);
    memcpy(at, text, (size_t)length);
    frame_end(c, at, (size_t)length);
}

static void queue_item(struct conn *c, const char *type, const char *middle, uint32_t number, const char *status) {
    queue(c,
          "{\"type\":\"%s\",\"event_id\":\"e5\",%s\"item\":{\"id\":\"item_%u\",\"object\":\"realtime.item\","
          "\"type\":\"message\",\"status\":\"%s\",\"role\":\"assistant\",\"content\":[]}}",
          type, middle, number, status);
}

static void queue_response(struct conn *c, const char *type, const struct session *session, const char *status) {
    queue(c,
          "{\"type\":\"%s\",\"event_id\":\"e4\",\"response\":{\"object\":\"realtime.response\",\"id\":\"resp_%u\","
          "\"status\":\"%s\",\"status_details\":null,\"output\":[],\"conversation_id\":\"conv_1\","
          "\"output_modalities\":[\"audio\"],\"usage\":null,\"metadata\":%.*s}}",
          type, session->response, status, session->metadata_length ? (int)session->metadata_length : 4,
          session->metadata_length ? session->metadata : "null");
}

static void start_response(struct conn *c, struct session *session) {
    session->response++;
    session->speaking = true;
    uint32_t number = session->response;
    session->prefix_length = (uint32_t)snprintf(
        (char *)session->prefix, sizeof session->prefix,
        "{\"type\":\"response.output_audio.delta\",\"event_id\":\"e12\",\"response_id\":\"resp_%u\","
        "\"item_id\":\"item_%u\",\"output_index\":0,\"content_index\":0,\"delta\":\"",
        number, number);
    char middle[96];
    snprintf(middle, sizeof middle, "\"response_id\":\"resp_%u\",\"output_index\":0,", number);
    queue_response(c, "response.created", session, "in_progress");
    queue_item(c, "response.output_item.added", middle, number, "in_progress");
    queue_item(c, "conversation.item.added", "\"previous_item_id\":null,", number, "in_progress");
    queue(c,
          "{\"type\":\"response.content_part.added\",\"event_id\":\"e7\",\"response_id\":\"resp_%u\","
          "\"item_id\":\"item_%u\",\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"audio\","
          "\"transcript\":\"\"}}",
          number, number);
    frame_commit(c);
}

static void end_response(struct conn *c, struct session *session, bool with_audio) {
    uint32_t number = session->response;
    if (with_audio) {
        queue(c,
              "{\"type\":\"response.output_audio.done\",\"event_id\":\"e8\",\"response_id\":\"resp_%u\","
              "\"item_id\":\"item_%u\",\"output_index\":0,\"content_index\":0}",
              number, number);
        queue(c,
              "{\"type\":\"response.output_audio_transcript.done\",\"event_id\":\"e9\",\"response_id\":\"resp_%u\","
              "\"item_id\":\"item_%u\",\"output_index\":0,\"content_index\":0,\"transcript\":\"Reply %u.\"}",
              number, number, number);
    }
    char middle[96];
    snprintf(middle, sizeof middle, "\"response_id\":\"resp_%u\",\"output_index\":0,", number);
    queue_item(c, "response.output_item.done", middle, number, "completed");
    queue_response(c, "response.done", session, "completed");
    frame_commit(c);
    session->speaking = false;
    session->metadata_length = 0;
}

/// Sends a response of 3 s at once, in deltas of 200 to 400 ms.
static void speak(struct load_call *call, struct conn *c, struct session *session, uint64_t base) {
    struct cload *load = call->load;
    start_response(c, session);
    uint64_t next = call->spoken, end = next + UTTERANCE_FRAMES;
    call->first_audio_response = session->response;
    call->first_audio_at = base;
    uint64_t first = next;
    while (next < end) {
        load->loop.random = load->loop.random * 6364136223846793005ull + 1442695040888963407ull;
        uint64_t frames = 10 + (load->loop.random >> 33) % 11;
        if (frames > end - next) frames = end - next;
        for (uint64_t i = 0; i < frames; i++) {
            stamp_write_audio(load->audio + i * FRAME_BYTES, (struct stamp){call->id, session->response, next + i});
        }
        size_t text = (size_t)(frames * FRAME_BYTES + 2) / 3 * 4;
        size_t length = session->prefix_length + text + 2;
        uint8_t *at = frame_begin(c, 1, length), *start = at;
        at = put(at, session->prefix, session->prefix_length);
        // Writes one more byte, a zero, which the next two overwrite.
        EVP_EncodeBlock(at, load->audio, (int)(frames * FRAME_BYTES));
        at += text;
        PUT(at, "\"}");
        frame_end(c, start, length);
        frame_commit(c);
        next += frames;
    }
    call->spoken = end;
    end_response(c, session, true);
    if (session->response % 2 == 0) {
        session->talk = TALK_SPEAKING;
        session->talk_until = base + INTERRUPTION_DELAY;
        return;
    }
    session->talk = TALK_QUIET;
    session->talk_until = base + UTTERANCE_PERIOD;
    if (call->utterance_count == call->utterance_capacity) {
        call->utterance_capacity = call->utterance_capacity ? call->utterance_capacity * 2 : 32;
        call->utterances = realloc(call->utterances, call->utterance_capacity * sizeof *call->utterances);
    }
    call->utterances[call->utterance_count++] = (struct utterance){first, end, base};
}

/// Speaks because the router asked for it; the answers after this one are spread over the period again.
static void greet(struct load_call *call, struct conn *c, struct session *session) {
    session->wants_response = false;
    speak(call, c, session, cload_now());
    if (session->response == 1) session->talk_until += UTTERANCE_PERIOD / call->load->slots * call->slot;
}

void model_tick(struct load_call *call, uint64_t due) {
    struct conn *c = call->model;
    struct session *session = c->owner;
    if (c->phase != CONN_OPEN || due < session->talk_until) return;
    uint64_t heard = session->received * 20;
    switch (session->talk) {
    case TALK_QUIET:
        if (session->configured) speak(call, c, session, due);
        break;
    case TALK_SPEAKING:
        call->interrupted_response = session->response;
        call->interrupted_at = due;
        queue(c,
              "{\"type\":\"input_audio_buffer.speech_started\",\"event_id\":\"e13\",\"audio_start_ms\":%llu,"
              "\"item_id\":\"user_%u\"}",
              (unsigned long long)heard, session->response);
        frame_commit(c);
        session->talk = TALK_CALLER_SPEAKS;
        session->talk_until = due + SPEECH_DURATION;
        break;
    case TALK_CALLER_SPEAKS:
        queue(c,
              "{\"type\":\"input_audio_buffer.speech_stopped\",\"event_id\":\"e14\",\"audio_end_ms\":%llu,"
              "\"item_id\":\"user_%u\"}",
              (unsigned long long)heard, session->response);
        queue(c,
              "{\"type\":\"input_audio_buffer.committed\",\"event_id\":\"e15\",\"previous_item_id\":\"item_%u\","
              "\"item_id\":\"user_%u\"}",
              session->response, session->response);
        frame_commit(c);
        session->talk = TALK_QUIET;
        session->talk_until = due + UTTERANCE_PERIOD - INTERRUPTION_DELAY - SPEECH_DURATION;
        break;
    }
}

void model_forget(struct load_call *call) {
    if (call->model) ((struct session *)call->model->owner)->call = NULL;
    call->model = NULL;
}

/// The first audio tells which call a session belongs to.
static struct load_call *meet(struct conn *c, struct session *session, uint32_t id) {
    struct cload *load = c->loop->owner;
    struct load_call *call = &load->calls[id % load->slots];
    if (call->id != id || call->state == CALL_FREE) return NULL;
    session->call = call;
    session->call_id = id;
    call->model = c;
    // Spread over the period, so that the utterances of all calls do not begin together.
    session->talk = TALK_QUIET;
    session->talk_until = cload_now() + UTTERANCE_PERIOD / load->slots * call->slot;
    return call;
}

static void received_audio(struct conn *c, const uint8_t *text, size_t length) {
    struct session *session = c->owner;
    struct cload *load = c->loop->owner;
    size_t size;
    const uint8_t *payload = TEXT_VALUE(text, length, "\"audio\":\"", &size);
    struct stamp stamp;
    if (!payload || !stamp_read(payload, size, 0, &stamp)) {
        load->counts.unstamped++;
        return;
    }
    uint64_t now = cload_now();
    struct load_call *call = session->call;
    if (!call) call = meet(c, session, stamp.call);
    if (!call || stamp.call != call->id) return;
    session->received++;
    load->counts.messages++;
    load->counts.messages_up++;
    size_t frames = size == FRAME_TEXT ? 1 : (base64_bytes(payload, size) + FRAME_BYTES - 1) / FRAME_BYTES;
    for (size_t i = 0; i < frames; i++) {
        if (i > 0 && !stamp_read(payload, size, i, &stamp)) {
            load->counts.unstamped++;
            continue;
        }
        load->counts.frames_up++;
        if (!ledger_arrived(&call->up, stamp.sequence)) return;
        uint64_t due = call->first_due + stamp.sequence * FRAME_NANOSECONDS;
        if (call->steady && in_window(load, due)) record(load, CLOAD_UPLINK, now - due);
        call->echoed_at[stamp.sequence % SENT_RING] = now;
    }
    if (load->settings.mode != CLOAD_ECHO) {
        if (session->wants_response && session->configured) greet(call, c, session);
        if (load->settings.mode == CLOAD_SILENCE && !call->established) {
            call->established = true;
            if (call->steady) load->counts.established++;
            else record(load, CLOAD_SET_UP, now - call->begun_at);
        }
        return;
    }
    if (session->response == 0 && session->received > PATIENCE_FRAMES) start_response(c, session);
    if (session->response == 0) return;
    size_t total = session->prefix_length + size + 2;
    uint8_t *at = frame_begin(c, 1, total), *start = at;
    at = put(at, session->prefix, session->prefix_length);
    at = put(at, payload, size);
    PUT(at, "\"}");
    frame_end(c, start, total);
    frame_commit(c);
}

/// Copies the metadata of a `response.create`: they come back as they were sent.
static void keep_metadata(struct session *session, const uint8_t *text, size_t length) {
    static const char key[] = "\"metadata\":{";
    const uint8_t *start = memmem(text, length, key, sizeof key - 1);
    session->metadata_length = 0;
    if (!start) return;
    start += sizeof key - 2;
    bool quoted = false;
    for (const uint8_t *at = start; at < text + length; at++) {
        if (quoted && *at == '\\') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && *at == '}') {
            size_t size = (size_t)(at - start) + 1;
            if (size > sizeof session->metadata) return;
            memcpy(session->metadata, start, size);
            session->metadata_length = (uint32_t)size;
            return;
        }
    }
}

static void asked_to_speak(struct conn *c, struct session *session, const uint8_t *text, size_t length) {
    struct cload *load = c->loop->owner;
    if (session->speaking) {
        send_literal(c, "{\"type\":\"error\",\"event_id\":\"e3\",\"error\":{\"type\":\"invalid_request_error\","
                        "\"code\":\"conversation_already_has_active_response\",\"message\":\"A response is active.\","
                        "\"param\":null,\"event_id\":null}}");
        return;
    }
    keep_metadata(session, text, length);
    switch (load->settings.mode) {
    case CLOAD_ECHO: start_response(c, session); break;
    case CLOAD_SILENCE:
        start_response(c, session);
        end_response(c, session, false);
        break;
    default:
        // Whose session it is shows with the first audio.
        if (session->call) greet(session->call, c, session);
        else session->wants_response = true;
        break;
    }
}

static void model_text(struct conn *c, uint8_t *text, size_t length) {
    struct session *session = c->owner;
    struct cload *load = c->loop->owner;
    if (TEXT_HAS(text, length < 96 ? length : 96, "\"input_audio_buffer.append\"")) {
        received_audio(c, text, length);
    } else if (TEXT_HAS(text, length, "\"type\":\"session.update\"")) {
        send_literal(c, "{\"type\":\"session.updated\",\"event_id\":\"e2\",\"session\":" SESSION "}");
        session->configured = true;
    } else if (TEXT_HAS(text, length, "\"type\":\"response.create\"")) {
        asked_to_speak(c, session, text, length);
    } else if (TEXT_HAS(text, length, "\"type\":\"conversation.item.truncate\"")) {
        load->counts.truncations++;
    }
}

static void model_opened(struct conn *c) {
    send_literal(c, "{\"type\":\"session.created\",\"event_id\":\"e1\",\"session\":" SESSION "}");
}

static void model_closed(struct conn *c) {
    struct session *session = c->owner;
    struct load_call *call = session->call;
    if (call && call->model == c) {
        call->model = NULL;
        if (call->state == CALL_LIVE || call->state == CALL_LINGERING) {
            note_reason(c->loop->owner, "model", c->reason);
            call->failed = true;
        }
    }
    free(session);
    c->owner = NULL;
}

const struct conn_ops model_ops = {.opened = model_opened, .text = model_text, .closed = model_closed};

static void model_accepted(struct conn *listener, int fd) {
    struct cload *load = listener->owner;
    struct session *session = calloc(1, sizeof *session);
    conn_accepted(&load->loop, fd, load->settings.tls, &model_ops, session);
}

const struct conn_ops model_listener_ops = {.accepted = model_accepted};

// MARK: Claude

/// Answers every request with the same summary of a call, once the whole request is there.
static void claude_request(struct conn *c, uint8_t *head, size_t length) {
    struct cload *load = c->loop->owner;
    static const char field[] = "content-length:";
    const uint8_t *body = (const uint8_t *)memmem(head, length, "\r\n\r\n", 4) + 4;
    unsigned long expected = 0;
    for (const uint8_t *line = head; line < body;) {
        if (strncasecmp((const char *)line, field, sizeof field - 1) == 0) {
            expected = strtoul((const char *)line + sizeof field - 1, NULL, 10);
        }
        const uint8_t *end = memmem(line, (size_t)(body - line), "\r\n", 2);
        if (!end) break;
        line = end + 2;
    }
    if (length - (size_t)(body - head) < expected) {
        // The rest of it comes with the next read.
        c->kind = CONN_WEBSOCKET;
        return;
    }
    load->counts.claude_requests++;
    static const char message[] =
        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-5-5\",\"content\":[{"
        "\"type\":\"text\",\"text\":\"{\\\"status\\\":\\\"goal_achieved\\\",\\\"summary\\\":\\\"The caller listened.\\\","
        "\\\"consumer_interest_level\\\":\\\"low\\\",\\\"next_action\\\":null,\\\"appointment_time\\\":null,"
        "\\\"quote_amount\\\":null}\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,"
        "\"usage\":{\"input_tokens\":100,\"output_tokens\":40}}";
    char answer[1024];
    int count = snprintf(answer, sizeof answer,
                         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                         "Connection: close\r\n\r\n%s",
                         sizeof message - 1, message);
    conn_write(c, answer, (size_t)count);
    conn_end(c, "answered");
}

static const struct conn_ops claude_ops = {.request = claude_request};

static void claude_accepted(struct conn *listener, int fd) {
    struct cload *load = listener->owner;
    conn_accepted(&load->loop, fd, false, &claude_ops, NULL);
}

const struct conn_ops claude_listener_ops = {.accepted = claude_accepted};
