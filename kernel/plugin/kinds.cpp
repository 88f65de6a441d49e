#include "plugin/kinds.hpp"

#include <algorithm>
#include <span>

namespace atrium {

namespace {

constexpr std::uint32_t flush_window_max = 1'000'000;
constexpr std::uint32_t window_seconds_max = 86'400;
constexpr std::uint32_t all_token_roles =
    ATRIUM_ROLE_AGENT | ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT | ATRIUM_ROLE_SERVICE;

constexpr std::string_view lacks_a_function = "lacks a function";
constexpr std::string_view senseless = "has constants that make no sense";

bool sound(const atrium_text& text) { return text.size == 0 || text.data != nullptr; }

// Whether `count` pointers lead to structures that are at least as large as `size`.
template <typename Item>
bool sound(const Item* const* items, std::uint32_t count, std::uint32_t max) {
  if (count > max || (count > 0 && items == nullptr)) return false;
  return std::ranges::all_of(std::span(items, count),
                             [](const Item* item) { return item != nullptr && item->struct_size >= sizeof(Item); });
}

}  // namespace

std::string_view RoomTypeKind::flaw() const {
  const bool fine = info.entry <= ATRIUM_ENTRY_INVITATION && info.durability <= ATRIUM_DURABILITY_REPLICATED &&
                    info.flush_window_us <= flush_window_max && info.flags <= ATRIUM_ROOM_TYPE_ADDON && sound(info.message_types);
  return fine ? std::string_view() : senseless;
}

std::string_view MessageTypeKind::flaw() const {
  const bool fine = info.delivery_class <= ATRIUM_DELIVER_SHEDDABLE && (info.content_max == 0 || info.content_min <= info.content_max);
  return fine ? std::string_view() : senseless;
}

std::string_view RoutingScorerKind::flaw() const { return table.score_batch || table.score_queue ? std::string_view() : lacks_a_function; }

std::string_view AlertRuleKind::flaw() const {
  if (!table.evaluate) return lacks_a_function;
  const bool fine = info.window_seconds >= 1 && info.window_seconds <= window_seconds_max && sound(info.metrics);
  return fine ? std::string_view() : senseless;
}

std::string_view StorageBackendKind::flaw() const {
  if (!table.append_batch || !table.trim || !table.write || !table.head || !table.locate || !table.page || !table.get || !table.scan)
    return lacks_a_function;
  return info.durability_max <= ATRIUM_DURABILITY_REPLICATED ? std::string_view() : senseless;
}

std::string_view BusKind::flaw() const {
  return table.publish && table.subscribe && table.unsubscribe ? std::string_view() : lacks_a_function;
}

std::string_view AuthenticatorKind::flaw() const {
  if (!table.authenticate) return lacks_a_function;
  return sound(info.issuers) ? std::string_view() : senseless;
}

std::string_view CommandKind::flaw() const {
  if (!table.execute) return lacks_a_function;
  const bool fine = (info.caller_roles & all_token_roles) != 0 && sound(info.summary) && sound(info.positional);
  return fine ? std::string_view() : senseless;
}

std::string_view AssistantKind::flaw() const {
  if (!table.open) return lacks_a_function;
  return info.tasks != 0 ? std::string_view() : senseless;
}

std::string_view HttpUiKind::flaw() const {
  if (info.hook_count > 0 && !table.handle) return lacks_a_function;
  const bool fine = sound(info.assets, info.asset_count, ATRIUM_UI_ASSETS_MAX) && sound(info.menu, info.menu_count, ATRIUM_UI_MENU_MAX) &&
                    sound(info.hooks, info.hook_count, ATRIUM_UI_HOOKS_MAX);
  return fine ? std::string_view() : senseless;
}

std::string_view EventSinkKind::flaw() const {
  if (!table.deliver_batch) return lacks_a_function;
  return info.batch_max <= ATRIUM_SINK_BATCH_MAX && sound(info.events) ? std::string_view() : senseless;
}

}  // namespace atrium
