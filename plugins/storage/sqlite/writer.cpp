#include "writer.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace atrium::sqlite_store {
namespace {

constexpr std::uint64_t page_bytes = 8192;
// What one trim deletes before appends get their turn.
constexpr std::uint64_t trim_max = 2000;
// While loading keys: after so many records it is time to look whether they are older than a day.
constexpr std::uint64_t key_age_stride = 256;

std::int64_t clamped(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

// Full width through SQLite's signed integers and back.
std::int64_t asSigned(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t asUnsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

bool remembered(std::uint64_t sent_at_ms, std::uint64_t now_ms) { return now_ms < sent_at_ms + ATRIUM_KEYED_MS; }

void fill(atrium_append_result& result, std::uint64_t seq, std::uint64_t sent_at_ms, const atrium_id& message, const ActiveRoom& room) {
  result.durability = ATRIUM_DURABILITY_FSYNCED;
  result.seq = seq;
  result.sent_at_ms = sent_at_ms;
  result.message = message;
  copy_epoch(room.epoch, result.epoch);
}

}  // namespace

Writer::Writer(const Settings& settings)
    : connection_(openWriter(settings)),
      files_(settings.path),
      staged_(connection_.handle()),
      key_seed_(readKeySeed(connection_)),
      wal_pages_due_((settings.wal_mib << 20) / page_bytes),
      rooms_(settings.key_memory_mib << 20),
      begin_(connection_.prepare("BEGIN IMMEDIATE")),
      commit_(connection_.prepare("COMMIT")),
      rollback_(connection_.prepare("ROLLBACK")),
      select_room_(
          connection_.prepare("SELECT id, epoch, max(trimmed_seq, (SELECT coalesce(max(seq), 0) FROM messages WHERE room = rooms.id)) "
                              "FROM rooms WHERE room = ?1 AND tenant = ?2")),
      insert_room_(connection_.prepare("INSERT INTO rooms (tenant, room, epoch) VALUES (?1, ?2, ?3)")),
      trim_room_(connection_.prepare("UPDATE rooms SET trimmed_seq = ?2 WHERE id = ?1")),
      insert_staged_(
          connection_.prepare("INSERT INTO messages (" + std::string(StagedMessages::insert_columns) + ") SELECT * FROM staged_messages")),
      select_message_(
          connection_.prepare("SELECT idempotency_key, fingerprint, message, sent_at_ms FROM messages WHERE room = ?1 AND seq = ?2")),
      select_keys_(connection_.prepare("SELECT seq, key_hash FROM messages WHERE room = ?1 ORDER BY seq DESC")),
      select_sent_at_(connection_.prepare("SELECT sent_at_ms FROM messages WHERE room = ?1 AND seq = ?2")),
      select_trim_end_(
          connection_.prepare("SELECT seq FROM messages WHERE room = ?1 AND seq BETWEEN ?2 AND ?3 AND ((?4 <> 0 AND sent_at_ms >= ?4) OR "
                              "(key_hash IS NOT NULL AND seq >= ?5 AND sent_at_ms > ?6)) ORDER BY seq LIMIT 1")),
      select_owed_from_(
          connection_.prepare("SELECT seq FROM messages WHERE room = ?1 AND key_hash IS NOT NULL ORDER BY seq DESC LIMIT 1 OFFSET ?2")),
      delete_messages_(connection_.prepare("DELETE FROM messages WHERE room = ?1 AND seq <= ?2")),
      select_first_(connection_.prepare("SELECT min(seq) FROM messages WHERE room = ?1")),
      select_version_(connection_.prepare("SELECT version FROM documents WHERE key = ?1")),
      insert_document_(connection_.prepare("INSERT INTO documents (key, version, value) VALUES (?1, 1, ?2)")),
      update_document_(connection_.prepare("UPDATE documents SET version = ?2, value = ?3 WHERE key = ?1")),
      delete_document_(connection_.prepare("DELETE FROM documents WHERE key = ?1")) {
  sqlite3_wal_hook(
      connection_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Writer*>(self)->wal_pages_ = static_cast<std::uint64_t>(pages);
        return SQLITE_OK;
      },
      this);
}

void Writer::abandon() { sqlite3_db_config(connection_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

void Writer::commit(Transaction& transaction) {
  transaction.commit();
  files_.check();  // After it: whoever removes them meanwhile does so before anybody was promised anything.
}

// ---- Appending

// Items of one room are taken together: they end up on the same pages of the table and follow each other into one leaf of the index, which
// is what makes a batch over many rooms as cheap to write, and its rooms as cheap to read, as they are. Rooms come in the order of their
// first items, so that the same batches make the same file.
void Writer::append(AppendItems items, AppendResults results) {
  checkpointWhenDue(wal_pages_due_);
  try {
    places_.clear();
    staged_.rows.clear();
    ++batch_;
    for (std::size_t n = 0; n < items.size(); ++n) {
      ActiveRoom& room = roomOf(items[n]->room);
      if (std::exchange(room.batch, batch_) != batch_) room.first_item = n;
      places_.push_back({&room, n});
    }
    std::ranges::stable_sort(places_, std::less<>(), [](const Place& place) { return place.room->first_item; });
    Transaction transaction = begin();
    for (auto place = places_.begin(); place != places_.end();) {
      const Turn turn{*place->room, place->room->last_seq, staged_.rows.size()};
      for (; place != places_.end() && place->room == &turn.room; ++place)
        results[place->item]->status = stage(turn, *items[place->item], *results[place->item]);
    }
    if (!staged_.rows.empty()) insert_staged_.execute();
    commit(transaction);
  } catch (...) {
    rooms_.forget();
    throw;
  }
  rooms_.shrink();
}

ActiveRoom& Writer::roomOf(const atrium_room_key& key) {
  ActiveRoom* known = rooms_.find(key);
  return known != nullptr ? *known : rooms_.add(key, readRoom(key));
}

ActiveRoom Writer::readRoom(const atrium_room_key& key) {
  auto run = select_room_.run();
  run.bindId(1, key.room).bindText(2, view(key.tenant_id));
  ActiveRoom room;
  if (!run.step()) return room;
  room.id = run.integer(0);
  room.epoch = run.bytes(1);
  room.last_seq = asUnsigned(run.integer(2));
  return room;
}

// Reads back the keys still remembered, newest first, from the index alone; only now and then a message is looked up to see whether a day
// has gone by.
void Writer::loadKeys(ActiveRoom& room) {
  room.keys_loaded = true;
  if (room.id == 0) return;
  auto run = select_keys_.run();
  run.bind(1, room.id);
  std::uint64_t newest_ms = 0;
  std::uint64_t keys = 0;
  for (std::uint64_t looked = 0; keys < ATRIUM_KEYED_MAX && run.step(); ++looked) {
    if (looked % key_age_stride == 0) {
      auto age = select_sent_at_.run();
      age.bind(1, room.id).bind(2, run.integer(0));
      const std::uint64_t sent_at_ms = age.step() ? asUnsigned(age.integer(0)) : 0;
      newest_ms = std::max(newest_ms, sent_at_ms);
      if (!remembered(sent_at_ms, newest_ms)) break;
    }
    if (run.isNull(1)) continue;
    room.keys.add(static_cast<std::uint32_t>(run.integer(1)), static_cast<std::uint32_t>(run.integer(0)));
    ++keys;
  }
  rooms_.keyBytesChanged(0, room.keys.bytes());
}

atrium_status Writer::stage(const Turn& turn, const atrium_append& item, atrium_append_result& result) {
  ActiveRoom& room = turn.room;
  const std::string_view key = view(item.idempotency_key);
  const auto hash = key.empty() ? 0 : static_cast<std::uint32_t>(key_hash(key_seed_, key));
  if (!key.empty()) {
    if (!room.keys_loaded) loadKeys(room);
    if (const atrium_status status = findRepeat(turn, hash, item, result); status != ATRIUM_OK) return status;
  }
  if (item.expected_seq != 0 && item.expected_seq != room.last_seq + 1) {
    result.seq = room.last_seq;
    return ATRIUM_PRECONDITION;
  }
  if (room.id == 0) insertRoom(room, item.room);
  staged_.rows.push_back({room.id, ++room.last_seq, hash, &item});
  if (!key.empty()) {
    const std::size_t bytes = room.keys.bytes();
    room.keys.add(hash, static_cast<std::uint32_t>(room.last_seq));
    rooms_.keyBytesChanged(bytes, room.keys.bytes());
  }
  fill(result, room.last_seq, item.sent_at_ms, item.message, room);
  return ATRIUM_OK;
}

atrium_status Writer::findRepeat(const Turn& turn, std::uint32_t hash, const atrium_append& item, atrium_append_result& result) {
  atrium_status status = ATRIUM_OK;
  const auto isFirst = [&](std::uint64_t seq, std::string_view key, std::uint64_t fingerprint, const atrium_id& message,
                           std::uint64_t sent_at_ms) {
    if (key != view(item.idempotency_key) || !remembered(sent_at_ms, item.sent_at_ms)) return false;
    fill(result, seq, sent_at_ms, message, turn.room);
    status = fingerprint == item.fingerprint ? ATRIUM_DUPLICATE : ATRIUM_CONFLICT;
    return true;
  };
  turn.room.keys.find(hash, [&](std::uint32_t seq_low) {
    const std::uint64_t last = turn.room.last_seq;
    const std::uint64_t seq = last - (static_cast<std::uint32_t>(last) - seq_low);
    if (seq > turn.stored_seq) {
      const atrium_append& first = *staged_.rows[turn.staged_begin + (seq - turn.stored_seq - 1)].item;
      return isFirst(seq, view(first.idempotency_key), first.fingerprint, first.message, first.sent_at_ms);
    }
    auto run = select_message_.run();
    run.bind(1, turn.room.id).bind(2, asSigned(seq));
    return run.step() && isFirst(seq, run.bytes(0), asUnsigned(run.integer(1)), run.id(2), asUnsigned(run.integer(3)));
  });
  return status;
}

void Writer::insertRoom(ActiveRoom& room, const atrium_room_key& key) {
  room.epoch = new_epoch();
  auto run = insert_room_.run();
  run.bindText(1, view(key.tenant_id)).bindId(2, key.room).bindText(3, room.epoch).step();
  room.id = sqlite3_last_insert_rowid(connection_.handle());
}

// ---- Trimming

std::uint64_t Writer::trim(const atrium_trim& trim) {
  checkpointWhenDue(wal_pages_due_);
  const ActiveRoom room = readRoom(trim.room);
  if (room.last_seq <= trim.keep_last) return 0;
  std::uint64_t first = 0;
  {
    auto run = select_first_.run();
    run.bind(1, room.id).step();
    if (run.isNull(0)) return 0;
    first = asUnsigned(run.integer(0));
  }
  std::uint64_t end = std::min(room.last_seq - trim.keep_last, first + trim_max - 1) + 1;  // The first record to stay.

  std::uint64_t owed_from = 0;
  if (room.last_seq - first >= ATRIUM_KEYED_MAX) {
    auto run = select_owed_from_.run();
    run.bind(1, room.id).bind(2, std::int64_t{ATRIUM_KEYED_MAX - 1});
    if (run.step()) owed_from = asUnsigned(run.integer(0));
  }
  if (end > first) {
    auto run = select_trim_end_.run();
    run.bind(1, room.id)
        .bind(2, asSigned(first))
        .bind(3, asSigned(end - 1))
        .bind(4, clamped(trim.sent_before_ms))
        .bind(5, asSigned(owed_from));
    run.bind(6, clamped(trim.now_ms) - std::int64_t{ATRIUM_KEYED_MS});
    if (run.step()) end = asUnsigned(run.integer(0));
  }
  if (end <= first) return 0;

  Transaction transaction = begin();
  {
    auto run = delete_messages_.run();
    run.bind(1, room.id).bind(2, asSigned(end - 1)).step();
  }
  {
    auto run = trim_room_.run();
    run.bind(1, room.id).bind(2, asSigned(end - 1)).step();
  }
  commit(transaction);
  return end - first;
}

// ---- Documents

atrium_status Writer::write(DocumentWrites writes, std::uint32_t& failed) {
  checkpointWhenDue(wal_pages_due_);
  Transaction transaction = begin();
  for (std::uint32_t n = 0; n < writes.size(); ++n) {
    if (const atrium_status status = writeOne(*writes[n]); status != ATRIUM_OK) {
      failed = n;
      return status;
    }
  }
  commit(transaction);
  return ATRIUM_OK;
}

atrium_status Writer::writeOne(const atrium_document_write& write) {
  const std::string key = encode_key(write.key);
  std::uint64_t version = 0;
  {
    auto run = select_version_.run();
    run.bindBlob(1, key);
    if (run.step()) version = asUnsigned(run.integer(0));
  }
  if (write.expected_version != ATRIUM_VERSION_ANY && write.expected_version != version) return ATRIUM_PRECONDITION;
  if (write.remove == 1) {
    if (version > 0) delete_document_.run().bindBlob(1, key).step();
  } else if (version == 0) {
    insert_document_.run().bindBlob(1, key).bindBlob(2, view(write.value)).step();
  } else {
    update_document_.run().bindBlob(1, key).bind(2, asSigned(version + 1)).bindBlob(3, view(write.value)).step();
  }
  return ATRIUM_OK;
}

// ---- The log

// A quiet moment is the best one: after a pause when a mebibyte has gathered, after a second whatever there is.
void Writer::maintain(std::uint64_t idle_ms) {
  if (idle_ms >= 1000)
    checkpointWhenDue(1);
  else if (idle_ms >= 20)
    checkpointWhenDue((1 << 20) / page_bytes);
}

// Copies the log's pages into the file, so that the log can start over. Before a batch, never after it: a sync that fails here then
// fails for messages nobody was promised.
void Writer::checkpointWhenDue(std::uint64_t pages_due) {
  if (wal_pages_ < wal_pages_checkpointed_) wal_pages_checkpointed_ = 0;  // The log has started over.
  if (wal_pages_ - wal_pages_checkpointed_ < pages_due) return;
  wal_pages_checkpointed_ = wal_pages_;
  const int code = sqlite3_wal_checkpoint_v2(connection_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // A file that cannot grow leaves the messages in the log, where they are just as safe.
  if (code != SQLITE_OK && code != SQLITE_BUSY && (code & 0xFF) != SQLITE_FULL)
    throw SqliteError(code, sqlite3_errmsg(connection_.handle()));
}

}  // namespace atrium::sqlite_store
