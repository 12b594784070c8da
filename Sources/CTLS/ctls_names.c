// Server names and what certificates say about them.
#if __STDC_HOSTED__
#include "ctls_internal.h"

static bool parse_ipv4(const char *text, size_t count, uint8_t address[4]) {
  size_t part = 0, digits = 0;
  unsigned value = 0;
  for (size_t index = 0; index <= count; index++) {
    if (index == count || text[index] == '.') {
      if (digits == 0 || part == 4) return false;
      address[part++] = (uint8_t)value;
      digits = 0;
      value = 0;
      continue;
    }
    if (text[index] < '0' || text[index] > '9') return false;
    // No leading zero: some read it as octal.
    if (digits > 0 && value == 0) return false;
    value = value * 10 + (unsigned)(text[index] - '0');
    digits++;
    if (value > 255) return false;
  }
  return part == 4;
}

static int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// Groups of up to four hexadecimal digits with at most one `::` (RFC 4291, section 2.2, forms 1 and 2).
static bool parse_ipv6(const char *text, size_t count, uint8_t address[16]) {
  uint8_t head[16];
  size_t filled = 0, gap = 17, index = 0;
  if (count < 2) return false;
  if (text[0] == ':') {
    if (text[1] != ':') return false;
    gap = 0;
    index = 2;
  }
  while (index < count) {
    unsigned value = 0;
    size_t digits = 0;
    for (; index < count && hex_value(text[index]) >= 0; index++, digits++) {
      if (digits == 4) return false;
      value = value << 4 | (unsigned)hex_value(text[index]);
    }
    if (digits == 0 || filled == 16) return false;
    head[filled++] = (uint8_t)(value >> 8);
    head[filled++] = (uint8_t)value;
    if (index == count) break;
    if (text[index++] != ':' || index == count) return false;
    if (text[index] == ':') {
      if (gap != 17) return false;
      gap = filled;
      index++;
    }
  }
  if (gap == 17 ? filled != 16 : filled > 14) return false;
  if (gap == 17) gap = filled;
  memset(address, 0, 16);
  memcpy(address, head, gap);
  memcpy(address + 16 - (filled - gap), head + gap, filled - gap);
  return true;
}

size_t ctls_address_parse(const char *text, size_t count, uint8_t address[16]) {
  if (parse_ipv4(text, count, address)) return 4;
  return parse_ipv6(text, count, address) ? 16 : 0;
}

// Letters, digits, hyphens, underscores in labels of 1 to 63; the last label is not a number (that would be a
// malformed address).
static bool is_dns_name(const char *text, size_t count) {
  size_t label = 0;
  bool is_number = true;
  for (size_t index = 0; index < count; index++) {
    char c = text[index];
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      is_number = true;
      continue;
    }
    bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'z') && c != '-' && c != '_') return false;
    if (!digit) is_number = false;
    if (++label > 63) return false;
  }
  return label > 0 && !is_number;
}

bool ctls_name_parse(ctls_name *name, const uint8_t *bytes, size_t count) {
  memset(name, 0, sizeof *name);
  // An IPv6 address may come in the brackets that URLs put around it.
  if (count > 2 && bytes[0] == '[' && bytes[count - 1] == ']') {
    bytes++;
    count -= 2;
  }
  if (count > 1 && bytes[count - 1] == '.') count--;
  if (count == 0 || count > CTLS_NAME_MAX) return false;
  for (size_t index = 0; index < count; index++) {
    char c = (char)bytes[index];
    name->text[index] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
  }
  name->address_count = ctls_address_parse(name->text, count, name->address);
  return name->address_count > 0 || is_dns_name(name->text, count);
}

// Context-specific tags of GeneralName (RFC 5280, section 4.2.1.6).
enum { SAN_DNS = 2, SAN_ADDRESS = 7 };

static bool equal_ignoring_case(const uint8_t *bytes, const char *text, size_t count) {
  for (size_t index = 0; index < count; index++) {
    char c = (char)bytes[index];
    if (c >= 'A' && c <= 'Z') c = (char)(c + ('a' - 'A'));
    if (c != text[index]) return false;
  }
  return true;
}

// `*` as the whole first label stands for exactly one label (RFC 9525, section 6.3).
static bool dns_matches(const char *text, const uint8_t *pattern, size_t count) {
  size_t length = strlen(text);
  if (count > 1 && pattern[count - 1] == '.') count--;
  if (count == length && equal_ignoring_case(pattern, text, count)) return true;
  if (count < 3 || pattern[0] != '*' || pattern[1] != '.') return false;
  const char *rest = strchr(text, '.');
  if (rest == NULL || rest == text) return false;
  // Not `*.test`, which would cover a whole top level domain.
  if (memchr(pattern + 2, '.', count - 2) == NULL) return false;
  return strlen(rest) == count - 1 && equal_ignoring_case(pattern + 1, rest, count - 1);
}

bool ctls_name_matches(const ctls_name *name, const mbedtls_x509_crt *certificate) {
  const mbedtls_x509_sequence *item = &certificate->subject_alt_names;
  for (; item != NULL; item = item->next) {
    if (item->buf.p == NULL) continue;
    int tag = item->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (name->address_count > 0) {
      if (tag == SAN_ADDRESS && item->buf.len == name->address_count &&
          memcmp(item->buf.p, name->address, name->address_count) == 0) {
        return true;
      }
    } else if (tag == SAN_DNS && dns_matches(name->text, item->buf.p, item->buf.len)) {
      return true;
    }
  }
  return false;
}

static void add_address(ctls_text *text, const uint8_t *address, size_t count) {
  for (size_t index = 0; index < count; index++) {
    if (count == 4) {
      if (index > 0) ctls_text_add(text, ".");
      ctls_text_add_number(text, address[index], 1);
    } else {
      if (index > 0 && index % 2 == 0) ctls_text_add(text, ":");
      ctls_text_add_hex(text, address[index], 2);
    }
  }
}

void ctls_text_add_names(ctls_text *text, const mbedtls_x509_crt *certificate) {
  enum { NAMES_SHOWN_MAX = 2 };
  uint32_t count = 0;
  const mbedtls_x509_sequence *item = &certificate->subject_alt_names;
  for (; item != NULL; item = item->next) {
    int tag = item->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    bool is_address = tag == SAN_ADDRESS && (item->buf.len == 4 || item->buf.len == 16);
    if (item->buf.p == NULL || (tag != SAN_DNS && !is_address)) continue;
    if (++count > NAMES_SHOWN_MAX) continue;
    ctls_text_add(text, count > 1 ? ", \"" : "\"");
    if (is_address) {
      add_address(text, item->buf.p, item->buf.len);
    } else {
      ctls_text_add_foreign(text, item->buf.p, item->buf.len < 64 ? item->buf.len : 64);
    }
    ctls_text_add(text, "\"");
  }
  if (count > NAMES_SHOWN_MAX) {
    ctls_text_add(text, " and ");
    ctls_text_add_number(text, count - NAMES_SHOWN_MAX, 1);
    ctls_text_add(text, " more");
  }
  if (count == 0) ctls_text_add(text, "no name (it has no subjectAltName)");
}
#endif
