#pragma once
// The Linux that Swift's Glibc module leaves out: headers it does not map (epoll, signalfd, inotify), functions
// hidden behind _GNU_SOURCE (accept4, SO_PEERCRED), and macros it cannot import (CMSG_*).
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct linux_peer {
    pid_t pid;
    uid_t uid;
};

// Of the network that a socket belongs to, which need not be this process's own.
struct linux_interface {
    int index;
    struct in_addr address;
    struct in_addr mask;
};

// What a new program starts with. The descriptors become 3, 4, …; an entry "LISTEN_PID=…" in the
// environment is overwritten with the child's own process id.
struct linux_program {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    const int *descriptors;
    int descriptor_count;
    int output;
};

int linux_accept(int listener);
int linux_find_interface(int socket, const char *name, struct linux_interface *interface);
int linux_neighbour(int socket, const char *name, struct in_addr address, unsigned char hardware[6]);
int linux_open_pipe(int ends[2]);
int linux_open_process(pid_t process);
int linux_open_readable(const char *path);
int linux_peer(int socket, struct linux_peer *peer);
int linux_raise_signal_descriptor(const int *signals, int count);
ssize_t linux_receive(int socket, void *bytes, size_t capacity, struct sockaddr_in *sender, struct in_pktinfo *arrival);
ssize_t linux_receive_from_process(int socket, void *bytes, size_t capacity, pid_t *sender);
ssize_t linux_send(int socket, const void *bytes, size_t count, const struct sockaddr_in *receiver,
                   const struct in_pktinfo *departure);
pid_t linux_start(const struct linux_program *program);
