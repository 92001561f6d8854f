#ifndef CLOAD_GENERATOR_H
#define CLOAD_GENERATOR_H

#include "internal.h"
#include "ledger.h"

#define SENT_RING 1024
#define MARK_RING 128
#define MAX_REASONS 16
/// Frames of the caller after which the model of mode echo speaks without having been asked: 500 ms.
#define PATIENCE_FRAMES 25

#define UTTERANCE_PERIOD 5000000000ull
#define INTERRUPTION_DELAY 1500000000ull
#define SPEECH_DURATION 1000000000ull
#define UTTERANCE_FRAMES 150
/// How long a passing call waits for what is on its way after its last frame.
#define LINGER 400000000ull

enum call_state { CALL_FREE, CALL_OPENING, CALL_LIVE, CALL_LINGERING, CALL_CLOSING };
enum talk_state { TALK_QUIET, TALK_SPEAKING, TALK_CALLER_SPEAKS };

struct utterance {
    uint64_t first, end, at;
};

/// One session of the voice model.
struct session {
    struct load_call *call;
    uint32_t call_id;
    uint32_t response;
    bool configured, speaking;
    bool wants_response;
    uint64_t received;
    uint32_t prefix_length, metadata_length;
    uint8_t prefix[224];
    char metadata[512];
    uint8_t talk;
    uint64_t talk_until;
};

/// One place for a call, as its carrier sees it.
struct load_call {
    struct cload *load;
    struct conn *carrier;
    struct conn *model;
    uint32_t slot, id, generation;
    uint8_t state;
    bool steady, established, failed;
    /// When frame 0 was due; the others follow every 20 ms.
    uint64_t first_due, begun_at, ending_at;
    uint64_t sent;
    /// Frames of the measured time.
    uint64_t window_first, window_end;
    struct ledger up, down;
    /// When the model sent the echo of each of the last frames.
    uint64_t *echoed_at;
    /// talk: numbers of the model's own frames, and the responses that were sent whole and not interrupted.
    uint64_t spoken;
    struct utterance *utterances;
    uint32_t utterance_count, utterance_capacity;
    uint32_t cleared_response, interrupted_response, first_audio_response;
    uint64_t interrupted_at, first_audio_at;
    /// Marks that wait until the audio before them has been played.
    struct {
        uint64_t due;
        uint8_t length;
        char name[55];
    } marks[MARK_RING];
    uint32_t mark_head, mark_tail;
    uint64_t played_until;
};

struct cload {
    struct loop loop;
    struct cload_settings settings;
    struct load_call *calls;
    uint32_t slots;
    uint16_t target, model_port, claude_port;
    bool sending, stopping, measuring;
    uint64_t started_at, window_began, window_ended;
    /// Frames due so far: the k-th belongs to slot k modulo the number of slots.
    uint64_t frame_count;
    uint32_t opened;
    uint64_t passing_begun_at;
    uint32_t passing_search;
    struct cload_counts counts;
    struct cload_direction passed_up, passed_down;
    struct cload_reason reasons[MAX_REASONS];
    uint32_t reason_count;
    uint64_t histograms[CLOAD_LATENCIES][CLOAD_HISTOGRAM_BUCKETS];
    uint8_t *audio;
};

static inline void record(struct cload *load, enum cload_latency latency, uint64_t nanoseconds) {
    load->histograms[latency][cload_histogram_bucket(nanoseconds / 100)]++;
}

/// The base time of what is measured lies in the measured time.
static inline bool in_window(const struct cload *load, uint64_t at) {
    return load->measuring && at >= load->window_began && at < load->window_ended;
}

void note_reason(struct cload *load, const char *side, const char *reason);

// The carrier's side.
extern const struct conn_ops carrier_ops;
bool call_begin(struct load_call *call);
void call_tick(struct load_call *call, uint64_t due);
void call_stop(struct load_call *call);

// The model's side.
extern const struct conn_ops model_ops, model_listener_ops, claude_listener_ops;
void model_tick(struct load_call *call, uint64_t due);
void model_forget(struct load_call *call);

#endif
