#ifndef ATRIUM_SERVICE_TIMER_H
#define ATRIUM_SERVICE_TIMER_H
/* Service "atrium.timer/1", grant `timer`: calls at a later time. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_TIMER "atrium.timer/1"
/* Timers of one plugin that may wait at a time; more are ATRIUM_FULL. */
#define ATRIUM_TIMERS_MAX 1000u
#define ATRIUM_TIMER_DELAY_MS_MAX 86400000u

typedef struct atrium_timer_service {
  uint32_t struct_size;
  /* Calls `fire` once, `delay_ms` from now or later, on a thread of the pool: [worker], deadline 1 s. *timer names it until it fired or was
   * cancelled. The end of the instance cancels what waits and waits for what runs. ATRIUM_INVALID: a longer delay. [any] */
  atrium_status (*start)(const atrium_host* host, uint64_t delay_ms, void (*fire)(void* context), void* context, uint64_t* timer);
  /* 1: it will not fire. 0: it has fired, is firing or never was. [any] */
  uint32_t (*cancel)(const atrium_host* host, uint64_t timer);
} atrium_timer_service;

#ifdef __cplusplus
}
#endif
#endif
