#include "csoxr.h"

#include <soxr.h>

// The library's own type behind our name: nothing is added to it.
static soxr_t library(csoxr_stream *stream) { return (soxr_t)stream; }

csoxr_stream *csoxr_make(double input_rate, double output_rate, csoxr_quality quality) {
    soxr_error_t error = NULL;
    const soxr_io_spec_t samples = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
    // The recipe only fills in what is set below; HQ has 20 bits.
    soxr_quality_spec_t filter = soxr_quality_spec(SOXR_HQ, 0);
    filter.precision = quality.precision;
    filter.phase_response = quality.phase_response;
    filter.passband_end = quality.passband_end;
    filter.stopband_begin = quality.stopband_begin;
    const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    soxr_t made = soxr_create(input_rate, output_rate, 1, &error, &samples, &filter, &runtime);
    if (error != NULL) {
        soxr_delete(made);
        return NULL;
    }
    return (csoxr_stream *)made;
}

void csoxr_free(csoxr_stream *stream) { soxr_delete(library(stream)); }

size_t csoxr_process(csoxr_stream *stream, const int16_t *input, size_t input_count, int16_t *output,
                     size_t output_limit) {
    size_t taken = 0, written = 0;
    const soxr_error_t error =
        soxr_process(library(stream), input, input_count, &taken, output, output_limit, &written);
    return error == NULL && taken == input_count ? written : SIZE_MAX;
}

size_t csoxr_drain(csoxr_stream *stream, int16_t *output, size_t output_limit) {
    size_t written = 0;
    return soxr_process(library(stream), NULL, 0, NULL, output, output_limit, &written) == NULL ? written : SIZE_MAX;
}

bool csoxr_clear(csoxr_stream *stream) { return soxr_clear(library(stream)) == NULL; }
