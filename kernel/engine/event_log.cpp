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
constexpr std::chrono::seconds sweep_interval{60};
constexpr std::chrono::seconds retry_pause{1};
constexpr unsigned tries_max = 60;  // Until what is refused is left to the outbox, and what could not be swept at the start likewise.
constexpr std::size_t moved_at_once = 100;

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
  json.begin('{').key("type").value(word(event.type)).key("tenant_id").value(event.tenant_id);
  json.key("at_ms").value(toMillis(at)).key("data").raw(event.data).end('}');
  return out;
}

std::optional<OutboxEvent> decodeOutboxEvent(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value, event_wraps);
  if (!parsed || document.key.size() != 2) return std::nullopt;
  const JsonView root = parsed->root();
  const auto type = eventTypeOf(root["type"].text());
  std::int64_t at = 0;
  if (!type || !root["at_ms"].integer(at) || !root["data"].isObject()) return std::nullopt;
  return OutboxEvent{idOf(document.key[1]),
                     fromMillis(static_cast<std::uint64_t>(at)),
                     {*type, root["tenant_id"].text(), std::string(root["data"].raw())}};
}

AppendItem eventItem(const OutboxEvent& event) {
  AppendItem item;
  item.room = &eventLogKey();
  item.message = event.id;
  item.sent_at = event.at;
  item.sender_id = event.event.tenant_id;
  item.message_type = word(event.event.type);
  FrameBuilder body(event.event.data.size());
  body.append(std::string_view(event.event.data));
  item.body = body.finishRaw();
  item.result.struct_size = sizeof item.result;
  return item;
}

EventLog::EventLog(Shard::Impl& shard)
    : shard_(shard), listeners_(shard_.ports.listeners), again_([this] { move(); }), started_(shard_.ports.now.wall), sweep_([this] {
        sweep();
      }) {
  if (listeners_ && shard_.ports.index == 0) shard_.ports.timers.arm(sweep_, shard_.ports.now.mono);
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

// ---- From the outbox to the log

void EventLog::publish(OutboxEvent event) {
  if (waiting_.size() == waiting_max) return shard_.ports.metrics.add(Metric::events_left);
  waiting_.push_back(std::move(event));
  if (!open_)
    shard_.thereAlways(0, [](Shard::Impl& first) {
      if (first.events.sweeps_ == 0) first.events.sweep();
    });
  move();
}

void EventLog::move() {
  if (!open_ || moving_ > 0 || waiting_.empty() || again_.armed()) return;
  moving_ = std::min(waiting_.size(), moved_at_once);
  append({waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(moving_)},
         [this](std::vector<OutboxEvent> refused) { moved(std::move(refused)); });
}

void EventLog::moved(std::vector<OutboxEvent> refused) {
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::exchange(moving_, 0)));
  if (refused.empty() || ++tries_ == tries_max) {
    shard_.ports.metrics.add(Metric::events_left, static_cast<std::int64_t>(refused.size()));
    tries_ = 0;
    return move();
  }
  waiting_.insert(waiting_.begin(), std::make_move_iterator(refused.begin()), std::make_move_iterator(refused.end()));
  shard_.ports.timers.arm(again_, shard_.ports.now.mono + retry_pause);
}

void EventLog::append(std::vector<OutboxEvent> events, Refused done) {
  auto batch = std::make_unique<AppendBatch>();
  batch->submitted = shard_.ports.now.mono;
  for (const OutboxEvent& event : events) batch->items.push_back(eventItem(event));
  shard_.ports.store.append(
      std::move(batch), [this, events = std::move(events), done = std::move(done)](const std::unique_ptr<AppendBatch>& answered) mutable {
        std::vector<OutboxEvent> refused;
        std::vector<DocumentWrite> writes;
        for (std::size_t at = 0; at < events.size(); ++at) {
          recorded(answered->items[at]);
          if (answered->items[at].result.status == ATRIUM_OK)
            writes.push_back({eventOutboxKey(events[at].id), ATRIUM_VERSION_ANY, std::nullopt});
          else
            refused.push_back(std::move(events[at]));
        }
        // If not, they come twice and under the same ids.
        if (!writes.empty()) shard_.ports.store.write(std::move(writes), [](const Result<void>&) {});
        done(std::move(refused));
      });
}

// ---- What stayed in the outbox

void EventLog::sweep() {
  if (shard_.draining || std::exchange(sweeping_, true)) return;
  ++sweeps_;
  sweepFrom({}, true);
}

void EventLog::sweepFrom(DocumentKey after, bool whole) {
  shard_.ports.store.scan(
      {std::string(event_outbox_collection)}, std::move(after), sweep_page, [this, whole](Result<std::vector<Document>> found) mutable {
        if (!found || shard_.draining) return swept(false);
        std::vector<OutboxEvent> left;
        std::vector<DocumentWrite> damaged;
        // What is younger is on its way by itself.
        const Wall until = open_ ? shard_.ports.now.wall - sweep_interval : started_;
        for (const Document& document : *found) {
          auto event = decodeOutboxEvent(document);
          if (event && event->at >= until) continue;
          if (event)
            left.push_back(*std::move(event));
          else
            damaged.push_back({document.key, ATRIUM_VERSION_ANY, std::nullopt});
        }
        if (!damaged.empty()) {
          shard_.ports.log.error("event.damaged", {{"detail", "events in the outbox cannot be read and are dropped"}});
          shard_.ports.metrics.add(Metric::events_unrecorded, static_cast<std::int64_t>(damaged.size()));
          shard_.ports.store.write(std::move(damaged), [](const Result<void>&) {});
        }
        const bool more = found->size() == sweep_page;
        auto next = [this, whole, more,
                     last = more ? std::move(found->back().key) : DocumentKey()](const std::vector<OutboxEvent>& refused) mutable {
          more ? sweepFrom(std::move(last), whole && refused.empty()) : swept(whole && refused.empty());
        };
        left.empty() ? next({}) : append(std::move(left), std::move(next));
      });
}

void EventLog::swept(bool whole) {
  sweeping_ = false;
  if (shard_.draining) return;
  if (!open_ && (whole || sweeps_ >= tries_max))
    for (unsigned shard = 0; shard < shard_.peers.size(); ++shard)
      shard_.thereAlways(shard, [](Shard::Impl& there) { there.events.open(); });
  shard_.ports.timers.arm(sweep_, shard_.ports.now.mono + (open_ ? sweep_interval : retry_pause));
}

void EventLog::open() {
  open_ = true;
  move();
}

}  // namespace atrium
