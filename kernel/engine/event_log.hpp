#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_wheel.hpp"
#include "engine/event_types.hpp"
#include "engine/ports.hpp"
#include "engine/shard.hpp"

// What happens, kept for the sinks of plugins (kernel/plugin/sinks, docs/adr/0015): a log of the server's own beside the rooms' logs. A
// record's seq is the event's offset. Nothing is kept while no sink wants it.
namespace atrium {

// The log's key. No tenant is called so: a tenant's name can be shown.
[[nodiscard]] const RoomKey& eventLogKey();

// Events of changes that are written as documents begin in this collection, in one batch with the change: event_outbox, event id → event.
inline constexpr std::string_view event_outbox_collection = "event_outbox";
[[nodiscard]] DocumentKey eventOutboxKey(const Id& event);

// Something that happened in a room, but for messages. A value.
struct Happening {
  EventType type;
  RoomKey room;
  std::string data;  // One JSON object.
};

[[nodiscard]] std::string encodeOutboxEvent(const Happening& event, Wall at);
struct OutboxEvent {
  Id id;
  Wall at;
  Happening event;
};
// Nothing: it is damaged.
[[nodiscard]] std::optional<OutboxEvent> decodeOutboxEvent(const Document& document);

// A record's parts: `message` is the event's id, `sender_id` its tenant, `message_type` its type, the body its data. A message.posted has
// the stored message as its body, and its audience. Whether and where that message stands is for who reads the record to find out, because
// both are handed to the store together.
[[nodiscard]] AppendItem eventItem(const OutboxEvent& event);

// One shard's part in it. On the shard's thread.
class EventLog {
 public:
  explicit EventLog(Shard::Impl& shard);

  [[nodiscard]] bool wants(EventType type) const { return listeners_ && listeners_->want(type); }
  // What goes to the store right behind a message, in the same batch.
  [[nodiscard]] AppendItem itemFor(const AppendItem& message);
  // The store's answer to an item of the log. `message`: whose event it is, answered before it; null: no message's.
  void recorded(const AppendItem& event, const AppendItem* message = nullptr);

  // Adds the event to the writes of the change it tells of; hand the result to publish() once they are made.
  [[nodiscard]] OutboxEvent addTo(std::vector<DocumentWrite>& writes, Happening event);
  // Moves the event from the outbox to the log. What fails stays in the outbox, and is swept up later.
  void publish(OutboxEvent event);

 private:
  // What a crash or a failure of the store left in the outbox; the first shard does it for all.
  void sweep();
  void take(Result<std::vector<Document>> found);

  Shard::Impl& shard_;
  EventListeners* const listeners_;  // Null: there are none.
  bool swept_ = false;               // What the last run of the server left.
  Timer timer_;
};

}  // namespace atrium
