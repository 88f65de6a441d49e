#include "plugin/ui_bundle.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "base/assert.hpp"
#include "config/source_text.hpp"
#include "protocol/abi_text.hpp"

namespace atrium {

namespace {

constexpr std::size_t path_max = 512;   // bytes
constexpr std::size_t title_max = 200;  // bytes
constexpr std::size_t word_max = 128;   // bytes of a media type, a header's name or a secret's
constexpr std::string_view api_root = "/api";

bool printable(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

bool headerName(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !text.empty() && text.size() <= word_max && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Whether a request can name it: what the router refuses, and what browsers take apart before they ask, would never be found.
bool requestable(std::string_view path) {
  if (!path.starts_with('/') || path.size() > path_max || !validUtf8(path)) return false;
  if (std::ranges::any_of(path, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F || c == '?' || c == '#' || c == '\\'; }))
    return false;
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") return false;
    begin = end + 1;
  }
  return true;
}

std::string tagOf(std::string_view body) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  const bool done = EVP_Digest(body.data(), body.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1;
  ATRIUM_ASSERT(done && size == digest.size(), "SHA-256 over memory cannot fail");
  constexpr std::size_t shown = 16;  // bytes: enough to tell contents apart
  std::string tag = "\"";
  for (const unsigned char byte : std::span(digest).first(shown)) tag += fmt::format("{:02x}", byte);
  return tag += '"';
}

std::unexpected<std::string> flaw(std::string what) { return std::unexpected(std::move(what)); }

std::expected<void, std::string> addAsset(UiBundle& bundle, const atrium_asset& asset, std::size_t& total) {
  const std::string_view path = viewOf(asset.path), media_type = viewOf(asset.media_type), body = viewOf(asset.body);
  if (!requestable(path)) return flaw("has an asset whose path no request can name; paths look like /app/main.js");
  if (path == api_root || path.starts_with("/api/"))
    return flaw(fmt::format("has the asset {} below /api/, where its handler answers", path));
  if (!printable(media_type, word_max)) return flaw(fmt::format("has the asset {} without a media type", path));
  if (asset.body.size > ui_bundle_max - total) return flaw(fmt::format("has more than {} MiB of assets", ui_bundle_max >> 20));
  total += body.size();
  FrameBuilder bytes(body.size());
  bytes.append(body);
  const bool added = bundle.assets
                         .try_emplace(std::string(path), UiAsset{.media_type = std::string(media_type),
                                                                 .etag = tagOf(body),
                                                                 .immutable = asset.immutable != 0,
                                                                 .body = bytes.finishRaw()})
                         .second;
  if (!added) return flaw(fmt::format("has two assets called {}", path));
  return {};
}

std::expected<void, std::string> addMenuEntry(UiBundle& bundle, const atrium_menu_entry& entry) {
  const std::string_view title = viewOf(entry.title), path = viewOf(entry.path);
  const bool named = !title.empty() && title.size() <= title_max && validUtf8(title);
  if (!named || !path.starts_with('/') || path.starts_with("//") || !printable(path, path_max))
    return flaw("has a menu entry without a title, or whose path is not one of its pages");
  bundle.menu.push_back({entry.roles, std::string(title), std::string(path)});
  return {};
}

std::expected<void, std::string> addHook(UiBundle& bundle, const atrium_hook_route& route) {
  const std::string_view path = viewOf(route.path), header = viewOf(route.header), secret = viewOf(route.secret);
  if (!requestable(path)) return flaw("has a hook whose path no request can name; paths look like /lead");
  const bool is_signed = route.signature == ATRIUM_SIGNATURE_HMAC_SHA256;
  if (!is_signed && route.signature != ATRIUM_SIGNATURE_NONE) return flaw(fmt::format("has the hook {} with an unknown signature", path));
  if (is_signed && (!headerName(header) || !printable(secret, word_max)))
    return flaw(fmt::format("has the hook {} without the header or the secret of its signature", path));
  if (std::ranges::find(bundle.hooks, path, &UiHook::path) != bundle.hooks.end()) return flaw(fmt::format("has two hooks called {}", path));
  bundle.hooks.push_back({std::string(path), is_signed, std::string(header), std::string(secret)});
  return {};
}

}  // namespace

std::expected<UiBundlePtr, std::string> makeUiBundle(const HttpUiKind& ui, std::string_view plugin_id) {
  auto bundle = std::make_shared<UiBundle>();
  bundle->plugin_id = plugin_id;
  bundle->name = viewOf(ui.info.name);
  bundle->answers = ui.table.handle != nullptr;
  std::size_t total = 0;
  for (const atrium_asset* asset : std::span(ui.info.assets, ui.info.asset_count))
    if (auto added = addAsset(*bundle, *asset, total); !added) return flaw(std::move(added.error()));
  for (const atrium_menu_entry* entry : std::span(ui.info.menu, ui.info.menu_count))
    if (auto added = addMenuEntry(*bundle, *entry); !added) return flaw(std::move(added.error()));
  for (const atrium_hook_route* route : std::span(ui.info.hooks, ui.info.hook_count))
    if (auto added = addHook(*bundle, *route); !added) return flaw(std::move(added.error()));
  return bundle;
}

}  // namespace atrium
