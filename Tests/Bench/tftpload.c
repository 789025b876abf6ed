// Downloads a file over TFTP again and again with many clients at once, and checks every byte.
//
//     tftpload SERVER PORT NAME COPY CLIENTS DOWNLOADS BLKSIZE WINDOW FIRST_ADDRESS ADDRESSES
//
// BLKSIZE 0 and WINDOW 0 leave the option out. Each download comes from the next of the ADDRESSES from FIRST_ADDRESS
// on, which are this machine's: a server may limit what one address may ask. Prints one line: seconds, downloads,
// bytes, packets that were sent again, and this program's own seconds of processor time.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { READ = 1, DATA = 3, ACK, ERROR, OACK };

struct client {
    int socket;
    struct sockaddr_in server; // Its port is the server's choice after the first answer.
    size_t got;
    unsigned block, in_window, block_size, window;
    unsigned char last[512]; // The last packet sent, in case nothing follows it.
    size_t last_size;
    double sent_at;
};

static struct {
    struct sockaddr_in server;
    const char *name;
    const unsigned char *copy;
    size_t size;
    unsigned block_size, window;
    uint32_t first_address, addresses;
    long begun, finished, wanted, repeats, packets;
    int epoll;
} load;

static void fail(const char *what) {
    fprintf(stderr, "tftpload: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void say(struct client *client) {
    client->sent_at = now();
    if (sendto(client->socket, client->last, client->last_size, 0, (struct sockaddr *)&client->server,
               sizeof client->server) == -1)
        fail("send");
}

static void acknowledge(struct client *client) {
    unsigned char packet[4] = { 0, ACK, client->block >> 8, client->block };
    memcpy(client->last, packet, client->last_size = sizeof packet);
    client->in_window = 0;
    say(client);
}

static void begin(struct client *client) {
    struct sockaddr_in own = { .sin_family = AF_INET };
    own.sin_addr.s_addr = htonl(load.first_address + load.begun++ % load.addresses);
    client->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->socket == -1 || bind(client->socket, (struct sockaddr *)&own, sizeof own) == -1) fail("bind");
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    if (epoll_ctl(load.epoll, EPOLL_CTL_ADD, client->socket, &event) == -1) fail("epoll");
    client->server = load.server;
    client->got = client->block = client->in_window = 0;
    client->block_size = 512;
    client->window = 1;
    char *text = (char *)client->last + 2;
    client->last[0] = 0;
    client->last[1] = READ;
    text += sprintf(text, "%s%coctet%c", load.name, 0, 0);
    if (load.block_size) text += sprintf(text, "blksize%c%u%c", 0, load.block_size, 0);
    if (load.window) text += sprintf(text, "windowsize%c%u%c", 0, load.window, 0);
    client->last_size = text - (char *)client->last;
    say(client);
}

static void take_options(struct client *client, const unsigned char *bytes, size_t count) {
    const char *cursor = (const char *)bytes + 2, *end = (const char *)bytes + count;
    while (cursor < end) {
        const char *name = cursor, *value = name + strnlen(name, end - name) + 1;
        if (value >= end) break;
        cursor = value + strnlen(value, end - value) + 1;
        if (strcasecmp(name, "blksize") == 0) client->block_size = atoi(value);
        if (strcasecmp(name, "windowsize") == 0) client->window = atoi(value);
    }
}

static void take_data(struct client *client, const unsigned char *bytes, size_t count) {
    unsigned block = bytes[2] << 8 | bytes[3];
    // A client that misses a block says once which it has, and what was behind it comes again.
    if (block != ((client->block + 1) & 0xffff)) {
        if (client->in_window) acknowledge(client);
        return;
    }
    size_t size = count - 4;
    if (client->got + size > load.size || memcmp(load.copy + client->got, bytes + 4, size) != 0) {
        fprintf(stderr, "tftpload: block %u is not that of the file\n", block);
        exit(1);
    }
    client->block = block;
    client->got += size;
    client->in_window++;
    int is_last = size < client->block_size;
    if (is_last && client->got != load.size) {
        fprintf(stderr, "tftpload: %zu of %zu bytes came\n", client->got, load.size);
        exit(1);
    }
    if (is_last || client->in_window >= client->window) acknowledge(client);
    if (!is_last) return;
    load.finished++;
    close(client->socket);
    client->socket = -1;
    if (load.begun < load.wanted) begin(client);
}

static void receive(struct client *client) {
    unsigned char bytes[2048];
    while (client->socket != -1) {
        int socket = client->socket;
        socklen_t length = sizeof client->server;
        struct sockaddr_in sender;
        ssize_t count = recvfrom(socket, bytes, sizeof bytes, 0, (struct sockaddr *)&sender, &length);
        if (count < 4) return;
        load.packets++;
        if (client->block == 0) client->server = sender;
        switch (bytes[1]) {
        case OACK:
            if (client->block > 0) break;
            take_options(client, bytes, count);
            acknowledge(client);
            break;
        case DATA: take_data(client, bytes, count); break;
        case ERROR:
            fprintf(stderr, "tftpload: the server says: %.*s\n", (int)count - 4, bytes + 4);
            exit(1);
        }
        // One that has begun anew has nothing to read yet.
        if (client->socket != socket || client->in_window == 0) return;
    }
}

static void repeat(struct client *clients, long count) {
    for (long i = 0; i < count; i++) {
        if (clients[i].socket == -1 || now() - clients[i].sent_at < 1) continue;
        load.repeats++;
        say(&clients[i]);
    }
}

int main(int count, char **words) {
    if (count != 11) return 2;
    load.server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(atoi(words[2])) };
    inet_pton(AF_INET, words[1], &load.server.sin_addr);
    load.name = words[3];
    int file = open(words[4], O_RDONLY);
    struct stat status;
    if (file == -1 || fstat(file, &status) == -1) fail(words[4]);
    load.size = status.st_size;
    load.copy = mmap(NULL, load.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    long client_count = atol(words[5]);
    load.wanted = atol(words[6]);
    load.block_size = atoi(words[7]);
    load.window = atoi(words[8]);
    struct in_addr first;
    inet_pton(AF_INET, words[9], &first);
    load.first_address = ntohl(first.s_addr);
    load.addresses = atoi(words[10]);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);

    struct client *clients = calloc(client_count, sizeof *clients);
    double start = now(), checked = start;
    for (long i = 0; i < client_count; i++) begin(&clients[i]);
    struct epoll_event events[64];
    while (load.finished < load.wanted) {
        int ready = epoll_wait(load.epoll, events, 64, 200);
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
        if (now() - checked < 0.2) continue;
        checked = now();
        repeat(clients, client_count);
    }
    double seconds = now() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double processor = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("%.4f %ld %zu %ld %.4f\n", seconds, load.finished, load.finished * load.size, load.repeats, processor);
    return 0;
}
