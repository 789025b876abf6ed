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

struct linux_named_interface {
    char name[16];
    struct linux_interface interface;
};

// The most that one call receives or sends.
#define LINUX_MOST_DATAGRAMS 32

// Where a datagram lies among the bytes of several, who sent it or gets it, and the interface and the address of ours.
struct linux_datagram {
    size_t start, size;
    struct sockaddr_in peer;
    struct in_pktinfo route;
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
int linux_interface_index(int socket, const char *name);
int linux_list_interfaces(int socket, struct linux_named_interface *list, int room);
int linux_neighbour(int socket, const char *name, struct in_addr address, unsigned char hardware[6]);
int linux_open_pipe(int ends[2]);
int linux_open_process(pid_t process);
int linux_open_readable(const char *path);
int linux_peer(int socket, struct linux_peer *peer);
int linux_raise_signal_descriptor(const int *signals, int count);
int linux_receive(int socket, void *bytes, size_t room, struct linux_datagram *datagrams, int count);
ssize_t linux_receive_from_process(int socket, void *bytes, size_t capacity, pid_t *sender);
int linux_send(int socket, const void *bytes, const struct linux_datagram *datagrams, int count);
pid_t linux_start(const struct linux_program *program);
