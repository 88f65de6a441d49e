#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/ext/http_ui.h"
#include "base/result.hpp"
#include "protocol/frame.hpp"
#include "protocol/principal.hpp"

// What a plugin serves over HTTP: its pages, its entries in the menu, and the requests it answers. Values, and the port through which the
// HTTP side reaches whoever has them (kernel/plugin).
namespace atrium {

// One file of a plugin's pages. A value.
struct UiAsset {
  std::string media_type;
  std::string etag;        // With its quotes; made from the content.
  bool immutable = false;  // The path names the content, so that a browser need never ask again.
  FramePtr body;           // The bytes alone; every answer shares them.
};

struct UiMenuEntry {
  std::uint32_t roles = 0;  // ATRIUM_ROLE_... bits of those who see it.
  std::string title;
  std::string path;  // Within the plugin's pages, from the slash.
};

// A route that other systems call.
struct UiHook {
  std::string path;  // From the slash.
  bool is_signed = false;
  std::string header;  // Where the signature stands; of a signed one.
  std::string secret;  // The name of the operator's secret it is made with.
};

// All that is known of a plugin's pages without calling it. Immutable once made, so that an answer under way outlives its plugin.
struct UiBundle {
  std::string plugin_id;
  std::string name;
  std::map<std::string, UiAsset, std::less<>> assets;  // By path, from the slash.
  std::vector<UiMenuEntry> menu;
  std::vector<UiHook> hooks;
  bool answers = false;  // Whether requests below /ui/<name>/api/ find somebody.
};
using UiBundlePtr = std::shared_ptr<const UiBundle>;

inline constexpr std::size_t ui_body_max = ATRIUM_UI_BODY_MAX;        // bytes of a request or an answer
inline constexpr std::size_t ui_headers_max = ATRIUM_UI_HEADERS_MAX;  // of a request, the first; of an answer
inline constexpr std::size_t ui_bundle_max = std::size_t{64} << 20;   // bytes of all assets of a plugin

// A request that a plugin is to answer. A value; whose claims were checked by whoever made it.
struct UiRequest {
  bool hook = false;
  std::string method;
  std::string path;  // Decoded, from the slash.
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
  std::string body;
  std::optional<Principal> caller;  // Nobody for a hook.
};

// A plugin's answer, already without what it may not say. A value.
struct UiResponse {
  std::uint16_t status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
  std::string body;
};

// The way from one loop to the plugins that serve pages. On that loop's thread.
class UiPort {
 public:
  virtual ~UiPort() = default;
  // Null: no plugin of that name serves pages at present.
  [[nodiscard]] virtual UiBundlePtr find(std::string_view name) const = 0;
  // All there are, by name.
  [[nodiscard]] virtual std::vector<UiBundlePtr> all() const = 0;
  // The operator's secret of that name for the plugin of that name; empty: there is none.
  [[nodiscard]] virtual std::string secretOf(std::string_view name, std::string_view secret) const = 0;
  // Has the plugin answer. Completes later; not_found when it left or answers nothing, plugin_failed, overloaded.
  virtual void answer(std::string_view name, UiRequest request, Completion<UiResponse> done) = 0;
};

}  // namespace atrium
