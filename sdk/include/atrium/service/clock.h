#ifndef ATRIUM_SERVICE_CLOCK_H
#define ATRIUM_SERVICE_CLOCK_H
/* Service "atrium.clock/1", grant `clock`: the server's time, which a test moves by hand. */
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_CLOCK "atrium.clock/1"

typedef struct atrium_clock_service {
  uint32_t struct_size;
  /* Monotonic time in nanoseconds from an unnamed origin; for durations. [any] */
  uint64_t (*mono_ns)(const atrium_host* host);
  /* Milliseconds since 1970-01-01 UTC; to be shown or stored. [any] */
  uint64_t (*wall_ms)(const atrium_host* host);
} atrium_clock_service;

#ifdef __cplusplus
}
#endif
#endif
