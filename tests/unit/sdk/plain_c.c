/* A message type in plain C11: the interface needs nothing else. Content above the option `limit` is refused. */
#include <stdlib.h>
#include <string.h>

#include "atrium/ext/message_type.h"
#include "atrium/plugin.h"
#include "atrium/service/clock.h"

#define TEXT(literal) {literal, sizeof literal - 1}

struct atrium_plugin {
  const atrium_host* host;
  uint64_t limit;
};

static atrium_status check(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                           const atrium_message_view* message, const atrium_reply* reply) {
  static const atrium_text too_long = TEXT("That is too long.");
  (void)room;
  (void)sender;
  if (message->content.size > self->limit) reply->deny(reply->context, too_long);
  return ATRIUM_OK;
}

static const atrium_message_type_info info = {.struct_size = sizeof(atrium_message_type_info),
                                              .sender_roles = ATRIUM_ROLE_AGENT,
                                              .delivery_class = ATRIUM_DELIVER_SHEDDABLE,
                                              .name = TEXT("plain")};
static const atrium_message_type table = {.struct_size = sizeof(atrium_message_type), .info = &info, .check = check};

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  static const char no_clock[] = "the clock was not granted";
  const atrium_json_field* limit = &options.fields[1]; /* The only member of the object at 0. */
  atrium_plugin* self;
  if (!host->get_service(host, ATRIUM_SERVICE_CLOCK)) {
    error.write(error.context, no_clock, sizeof no_clock - 1);
    return ATRIUM_FAILED;
  }
  self = calloc(1, sizeof *self);
  if (!self) return ATRIUM_FULL;
  self->host = host;
  self->limit = strtoull(options.text + limit->value_offset, NULL, 10);
  *out = self;
  return ATRIUM_OK;
}

static void destroy(atrium_plugin* self) { free(self); }

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return strcmp(extension_id, ATRIUM_EXT_MESSAGE_TYPE) == 0 ? &table : NULL;
}

const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                         .abi_major = ATRIUM_ABI_MAJOR,
                                         .abi_minor = ATRIUM_ABI_MINOR,
                                         .id = TEXT("test.plain-c"),
                                         .version = TEXT("1.0.0"),
                                         .create = create,
                                         .destroy = destroy,
                                         .get_extension = get_extension};
