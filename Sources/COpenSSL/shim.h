#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

/* Swift imports neither the macro EVP_EC_gen nor the variadic function behind it. */
static inline EVP_PKEY *openssl_new_p256_key(void) { return EVP_EC_gen("P-256"); }

/* A macro over a pointer to a pointer to the memory. */
static inline long openssl_memory(BIO *bio, char **text) { return BIO_get_mem_data(bio, text); }

/* The names and addresses that a certificate is for, a line each: stacks are macros. */
static inline void openssl_print_names(BIO *out, X509 *certificate) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++) {
        GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
        GENERAL_NAME_print(out, name);
        BIO_printf(out, "\n");
    }
    GENERAL_NAMES_free(names);
}
