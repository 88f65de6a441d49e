#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/event_outbox.hpp"
#include "engine/event_types.hpp"
#include "engine/ports.hpp"
#include "engine/shard.hpp"

// What happens, kept for the sinks of plugins (kernel/plugin/sinks, docs/adr/0015): a log of the server's own beside the rooms' logs. A
// record's seq is the event's offset. Nothing is kept while no sink wants it.
//
// Changes that are written as documents come by an outbox (engine/event_outbox.hpp). One shard's come in the order in which it published
// them: what the log refuses is tried again before what came behind it, and none moves before what an earlier run of the server left in the
// outbox has. That order is given up for what the log has refused for a minute, and for what nobody published because the store did not say
// whether it has it: the first shard looks for both once a minute.
namespace atrium {

// The log's key. No tenant is called so: a tenant's name can be shown.
[[nodiscard]] const RoomKey& eventLogKey();

// Events of changes that are written as documents begin in this collection: event_outbox, event id → event.
inline constexpr std::string_view event_outbox_collection = "event_outbox";
[[nodiscard]] DocumentKey eventOutboxKey(const Id& event);

[[nodiscard]] std::string encodeOutboxEvent(const Happening& event, Wall at);
// Nothing: it is damaged.
[[nodiscard]] std::optional<OutboxEvent> decodeOutboxEvent(const Document& document);

// A record's parts: `message` is the event's id, `sender_id` its tenant, `message_type` its type, the body its data. A message.posted has
// the stored message as its body, and its audience. Whether and where that message stands is for who reads the record to find out, because
// both are handed to the store together.
[[nodiscard]] AppendItem eventItem(const OutboxEvent& event);

// One shard's part in it. On the shard's thread.
class EventLog final : public EventOutbox {
 public:
  // Events that may wait for the log; a further one is left to the outbox, and comes late (atrium_events_total).
  static constexpr std::size_t waiting_max = 10'000;

  explicit EventLog(Shard::Impl& shard);

  [[nodiscard]] bool wants(EventType type) const override { return listeners_ && listeners_->want(type); }
  // What goes to the store right behind a message, in the same batch.
  [[nodiscard]] AppendItem itemFor(const AppendItem& message);
  // The store's answer to an item of the log. `message`: whose event it is, answered before it; null: no message's.
  void recorded(const AppendItem& event, const AppendItem* message = nullptr);

  [[nodiscard]] OutboxEvent addTo(std::vector<DocumentWrite>& writes, Happening event) override;
  void publish(OutboxEvent event) override;

 private:
  // Appends the events in their order, and removes from the outbox those that the log has; `done` gets those that it has not.
  using Refused = std::move_only_function<void(std::vector<OutboxEvent> refused)>;
  void append(std::vector<OutboxEvent> events, Refused done);
  void move();
  void moved(std::vector<OutboxEvent> refused);

  // What a crash or a failure of the store left in the outbox; the first shard does it for all.
  void sweep();
  void sweepFrom(DocumentKey after, bool whole);
  void swept(bool whole);
  void open();

  Shard::Impl& shard_;
  EventListeners* const listeners_;  // Null: there are none.

  std::deque<OutboxEvent> waiting_;  // Published, and not in the log yet; the first moving_ of them are on their way.
  std::size_t moving_ = 0;
  unsigned tries_ = 0;  // Of the first, in vain.
  Timer again_;

  bool open_ = false;  // What the last run of the server left has moved.
  const Wall started_;
  bool sweeping_ = false;
  unsigned sweeps_ = 0;  // Begun so far.
  Timer sweep_;
};

}  // namespace atrium
