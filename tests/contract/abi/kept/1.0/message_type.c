/* A message type that uses all of a reply. */
#include "atrium/ext/message_type.h"

#include "atrium/service/clock.h"
#include "plugin.h"

static atrium_status check(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                           const atrium_message_view* message, const atrium_reply* reply) {
  static const atrium_text reason = TEXT("Not that word."), path = TEXT("/metadata/word"), key = TEXT("checked"), yes = TEXT("true");
  static const atrium_text content = TEXT("normalised"), only_sender = TEXT("sender"), below = TEXT("/metadata/by"), by = TEXT("\"kept\"");
  const atrium_clock_service* clock = self->host->get_service(self->host, ATRIUM_SERVICE_CLOCK);
  (void)sender;
  if (!clock || clock->wall_ms(self->host) == 0 || room->struct_size < sizeof *room) return ATRIUM_FAILED;
  if (message->content.size == 4 && memcmp(message->content.data, "deny", 4) == 0) {
    reply->deny_field(reply->context, path, reason);
    return ATRIUM_OK;
  }
  reply->annotate(reply->context, key, yes);
  reply->set_content(reply->context, content);
  reply->add_audience(reply->context, only_sender);
  if (reply->patch) reply->patch(reply->context, below, by);
  return ATRIUM_OK;
}

static atrium_status summarise(atrium_plugin* self, const atrium_message_view* message, atrium_sink line) {
  (void)self;
  line.write(line.context, message->content.data, message->content.size);
  return ATRIUM_OK;
}

static atrium_status did_deliver(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                                 const atrium_message_view* message, const atrium_position* position, uint32_t delivered_count) {
  (void)self, (void)room, (void)sender, (void)message;
  return position->seq > 0 && delivered_count > 0 ? ATRIUM_OK : ATRIUM_FAILED;
}

static const atrium_message_type_info info = {.struct_size = sizeof info,
                                              .sender_roles = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_CLIENT,
                                              .delivery_class = ATRIUM_DELIVER_LATEST_BY_KEY,
                                              .content_max = 100,
                                              .content_min = 1,
                                              .name = TEXT("kept_message")};
static const atrium_message_type table = {
    .struct_size = sizeof table, .info = &info, .check = check, .summarise = summarise, .did_deliver = did_deliver};

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return strcmp(extension_id, ATRIUM_EXT_MESSAGE_TYPE) == 0 ? &table : NULL;
}
KEPT_PLUGIN("kept.message-type");
