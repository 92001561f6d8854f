#ifndef CALLROUTER_CSOXR_H
#define CALLROUTER_CSOXR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What this application needs of libsoxr: one channel of 16-bit samples, converted as a stream.

/// One stream that is being converted; owned by whoever made it, and used by one thread at a time.
typedef struct csoxr_stream csoxr_stream;

/// Makes a stream from one sample rate to another; NULL where there is no memory or the library refuses the rates.
///
/// It is the library's variable-rate converter, held at one ratio. The fixed-rate one works in blocks of several hundred
/// samples and holds sound back for up to 40 ms in an irregular rhythm; this one is a plain polyphase filter of linear
/// phase, that gives for every sample that goes in what is due for it.
csoxr_stream *_Nullable csoxr_make(double input_rate, double output_rate);

/// Frees a stream; NULL is nothing to free.
void csoxr_free(csoxr_stream *_Nullable stream);

/// Converts as far as the filter reaches: takes all `input_count` samples, and writes at most `output_limit`.
///
/// Returns the number of samples written, or SIZE_MAX where the library failed.
size_t csoxr_process(csoxr_stream *_Nonnull stream, const int16_t *_Nonnull input, size_t input_count,
                     int16_t *_Nonnull output, size_t output_limit);

/// Forgets what came before, as if the stream had just been made; false where the library failed.
bool csoxr_clear(csoxr_stream *_Nonnull stream);

#endif
