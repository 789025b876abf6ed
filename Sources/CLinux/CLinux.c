#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int linux_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int linux_interface_index(int socket, const char *name) {
    struct ifreq request = { 0 };
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return ioctl(socket, SIOCGIFINDEX, &request) == -1 ? -1 : request.ifr_ifindex;
}

int linux_find_interface(int socket, const char *name, struct linux_interface *interface) {
    interface->index = linux_interface_index(socket, name);
    if (interface->index == -1) return -1;
    struct ifreq request = { 0 };
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    request.ifr_addr.sa_family = AF_INET;
    if (ioctl(socket, SIOCGIFADDR, &request) == -1) return -1;
    interface->address = ((struct sockaddr_in *)&request.ifr_addr)->sin_addr;
    if (ioctl(socket, SIOCGIFNETMASK, &request) == -1) return -1;
    interface->mask = ((struct sockaddr_in *)&request.ifr_netmask)->sin_addr;
    return 0;
}

// Those with an IPv4 address, one for each address. Not getifaddrs: it asks over netlink, which a daemon may not.
int linux_list_interfaces(int socket, struct linux_named_interface *list, int room) {
    struct ifreq requests[64];
    struct ifconf found = { .ifc_len = sizeof requests, .ifc_req = requests };
    if (ioctl(socket, SIOCGIFCONF, &found) == -1) return -1;
    int count = 0;
    for (int i = 0; i < found.ifc_len / (int)sizeof *requests && count < room; i++) {
        struct linux_named_interface *entry = &list[count];
        memcpy(entry->name, requests[i].ifr_name, sizeof entry->name);
        entry->name[sizeof entry->name - 1] = 0;
        entry->interface.address = ((struct sockaddr_in *)&requests[i].ifr_addr)->sin_addr;
        if (ioctl(socket, SIOCGIFNETMASK, &requests[i]) == -1) continue;
        entry->interface.mask = ((struct sockaddr_in *)&requests[i].ifr_netmask)->sin_addr;
        if (ioctl(socket, SIOCGIFINDEX, &requests[i]) == -1) continue;
        entry->interface.index = requests[i].ifr_ifindex;
        count++;
    }
    return count;
}

int linux_neighbour(int socket, const char *name, struct in_addr address, unsigned char hardware[6]) {
    struct arpreq request = { 0 };
    ((struct sockaddr_in *)&request.arp_pa)->sin_family = AF_INET;
    ((struct sockaddr_in *)&request.arp_pa)->sin_addr = address;
    strncpy(request.arp_dev, name, sizeof request.arp_dev - 1);
    if (ioctl(socket, SIOCGARP, &request) == -1) return -1;
    if (!(request.arp_flags & ATF_COM)) {
        errno = ENXIO;
        return -1;
    }
    memcpy(hardware, request.arp_ha.sa_data, 6);
    return 0;
}

int linux_open_readable(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC);
}

int linux_open_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}

int linux_open_process(pid_t process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int linux_peer(int socket, struct linux_peer *peer) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == -1) return -1;
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    return 0;
}

int linux_raise_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int linux_receive(int socket, void *bytes, size_t room, struct linux_datagram *datagrams, int count) {
    struct mmsghdr messages[LINUX_MOST_DATAGRAMS];
    struct iovec vectors[LINUX_MOST_DATAGRAMS];
    union { char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))]; struct cmsghdr align; } controls[LINUX_MOST_DATAGRAMS];
    if (count > LINUX_MOST_DATAGRAMS) count = LINUX_MOST_DATAGRAMS;
    for (int i = 0; i < count; i++) {
        datagrams[i] = (struct linux_datagram){ .start = i * room };
        vectors[i] = (struct iovec){ (char *)bytes + i * room, room };
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &datagrams[i].peer, .msg_namelen = sizeof datagrams[i].peer, .msg_iov = &vectors[i],
            .msg_iovlen = 1, .msg_control = &controls[i], .msg_controllen = sizeof controls[i],
        };
    }
    int arrived = recvmmsg(socket, messages, count, MSG_DONTWAIT, NULL);
    for (int i = 0; i < arrived; i++) {
        struct msghdr *header = &messages[i].msg_hdr;
        datagrams[i].size = messages[i].msg_len;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
            if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
                memcpy(&datagrams[i].route, CMSG_DATA(c), sizeof datagrams[i].route);
    }
    return arrived;
}

