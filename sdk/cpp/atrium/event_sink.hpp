#ifndef ATRIUM_EVENT_SINK_HPP
#define ATRIUM_EVENT_SINK_HPP
// A plugin class is an event sink when it has one of
//   Delivery deliver(Events events);   says how far it came
//   void deliver(Events events);       returning took all of them, throwing none: they come again
// and, when its name is not the last part of the plugin's id or it does not want every event, a member `event_sink`, an EventSinkInfo.
// Calls come one after the other, on a worker.
#include <concepts>
#include <string>
#include <type_traits>

#include "atrium/ext/event_sink.h"
#include "atrium/host.hpp"
#include "atrium/names.hpp"
#include "atrium/views.hpp"

namespace atrium {
inline namespace sdk {

// The constants of an event sink; see atrium_event_sink_info. Texts must outlive the plugin: use literals.
struct EventSinkInfo {
  std::string_view name = {};     // Empty: the last part of the plugin's id.
  std::string_view events = {};   // Types joined by commas, "message.*" for all that begin so; empty: all.
  std::uint32_t batch_max = 100;  // Events it takes in one call.
};

class Event {
 public:
  explicit Event(const atrium_sink_event& event) : event_(&event) {}
  [[nodiscard]] std::uint64_t offset() const { return event_->offset; }    // Rises, but for dead letters that are delivered again.
  [[nodiscard]] std::uint32_t attempt() const { return event_->attempt; }  // From 1.
  [[nodiscard]] std::uint64_t at_ms() const { return event_->at_ms; }      // wall
  [[nodiscard]] std::string_view event_id() const { return view(event_->event_id); }  // The same in every attempt.
  [[nodiscard]] std::string_view type() const { return view(event_->type); }          // "message.posted"
  [[nodiscard]] std::string_view tenant_id() const { return view(event_->tenant_id); }
  [[nodiscard]] std::string_view data() const { return view(event_->data); }  // One JSON object.

 private:
  const atrium_sink_event* event_;
};

using Events = Views<Event, atrium_sink_event>;

// How far a sink came with a batch.
class Delivery {
 public:
  [[nodiscard]] static Delivery all() { return {ATRIUM_OK, 0, {}}; }
  // The first `accepted` are done for good, the others come again later.
  [[nodiscard]] static Delivery again(std::uint32_t accepted, std::string why) { return {ATRIUM_FAILED, accepted, std::move(why)}; }
  // The first `accepted` are done for good, the one behind them never will be: it becomes a dead letter with the sentence `why`.
  [[nodiscard]] static Delivery never(std::uint32_t accepted, std::string why) { return {ATRIUM_INVALID, accepted, std::move(why)}; }

  [[nodiscard]] atrium_status status() const { return status_; }
  [[nodiscard]] std::uint32_t accepted() const { return accepted_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  Delivery(atrium_status status, std::uint32_t accepted, std::string why) : status_(status), accepted_(accepted), why_(std::move(why)) {}
  atrium_status status_;
  std::uint32_t accepted_;
  std::string why_;
};

namespace detail {

template <typename P>
concept HasEventSinkInfo = requires(P& plugin) {
  { plugin.event_sink } -> std::convertible_to<const EventSinkInfo&>;
};
template <typename P>
concept DeliversAndTells = requires(P& plugin, Events events) {
  { plugin.deliver(events) } -> std::convertible_to<Delivery>;
};
template <typename P>
concept DeliversAll = requires(P& plugin, Events events) {
  { plugin.deliver(events) } -> std::same_as<void>;
};
template <typename P>
concept IsEventSink = DeliversAndTells<P> || DeliversAll<P>;

template <typename P, bool alone>
consteval bool event_sink_is_sound() {
  if constexpr (requires { &P::event_sink; }) static_assert(HasEventSinkInfo<P>, "`event_sink` must be an atrium::EventSinkInfo");
  if constexpr ((alone || HasEventSinkInfo<P>) && names_deliver<P>)
    static_assert(IsEventSink<P>, "deliver is called as deliver(Events) and returns nothing or a Delivery");
  static_assert(!(alone || HasEventSinkInfo<P>) || !names_deliver_batch<P>, "the hook is spelled deliver");
  if constexpr (HasEventSinkInfo<P>)
    static_assert(IsEventSink<P> || names_deliver<P>, "this class has a member `event_sink` but no deliver(Events)");
  return true;
}

// The C tables of a plugin class that is an event sink. `Instance` is what an atrium_plugin* points to.
template <typename P, typename Instance>
class EventSinkTables {
 public:
  EventSinkTables(P& plugin, std::string_view default_name) {
    EventSinkInfo info;
    if constexpr (HasEventSinkInfo<P>) info = plugin.event_sink;
    info_ = {.struct_size = sizeof info_,
             .batch_max = info.batch_max,
             .name = text_of(info.name.empty() ? default_name : info.name),
             .events = text_of(info.events)};
    table_ = {.struct_size = sizeof table_, .reserved = 0, .info = &info_, .deliver_batch = deliver_batch};
  }
  EventSinkTables(const EventSinkTables&) = delete;
  EventSinkTables& operator=(const EventSinkTables&) = delete;
  [[nodiscard]] const void* table(std::string_view id) const { return id == ATRIUM_EXT_EVENT_SINK ? &table_ : nullptr; }

 private:
  static atrium_status deliver_batch(atrium_plugin* self, const atrium_sink_event* const* events, std::uint32_t count,
                                     std::uint32_t* accepted, atrium_sink error) noexcept {
    atrium_status said = ATRIUM_OK;
    const atrium_status ended = contained(Instance::of(self).host, "deliver", [&] {
      try {
        if constexpr (DeliversAll<P>) {
          Instance::of(self).plugin.deliver(Events(events, count));
        } else {
          const Delivery delivery = Instance::of(self).plugin.deliver(Events(events, count));
          said = delivery.status();
          *accepted = delivery.accepted() < count ? delivery.accepted() : count;
          error.write(error.context, delivery.why().data(), delivery.why().size());
        }
      } catch (const std::exception& problem) {
        const std::string_view why = problem.what();
        error.write(error.context, why.data(), why.size());
        throw;
      }
    });
    return ended == ATRIUM_OK ? said : ended;
  }

  atrium_event_sink_info info_{};
  atrium_event_sink table_{};
};

template <typename P, typename Instance>
using EventSinkPart = std::conditional_t<IsEventSink<P>, EventSinkTables<P, Instance>, Absent<EventSinkTables<P, Instance>>>;

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
