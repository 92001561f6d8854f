#ifndef CALLROUTER_CLOAD_H
#define CALLROUTER_CLOAD_H

// The parts of the load benchmark that run for every message: the generator, which plays the carrier and the voice model
// of many calls, and the floor, the least that a relay can do. Linux only; one thread each, except for the floor on
// several cores. Times are nanoseconds of CLOCK_MONOTONIC.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: Histograms

/// Number of buckets of a histogram: 1/1000 of precision, up to 2^30 units of 100 ns (107 s).
#define CLOAD_HISTOGRAM_BUCKETS (2048 + 20 * 1024)

/// The smallest value that falls into `bucket`, in units of 100 ns.
uint64_t cload_histogram_value(uint32_t bucket);

/// The bucket of `value`, in units of 100 ns; values beyond the last bucket fall into it.
uint32_t cload_histogram_bucket(uint64_t value);

// MARK: Generator

enum cload_mode { CLOAD_ECHO = 0, CLOAD_TALK = 1, CLOAD_SILENCE = 2 };

struct cload_settings {
    int mode;
    /// Calls that last for the whole run.
    uint32_t steady;
    /// Steady calls opened in a second.
    double opening_rate;
    /// Calls at a time, beside the steady ones, that come and go.
    uint32_t passing;
    /// Passing calls that begin in a second.
    double passing_rate;
    /// Frames that a passing call sends before it hangs up.
    uint32_t passing_frames;
    /// Passing calls in all.
    uint64_t passing_total;
    /// The voice model is reached by wss.
    bool tls;
};

/// What has been measured; see the accessors for meaning.
enum cload_latency {
    /// Caller's frame due to the same audio received, through carrier side, model and back (echo).
    CLOAD_ROUND_TRIP = 0,
    /// Caller's frame due to received by the model.
    CLOAD_UPLINK = 1,
    /// Model's audio sent to received by the carrier (echo).
    CLOAD_DOWNLINK = 2,
    /// First audio of a response sent to received by the carrier (talk).
    CLOAD_FIRST_AUDIO = 3,
    /// `speech_started` due to `clear` received (talk).
    CLOAD_BARGE_IN = 4,
    /// Frame due to frame sent: the generator's own lateness.
    CLOAD_LATENESS = 5,
    /// Start of a call to its first audio back (passing calls; to the model in silence).
    CLOAD_SET_UP = 6,
    CLOAD_LATENCIES = 7
};

struct cload_direction {
    uint64_t sent, lost, duplicated, reordered;
};

struct cload_counts {
    /// Steady calls to which audio has come back (in silence: whose audio has reached the model).
    uint32_t established;
    /// Messages with audio that the router relayed, both directions.
    uint64_t messages;
    uint64_t messages_up, messages_down;
    /// Frames of the calls of 20 ms that those messages held.
    uint64_t frames_up, frames_down;
    /// Messages that a carrier or a model does not know.
    uint64_t unexpected;
    /// Frames of audio without a stamp: padding at the end of a response, or torn ones.
    uint64_t unstamped;
    uint64_t truncations;
    uint64_t frames_after_clear;
    uint64_t marks;
    uint64_t passing_begun, passing_ended, passing_failed;
    /// Passing calls that began more than 20 ms late: all their places were taken, or the generator was busy.
    uint64_t passing_late;
    uint64_t claude_requests;
    /// Connections open now, of the generator.
    uint32_t connections;
};

struct cload_reason {
    char text[96];
    uint64_t count;
};

struct cload;

/// Makes a generator with its listeners; NULL and errno.
struct cload *_Nullable cload_create(const struct cload_settings *_Nonnull settings);
void cload_destroy(struct cload *_Nonnull load);

/// Where the voice model listens.
uint16_t cload_model_port(const struct cload *_Nonnull load);
/// Where Claude listens, plain.
uint16_t cload_claude_port(const struct cload *_Nonnull load);
/// The port of the router.
void cload_set_target(struct cload *_Nonnull load, uint16_t port);

uint64_t cload_now(void);

/// Lets time pass until `deadline`, or until all steady calls are established where `until_established` is set, or all
/// passing calls have ended where `until_passed` is. False where the machine refuses (epoll, sockets).
bool cload_play(struct cload *_Nonnull load, uint64_t deadline, bool until_established, bool until_passed);

/// Begins the measured time: latencies from here on count.
void cload_begin_window(struct cload *_Nonnull load);
/// Ends the measured time: frames that are due from here on do not count.
void cload_end_window(struct cload *_Nonnull load);
/// No frames any more, but for those that were due in the measured time.
void cload_stop_sending(struct cload *_Nonnull load);
/// Frames that were due in the measured time and could not be sent yet: the generator is too slow.
uint64_t cload_unsent(const struct cload *_Nonnull load);
/// Hangs up all calls.
void cload_hang_up(struct cload *_Nonnull load);

void cload_get_counts(const struct cload *_Nonnull load, struct cload_counts *_Nonnull counts);
/// Books of the measured time, steady calls; call after what is on its way has arrived.
void cload_get_directions(const struct cload *_Nonnull load, struct cload_direction *_Nonnull up,
                          struct cload_direction *_Nonnull down);
/// The same for the passing calls that have ended, each from its first frame on.
void cload_get_passing(const struct cload *_Nonnull load, struct cload_direction *_Nonnull up,
                       struct cload_direction *_Nonnull down);
/// The buckets of one latency, CLOAD_HISTOGRAM_BUCKETS of them.
const uint64_t *_Nonnull cload_get_histogram(const struct cload *_Nonnull load, enum cload_latency latency);
/// Why connections broke; returns how many reasons were written.
uint32_t cload_get_reasons(const struct cload *_Nonnull load, struct cload_reason *_Nonnull reasons, uint32_t limit);

// MARK: Floor

/// The least that relays a call: no validation, no pacing, no books. Serves `port` on 127.0.0.1 with `threads` loops and
/// never returns, except with errno where it cannot start.
int cload_floor(uint16_t port, uint16_t model_port, uint32_t threads, bool tls);

// MARK: Processes

struct cload_child {
    const char *_Nonnull path;
    char *_Nullable const *_Nonnull arguments;
    char *_Nullable const *_Nonnull environment;
    /// Both outputs go here.
    const char *_Nonnull log;
    const char *_Nonnull directory;
    /// The cores that it may run on: `core_count` from `first_core` on; 0 for all.
    uint32_t first_core, core_count;
    /// Where not NULL: this file stands in the place of the system's certificates, for the child alone.
    const char *_Nullable certificates;
};

/// Starts a child; its process id, or -1 and errno.
pid_t cload_spawn(const struct cload_child *_Nonnull child);
/// Pins the calling thread to `count` cores from `first` on.
int cload_pin(uint32_t first, uint32_t count);
/// Raises this process's limit of open files as far as it may go; returns the limit.
uint64_t cload_raise_file_limit(void);
/// GET `path` on 127.0.0.1:`port`; the status, or -1.
int cload_http_status(uint16_t port, const char *_Nonnull path);
/// A port that was free a moment ago; 0 where there is none.
uint16_t cload_free_port(void);
/// Writes the certificate that the voice model shows, PEM, for whoever shall trust it. 0, or -1.
int cload_write_certificate(const char *_Nonnull path);

#endif
