#include "plugin/sinks/event_reader.hpp"

#include <utility>

#include "base/ids.hpp"
#include "engine/event_log.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view event_prefix = "evt_";

// A message as history shows it, but for what is a reader's own: its place, then the stored body.
std::string messageData(std::uint64_t seq, bool restricted, std::string_view body) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("seq").value(seq).key("restricted").value(restricted);
  out += ',';
  out += body.substr(1);
  return out;
}

}  // namespace

// A page on its way: each message in it is looked up in its room.
struct EventReader::Reading {
  EventPage page;
  std::vector<bool> restricted;  // By event: not for everyone in the room.
  std::size_t waiting = 1;       // Answers, and the read itself.
  std::optional<Error> failed;
  Completion<EventPage> done;
};

void EventReader::read(std::uint64_t after, EventTypes types, Completion<EventPage> done) {
  auto reading = std::make_shared<Reading>();
  reading->done = std::move(done);
  PageQuery query;
  query.room = eventLogKey();
  query.limit = page_events;
  query.after_seq = after;
  query.forward = true;
  store_.page(std::move(query), [this, reading, after, types](Result<RecordPage> found) {
    if (!found) return reading->done(fail(std::move(found.error())));
    EventPage& page = reading->page;
    page.read_to = found->records.empty() ? after : found->records.back().seq;
    page.end = found->next == 0;
    if (!found->records.empty()) {
      page.read_to_at = found->records.back().sent_at;
      page.missing = found->records.front().seq - after - 1;
    }
    for (Record& record : found->records) {
      const auto type = eventTypeOf(record.message_type);
      if (!type || (types & bit(*type)) == 0) continue;
      page.events.push_back({.offset = record.seq,
                             .attempts = 0,
                             .at = record.sent_at,
                             .event_id = formatId(event_prefix, record.message),
                             .type = std::move(record.message_type),
                             .tenant_id = std::move(record.sender_id),
                             .data = std::move(record.body)});
      reading->restricted.push_back(!record.audience.empty());
    }
    for (std::size_t index = 0; index < page.events.size(); ++index)
      if (page.events[index].type == word(EventType::message_posted)) lookUp(reading, index);
    finish(reading);
  });
}

void EventReader::lookUp(const std::shared_ptr<Reading>& reading, std::size_t index) {
  SinkEvent& event = reading->page.events[index];
  const auto body = JsonDocument::parse(event.data, 1);
  const auto room = body ? parseId(room_prefix, body->root()["room_id"].text()) : std::nullopt;
  const auto message = body ? parseId(message_prefix, body->root()["message_id"].text()) : std::nullopt;
  if (!room || !message) {
    event.data.clear();
    return;
  }
  ++reading->waiting;
  const RoomKey key{event.tenant_id, *room};
  store_.locate(key, *message, [this, reading, index, key](Result<std::uint64_t> seq) {
    SinkEvent& found = reading->page.events[index];
    if (seq) {
      found.data = messageData(*seq, reading->restricted[index], found.data);
    } else if (seq.error().code == Code::not_found) {
      found.data.clear();
      lookWhy(reading, key, found.at);
    } else {
      reading->failed = std::move(seq.error());
    }
    finish(reading);
  });
}

// A message that is not in its room: dropped there, if the room keeps only what is younger.
void EventReader::lookWhy(const std::shared_ptr<Reading>& reading, const RoomKey& room, Wall at) {
  ++reading->waiting;
  store_.head(room, [this, reading, room, at](const Result<RoomHead>& head) {
    if (head && head->first_seq > 1 && head->first_seq > head->last_seq) ++reading->page.trimmed;
    if (head && head->first_seq > 1 && head->first_seq <= head->last_seq) {
      PageQuery first;
      first.room = room;
      first.limit = 1;
      first.after_seq = head->first_seq - 1;
      first.forward = true;
      ++reading->waiting;
      store_.page(std::move(first), [reading, at](const Result<RecordPage>& oldest) {
        if (oldest && !oldest->records.empty() && at < oldest->records.front().sent_at) ++reading->page.trimmed;
        finish(reading);
      });
    }
    finish(reading);
  });
}

void EventReader::finish(const std::shared_ptr<Reading>& reading) {
  if (--reading->waiting > 0) return;
  if (reading->failed) return reading->done(fail(*std::move(reading->failed)));
  std::erase_if(reading->page.events, [](const SinkEvent& event) { return event.data.empty(); });
  reading->done(std::move(reading->page));
}

}  // namespace atrium
