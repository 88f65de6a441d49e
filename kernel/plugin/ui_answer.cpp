#include "plugin/ui_answer.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/abi_text.hpp"

namespace atrium {

namespace {

constexpr std::size_t header_name_max = 64;     // bytes
constexpr std::size_t header_value_max = 2048;  // bytes

// What browsers and the proxies in front of a server obey: a plugin says none of it.
constexpr std::array<std::string_view, 9> not_a_plugins = {"x-accel-",        "x-sendfile", "x-lighttpd-", "x-forwarded-",      "x-real-",
                                                           "x-content-type-", "x-frame-",   "x-xss-",      "x-permitted-cross-"};

bool mayBeSaid(std::string_view name) {
  if (name == "content-type" || name == "cache-control" || name == "location") return true;
  if (!name.starts_with("x-") || name.size() > header_name_max) return false;
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string_view::npos) return false;
  return std::ranges::none_of(not_a_plugins, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// A control character would begin another header; bytes beyond ASCII mean something else to everyone.
bool sayable(std::string_view value) {
  return value.size() <= header_value_max && std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F; });
}

// What the plugin says, as it says it.
struct Said {
  UiResponse response;
  const char* wrong = nullptr;  // What was against the contract.

  static Said& of(void* context) { return *static_cast<Said*>(context); }
  static void status(void* context, std::uint32_t status) {
    if (status < 200 || status > 599 || status == 304)
      of(context).wrong = "it answered with a status that is none";
    else
      of(context).response.status = static_cast<std::uint16_t>(status);
  }
  static void header(void* context, atrium_text name, atrium_text value) {
    if (!name.data || name.size > header_name_max || (!value.data && value.size > 0) || value.size > header_value_max) return;
    std::string lower(name.data, name.size);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    const std::string_view text(value.data ? value.data : "", value.size);
    if (!mayBeSaid(lower) || !sayable(text)) return;
    auto& headers = of(context).response.headers;
    if (const auto said = std::ranges::find(headers, lower, [](const auto& each) { return each.first; }); said != headers.end())
      said->second = text;
    else if (headers.size() < ATRIUM_UI_HEADERS_MAX)
      headers.emplace_back(std::move(lower), text);
  }
  static void write(void* context, const void* data, std::uint64_t size) {
    std::string& body = of(context).response.body;
    if (size > ATRIUM_UI_BODY_MAX - body.size())
      of(context).wrong = "its answer is larger than 1 MiB";
    else if (size > 0)
      body.append(static_cast<const char*>(data), size);
  }
};

}  // namespace

CallAnswer<UiResponse> answerUiRequest(WorkerCall& call, const UiRequest& request) {
  LoadedPlugin& plugin = call.plugin();
  const atrium_http_ui& table = plugin.extension<HttpUiKind>()->table;
  if (!table.handle) return {ATRIUM_UNSUPPORTED, {}};  // Another generation has taken over, which has only pages.
  std::vector<atrium_http_field> headers;
  for (const auto& [name, value] : request.headers) headers.push_back({textOf(name), textOf(value)});
  atrium_user_view caller{};
  if (request.caller)
    caller = {.struct_size = sizeof caller,
              .token_roles = request.caller->roles,
              .room_role = 0,
              .reserved = 0,
              .user_id = textOf(request.caller->user_id),
              .display_name = textOf(request.caller->display_name)};
  const atrium_ui_request asked{.struct_size = sizeof asked,
                                .hook = request.hook ? 1U : 0U,
                                .method = textOf(request.method),
                                .path = textOf(request.path),
                                .query = textOf(request.query),
                                .headers = headers.data(),
                                .header_count = static_cast<std::uint32_t>(headers.size()),
                                .reserved = 0,
                                .body = textOf(request.body),
                                .caller = request.caller ? &caller : nullptr,
                                .tenant_id = request.caller ? textOf(request.caller->tenant_id) : atrium_text{}};
  Said said;
  const atrium_ui_response response{.struct_size = sizeof response,
                                    .reserved = 0,
                                    .context = &said,
                                    .status = Said::status,
                                    .header = Said::header,
                                    .write = Said::write};
  atrium_status status = call.invoke([&] { return table.handle(plugin.self(), &asked, &response); });
  // Who says that he failed has kept the contract.
  const bool breach = status == ATRIUM_OK && said.wrong;
  if (breach) status = ATRIUM_FAILED;
  if (status == ATRIUM_OK)
    call.settle({status});
  else
    call.settle({status, said.wrong ? said.wrong : "it did not answer a request", breach});
  return {status, std::move(said.response)};
}

}  // namespace atrium
