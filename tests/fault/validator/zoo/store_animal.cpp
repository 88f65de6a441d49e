// Stores, each wrong in one way. ANIMAL_SOUND_STORE is wrong in none: logs and documents in two maps behind one mutex.
#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "atrium/storage.hpp"

namespace {

struct Entry {
  std::uint64_t sent_at_ms, fingerprint;
  atrium_id message, thread;
  std::string key, sender, type, audience, body;
  std::uint8_t body_format, kind;
};
struct Document {
  std::uint64_t version;
  std::string value;
};
using Log = std::vector<Entry>;  // The first has seq 1.
using Documents = std::map<std::string, Document>;

std::string copy(const atrium_text& text) { return std::string(atrium::view(text)); }

}  // namespace

class ZooStore : public atrium::StorageBackend<ZooStore> {
 public:
  ZooStore() : StorageBackend("zoo", 0, ATRIUM_DURABILITY_RECEIVED) {}

  atrium_status append(atrium::AppendItems items, atrium::AppendResults results) {
    const std::lock_guard lock(mutex_);
    for (std::size_t n = 0; n < items.size(); ++n) append_one(*items[n], *results[n]);
    return ATRIUM_OK;
  }
  // It has room for everything.
  static atrium_status trim(const atrium_trim&, std::uint64_t& dropped) {
    dropped = 0;
    return ATRIUM_OK;
  }
  atrium_status write(atrium::DocumentWrites writes, std::uint32_t& failed) {
    const std::lock_guard lock(mutex_);
#if defined(ANIMAL_HALF_A_BATCH)
    Documents& documents = documents_;
#else
    Documents documents = documents_;
#endif
    for (failed = 0; failed < writes.size(); ++failed) {
      const atrium_document_write& one = *writes[failed];
      const std::string key = atrium::encode_key(one.key);
      const auto at = documents.find(key);
      const std::uint64_t version = at == documents.end() ? 0 : at->second.version;
      if (one.expected_version != ATRIUM_VERSION_ANY && one.expected_version != version) return ATRIUM_PRECONDITION;
      if (one.remove == 1)
        documents.erase(key);
      else
        documents[key] = {version + 1, copy(one.value)};
    }
#if !defined(ANIMAL_HALF_A_BATCH)
    documents_ = std::move(documents);
#endif
    return ATRIUM_OK;
  }

