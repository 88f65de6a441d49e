#include "engine/event_log.hpp"

#include <algorithm>
#include <utility>

#include "engine/shard_impl.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view log_tenant = "\x01server";
constexpr std::string_view log_room = "server.event_log";  // 16 bytes.
constexpr std::uint32_t sweep_page = 100;
constexpr unsigned event_wraps = 2;  // Levels around what a client sent: the event's, and the outbox's.
constexpr std::chrono::seconds first_sweep{1};
constexpr std::chrono::seconds sweep_interval{60};

std::string bytesOf(const Id& id) { return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}; }

Id idOf(std::string_view bytes) {
  Id id;
  if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, reinterpret_cast<char*>(id.bytes.data()));
  return id;
}

}  // namespace

const RoomKey& eventLogKey() {
  static const RoomKey key{std::string(log_tenant), idOf(log_room)};
  return key;
}

DocumentKey eventOutboxKey(const Id& event) { return {std::string(event_outbox_collection), bytesOf(event)}; }

std::string encodeOutboxEvent(const Happening& event, Wall at) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("type").value(word(event.type)).key("tenant_id").value(event.room.tenant_id);
  json.key("room_id").id(room_prefix, event.room.room).key("at_ms").value(toMillis(at)).key("data").raw(event.data).end('}');
  return out;
}

std::optional<OutboxEvent> decodeOutboxEvent(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value, event_wraps);
  if (!parsed || document.key.size() != 2) return std::nullopt;
  const JsonView root = parsed->root();
  const auto type = eventTypeOf(root["type"].text());
  const auto room = parseId(room_prefix, root["room_id"].text());
  std::int64_t at = 0;
  if (!type || !room || !root["at_ms"].integer(at) || !root["data"].isObject()) return std::nullopt;
  return OutboxEvent{idOf(document.key[1]),
                     fromMillis(static_cast<std::uint64_t>(at)),
                     {*type, {root["tenant_id"].text(), *room}, std::string(root["data"].raw())}};
}

AppendItem eventItem(const OutboxEvent& event) {
  AppendItem item;
  item.room = &eventLogKey();
  item.message = event.id;
  item.sent_at = event.at;
  item.sender_id = event.event.room.tenant_id;
  item.message_type = word(event.event.type);
  FrameBuilder body(event.event.data.size());
  body.append(std::string_view(event.event.data));
  item.body = body.finishRaw();
  item.result.struct_size = sizeof item.result;
  return item;
}

EventLog::EventLog(Shard::Impl& shard) : shard_(shard), listeners_(shard.ports.listeners), timer_([this] { sweep(); }) {
  if (listeners_ && shard_.ports.index == 0) shard_.ports.timers.arm(timer_, shard_.ports.now.mono + first_sweep);
}

AppendItem EventLog::itemFor(const AppendItem& message) {
  AppendItem item;
  item.room = &eventLogKey();
  item.message = shard_.ids.next(shard_.ports.now.wall);
  item.sent_at = message.sent_at;
  item.sender_id = message.room->tenant_id;
  item.message_type = word(EventType::message_posted);
  item.audience = message.audience;
  item.body = message.body;
  item.result.struct_size = sizeof item.result;
  return item;
}

void EventLog::recorded(const AppendItem& event, const AppendItem* message) {
  if (event.result.status == ATRIUM_OK) {
    shard_.ports.metrics.add(Metric::events_recorded);
    return listeners_->recorded();
  }
  // They stand or fall together in a store that keeps its contract; no sink will ever hear of this one. What waits in the outbox is tried
  // again. The log has so many lines of one event a second.
  if (!message || message->result.status != ATRIUM_OK) return;
  shard_.ports.metrics.add(Metric::events_unrecorded);
  shard_.ports.log.error("event.lost", {{"tenant_id", event.sender_id},
                                        {"message_id", formatId(message_prefix, message->message)},
                                        {"status", event.result.status},
                                        {"detail", "the store kept a message and not its event"}});
}

OutboxEvent EventLog::addTo(std::vector<DocumentWrite>& writes, Happening event) {
  OutboxEvent out{shard_.ids.next(shard_.ports.now.wall), shard_.ports.now.wall, std::move(event)};
  writes.push_back({eventOutboxKey(out.id), ATRIUM_VERSION_ANY, encodeOutboxEvent(out.event, out.at)});
  return out;
}

void EventLog::publish(OutboxEvent event) {
  auto batch = std::make_unique<AppendBatch>();
  batch->submitted = shard_.ports.now.mono;
  batch->items.push_back(eventItem(event));
  shard_.ports.store.append(std::move(batch), [this, id = event.id](const std::unique_ptr<AppendBatch>& done) {
    recorded(done->items.front());
    if (done->items.front().result.status != ATRIUM_OK) return;
    std::vector<DocumentWrite> writes;
    writes.push_back({eventOutboxKey(id), ATRIUM_VERSION_ANY, std::nullopt});
    shard_.ports.store.write(std::move(writes), [](const Result<void>&) {});  // If not, it comes twice and under the same id.
  });
}

void EventLog::sweep() {
  if (shard_.draining) return;
  shard_.ports.store.scan({std::string(event_outbox_collection)}, {}, sweep_page,
                          [this](Result<std::vector<Document>> found) { take(std::move(found)); });
}

void EventLog::take(Result<std::vector<Document>> found) {
  if (shard_.draining) return;
  const bool more = found && found->size() == sweep_page;
  if (found)
    for (const Document& document : *found) {
      auto event = decodeOutboxEvent(document);
      // What is younger is on its way by itself, but after a start nothing is.
      if (event && event->at + sweep_interval > shard_.ports.now.wall && swept_) continue;
      if (event) {
        publish(*std::move(event));
        continue;
      }
      shard_.ports.log.error("event.damaged", {{"detail", "an event in the outbox cannot be read and is dropped"}});
      shard_.ports.metrics.add(Metric::events_unrecorded);
      std::vector<DocumentWrite> writes;
      writes.push_back({document.key, ATRIUM_VERSION_ANY, std::nullopt});
      shard_.ports.store.write(std::move(writes), [](const Result<void>&) {});
    }
  swept_ = swept_ || (found && !more);
  shard_.ports.timers.arm(timer_, shard_.ports.now.mono + (more || !found ? first_sweep : sweep_interval));
}

}  // namespace atrium
