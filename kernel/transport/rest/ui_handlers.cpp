#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/metrics.hpp"
#include "rest/hook_signature.hpp"
#include "rest/rest_handler.hpp"
#include "transport/http_text.hpp"
#include "transport/utf8.hpp"

// The handlers of what plugins serve: pages without a token, for they hold no data, the menu that leads to them, what they ask for with a
// token, and the hooks that other systems call, whose signature is checked here.
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

// What goes with everything that comes from a plugin.
void confine(HttpResponse& response) {
  const std::pair<std::string, std::string> headers[] = {{"X-Content-Type-Options", "nosniff"},
                                                         {"Referrer-Policy", "no-referrer"},
                                                         {"Cross-Origin-Opener-Policy", "same-origin"},
                                                         {"Cross-Origin-Resource-Policy", "same-origin"},
                                                         {"Content-Security-Policy", std::string(page_policy)}};
  response.headers.insert(response.headers.end(), std::begin(headers), std::end(headers));
}

HttpResponse pageOf(const UiAsset& asset, std::string_view known_tags) {
  HttpResponse response;
  response.headers = {{"ETag", asset.etag}, {"Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
  confine(response);
  if (namesTag(known_tags, asset.etag)) {
    response.status = 304;
  } else {
    response.content_type = asset.media_type;
    response.shared_body = asset.body;
  }
  return response;
}

// An answer of a plugin's own, already without what it may not say.
HttpResponse answerOf(UiResponse said) {
  HttpResponse response{.status = said.status, .content_type = {}, .body = std::move(said.body), .headers = {}};
  bool cache_control = false;
  for (auto& [name, value] : said.headers) {
    if (name == "content-type") {
      response.content_type = std::move(value);
    } else {
      cache_control = cache_control || name == "cache-control";
      response.headers.emplace_back(std::move(name), std::move(value));
    }
  }
  if (!cache_control) response.headers.emplace_back("Cache-Control", "no-store");
  if (response.status == 204) response.body.clear();
  if (response.content_type.empty() && !response.body.empty()) response.content_type = "application/octet-stream";
  confine(response);
  return response;
}

// What a plugin is not told: what lets one act in the caller's name, and what belongs to the connection.
bool isTold(std::string_view name) {
  constexpr std::string_view kept_back[] = {"authorization",
                                            "cookie",
                                            "proxy-authorization",
                                            "connection",
                                            "keep-alive",
                                            "te",
                                            "trailer",
                                            "transfer-encoding",
                                            "upgrade",
                                            "content-length",
                                            "host",
                                            "expect",
                                            "sec-websocket-protocol"};
  return std::ranges::find(kept_back, name) == std::end(kept_back);
}

UiRequest requestFor(const HttpRequest& request, std::string path) {
  UiRequest asked;
  asked.method = request.method;
  asked.path = "/" + std::move(path);
  asked.query = request.query;
  asked.body = request.body;
  for (const HttpHeader& header : request.headers) {
    std::string name(header.name);
    std::ranges::transform(name, name.begin(), lowered);
    if (isTold(name) && wholeUtf8(header.value) && asked.headers.size() < ui_headers_max)
      asked.headers.emplace_back(std::move(name), header.value);
  }
  return asked;
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

void RestHandler::uiCall(Call call) {
  const UiBundlePtr bundle = options_.ui_pages ? parts_.ui.find(call.routing.parameters[0]) : nullptr;
  if (!bundle || !bundle->answers) return call.reply.problem(noPages());
  UiRequest request = requestFor(call.request, call.routing.parameters[1]);
  request.caller = *call.caller;
  askUi(*bundle, std::move(request), std::move(call.reply));
}

void RestHandler::hook(Call call) {
  const UiBundlePtr bundle = options_.ui_hooks ? parts_.ui.find(call.routing.parameters[0]) : nullptr;
  const std::string path = "/" + call.routing.parameters[1];
  const UiHook* found = nullptr;
  if (bundle)
    for (const UiHook& each : bundle->hooks)
      if (each.path == path) found = &each;
  if (!found) return call.reply.problem({Code::not_found, "There is no such hook.", 0, {}});
  Error refusal;
  if (!hookIsSigned(call, *bundle, *found, refusal)) {
    parts_.metrics.add(Metric::hooks_refused);
    return call.reply.problem(refusal);
  }
  parts_.metrics.add(Metric::hooks_accepted);
  UiRequest request = requestFor(call.request, call.routing.parameters[1]);
  request.hook = true;
  askUi(*bundle, std::move(request), std::move(call.reply));
}

// A body that is too large is refused before anything is computed over it.
bool RestHandler::hookIsSigned(const Call& call, const UiBundle& bundle, const UiHook& hook, Error& refusal) {
  if (call.request.body.size() > ui_body_max) {
    refusal = {Code::too_large, "The body may have 1 MiB.", 0, {}};
    return false;
  }
  if (!hook.is_signed) return true;
  const std::string secret = parts_.ui.secretOf(bundle.name, hook.secret);
  if (secret.empty()) {
    if (secrets_missed_.insert(bundle.plugin_id + "/" + hook.secret).second)
      parts_.log.error("hook.secret_missing", {{"plugin", bundle.plugin_id},
                                               {"hook", hook.path},
                                               {"secret", hook.secret},
                                               {"remedy", "set it under plugins.use.<id>.secrets; until then the hook answers 503"}});
    refusal = {Code::plugin_failed, "This hook is not set up.", 60'000, {}};
    return false;
  }
  // One signature: of two, who checks and who acts might each take another.
  const auto is_signature = [&hook](const HttpHeader& header) { return sameWord(header.name, hook.header); };
  const auto given = std::ranges::find_if(call.request.headers, is_signature);
  if (given != call.request.headers.end() && std::ranges::count_if(call.request.headers, is_signature) == 1 &&
      hookSignatureHolds(given->value, call.request.body, secret))
    return true;
  parts_.log.warning("hook.refused", {{"plugin", bundle.plugin_id},
                                      {"hook", hook.path},
                                      {"reason", given == call.request.headers.end() ? "no signature" : "the signature is wrong"}});
  refusal = {Code::forbidden, "The signature is missing or wrong.", 0, {}};
  return false;
}

void RestHandler::askUi(const UiBundle& bundle, UiRequest request, Reply reply) {
  if (!wholeUtf8(request.query)) return reply.problem({Code::bad_request, "The query is not UTF-8.", 0, {}});
  if (request.body.size() > ui_body_max) return reply.problem({Code::too_large, "The body may have 1 MiB.", 0, {}});
  parts_.ui.answer(bundle.name, std::move(request), [reply = std::move(reply)](Result<UiResponse> said) mutable {
    if (!said) return reply.problem(said.error());
    reply.send(answerOf(*std::move(said)));
  });
}

}  // namespace atrium
