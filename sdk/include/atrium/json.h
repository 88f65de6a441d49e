#ifndef ATRIUM_JSON_H
#define ATRIUM_JSON_H
/* JSON as text plus a flat index that the host made in its one parse. Reading a member is a walk over 24-byte entries; nothing
 * is parsed again.
 *
 * Entries stand in document order. The first child of the container at i is i + 1, its next sibling is fields[i + 1].next, and the
 * children end where that reaches fields[i].next. The index is well-formed: keys are unique, text is valid UTF-8, numbers are JSON
 * numbers. */
#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ATRIUM_JSON_NULL = 0,
  ATRIUM_JSON_FALSE = 1,
  ATRIUM_JSON_TRUE = 2,
  ATRIUM_JSON_NUMBER = 3,
  ATRIUM_JSON_STRING = 4,
  ATRIUM_JSON_ARRAY = 5,
  ATRIUM_JSON_OBJECT = 6
};

enum {
  ATRIUM_JSON_KEY_ESCAPED = 1,  /* The key contains a backslash: decode before comparing. */
  ATRIUM_JSON_VALUE_ESCAPED = 2 /* The string contains a backslash: decode before use. */
};

typedef struct atrium_json_field {
  uint32_t key_offset;   /* Into the text, inside the quotes. Elements of arrays and the root have none: size 0. */
  uint32_t value_offset; /* Strings: inside the quotes. Containers: at the bracket. */
  uint32_t value_size;   /* Strings: without the quotes, still escaped. Containers: with both brackets. */
  uint32_t next;         /* Entry after this value's last descendant. */
  uint32_t children;     /* Members or elements of a container; else 0. */
  uint16_t key_size;     /* bytes; at most 65,535 */
  uint8_t type;          /* ATRIUM_JSON_... */
  uint8_t flags;
} atrium_json_field;

/* One value within a text. A value type: copy it freely while the text and index live. */
typedef struct atrium_json {
  const char* text;
  uint64_t text_size;
  const atrium_json_field* fields;
  uint32_t field_count; /* 0: no value at all (a member that was not there). */
  uint32_t at;          /* The entry this value is. */
} atrium_json;

#ifdef __cplusplus
}
#endif
#endif
