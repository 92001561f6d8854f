#include "csoxr.h"

#include <pthread.h>
#include <soxr.h>
#include <stdlib.h>

struct csoxr_stream {
    soxr_t library;
    double ratio;
};

static csoxr_stream *make(double input_rate, double output_rate) {
    csoxr_stream *const stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        return NULL;
    }
    soxr_error_t error = NULL;
    soxr_io_spec_t samples = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
    samples.flags |= SOXR_NO_DITHER;  // Silence stays silence, and the same sound comes out the same.
    const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, SOXR_VR);
    const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
    stream->ratio = input_rate / output_rate;
    stream->library = soxr_create(input_rate, output_rate, 1, &error, &samples, &quality, &runtime);
    if (error == NULL) {
        error = soxr_set_io_ratio(stream->library, stream->ratio, 0);
    }
    if (error != NULL) {
        csoxr_free(stream);
        return NULL;
    }
    return stream;
}

// The converter fills tables of the whole process when the first stream is made, and takes no lock for it.
static void fill_tables(void) { csoxr_free(make(2, 3)); }

csoxr_stream *csoxr_make(double input_rate, double output_rate) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_tables);
    return make(input_rate, output_rate);
}

void csoxr_free(csoxr_stream *stream) {
    if (stream != NULL) {
        soxr_delete(stream->library);
        free(stream);
    }
}

size_t csoxr_process(csoxr_stream *stream, const int16_t *input, size_t input_count, int16_t *output,
                     size_t output_limit) {
    size_t taken = 0, written = 0;
    const soxr_error_t error =
        soxr_process(stream->library, input, input_count, &taken, output, output_limit, &written);
    return error == NULL && taken == input_count ? written : SIZE_MAX;
}

bool csoxr_clear(csoxr_stream *stream) {
    return soxr_clear(stream->library) == NULL && soxr_set_io_ratio(stream->library, stream->ratio, 0) == NULL;
}
