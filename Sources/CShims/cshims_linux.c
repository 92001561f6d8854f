#ifdef __linux__
#define _GNU_SOURCE
#include "cshims_linux.h"
#include <link.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int cshims_pin(pid_t pid, int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(pid, sizeof set, &set);
}

int cshims_usable_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

struct release {
    uintptr_t page;
    const char *const *kept;
};

static int release_object(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    const struct release *release = context;
    const uintptr_t page = release->page;
    // The program itself has an empty name here.
    if (object->dlpi_name == NULL) return 0;
    for (const char *const *kept = release->kept; *kept != NULL; kept++) {
        if (strstr(object->dlpi_name, *kept) != NULL) return 0;
    }
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        // What can be written may have been: relocations and data live there.
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        const uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        const uintptr_t first = (start + page - 1) & ~(page - 1);
        const uintptr_t end = (start + segment->p_filesz) & ~(page - 1);
        // Where the kernel refuses (its own vDSO), the pages simply stay.
        if (end > first) (void)madvise((void *)first, end - first, MADV_DONTNEED);
    }
    return 0;
}

void cshims_release_code_pages(const char *const *kept) {
    struct release release = {(uintptr_t)sysconf(_SC_PAGESIZE), kept};
    dl_iterate_phdr(release_object, &release);
}
#endif
