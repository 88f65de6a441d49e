#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plugin/kinds.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/manifest.hpp"

namespace atrium {

// What a plugin in a runner offers, as the server keeps it: the constants of each kind, and a bit for each function of its table that is
// there, in the table's order. Does not move; the constants lead into it.
struct Offer {
  template <typename Kind>
  struct Of {
    Kind kind{};  // The constants alone; its table stays empty.
    std::uint32_t functions = 0;
    bool offered = false;
  };
  template <typename Kinds>
  struct All;
  template <typename... Kinds>
  struct All<std::tuple<Kinds...>> {
    using Type = std::tuple<Of<Kinds>...>;
  };

  template <typename Kind>
  [[nodiscard]] const Of<Kind>& of() const {
    return std::get<Of<Kind>>(kinds);
  }

  All<AllKinds>::Type kinds;
  std::string bytes;                             // What the constants' texts lead into.
  std::deque<std::vector<atrium_asset>> assets;  // And their arrays.
  std::deque<std::vector<atrium_menu_entry>> menu;
  std::deque<std::vector<atrium_hook_route>> hooks;
  std::deque<std::vector<const void*>> lists;
};

// Whether plugins of that kind can be in a runner: all can but storage backends and buses, which hold the server's own data.
[[nodiscard]] bool canBeIsolated(std::string_view kind);

// In the runner: everything the plugin offers of the kinds that can be isolated.
[[nodiscard]] std::string encodeOffer(const LoadedPlugin& plugin);

// In the server: the offer of a plugin with this manifest. The runner may send anything: fails with plugin_failed and one sentence when it
// is not sound or not what the manifest says.
[[nodiscard]] Result<std::unique_ptr<Offer>> decodeOffer(std::string_view bytes, const Manifest& manifest);

}  // namespace atrium
