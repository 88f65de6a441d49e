#include "reader.hpp"

#include <algorithm>
#include <limits>

namespace atrium::sqlite_store {
namespace {

// What a page looks at before it answers that there may be more.
constexpr std::uint64_t page_scan_max = 10'000;

constexpr std::string_view page_columns =
    "SELECT seq, sent_at_ms, message, thread, sender, type, audience, body, body_format, kind FROM messages INDEXED BY messages_seq "
    "WHERE room = (SELECT id FROM rooms WHERE room = ?1 AND tenant = ?2) AND ";

std::int64_t clamped(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

bool give(const Statement::Run& run, const atrium_id& thread, RecordReceiver each) {
  return each({.struct_size = sizeof(atrium_record),
               .body_format = static_cast<std::uint8_t>(run.integer(8)),
               .kind = static_cast<std::uint8_t>(run.integer(9)),
               .reserved = 0,
               .seq = static_cast<std::uint64_t>(run.integer(0)),
               .sent_at_ms = static_cast<std::uint64_t>(run.integer(1)),
               .message = run.id(2),
               .thread = thread,
               .sender_id = text_of(run.bytes(4)),
               .message_type = text_of(run.bytes(5)),
               .audience = text_of(run.bytes(6)),
               .body = text_of(run.bytes(7))});
}

}  // namespace

Reader::Reader(const Settings& settings)
    : connection_(openReader(settings)),
      select_head_(connection_.prepare(
          "SELECT epoch, trimmed_seq, max(trimmed_seq, (SELECT coalesce(max(seq), 0) FROM messages WHERE room = rooms.id)) "
          "FROM rooms WHERE room = ?1 AND tenant = ?2")),
      select_seq_(connection_.prepare("SELECT seq FROM messages INDEXED BY messages_message WHERE message = ?3 "
                                      "AND room = (SELECT id FROM rooms WHERE room = ?1 AND tenant = ?2)")),
      page_back_(connection_.prepare(std::string(page_columns) + "seq < ?3 ORDER BY seq DESC")),
      page_forward_(connection_.prepare(std::string(page_columns) + "seq > ?3 ORDER BY seq")),
      select_document_(connection_.prepare("SELECT version, value FROM documents WHERE key = ?1")),
      scan_(connection_.prepare(
          "SELECT key, version, value FROM documents WHERE key >= ?1 AND key > ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key LIMIT ?4")) {}

atrium_status Reader::head(const atrium_room_key& room, atrium_room_head& out) {
  auto run = select_head_.run();
  run.bindId(1, room.room).bindText(2, view(room.tenant_id));
  if (!run.step()) return ATRIUM_NOT_FOUND;
  copy_epoch(run.bytes(0), out.epoch);
  out.first_seq = static_cast<std::uint64_t>(run.integer(1)) + 1;
  out.last_seq = static_cast<std::uint64_t>(run.integer(2));
  return ATRIUM_OK;
}

atrium_status Reader::locate(const atrium_room_key& room, const atrium_id& message, std::uint64_t& seq) {
  auto run = select_seq_.run();
  run.bindId(1, room.room).bindText(2, view(room.tenant_id)).bindId(3, message);
  if (!run.step()) return ATRIUM_NOT_FOUND;
  seq = static_cast<std::uint64_t>(run.integer(0));
  return ATRIUM_OK;
}

void Reader::page(const atrium_page_query& query, RecordReceiver each, std::uint64_t& next) {
  const bool forward = query.forward == 1;
  const std::uint64_t newest = std::numeric_limits<std::uint64_t>::max();
  auto run = (forward ? page_forward_ : page_back_).run();
  run.bindId(1, query.room.room).bindText(2, view(query.room.tenant_id));
  run.bind(3, clamped(forward ? query.after_seq : query.before_seq != 0 ? query.before_seq : newest));

  std::uint32_t given = 0;
  for (std::uint64_t looked = 1; run.step(); ++looked) {
    bool more = looked < page_scan_max;
    const atrium_id thread = run.id(3);
    if (wanted(query, run.bytes(5), run.bytes(4), thread)) more = give(run, thread, each) && ++given < query.limit && more;
    if (!more) {
      const auto seq = static_cast<std::uint64_t>(run.integer(0));
      next = run.step() ? seq : 0;
      break;
    }
  }
}

atrium_status Reader::get(const atrium_document_key& key, DocumentReceiver each) {
  const std::string encoded = encode_key(key);
  auto run = select_document_.run();
  run.bindBlob(1, encoded);
  if (!run.step()) return ATRIUM_NOT_FOUND;
  each({sizeof(atrium_document), 0, key, static_cast<std::uint64_t>(run.integer(0)), text_of(run.bytes(1))});
  return ATRIUM_OK;
}

void Reader::scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit, DocumentReceiver each) {
  const std::string begin = encode_key(prefix);
  const std::string cursor = encode_key(after);
  const std::string end = begin.empty() ? std::string() : encoded_keys_end(begin);
  KeyDecoder decoder;
  auto run = scan_.run();
  run.bindBlob(1, begin).bindBlob(2, cursor).bind(4, std::int64_t{limit});
  end.empty() ? run.bindNull(3) : run.bindBlob(3, end);
  while (run.step())
    if (!each(
            {sizeof(atrium_document), 0, decoder.decode(run.bytes(0)), static_cast<std::uint64_t>(run.integer(1)), text_of(run.bytes(2))}))
      break;
}

Readers::Readers(const Settings& settings) {
  for (std::uint64_t n = 0; n < settings.readers; ++n) {
    all_.push_back(std::make_unique<Reader>(settings));
    free_.push_back(all_.back().get());
  }
}

Readers::Lease::Lease(Readers& its_owner) : owner(its_owner) {
  std::unique_lock lock(owner.mutex_);
  owner.freed_.wait(lock, [&] { return !owner.free_.empty(); });
  reader = owner.free_.back();
  owner.free_.pop_back();
}

Readers::Lease::~Lease() {
  {
    const std::lock_guard lock(owner.mutex_);
    owner.free_.push_back(reader);
  }
  owner.freed_.notify_one();
}

}  // namespace atrium::sqlite_store
