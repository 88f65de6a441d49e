#ifndef ATRIUM_HOST_H
#define ATRIUM_HOST_H
/* What a plugin may ask of the server that loaded it. */
#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct atrium_host {
  uint32_t struct_size;
  void* context;
  /* The table of a service, or NULL: unknown here, or not granted to this plugin. Valid until destroy() returns. [any] */
  const void* (*get_service)(const struct atrium_host* host, const char* service_id);
} atrium_host;

#define ATRIUM_SERVICE_LOG "atrium.log/1"
enum { ATRIUM_LOG_DEBUG = 0, ATRIUM_LOG_INFO = 1, ATRIUM_LOG_WARNING = 2, ATRIUM_LOG_ERROR = 3 };

typedef struct atrium_log_service {
  uint32_t struct_size;
  /* Writes one line that names the plugin. Lines above a rate are counted instead of written. Never a token or a key. [any] */
  void (*write)(const atrium_host* host, uint32_t level, atrium_text event, atrium_text message);
} atrium_log_service;

#define ATRIUM_SERVICE_CLOCK "atrium.clock/1"
typedef struct atrium_clock_service {
  uint32_t struct_size;
  /* Monotonic time in nanoseconds from an unnamed origin; for durations. A test host moves it by hand. [any] */
  uint64_t (*mono_ns)(const atrium_host* host);
  /* Milliseconds since 1970-01-01 UTC; to be shown or stored. [any] */
  uint64_t (*wall_ms)(const atrium_host* host);
} atrium_clock_service;

#ifdef __cplusplus
}
#endif
#endif
