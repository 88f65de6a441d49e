/* A sink that logs each event and cannot take one called "poison". */
#include "atrium/ext/event_sink.h"

#include "atrium/service/log.h"
#include "plugin.h"

static atrium_status deliver_batch(atrium_plugin* self, const atrium_sink_event* const* events, uint32_t count, uint32_t* accepted,
                                   atrium_sink error) {
  static const char why[] = "poison";
  static const atrium_text word = TEXT("delivered");
  const atrium_log_service* log = self->host->get_service(self->host, ATRIUM_SERVICE_LOG);
  for (*accepted = 0; *accepted < count; ++*accepted) {
    const atrium_sink_event* event = events[*accepted];
    if (event->type.size == sizeof why - 1 && memcmp(event->type.data, why, sizeof why - 1) == 0) {
      error.write(error.context, why, sizeof why - 1);
      return ATRIUM_INVALID;
    }
    if (log) log->write(self->host, ATRIUM_LOG_DEBUG, word, event->event_id);
  }
  return ATRIUM_OK;
}

static const atrium_event_sink_info info = {
    .struct_size = sizeof info, .batch_max = 10, .name = TEXT("kept_sink"), .events = TEXT("message.*")};
static const atrium_event_sink table = {.struct_size = sizeof table, .info = &info, .deliver_batch = deliver_batch};

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return strcmp(extension_id, ATRIUM_EXT_EVENT_SINK) == 0 ? &table : NULL;
}
KEPT_PLUGIN("kept.event-sink");
