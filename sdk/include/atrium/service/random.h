#ifndef ATRIUM_SERVICE_RANDOM_H
#define ATRIUM_SERVICE_RANDOM_H
/* Service "atrium.random/1", grant `random`: randomness, which a test makes repeatable by a seed. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_RANDOM "atrium.random/1"
#define ATRIUM_RANDOM_MAX 4096u

typedef struct atrium_random_service {
  uint32_t struct_size;
  /* Fills `out` with up to ATRIUM_RANDOM_MAX bytes from the system's generator, good for keys. ATRIUM_INVALID: more were asked for. [any]
   */
  atrium_status (*fill)(const atrium_host* host, void* out, uint64_t size);
} atrium_random_service;

#ifdef __cplusplus
}
#endif
#endif
