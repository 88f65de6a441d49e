#ifndef ATRIUM_HTTP_UI_HPP
#define ATRIUM_HTTP_UI_HPP
// A plugin class has pages of its own when it has a member `http_ui`, an HttpUiInfo. It answers requests below /ui/<name>/api/ and by hook
// routes with
//   void handle(const UiRequest& request, UiResponse& response);
// which is optional without hook routes. Several workers may call at once. Throwing answers 503.
#include <concepts>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "atrium/ext/http_ui.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/room.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// An entry in the dashboard's menu; see atrium_menu_entry.
struct MenuEntry {
  std::string_view title;
  std::string_view path;                                                                 // Within the plugin's pages: "/index.html#queue".
  std::uint32_t roles = ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN;  // ATRIUM_ROLE_... bits of those who see it.
};

// A route that other systems call; see atrium_hook_route.
struct HookRoute {
  std::string_view path;  // "/lead"
  std::uint32_t signature = ATRIUM_SIGNATURE_HMAC_SHA256;
  std::string_view header = "x-signature";
  std::string_view secret = {};  // The name of the operator's secret.
};

// The constants of a plugin's pages; see atrium_http_ui_info. Texts must outlive the plugin: use literals.
struct HttpUiInfo {
  std::string_view name = {};                        // Empty: the last part of the plugin's id.
  std::span<const atrium_asset* const> assets = {};  // As atrium_add_plugin(ASSETS ...) makes them.
  std::vector<MenuEntry> menu = {};
  std::vector<HookRoute> hooks = {};
};

class UiRequest {
 public:
  explicit UiRequest(const atrium_ui_request& request) : request_(&request) {}
  [[nodiscard]] bool is_hook() const { return request_->hook != 0; }  // Came by a hook route, its signature checked.
  [[nodiscard]] std::string_view method() const { return view(request_->method); }
  [[nodiscard]] std::string_view path() const { return view(request_->path); }    // Below api or the hooks, from the slash.
  [[nodiscard]] std::string_view query() const { return view(request_->query); }  // As sent.
  [[nodiscard]] std::string_view body() const { return view(request_->body); }
  [[nodiscard]] std::string_view tenant_id() const { return view(request_->tenant_id); }  // Empty for a hook.
  // Who asks; nothing for a hook.
  [[nodiscard]] std::optional<User> caller() const { return request_->caller ? std::optional(User(*request_->caller)) : std::nullopt; }
  // `name` in lower case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    for (std::uint32_t at = 0; at < request_->header_count; ++at)
      if (view(request_->headers[at].name) == name) return view(request_->headers[at].value);
    return std::nullopt;
  }

 private:
  const atrium_ui_request* request_;
};

// The answer, 200 unless it says otherwise.
class UiResponse {
 public:
  explicit UiResponse(const atrium_ui_response& response) : response_(&response) {}
  void status(std::uint32_t status) { response_->status(response_->context, status); }
  void header(std::string_view name, std::string_view value) { response_->header(response_->context, text_of(name), text_of(value)); }
  // Adds to the body.
  void write(std::string_view bytes) { response_->write(response_->context, bytes.data(), bytes.size()); }
  void json(std::string_view value) {
    header("content-type", "application/json");
    write(value);
  }
  void text(std::string_view line) {
    header("content-type", "text/plain; charset=utf-8");
    write(line);
  }

 private:
  const atrium_ui_response* response_;
};

namespace detail {

template <typename P>
concept HasHttpUi = requires(P& plugin) {
  { plugin.http_ui } -> std::convertible_to<const HttpUiInfo&>;
};
template <typename P>
concept HandlesRequests = requires(P& plugin, const UiRequest& request, UiResponse& response) { plugin.handle(request, response); };

template <typename P, bool alone>
consteval bool http_ui_is_sound() {
  if constexpr (requires { &P::http_ui; }) static_assert(HasHttpUi<P>, "`http_ui` must be an atrium::HttpUiInfo");
  if constexpr ((alone || HasHttpUi<P>) && names_handle<P>)
    static_assert(HandlesRequests<P>, "handle is called as handle(const UiRequest&, UiResponse&)");
  static_assert(HasHttpUi<P> || !HandlesRequests<P>,
                "this class has handle(const UiRequest&, UiResponse&) but no member `http_ui` (an atrium::HttpUiInfo)");
  return true;
}

// The C tables of a plugin class with pages of its own. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class HttpUiTables {
 public:
  HttpUiTables(P& plugin, std::string_view default_name) {
    const HttpUiInfo& info = plugin.http_ui;
    if constexpr (!HandlesRequests<P>)
      if (!info.hooks.empty()) throw std::invalid_argument("it has hook routes and no handle(const UiRequest&, UiResponse&)");
    for (const MenuEntry& entry : info.menu)
      menu_.push_back({sizeof(atrium_menu_entry), entry.roles, text_of(entry.title), text_of(entry.path)});
    for (const HookRoute& hook : info.hooks)
      hooks_.push_back({sizeof(atrium_hook_route), hook.signature, text_of(hook.path), text_of(hook.header), text_of(hook.secret)});
    for (const atrium_menu_entry& entry : menu_) menu_places_.push_back(&entry);
    for (const atrium_hook_route& hook : hooks_) hook_places_.push_back(&hook);
    info_.struct_size = sizeof info_;
    info_.asset_count = static_cast<std::uint32_t>(info.assets.size());
    info_.assets = info.assets.data();
    info_.menu = menu_places_.data();
    info_.hooks = hook_places_.data();
    info_.menu_count = static_cast<std::uint32_t>(menu_.size());
    info_.hook_count = static_cast<std::uint32_t>(hooks_.size());
    info_.name = text_of(info.name.empty() ? default_name : info.name);
    table_.struct_size = sizeof table_;
    table_.info = &info_;
    if constexpr (HandlesRequests<P>) table_.handle = handle;
  }
  HttpUiTables(const HttpUiTables&) = delete;
  HttpUiTables& operator=(const HttpUiTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_HTTP_UI ? &table_ : nullptr; }

 private:
  static atrium_status handle(atrium_plugin* self, const atrium_ui_request* request, const atrium_ui_response* response) noexcept {
    return contained(Instance::of(self).host, "handle", [&] {
      UiResponse answer(*response);
      Instance::of(self).plugin.handle(UiRequest(*request), answer);
    });
  }

  std::vector<atrium_menu_entry> menu_;
  std::vector<atrium_hook_route> hooks_;
  std::vector<const atrium_menu_entry*> menu_places_;
  std::vector<const atrium_hook_route*> hook_places_;
  atrium_http_ui_info info_{};
  atrium_http_ui table_{};
};

template <typename P, typename Instance>
using HttpUiPart = std::conditional_t<HasHttpUi<P>, HttpUiTables<P, Instance>, Absent<HttpUiTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
