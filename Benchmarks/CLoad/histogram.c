#include "cload.h"

// The layout of HdrHistogram with three significant digits: 2,048 buckets of one unit, then 1,024 for each doubling.

uint32_t cload_histogram_bucket(uint64_t value) {
    if (value < 2048) return (uint32_t)value;
    int shift = 63 - __builtin_clzll(value) - 10;
    if (shift > 20) return CLOAD_HISTOGRAM_BUCKETS - 1;
    return 2048 + (uint32_t)(shift - 1) * 1024 + (uint32_t)((value >> shift) - 1024);
}

uint64_t cload_histogram_value(uint32_t bucket) {
    if (bucket < 2048) return bucket;
    uint32_t shift = (bucket - 2048) / 1024 + 1;
    return ((uint64_t)((bucket - 2048) % 1024) + 1024) << shift;
}
