#ifndef ATRIUM_SERVICE_SECRETS_H
#define ATRIUM_SERVICE_SECRETS_H
/* Service "atrium.secrets/1", grant `secrets`: what the operator gave this plugin under plugins.use.<id>.secrets, which no page and no log
 * shows. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_SECRETS "atrium.secrets/1"

typedef struct atrium_secrets_service {
  uint32_t struct_size;
  /* Writes the secret of that name to `out` before it returns; ATRIUM_NOT_FOUND. [any] */
  atrium_status (*get)(const atrium_host* host, atrium_text name, atrium_sink out);
} atrium_secrets_service;

#ifdef __cplusplus
}
#endif
#endif
