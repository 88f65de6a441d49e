#pragma once

#include <string>
#include <vector>

#include "engine/event_types.hpp"
#include "engine/ports.hpp"

namespace atrium {

// Something that happened in a tenant, but for messages. A value.
struct Happening {
  EventType type;
  std::string tenant_id;
  std::string data;  // One JSON object.
};

struct OutboxEvent {
  Id id;
  Wall at;
  Happening event;
};

// How event sinks are told of changes that are written as documents: the event is one more document of the change's own batch, so that both
// are stored or neither is, and goes from there to the event log once the store has confirmed them. The implementation is EventLog. On one
// shard's thread: whoever writes does so with that shard's Store.
class EventOutbox {
 public:
  virtual ~EventOutbox() = default;
  // No more than a look at memory: what an event says need not be made where nobody wants it.
  [[nodiscard]] virtual bool wants(EventType type) const = 0;
  // Adds the event to the writes of the change it tells of; hand the result to publish() once they are stored.
  [[nodiscard]] virtual OutboxEvent addTo(std::vector<DocumentWrite>& writes, Happening event) = 0;
  // Moves the event from the outbox to the log, behind those that were published before it. What is never published, because the process
  // ends or because it was in doubt whether the change was stored, is found in the outbox later.
  virtual void publish(OutboxEvent event) = 0;
};

}  // namespace atrium
