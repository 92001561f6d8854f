// Counts allocations by standing in front of the C library's own functions. Linked into a program, it counts that
// program's; as a library named in LD_PRELOAD, those of any program.
#define _GNU_SOURCE
#include "callocations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef __GLIBC__
#error "The benchmarks count allocations with glibc's __libc_malloc and its kin."
#endif

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

struct counters {
    _Atomic uint64_t count;
    _Atomic uint64_t bytes;
};

// The first allocation comes long before anything here could be set up; hence nothing has to be.
static struct counters own;
static struct counters *_Atomic counters = &own;
static atomic_bool is_counting;

static inline void count(size_t size) {
    if (!atomic_load_explicit(&is_counting, memory_order_relaxed)) return;
    struct counters *target = atomic_load_explicit(&counters, memory_order_relaxed);
    atomic_fetch_add_explicit(&target->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&target->bytes, size, memory_order_relaxed);
}

static callocations_total total(const struct counters *source) {
    callocations_total result = {
        .count = atomic_load_explicit(&source->count, memory_order_relaxed),
        .bytes = atomic_load_explicit(&source->bytes, memory_order_relaxed),
    };
    return result;
}

void callocations_count(bool counts) { atomic_store_explicit(&is_counting, counts, memory_order_relaxed); }

callocations_total callocations_now(void) {
    return total(atomic_load_explicit(&counters, memory_order_relaxed));
}

callocations_total callocations_of(const void *page) { return total(page); }

// From here on the count goes where another process can read it; what came before was the start of the program.
__attribute__((constructor)) static void share(void) {
    const char *path = getenv(CALLOCATIONS_FILE);
    if (path == NULL) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *page = mmap(NULL, sizeof(struct counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (page == MAP_FAILED) return;
    atomic_store_explicit(&counters, page, memory_order_relaxed);
    callocations_count(true);
}

void *malloc(size_t size) {
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(number * size);
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count(size);
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    count(size);
    void *result = __libc_memalign(alignment, size);
    if (result == NULL) return ENOMEM;
    *memory = result;
    return 0;
}
