#ifndef CALLROUTER_CSOXR_H
#define CALLROUTER_CSOXR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What this application needs of libsoxr: one channel of 16-bit samples, converted as a stream.

/// One stream that is being converted; owned by whoever made it, and used by one thread at a time.
typedef struct csoxr_stream csoxr_stream;

/// How good a conversion is, and how late it makes the sound.
typedef struct {
    /// Bits of the filter's precision: 16 or 20 for sound that is 16-bit at both ends.
    double precision;
    /// 50 linear phase, 25 intermediate, 0 minimum phase: the smaller, the earlier the sound comes out.
    double phase_response;
    /// Where the pass band ends and the stop band begins, as parts of the lower Nyquist frequency.
    double passband_end, stopband_begin;
} csoxr_quality;

/// Makes a stream; NULL where there is no memory or the library refuses the values.
csoxr_stream *_Nullable csoxr_make(double input_rate, double output_rate, csoxr_quality quality);

/// Frees a stream; NULL is nothing to free.
void csoxr_free(csoxr_stream *_Nullable stream);

/// Converts as far as the filter reaches: takes all `input_count` samples, and writes at most `output_limit`.
///
/// Returns the number of samples written, or SIZE_MAX where the library failed.
size_t csoxr_process(csoxr_stream *_Nonnull stream, const int16_t *_Nonnull input, size_t input_count,
                     int16_t *_Nonnull output, size_t output_limit);

/// Ends the sound: what the filter still holds is written; call until it writes nothing.
size_t csoxr_drain(csoxr_stream *_Nonnull stream, int16_t *_Nonnull output, size_t output_limit);

/// Forgets what came before, as if the stream had just been made; false where the library failed.
bool csoxr_clear(csoxr_stream *_Nonnull stream);

#endif
