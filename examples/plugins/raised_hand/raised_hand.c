#include <atrium/ext/message_type.h>
#include <atrium/plugin.h>
#include <stddef.h>
#include <string.h>

/* Somebody asks for the floor: a message without content. The manifest's message_schema has been checked before this is called. */

static atrium_text text(const char* words) {
  const atrium_text result = {words, strlen(words)};
  return result;
}

static atrium_status check(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                           const atrium_message_view* message, const atrium_reply* reply) {
  (void)self, (void)room;
  if (message->content.size != 0) reply->deny_field(reply->context, text("/content"), text("must be empty: a raised hand says nothing"));
  if (sender->room_role == ATRIUM_ROOM_ROLE_OBSERVER) reply->deny(reply->context, text("An observer has no hand to raise."));
  return ATRIUM_OK;
}

static atrium_status summarise(atrium_plugin* self, const atrium_message_view* message, atrium_sink line) {
  static const char words[] = "asks for the floor";
  (void)self, (void)message;
  line.write(line.context, words, sizeof words - 1);
  return ATRIUM_OK;
}

static const atrium_message_type_info info = {
    .struct_size = sizeof info,
    .sender_roles = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT,
    .delivery_class = ATRIUM_DELIVER_MUST,
    .name = {"raised_hand", sizeof "raised_hand" - 1},
};
static const atrium_message_type message_type = {.struct_size = sizeof message_type, .info = &info, .check = check, .summarise = summarise};

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
    .id = {"com.acme.raised-hand", sizeof "com.acme.raised-hand" - 1},
    .version = {"1.0.0", sizeof "1.0.0" - 1},
    .create = create,
    .destroy = destroy,
    .get_extension = get_extension,
};
