#include <atrium/ext/message_type.h>
#include <atrium/plugin.h>
#include <stddef.h>
#include <string.h>

/* A note with a colour, in plain C. Which colours there are, the manifest's message_schema says; the server checks that before check(). */

static atrium_text text(const char* words) {
  const atrium_text result = {words, strlen(words)};
  return result;
}

static atrium_status check(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                           const atrium_message_view* message, const atrium_reply* reply) {
  (void)self, (void)room, (void)sender;
  if (message->content.size != 0 && memchr(message->content.data, '\n', message->content.size) != NULL)
    reply->deny(reply->context, text("A note is one line."));
  return ATRIUM_OK;
}

static const atrium_message_type_info info = {
    .struct_size = sizeof info,
    .sender_roles = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT | ATRIUM_ROLE_SERVICE,
    .delivery_class = ATRIUM_DELIVER_MUST,
    .content_min = 1,
    .name = {"sample_name", sizeof "sample_name" - 1},
};
static const atrium_message_type message_type = {.struct_size = sizeof message_type, .info = &info, .check = check};

/* Without state of its own, any address but NULL is an instance. */
static char instance;

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  (void)host, (void)options, (void)error;
  *out = (atrium_plugin*)&instance;
  return ATRIUM_OK;
}
static void destroy(atrium_plugin* self) { (void)self; }
static const void* get_extension(atrium_plugin* self, const char* id) {
  (void)self;
  return strcmp(id, ATRIUM_EXT_MESSAGE_TYPE) == 0 ? &message_type : NULL;
}

const atrium_entry_table atrium_entry = {
    .struct_size = sizeof atrium_entry,
    .abi_major = ATRIUM_ABI_MAJOR,
    .abi_minor = ATRIUM_ABI_MINOR,
    .id = {"com.example.sample-name", sizeof "com.example.sample-name" - 1},
    .version = {"0.1.0", sizeof "0.1.0" - 1},
    .create = create,
    .destroy = destroy,
    .get_extension = get_extension,
};
