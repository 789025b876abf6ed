#pragma once
// curl_easy_setopt and curl_easy_getinfo take whatever their option says, and Swift cannot call such functions.
#include <curl/curl.h>

static inline CURLcode curl_set_number(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curl_set_sink(CURL *easy, curl_write_callback sink, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, sink);
    return code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

static inline long curl_number(CURL *easy, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

static inline curl_off_t curl_offset(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

// Belongs to `easy`.
static inline const char *curl_text(CURL *easy, CURLINFO info) {
    const char *value = NULL;
    curl_easy_getinfo(easy, info, &value);
    return value;
}

static inline CURLcode curl_set_check(CURL *easy, curl_prereq_callback check, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, check);
    return code ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

static inline CURLcode curl_set_opener(CURL *easy, curl_opensocket_callback opener, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, opener);
    return code ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}

// Of any length: what it is declared as is only its beginning.
static inline const struct sockaddr *curl_address(const struct curl_sockaddr *place) { return &place->addr; }

// What the server of the latest connection over TLS showed, where CURLOPT_CERTINFO is set.
static inline const struct curl_certinfo *curl_certificates(CURL *easy) {
    const struct curl_certinfo *chain = NULL;
    curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain);
    return chain;
}

// Numbers that are made by casts, which Swift does not import.
static const long curl_basic_login = CURLAUTH_BASIC;
static const long curl_digest_login = CURLAUTH_DIGEST;
