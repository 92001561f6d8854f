#include "internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// Child processes: pinned, with room for many sockets, and with certificates of their own.

#define SYSTEM_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"

int cload_pin(uint32_t first, uint32_t count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (uint32_t i = 0; i < count; i++) CPU_SET(first + i, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

uint64_t cload_raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return 0;
    // Root may go beyond the hard limit.
    struct rlimit wanted = {1 << 18, limit.rlim_max > 1 << 18 ? limit.rlim_max : 1 << 18};
    if (setrlimit(RLIMIT_NOFILE, &wanted) < 0) {
        wanted = (struct rlimit){limit.rlim_max, limit.rlim_max};
        setrlimit(RLIMIT_NOFILE, &wanted);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

static void write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, text, strlen(text)) < 0) {}
    close(fd);
}

/// Puts `certificates` in the place of the system's, for this process and its children alone.
static bool replace_certificates(const char *certificates) {
    uid_t user = geteuid();
    gid_t group = getegid();
    if (unshare(CLONE_NEWNS) < 0) {
        char map[64];
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) return false;
        write_text("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "%u %u 1", user, user);
        write_text("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "%u %u 1", group, group);
        write_text("/proc/self/gid_map", map);
    }
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount(certificates, SYSTEM_CERTIFICATES, NULL, MS_BIND, NULL) == 0;
}

pid_t cload_spawn(const struct cload_child *child) {
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0) return pid;
    // Between fork and exec only what is safe in a child of a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The generator asks for exact timers; the child gets the default of 50 µs.
    prctl(PR_SET_TIMERSLACK, 50000);
    if (getppid() != parent) _exit(126);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int log = open(child->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int null = open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0 || chdir(child->directory) < 0) _exit(126);
    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
    if (child->core_count && cload_pin(child->first_core, child->core_count) < 0) _exit(126);
    cload_raise_file_limit();
    if (child->certificates && !replace_certificates(child->certificates)) {
        static const char text[] =
            "Certificates cannot be replaced here: it takes root or user namespaces (unshare --user --mount).\n";
        if (write(2, text, sizeof text - 1) < 0) {}
        _exit(126);
    }
    execve(child->path, child->arguments, child->environment);
    _exit(127);
}

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int cload_http_status(uint16_t port, const char *path) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct timeval patience = {2, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct sockaddr_in address = loopback(port);
    char text[256];
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
    int status = -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 && send(fd, text, (size_t)length, MSG_NOSIGNAL) > 0) {
        ssize_t count = recv(fd, text, sizeof text - 1, 0);
        if (count > 12) {
            text[count] = 0;
            if (sscanf(text, "HTTP/1.1 %d", &status) != 1) status = -1;
        }
    }
    close(fd);
    return status;
}

uint16_t cload_free_port(void) {
    uint16_t port = 0;
    int fd = net_listen(0, false, &port);
    if (fd >= 0) close(fd);
    return port;
}
