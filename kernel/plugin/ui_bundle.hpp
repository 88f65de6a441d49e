#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "plugin/kinds.hpp"
#include "protocol/ui.hpp"

namespace atrium {

// A copy of everything an http-ui plugin serves without being called, with the tags of its assets. Reads what the tables lead to, so that
// the plugin must be loaded; keeps nothing of it. Fails with what is wrong, a sentence's end ("has an asset ..."): more than ui_bundle_max
// bytes, two assets of one path, a path that no request can have, a media type that no header can hold, a hook without its words.
// Hashes every asset: not for a loop. Any thread.
[[nodiscard]] std::expected<UiBundlePtr, std::string> makeUiBundle(const HttpUiKind& ui, std::string_view plugin_id);

}  // namespace atrium
