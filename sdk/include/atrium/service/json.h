#ifndef ATRIUM_SERVICE_JSON_H
#define ATRIUM_SERVICE_JSON_H
/* Service "atrium.json/1", always granted: JSON for plugins in plain C, and for text that did not come from the host. */
#include "../host.h"
#include "../json.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_JSON "atrium.json/1"
/* The most that is parsed at a time, in bytes. */
#define ATRIUM_JSON_MAX 1048576u

typedef struct atrium_json_service {
  uint32_t struct_size;
  /* Checks `text` and hands its index to `each`, valid until that returns. ATRIUM_INVALID: not well-formed, or too long. [any] */
  atrium_status (*parse)(const atrium_host* host, atrium_text text, void (*each)(void* context, const atrium_json* value), void* context);
  /* Writes `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD. [any] */
  void (*quote)(const atrium_host* host, atrium_text text, atrium_sink out);
} atrium_json_service;

#ifdef __cplusplus
}
#endif
#endif
