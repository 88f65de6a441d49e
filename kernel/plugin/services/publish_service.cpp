#include "plugin/services/publish_service.hpp"

#include <algorithm>
#include <utility>

#include "config/source_text.hpp"
#include "plugin/plugin_text.hpp"
#include "plugin/services/service_answer.hpp"
#include "protocol/commands.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/principal.hpp"

namespace atrium {

namespace {

constexpr std::size_t publish_text_max = 64 * 1024;  // bytes of content and of metadata

// The message as a client would have sent it; empty: something of it is over its bound or not UTF-8.
std::string bodyOf(const atrium_publication& publication) {
  const std::string_view room = viewOf(publication.room_id), type = viewOf(publication.message_type), content = viewOf(publication.content),
                         metadata = viewOf(publication.metadata), id = viewOf(publication.client_message_id);
  const auto sound = [](std::string_view text, std::size_t max) { return text.size() <= max && validUtf8(text); };
  if (!sound(room, 200) || !sound(type, 200) || !sound(content, publish_text_max) || !sound(metadata, publish_text_max) ||
      !sound(id, client_message_id_max))
    return {};
  if (publication.priority > ATRIUM_PRIORITY_CRITICAL) return {};
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("room_id").value(room).key("message_type").value(type.empty() ? std::string_view("system") : type);
  json.key("content").value(content).key("priority").value(word(static_cast<Priority>(publication.priority)));
  if (!metadata.empty()) {
    const auto members = JsonDocument::parse(metadata);
    if (!members || !members->root().isObject()) return {};
    json.key("metadata").raw(members->text());
  }
  if (!id.empty()) json.key("client_message_id").value(id);
  json.end('}');
  return text;
}

}  // namespace

void publishMessage(ServerAccess& server, const std::shared_ptr<PendingCalls>& calls, const std::string& plugin_id,
                    const atrium_publication* publication, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  const auto refuse = [&](std::string why) { calls->finish(*number, ATRIUM_INVALID, std::move(why)); };
  if (!publication || publication->struct_size < sizeof *publication) return refuse("there is no publication");
  const std::string_view tenant = viewOf(publication->tenant_id);
  if (tenant.empty() || tenant.size() > tenant_id_max) return refuse("tenant_id must have 1 to 128 bytes");
  const std::string body = bodyOf(*publication);
  auto document = JsonDocument::parse(body);
  if (body.empty() || !document) return refuse("a text is over its bound or not UTF-8, or the metadata is no JSON object");
  server.post({std::string(tenant), plugin_id, std::string(viewOf(publication->room_id)), *std::move(document)},
              [calls, number = *number](Result<std::string> confirmation) {
                if (confirmation) return calls->finish(number, ATRIUM_OK, *std::move(confirmation));
                calls->finish(number, statusOf(confirmation.error()), sentenceOf(confirmation.error()));
              });
}

}  // namespace atrium
