#include <string>
#include <string_view>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"
#include "rest/rest_handler.hpp"
#include "transport/http_text.hpp"

// The handlers of what plugins serve: pages without a token, for they hold no data, and the menu that leads to them.
namespace atrium {

namespace {

constexpr std::string_view index_path = "index.html";

// Pages talk to this server alone, run no code but their own files', and are shown in nobody's frame. 'self' of connect-src covers
// WebSockets to the same host.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

// If-None-Match (RFC 9110, 13.1.2): a list of tags, weak or not, or an asterisk for any.
bool namesTag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == tag) return true;
  }
  return false;
}

HttpResponse pageOf(const UiAsset& asset, std::string_view known_tags) {
  HttpResponse response;
  response.headers = {{"ETag", asset.etag},
                      {"Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cross-Origin-Resource-Policy", "same-origin"},
                      {"Content-Security-Policy", std::string(page_policy)}};
  if (namesTag(known_tags, asset.etag)) {
    response.status = 304;
  } else {
    response.content_type = asset.media_type;
    response.shared_body = asset.body;
  }
  return response;
}

Error noPages() { return {Code::not_found, "There is no such page.", 0, {}}; }

}  // namespace

void RestHandler::uiRoot(Call call) {
  const UiBundlePtr bundle = options_.ui_pages ? parts_.ui.find(call.routing.parameters[0]) : nullptr;
  if (!bundle || bundle->assets.empty()) return call.reply.problem(noPages());
  std::string location = std::string(call.routing.prefix) + "/ui/" + percentEncode(bundle->name) + "/";
  call.reply.send({.status = 308, .content_type = {}, .body = {}, .headers = {{"Location", std::move(location)}}});
}

void RestHandler::uiPage(Call call) {
  const UiBundlePtr bundle = options_.ui_pages ? parts_.ui.find(call.routing.parameters[0]) : nullptr;
  if (!bundle) return call.reply.problem(noPages());
  std::string path = "/" + call.routing.parameters[1];
  if (path.ends_with('/')) path += index_path;
  const auto asset = bundle->assets.find(path);
  if (asset == bundle->assets.end()) return call.reply.problem(noPages());
  call.reply.send(pageOf(asset->second, call.request.header("If-None-Match")));
}

void RestHandler::uiMenu(Call call) {
  std::string body;
  JsonWriter json(body);
  json.begin('{').key("items").begin('[');
  if (options_.ui_pages) {
    for (const UiBundlePtr& bundle : parts_.ui.all()) {
      const std::string root = std::string(call.routing.prefix) + "/ui/" + percentEncode(bundle->name);
      for (const UiMenuEntry& entry : bundle->menu) {
        if (!call.caller->has(entry.roles)) continue;
        json.begin('{').key("plugin_id").value(std::string_view(bundle->plugin_id)).key("title").value(std::string_view(entry.title));
        json.key("path").value(std::string_view(root + entry.path)).end('}');
      }
    }
  }
  json.end(']').key("next_cursor").null().end('}');
  call.reply.json(std::move(body));
}

}  // namespace atrium