  atrium_status head(const atrium_room_key& room, atrium_room_head& out) {
    const std::lock_guard lock(mutex_);
    const Log* log = find(room);
    if (!log) return ATRIUM_NOT_FOUND;
    out.first_seq = 1;
    out.last_seq = log->size();
    atrium::copy_epoch(epoch_, out.epoch);
    return ATRIUM_OK;
  }
  atrium_status locate(const atrium_room_key& room, const atrium_id& message, std::uint64_t& seq) {
    const std::lock_guard lock(mutex_);
    const Log* log = find(room);
    for (std::size_t n = 0; log && n < log->size(); ++n)
      if (atrium::same((*log)[n].message, message)) {
        seq = n + 1;
        return ATRIUM_OK;
      }
    return ATRIUM_NOT_FOUND;
  }
  atrium_status page(const atrium_page_query& query, atrium::RecordReceiver each, std::uint64_t& next) {
    const std::lock_guard lock(mutex_);
    next = 0;
    const Log* log = find(query.room);
    if (!log) return ATRIUM_OK;
    const bool forward = query.forward == 1;
    std::uint64_t seq = forward ? query.after_seq + 1 : query.before_seq == 0 ? log->size() : std::min(query.before_seq - 1, log->size());
    for (std::uint32_t left = query.limit; seq >= 1 && seq <= log->size(); forward ? ++seq : --seq) {
      const Entry& entry = (*log)[seq - 1];
      if (!atrium::wanted(query, entry.type, entry.sender, entry.thread)) continue;
      if (left-- == 0) {
        next = forward ? seq - 1 : seq + 1;
        return ATRIUM_OK;
      }
      if (!each(recordOf(entry, seq))) return ATRIUM_OK;
    }
    return ATRIUM_OK;
  }
  atrium_status get(const atrium_document_key& key, atrium::DocumentReceiver each) {
    const std::lock_guard lock(mutex_);
    const auto at = documents_.find(atrium::encode_key(key));
    if (at == documents_.end()) return ATRIUM_NOT_FOUND;
    static_cast<void>(hand(*at, each));
    return ATRIUM_OK;
  }
  atrium_status scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit,
                     atrium::DocumentReceiver each) {
    const std::lock_guard lock(mutex_);
    const std::string begin = atrium::encode_key(prefix), behind = atrium::encode_key(after);
    for (auto at = behind.empty() ? documents_.lower_bound(begin) : documents_.upper_bound(std::max(begin, behind));
         at != documents_.end() && at->first.starts_with(begin) && limit > 0; ++at, --limit)
      if (!hand(*at, each)) break;
    return ATRIUM_OK;
  }

 private:
  using Name = std::pair<std::string, std::string>;
  static Name nameOf(const atrium_room_key& room) {
    return {copy(room.tenant_id), std::string(reinterpret_cast<const char*>(room.room.bytes), sizeof room.room.bytes)};
  }
  const Log* find(const atrium_room_key& room) const {
    const auto at = logs_.find(nameOf(room));
    return at == logs_.end() ? nullptr : &at->second;
  }

  void append_one(const atrium_append& item, atrium_append_result& result) {
    Log& log = logs_[nameOf(item.room)];
    result.durability = ATRIUM_DURABILITY_RECEIVED;
    atrium::copy_epoch(epoch_, result.epoch);
#if !defined(ANIMAL_FORGETS_REPEATS)
    for (std::size_t n = 0; item.idempotency_key.size > 0 && n < log.size(); ++n) {
      if (log[n].key != atrium::view(item.idempotency_key)) continue;
      result.status = log[n].fingerprint == item.fingerprint ? ATRIUM_DUPLICATE : ATRIUM_CONFLICT;
      return place(log[n], n + 1, result);
    }
#endif
    if (item.expected_seq != 0 && item.expected_seq != log.size() + 1) {
      result.status = ATRIUM_PRECONDITION;
      result.seq = log.size();
      return;
    }
    log.push_back({item.sent_at_ms, item.fingerprint, item.message, item.thread, copy(item.idempotency_key), copy(item.sender_id),
                   copy(item.message_type), copy(item.audience), copy(item.body), item.body_format, item.kind});
    result.status = ATRIUM_OK;
    place(log.back(), log.size(), result);
  }
  static void place(const Entry& entry, std::uint64_t seq, atrium_append_result& result) {
    result.seq = seq;
    result.sent_at_ms = entry.sent_at_ms;
    result.message = entry.message;
  }
  static atrium_record recordOf(const Entry& entry, std::uint64_t seq) {
    return {.struct_size = sizeof(atrium_record),
            .body_format = entry.body_format,
            .kind = entry.kind,
            .reserved = 0,
            .seq = seq,
            .sent_at_ms = entry.sent_at_ms,
            .message = entry.message,
            .thread = entry.thread,
            .sender_id = atrium::text_of(entry.sender),
            .message_type = atrium::text_of(entry.type),
            .audience = atrium::text_of(entry.audience),
            .body = atrium::text_of(entry.body)};
  }
  static bool hand(const Documents::value_type& document, atrium::DocumentReceiver each) {
    atrium::KeyDecoder decoder;
    return each({.struct_size = sizeof(atrium_document),
                 .reserved = 0,
                 .key = decoder.decode(document.first),
                 .version = document.second.version,
                 .value = atrium::text_of(document.second.value)});
  }

  std::mutex mutex_;
  std::map<Name, Log> logs_;
  Documents documents_;
  const std::string epoch_ = atrium::new_epoch();
};

ATRIUM_PLUGIN(ZooStore, "zoo." SELF, "1.0.0")
