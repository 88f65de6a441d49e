#ifndef ATRIUM_EXT_EVENT_SINK_H
#define ATRIUM_EXT_EVENT_SINK_H
/* Extension "atrium.event-sink/1": takes what happens to somewhere else. Queueing, retries with back-off, order and dead letters are the
 * host's. */
#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_EVENT_SINK "atrium.event-sink/1"
#define ATRIUM_SINK_BATCH_MAX 1000u

typedef struct atrium_sink_event {
  uint32_t struct_size;
  uint32_t attempt;     /* From 1. */
  uint64_t offset;      /* Rises within one sink, over restarts, too, but for retries; some may be left out. */
  uint64_t at_ms;       /* wall */
  atrium_text event_id; /* The same in every attempt: receivers tell repeats by it. */
  atrium_text type;     /* "message.posted" */
  atrium_text tenant_id;
  atrium_text data; /* One JSON object. */
} atrium_sink_event;

typedef struct atrium_event_sink_info {
  uint32_t struct_size;
  uint32_t batch_max; /* Events it takes in one call; 0: 1. */
  atrium_text name;
  atrium_text events; /* Types joined by commas, "message.*" for all that begin so; empty: all. */
} atrium_event_sink_info;

typedef struct atrium_event_sink {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_event_sink_info* info;
  /* Delivers events in order of offset within the batch, and sets *accepted to how many from the start are done for good. ATRIUM_OK: all of
   * them, whatever *accepted says. ATRIUM_INVALID: the first one that was not accepted never will be; it becomes a dead letter with the
   * sentence in `error`. Anything else: the rest is tried again later. A batch may come twice, and an operator may have a dead letter
   * delivered again, with its offset, which is lower than others that came: no offset tells a repeat. Deadline 5 s. [worker], and never
   * twice at once for one instance */
  atrium_status (*deliver_batch)(atrium_plugin* self, const atrium_sink_event* const* events, uint32_t count, uint32_t* accepted,
                                 atrium_sink error);
} atrium_event_sink;

#ifdef __cplusplus
}
#endif
#endif
