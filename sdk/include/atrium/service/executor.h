#ifndef ATRIUM_SERVICE_EXECUTOR_H
#define ATRIUM_SERVICE_EXECUTOR_H
/* Service "atrium.executor/1", grant `executor`: work on the host's threads, in place of threads of the plugin's own, which would keep its
 * code from being unloaded. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_EXECUTOR "atrium.executor/1"
/* Jobs of one plugin that may wait or run at a time; more are ATRIUM_FULL. */
#define ATRIUM_JOBS_MAX 64u

typedef struct atrium_executor_service {
  uint32_t struct_size;
  /* Runs `job` on a thread of the pool: [worker], deadline 5 s. In no order. The end of the instance waits for what was taken. [any] */
  atrium_status (*post)(const atrium_host* host, void (*job)(void* context), void* context);
} atrium_executor_service;

#ifdef __cplusplus
}
#endif
#endif
