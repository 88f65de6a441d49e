// Pages of a room's log. The store hands back bodies as they were encoded when they were sent; here they get their position, and readers
// outside a message's audience get a stub in its place, so that the sequence has no gap for anyone. Behind a filter there are gaps anyway,
// and no stubs.
#include <charconv>
#include <memory>
#include <optional>

#include "engine/audience.hpp"
#include "engine/room.hpp"
#include "engine/shard_impl.hpp"
#include "engine/splice.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

// How often one page asks the store to look further for what a filter wants, before it answers with what it has and where to go on.
constexpr unsigned looks_max = 8;

// A cursor is a seq or a message id; nothing when it is neither.
std::optional<std::uint64_t> asSeq(std::string_view cursor) {
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), seq);
  if (error != std::errc{} || end != cursor.data() + cursor.size() || seq >= std::uint64_t{1} << 53) return std::nullopt;
  return seq;
}

Error badCursor(std::string_view name) {
  Error error{Code::validation_failed, std::string(name) + " must be a message id or a seq.", 0, {}};
  error.fields.push_back({"/" + std::string(name), "must be a message id or a seq"});
  return error;
}

void appendRecord(std::string& out, const Record& record, const std::string& epoch, const std::string& room_id, const Principal& reader) {
  if (Audience(record.audience).includes(reader)) return spliceMessage(out, record.seq, epoch, record.body);
  JsonWriter json(out);
  json.begin('{').key("seq").value(record.seq).key("epoch").value(epoch).key("room_id").value(room_id);
  json.key("message_id").id(message_prefix, record.message).key("withheld").value(true).key("sent_at").time(record.sent_at).end('}');
}

}  // namespace

// A page on its way out of the store.
struct Room::HistoryWalk {
  RoomPin pin;
  Principal reader;
  PageQuery query;
  std::uint32_t limit;
  bool filtered;
  Completion<HistoryPage> done;
  std::vector<Record> records{};
  std::size_t bytes = 0;  // Of their bodies.
  unsigned looks = 0;
};

void Room::history(const Principal& caller, HistoryQuery query, Completion<HistoryPage> done) {
  if (const auto may = mayRead(caller); !may) return done(fail(may.error()));
  PageQuery page;
  page.room = key_;
  page.forward = !query.after.empty();
  page.message_types = std::move(query.message_types);
  page.sender_id = std::move(query.sender);
  if (!query.thread.empty()) {
    const auto thread = parseId(message_prefix, query.thread);
    if (!thread) return done(fail(badCursor("thread")));
    page.thread = *thread;
  }
  const std::string& cursor = query.after.empty() ? query.before : query.after;
  const std::optional<std::uint64_t> position = asSeq(cursor);
  // To a store 0 means "from the newest", but nothing stands before the first.
  if (position == 0 && !page.forward) return done(HistoryPage{"[]"});
  const bool filtered = !page.message_types.empty() || !page.sender_id.empty() || !page.thread.empty();
  auto walk = std::make_unique<HistoryWalk>(HistoryWalk{RoomPin(*this), caller, std::move(page), query.limit, filtered, std::move(done)});
  auto fetch = [this, walk = std::move(walk)](Result<std::uint64_t> seq) mutable {
    if (!seq) {
      if (seq.error().code == Code::not_found)
        return walk->done(fail(Code::not_found, "The message named as cursor is not in this room's history."));
      return walk->done(fail(seq.error()));
    }
    (walk->query.forward ? walk->query.after_seq : walk->query.before_seq) = *seq;
    readHistory(std::move(walk));
  };
  if (cursor.empty()) return fetch(std::uint64_t{0});
  if (position) return fetch(*position);
  const auto message = parseId(message_prefix, cursor);
  if (!message) return fetch(fail(badCursor(query.after.empty() ? "before" : "after")));
  shard_.ports.store.locate(key_, *message, std::move(fetch));
}

void Room::readHistory(std::unique_ptr<HistoryWalk> walk) {
  PageQuery query = walk->query;
  // One more than asked tells whether another page follows.
  query.limit = walk->limit + 1 - static_cast<std::uint32_t>(walk->records.size());
  shard_.ports.store.page(std::move(query), [this, walk = std::move(walk)](Result<RecordPage> page) mutable {
    if (!page) return walk->done(fail(page.error()));
    for (Record& record : page->records) {
      // A stub that a filter finds would tell of what type, or whose, the message is that its reader may not see.
      if (walk->filtered && !Audience(record.audience).includes(walk->reader)) continue;
      if (walk->bytes >= page_bytes_max) {
        page->next = walk->records.back().seq;
        break;
      }
      walk->bytes += record.body.size();
      walk->records.push_back(std::move(record));
    }
    if (walk->records.size() <= walk->limit && walk->bytes < page_bytes_max && page->next != 0 && ++walk->looks < looks_max) {
      (walk->query.forward ? walk->query.after_seq : walk->query.before_seq) = page->next;
      return readHistory(std::move(walk));
    }
    HistoryPage result;
    result.forward = walk->query.forward;
    result.next_seq = page->next;
    if (walk->records.size() > walk->limit) {
      walk->records.resize(walk->limit);
      result.next_seq = walk->records.back().seq;
    }
    result.json.reserve(2 + walk->records.size() * 512);
    result.json += '[';
    for (const Record& record : walk->records) {
      if (result.json.size() > 1) result.json += ',';
      appendRecord(result.json, record, epoch_, id_text_, walk->reader);
    }
    result.json += ']';
    walk->done(std::move(result));
  });
}

}  // namespace atrium
