/* What the kept plugins in C share: their entry, and an instance that keeps its host. */
#include <stdlib.h>
#include <string.h>

#include "atrium/plugin.h"

#define TEXT(literal) {literal, sizeof literal - 1}

struct atrium_plugin {
  const atrium_host* host;
};

static const void* get_extension(atrium_plugin* self, const char* extension_id);

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  static const char no_memory[] = "no memory";
  atrium_plugin* self = calloc(1, sizeof *self);
  (void)options;
  if (!self) {
    error.write(error.context, no_memory, sizeof no_memory - 1);
    return ATRIUM_FULL;
  }
  self->host = host;
  *out = self;
  return ATRIUM_OK;
}
static void destroy(atrium_plugin* self) { free(self); }

/* A literal, so that what it says stays what it was when the header moves on. */
#define KEPT_PLUGIN(its_id)                                                           \
  const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table), \
                                           .abi_major = 1,                            \
                                           .abi_minor = 0,                            \
                                           .id = TEXT(its_id),                        \
                                           .version = TEXT("1.0.0"),                  \
                                           .create = create,                          \
                                           .destroy = destroy,                        \
                                           .get_extension = get_extension}
