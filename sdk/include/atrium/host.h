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
  /* The table of a service (service/), or NULL: unknown to this host, or not granted to this plugin. So permission and feature test are
   * one question. Valid until destroy() returns. [any] */
  const void* (*get_service)(const struct atrium_host* host, const char* service_id);
} atrium_host;

#ifdef __cplusplus
}
#endif
#endif
