#include "internal.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

// A certificate for 127.0.0.1, made when it is first needed and known to nobody else.

static EVP_PKEY *key;
static X509 *certificate;

static bool add(X509 *to, int name, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, to, to, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, name, value);
    bool done = extension && X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

static bool make(void) {
    if (certificate) return true;
    EVP_PKEY *made = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    if (!made || !x) return false;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), (long)(cload_now() & 0x7FFFFFFF));
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_set_pubkey(x, made);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"CallRouter benchmark", -1, -1, 0);
    X509_set_issuer_name(x, name);
    if (!add(x, NID_basic_constraints, "critical,CA:TRUE") ||
        !add(x, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost") || !X509_sign(x, made, EVP_sha256())) {
        return false;
    }
    key = made;
    certificate = x;
    return true;
}

SSL_CTX *tls_server(void) {
    if (!make()) return NULL;
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context || !SSL_CTX_use_certificate(context, certificate) || !SSL_CTX_use_PrivateKey(context, key)) return NULL;
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

SSL_CTX *tls_client(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) return NULL;
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

int cload_write_certificate(const char *path) {
    if (!make()) return -1;
    FILE *file = fopen(path, "ae");
    if (!file) return -1;
    int done = PEM_write_X509(file, certificate);
    return fclose(file) == 0 && done ? 0 : -1;
}
