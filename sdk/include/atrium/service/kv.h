#ifndef ATRIUM_SERVICE_KV_H
#define ATRIUM_SERVICE_KV_H
/* Service "atrium.kv/1", grant `kv`: small values that outlive the process, in the server's storage. Each plugin sees its own alone; in
 * each tenant apart. */
#include "../completion.h"
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_KV "atrium.kv/1"
#define ATRIUM_KV_KEY_MAX 250u
#define ATRIUM_KV_VALUE_MAX 65536u
/* Calls of one plugin that may be under way at a time; more complete with ATRIUM_FULL. */
#define ATRIUM_KV_PENDING_MAX 256u

/* `tenant` may be empty: values that belong to no tenant. Every call completes its token once, possibly before it returns; storage that
 * does not answer completes it with ATRIUM_FAILED. */
typedef struct atrium_kv_service {
  uint32_t struct_size;
  /* ATRIUM_OK with the value, or ATRIUM_NOT_FOUND. [any] */
  void (*get)(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token);
  /* ATRIUM_OK: kept as durably as the storage can. ATRIUM_INVALID: over a bound. [any] */
  void (*put)(const atrium_host* host, atrium_text tenant, atrium_text key, atrium_text value, const atrium_token* token);
  /* ATRIUM_OK also when there was nothing. [any] */
  void (*remove)(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token);
} atrium_kv_service;

#ifdef __cplusplus
}
#endif
#endif
