#ifndef ATRIUM_BUS_HPP
#define ATRIUM_BUS_HPP
// A plugin class is a bus when it has a member `bus`, a BusInfo, and
//   atrium_status publish(BusPieces pieces);                                                            all or none
//   atrium_status subscribe(std::string_view topic, std::string_view cursor, BusReceiver receiver, std::uint64_t& subscription);
//   void unsubscribe(std::uint64_t subscription);        when it returns, nothing of it is received any more
// Several workers may call at once. Throwing counts as ATRIUM_FAILED.
#include <concepts>
#include <type_traits>

#include "atrium/ext/bus.h"
#include "atrium/host.hpp"
#include "atrium/json.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// The constants of a bus; see atrium_bus_info. `name` must outlive the plugin: use a literal.
struct BusInfo {
  std::uint32_t flags = 0;     // ATRIUM_BUS_...
  std::string_view name = {};  // Empty: the last part of the plugin's id.
};

class BusPiece {
 public:
  explicit BusPiece(const atrium_bus_piece& piece) : piece_(&piece) {}
  [[nodiscard]] std::string_view topic() const { return view(piece_->topic); }
  [[nodiscard]] std::string_view payload() const { return view(piece_->payload); }  // Any bytes.

 private:
  const atrium_bus_piece* piece_;
};

using BusPieces = Views<BusPiece, atrium_bus_piece>;

// Where the pieces of a subscription go. A value: keep it until unsubscribe(). From any thread, but never from within a call of the bus.
class BusReceiver {
 public:
  BusReceiver(atrium_bus_receive_fn receive, void* context) : receive_(receive), context_(context) {}
  // `cursor` leads back to behind this piece; empty without ATRIUM_BUS_REPLAYS.
  void receive(std::string_view topic, std::string_view payload, std::string_view cursor = {}) const {
    const atrium_bus_piece piece{.struct_size = sizeof piece, .reserved = 0, .topic = text_of(topic), .payload = text_of(payload)};
    receive_(context_, &piece, text_of(cursor));
  }

 private:
  atrium_bus_receive_fn receive_;
  void* context_;
};

namespace detail {

template <typename P>
concept HasBus = requires(P& plugin) {
  { plugin.bus } -> std::convertible_to<const BusInfo&>;
};
template <typename P>
concept PublishesPieces = requires(P& plugin, BusPieces pieces) {
  { plugin.publish(pieces) } -> std::same_as<atrium_status>;
};
template <typename P>
concept Subscribes = requires(P& plugin, std::string_view text, BusReceiver receiver, std::uint64_t& subscription) {
  { plugin.subscribe(text, text, receiver, subscription) } -> std::same_as<atrium_status>;
};
template <typename P>
concept Unsubscribes = requires(P& plugin, std::uint64_t subscription) { plugin.unsubscribe(subscription); };
template <typename P>
concept IsBus = HasBus<P> && PublishesPieces<P> && Subscribes<P> && Unsubscribes<P>;

template <typename P, bool /*alone*/>
consteval bool bus_is_sound() {
  if constexpr (requires { &P::bus; }) static_assert(HasBus<P>, "`bus` must be an atrium::BusInfo");
  if constexpr (HasBus<P>) {
    static_assert(PublishesPieces<P>, "a bus has `atrium_status publish(BusPieces)`");
    static_assert(
        Subscribes<P>,
        "a bus has `atrium_status subscribe(std::string_view topic, std::string_view cursor, BusReceiver, std::uint64_t& subscription)`");
    static_assert(Unsubscribes<P>, "a bus has `void unsubscribe(std::uint64_t subscription)`");
  }
  static_assert(HasBus<P> || !(PublishesPieces<P> && Subscribes<P>),
                "this class has a bus's functions but no member `bus` (an atrium::BusInfo)");
  return true;
}

// The C tables of a plugin class that is a bus. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class BusTables {
 public:
  BusTables(P& plugin, std::string_view default_name) {
    const BusInfo& info = plugin.bus;
    info_ = {.struct_size = sizeof info_, .flags = info.flags, .name = text_of(info.name.empty() ? default_name : info.name)};
    table_ = {.struct_size = sizeof table_,
              .reserved = 0,
              .info = &info_,
              .publish = publish,
              .subscribe = subscribe,
              .unsubscribe = unsubscribe};
  }
  BusTables(const BusTables&) = delete;
  BusTables& operator=(const BusTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_BUS ? &table_ : nullptr; }

 private:
  static atrium_status publish(atrium_plugin* self, const atrium_bus_piece* const* pieces, std::uint32_t count) noexcept {
    atrium_status said = ATRIUM_FAILED;
    const atrium_status ended =
        contained(Instance::of(self).host, "publish", [&] { said = Instance::of(self).plugin.publish(BusPieces(pieces, count)); });
    return ended == ATRIUM_OK ? said : ended;
  }
  static atrium_status subscribe(atrium_plugin* self, atrium_text topic, atrium_text cursor, atrium_bus_receive_fn receive, void* context,
                                 std::uint64_t* subscription) noexcept {
    atrium_status said = ATRIUM_FAILED;
    const atrium_status ended = contained(Instance::of(self).host, "subscribe", [&] {
      said = Instance::of(self).plugin.subscribe(view(topic), view(cursor), BusReceiver(receive, context), *subscription);
    });
    return ended == ATRIUM_OK ? said : ended;
  }
  static void unsubscribe(atrium_plugin* self, std::uint64_t subscription) noexcept {
    static_cast<void>(contained(Instance::of(self).host, "unsubscribe", [&] { Instance::of(self).plugin.unsubscribe(subscription); }));
  }

  atrium_bus_info info_{};
  atrium_bus table_{};
};

template <typename P, typename Instance>
using BusPart = std::conditional_t<IsBus<P>, BusTables<P, Instance>, Absent<BusTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
