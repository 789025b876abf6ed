#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

/* Swift imports neither the macro EVP_EC_gen nor the variadic function behind it. */
static inline EVP_PKEY *openssl_new_p256_key(void) { return EVP_EC_gen("P-256"); }

/* A macro over a pointer to a pointer to the memory. */
static inline long openssl_memory(BIO *bio, char **text) { return BIO_get_mem_data(bio, text); }
