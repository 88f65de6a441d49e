/* A plugin that is wrong in one way, chosen when it is compiled; in everything else it is a sound message type. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atrium/ext/message_type.h"
#include "atrium/plugin.h"

#define TEXT(literal) {literal, sizeof literal - 1}

struct atrium_plugin {
  int unused;
};

static const atrium_message_type_info info = {.struct_size = sizeof(atrium_message_type_info),
                                              .sender_roles = ATRIUM_ROLE_AGENT,
#if defined(CONSTANTS)
                                              .delivery_class = 77,
#endif
#if defined(NAME)
                                              .name = TEXT("another_name")
#else
                                              .name = TEXT("bad_" SELF_NAME)
#endif
};
static const atrium_message_type table = {.struct_size = sizeof(atrium_message_type),
#if !defined(NULL_INFO)
                                          .info = &info
#endif
};
static const uint32_t tiny_table = 4;

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  (void)host;
  (void)options;
  (void)error;
#if defined(CREATE_FAILS)
  error.write(error.context, "the printer ", 12);
  error.write(error.context, "is on fire", 10);
  return ATRIUM_FAILED;
#elif defined(CREATE_SILENT)
  return ATRIUM_FAILED;
#elif defined(CREATE_LONG)
  error.write(error.context, "x", 1);
  for (int n = 0; n < 1000; ++n) error.write(error.context, "\xc3\xa9", 2);
  return ATRIUM_FAILED;
#elif defined(CREATE_BABBLES)
  for (int n = 0; n < 100000; ++n) error.write(error.context, "blah\xff ", 6);
  return ATRIUM_FAILED;
#elif defined(CREATE_NOTHING)
  return ATRIUM_OK;
#endif
  *out = calloc(1, sizeof **out);
  return *out ? ATRIUM_OK : ATRIUM_FULL;
}

static void destroy(atrium_plugin* self) {
#if defined(HANGS)
  for (;;) pause();
#endif
  free(self);
}

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  if (strcmp(extension_id, ATRIUM_EXT_MESSAGE_TYPE) != 0) return NULL;
#if defined(NO_EXTENSION)
  return NULL;
#elif defined(TINY_TABLE)
  return &tiny_table;
#else
  return &table;
#endif
}

#if defined(NO_ENTRY)
const atrium_entry_table* bad_entry(void);
const atrium_entry_table* bad_entry(void) {
  static const atrium_entry_table hidden = {.create = create, .destroy = destroy, .get_extension = get_extension};
  return &hidden;
}
#else
const atrium_entry_table atrium_entry = {
#if defined(SMALL_ENTRY)
    .struct_size = 16,
#else
    .struct_size = sizeof(atrium_entry_table),
#endif
#if defined(CODE_ABI)
    .abi_major = 7,
#else
    .abi_major = ATRIUM_ABI_MAJOR,
#endif
    .abi_minor = ATRIUM_ABI_MINOR,
#if defined(OTHER_ID)
    .id = TEXT("bad.somebody-else"),
#else
    .id = TEXT("bad." SELF),
#endif
#if defined(OTHER_VERSION)
    .version = TEXT("9.9.9"),
#else
    .version = TEXT("1.0.0"),
#endif
    .create = create,
#if !defined(NO_DESTROY)
    .destroy = destroy,
#endif
    .get_extension = get_extension};
#endif

#if defined(MISSING_SYMBOL)
int nobody_has_this_function(void);
int calls_it(void);
__attribute__((visibility("default"), used)) int calls_it(void) { return nobody_has_this_function(); }
#endif