int linux_send(int socket, const void *bytes, const struct linux_datagram *datagrams, int count) {
    struct mmsghdr messages[LINUX_MOST_DATAGRAMS];
    struct iovec vectors[LINUX_MOST_DATAGRAMS];
    union { char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))]; struct cmsghdr align; } controls[LINUX_MOST_DATAGRAMS];
    if (count > LINUX_MOST_DATAGRAMS) count = LINUX_MOST_DATAGRAMS;
    for (int i = 0; i < count; i++) {
        vectors[i] = (struct iovec){ (char *)bytes + datagrams[i].start, datagrams[i].size };
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = (void *)&datagrams[i].peer, .msg_namelen = sizeof datagrams[i].peer, .msg_iov = &vectors[i],
            .msg_iovlen = 1, .msg_control = &controls[i], .msg_controllen = sizeof controls[i],
        };
        controls[i].align = (struct cmsghdr){
            .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof datagrams[i].route),
        };
        memcpy(CMSG_DATA(&controls[i].align), &datagrams[i].route, sizeof datagrams[i].route);
    }
    return sendmmsg(socket, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t linux_receive_from_process(int socket, void *bytes, size_t capacity, pid_t *sender) {
    union { char bytes[CMSG_SPACE(sizeof(struct ucred))]; struct cmsghdr align; } control;
    struct iovec vector = { bytes, capacity };
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
    };
    ssize_t count = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count == -1) return -1;
    *sender = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
            *sender = ((struct ucred *)CMSG_DATA(c))->pid;
    return count;
}

static void write_own_pid(char *const *environment) {
    static const char name[] = "LISTEN_PID=";
    for (; *environment; environment++) {
        if (strncmp(*environment, name, sizeof name - 1) != 0) continue;
        char digits[16];
        int count = 0;
        for (pid_t rest = getpid(); rest > 0; rest /= 10) digits[count++] = '0' + rest % 10;
        char *text = *environment + sizeof name - 1;
        while (count > 0) *text++ = digits[--count];
        *text = 0;
    }
}

// Runs between fork and exec: only calls that are async-signal-safe.
static void become(const struct linux_program *program, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);

    int count = program->descriptor_count, kept[count + 1];
    for (int i = 0; i < count; i++)
        if ((kept[i] = fcntl(program->descriptors[i], F_DUPFD_CLOEXEC, 16 + count)) == -1) return;
    int output = fcntl(program->output, F_DUPFD_CLOEXEC, 16 + count);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (output == -1 || input == -1) return;
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    for (int i = 0; i < count; i++) dup2(kept[i], 3 + i);
    close_range(3 + count, ~0U, CLOSE_RANGE_CLOEXEC);

    write_own_pid(program->environment);
    if (program->directory && chdir(program->directory) == -1) return;
    execve(program->path, program->arguments, program->environment);
}

pid_t linux_start(const struct linux_program *program) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) == -1) return -1;
    // Out of the way of the child's own descriptors 3, 4, …
    int report = fcntl(failure[1], F_DUPFD_CLOEXEC, 32 + program->descriptor_count);
    close(failure[1]);
    pid_t parent = getpid(), child = report == -1 ? -1 : fork();
    if (child == 0) {
        become(program, parent);
        int code = errno;
        ssize_t ignored = write(report, &code, sizeof code);
        (void)ignored;
        _exit(127);
    }
    int code = errno;
    if (report != -1) close(report);
    if (child != -1) {
        code = 0;
        ssize_t count = read(failure[0], &code, sizeof code);
        if (count == (ssize_t)sizeof code) child = -1;
    }
    close(failure[0]);
    errno = code;
    return child;
}
