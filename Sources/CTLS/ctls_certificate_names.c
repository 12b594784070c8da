// The names in a certificate that is being made: subjectAltName (RFC 5280, section 4.2.1.6), encoded by hand because
// mbedTLS 2.28 cannot.
#if __STDC_HOSTED__
#include "ctls_internal.h"

#if CTLS_HAS_CERTIFICATE_WRITER
#include "ctls_certificate_internal.h"

// One name, without blanks around it; returns its encoded length or 0.
static size_t encode_name(const char *text, size_t count, uint8_t *output, size_t room) {
  uint8_t address[16];
  size_t address_count = ctls_address_parse(text, count, address);
  const uint8_t *value = address_count > 0 ? address : (const uint8_t *)text;
  size_t value_count = address_count > 0 ? address_count : count;
  if (address_count == 0) {
    bool wildcard = count > 2 && text[0] == '*' && text[1] == '.';
    ctls_name name;
    if (!ctls_name_parse(&name, (const uint8_t *)text + (wildcard ? 2 : 0), count - (wildcard ? 2 : 0))) return 0;
  }
  // Lengths from 128 on take a second byte.
  size_t header = value_count < 128 ? 2 : 3;
  if (header + value_count > room) return 0;
  output[0] = address_count > 0 ? 0x87 : 0x82;
  if (header == 3) output[1] = 0x81;
  output[header - 1] = (uint8_t)value_count;
  memcpy(output + header, value, value_count);
  return header + value_count;
}

size_t ctls_encode_names(const uint8_t *names, size_t count, uint8_t *output, size_t capacity) {
  // The header of the SEQUENCE always in the long form with two bytes, then moved where that is too long.
  enum { HEADER_MAX = 4 };
  size_t filled = HEADER_MAX, start = 0;
  if (capacity < HEADER_MAX) return 0;
  for (size_t index = 0; index <= count; index++) {
    if (index < count && names[index] != ',') continue;
    size_t end = index;
    while (start < end && names[start] == ' ') start++;
    while (start < end && names[end - 1] == ' ') end--;
    size_t added = encode_name((const char *)names + start, end - start, output + filled, capacity - filled);
    if (added == 0) return 0;
    filled += added;
    start = index + 1;
  }
  size_t body = filled - HEADER_MAX;
  size_t header = body < 128 ? 2 : body < 256 ? 3 : 4;
  output[0] = 0x30;
  if (header == 2) output[1] = (uint8_t)body;
  if (header == 3) output[1] = 0x81, output[2] = (uint8_t)body;
  if (header == 4) output[1] = 0x82, output[2] = (uint8_t)(body >> 8), output[3] = (uint8_t)body;
  memmove(output + header, output + HEADER_MAX, body);
  return header + body;
}
#endif
#endif
