#include "plugin/isolated/offer.hpp"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "plugin/isolated/struct_codec.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

// ---- Which functions of a table are there

template <typename... Functions>
std::uint32_t bits(Functions... functions) {
  std::uint32_t set = 0, bit = 1;
  ((set |= functions ? bit : 0, bit <<= 1), ...);
  return set;
}
std::uint32_t functionsOf(const atrium_room_type& table) {
  return bits(table.check_settings, table.will_join, table.will_post, table.will_create, table.did_create, table.did_join, table.did_leave,
              table.did_post, table.did_close, table.tick);
}
std::uint32_t functionsOf(const atrium_message_type& table) { return bits(table.check, table.summarise, table.did_deliver); }
std::uint32_t functionsOf(const atrium_routing_scorer& table) { return bits(table.score_batch, table.score_queue); }
std::uint32_t functionsOf(const atrium_alert_rule& table) { return bits(table.evaluate); }
std::uint32_t functionsOf(const atrium_authenticator& table) { return bits(table.authenticate); }
std::uint32_t functionsOf(const atrium_command& table) { return bits(table.execute, table.cancel); }
std::uint32_t functionsOf(const atrium_assistant& table) { return bits(table.open, table.cancel); }
std::uint32_t functionsOf(const atrium_event_sink& table) { return bits(table.deliver_batch); }
std::uint32_t functionsOf(const atrium_http_ui& table) { return bits(table.handle); }

// ---- The arrays of pages

void writeArrays(PayloadWriter& out, const atrium_http_ui_info& info) {
  StructWriter io{out};
  for (std::uint32_t at = 0; at < info.asset_count; ++at) {
    members(io, *info.assets[at]);
    out.text(info.assets[at]->body);
  }
  for (std::uint32_t at = 0; at < info.menu_count; ++at) members(io, *info.menu[at]);
  for (std::uint32_t at = 0; at < info.hook_count; ++at) members(io, *info.hooks[at]);
}

// Reads `count` structures into `rooms` and makes the array of pointers to them.
template <typename Item, typename Read>
const Item* const* readArray(std::uint32_t count, std::deque<std::vector<Item>>& rooms, std::deque<std::vector<const void*>>& lists,
                             Read&& read) {
  std::vector<Item>& items = rooms.emplace_back(count);
  std::vector<const void*>& list = lists.emplace_back();
  for (Item& item : items) {
    read(item);
    list.push_back(&item);
  }
  return reinterpret_cast<const Item* const*>(list.data());
}

void readArrays(StructReader& io, atrium_http_ui_info& info, Offer& offer) {
  if (info.asset_count > ATRIUM_UI_ASSETS_MAX || info.menu_count > ATRIUM_UI_MENU_MAX || info.hook_count > ATRIUM_UI_HOOKS_MAX) {
    io.utf8 = false;
    return;
  }
  info.assets = readArray(info.asset_count, offer.assets, offer.lists, [&](atrium_asset& asset) {
    readStruct(io, asset);
    const std::string_view body = io.in.text();  // Any bytes.
    asset.body = {body.data(), body.size()};
  });
  info.menu = readArray(info.menu_count, offer.menu, offer.lists, [&](atrium_menu_entry& entry) { readStruct(io, entry); });
  info.hooks = readArray(info.hook_count, offer.hooks, offer.lists, [&](atrium_hook_route& route) { readStruct(io, route); });
}

template <typename Kind>
constexpr bool isolable = !std::is_same_v<Kind, StorageBackendKind> && !std::is_same_v<Kind, BusKind>;

template <typename Kind>
void writeKind(PayloadWriter& out, const Kind* kind) {
  if constexpr (isolable<Kind>) {
    out.number(static_cast<std::uint8_t>(kind != nullptr));
    if (!kind) return;
    StructWriter io{out};
    out.number(functionsOf(kind->table));
    members(io, kind->info);
    if constexpr (std::is_same_v<Kind, HttpUiKind>) writeArrays(out, kind->info);
  }
}

template <typename Kind>
void readKind(StructReader& io, Offer::Of<Kind>& offered, Offer& offer) {
  if constexpr (isolable<Kind>) {
    offered.offered = io.in.template number<std::uint8_t>() != 0;
    if (!offered.offered) return;
    offered.functions = io.in.template number<std::uint32_t>();
    readStruct(io, offered.kind.info);
    if constexpr (std::is_same_v<Kind, HttpUiKind>) readArrays(io, offered.kind.info, offer);
  }
}

}  // namespace

bool canBeIsolated(std::string_view kind) { return kind != StorageBackendKind::word && kind != BusKind::word; }

std::string encodeOffer(const LoadedPlugin& plugin) {
  PayloadWriter out;
  const auto writeAll = [&]<typename... Kinds>(std::tuple<Kinds...>*) { (writeKind(out, plugin.extension<Kinds>()), ...); };
  writeAll(static_cast<AllKinds*>(nullptr));
  return out.take();
}

Result<std::unique_ptr<Offer>> decodeOffer(std::string_view bytes, const Manifest& manifest) {
  auto offer = std::make_unique<Offer>();
  offer->bytes = bytes;
  PayloadReader in(offer->bytes);
  StructReader io{in, true};
  std::apply([&](auto&... offered) { (readKind(io, offered, *offer), ...); }, offer->kinds);
  if (!in.whole() || !in.atEnd() || !io.utf8) return refuse("its runner did not tell what it offers");

  Result<void> sound;
  const auto compare = [&]<typename Kind>(const Offer::Of<Kind>& offered) {
    if (!sound) return;
    const std::string_view name = manifest.nameOf(Kind::word);
    if (offered.offered != !name.empty() ||
        (offered.offered && std::string_view(offered.kind.info.name.data, offered.kind.info.name.size) != name))
      sound = refuse(fmt::format("what its runner says of its {} is not what its manifest says", Kind::word));
  };
  std::apply([&](const auto&... offered) { (compare(offered), ...); }, offer->kinds);
  if (!sound) return fail(sound.error());
  return offer;
}

}  // namespace atrium
