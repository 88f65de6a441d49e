#ifndef ATRIUM_SERVICE_LOG_H
#define ATRIUM_SERVICE_LOG_H
/* Service "atrium.log/1", grant `log`: lines in the server's log. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_LOG "atrium.log/1"
enum { ATRIUM_LOG_DEBUG = 0, ATRIUM_LOG_INFO = 1, ATRIUM_LOG_WARNING = 2, ATRIUM_LOG_ERROR = 3 };

typedef struct atrium_log_service {
  uint32_t struct_size;
  /* Writes one line that names the plugin; `event` is a stable word of at most 100 bytes, `message` a sentence of at most 2,000. Lines
   * above a rate are counted instead of written. Never a token or a key. [any] */
  void (*write)(const atrium_host* host, uint32_t level, atrium_text event, atrium_text message);
} atrium_log_service;

#ifdef __cplusplus
}
#endif
#endif
