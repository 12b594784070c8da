// Shared by the files that make certificates.
#ifndef CTLS_CERTIFICATE_INTERNAL_H
#define CTLS_CERTIFICATE_INTERNAL_H

#include "ctls_internal.h"

// Encodes the names, given with commas between, as the value of subjectAltName; returns its length, or 0 when a name
// is malformed or they do not fit.
size_t ctls_encode_names(const uint8_t *names, size_t count, uint8_t *output, size_t capacity);

#endif
