#ifndef ATRIUM_SERVICE_FAILURE_H
#define ATRIUM_SERVICE_FAILURE_H
/* Service "atrium.failure/1", always granted: why a call failed, for the operator, where the call itself has no place to say it. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_FAILURE "atrium.failure/1"

typedef struct atrium_failure_service {
  uint32_t struct_size;
  /* Writes one error line that names the plugin and the hook; `hook` is its name, of at most 100 bytes, `why` a sentence of at most 2,000:
   * longer ones are cut. Both are copied. Lines above a rate, which those of "atrium.log/1" share, are counted instead of written. Never a
   * token or a key. It changes nothing about the call, which fails by its status. Never blocks. [any] */
  void (*report)(const atrium_host* host, atrium_text hook, atrium_text why);
} atrium_failure_service;

#ifdef __cplusplus
}
#endif
#endif
