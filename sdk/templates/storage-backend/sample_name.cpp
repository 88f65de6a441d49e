#include <algorithm>
#include <atrium/storage.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

// A store in memory, whole and simple: one lock, one map of rooms, one of documents. What each function promises stands in
// atrium/ext/storage_backend.h; the base class has checked whatever arrives here.
class SampleName : public atrium::StorageBackend<SampleName> {
 public:
  SampleName(atrium::Host /*host*/, atrium::Json options)
      : StorageBackend("sample_name", ATRIUM_STORE_INLINE, ATRIUM_DURABILITY_RECEIVED),
        records_max_(static_cast<std::size_t>(options["records_max"].as_int().value())) {}

  atrium_status append(atrium::AppendItems items, atrium::AppendResults results) {
    const std::lock_guard lock(mutex_);
    for (std::size_t n = 0; n < items.size(); ++n) results[n]->status = append_one(*items[n], *results[n]);
    return ATRIUM_OK;
  }

  atrium_status trim(const atrium_trim& trim, std::uint64_t& dropped) {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(name_of(trim.room));
    if (found == rooms_.end()) return ATRIUM_OK;
    std::vector<Record>& records = found->second.records;
    const auto too_old = [&](const Record& record) { return trim.sent_before_ms == 0 || record.sent_at_ms < trim.sent_before_ms; };
    while (dropped < records.size() && records.size() - dropped > trim.keep_last && too_old(records[dropped])) ++dropped;
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(dropped));
    std::erase_if(found->second.keys, [&](const auto& key) { return trim.now_ms >= key.second.sent_at_ms + ATRIUM_KEYED_MS; });
    return ATRIUM_OK;
  }

  atrium_status write(atrium::DocumentWrites writes, std::uint32_t& failed) {
    const std::lock_guard lock(mutex_);
    auto changed = documents_;  // All or none: the copy takes the place of the original at the end.
    for (std::uint32_t n = 0; n < writes.size(); ++n) {
      const std::string key = atrium::encode_key(writes[n]->key);
      const auto found = changed.find(key);
      const std::uint64_t version = found == changed.end() ? 0 : found->second.version;
      if (writes[n]->expected_version != ATRIUM_VERSION_ANY && writes[n]->expected_version != version) {
        failed = n;
        return ATRIUM_PRECONDITION;
      }
      if (writes[n]->remove)
        changed.erase(key);
      else
        changed[key] = {version + 1, std::string(atrium::view(writes[n]->value))};
    }
    documents_ = std::move(changed);
    return ATRIUM_OK;
  }

  atrium_status head(const atrium_room_key& key, atrium_room_head& out) {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(name_of(key));
    if (found == rooms_.end() || found->second.last_seq == 0) return ATRIUM_NOT_FOUND;
    out.first_seq = found->second.first_seq();
    out.last_seq = found->second.last_seq;
    atrium::copy_epoch(epoch_, out.epoch);
    return ATRIUM_OK;
  }

  atrium_status locate(const atrium_room_key& key, const atrium_id& message, std::uint64_t& seq) {
    const std::lock_guard lock(mutex_);
    for (const Record& record : rooms_[name_of(key)].records)
      if (atrium::same(record.message, message)) {
        seq = record.seq;
        return ATRIUM_OK;
      }
    return ATRIUM_NOT_FOUND;
  }

  atrium_status page(const atrium_page_query& query, atrium::RecordReceiver each, std::uint64_t& next) {
    const std::lock_guard lock(mutex_);
    std::vector<const Record*> found;
    for (const Record& record : rooms_[name_of(query.room)].records) {
      const bool in_range = query.forward ? record.seq > query.after_seq : query.before_seq == 0 || record.seq < query.before_seq;
      if (in_range && atrium::wanted(query, record.type, record.sender, record.thread)) found.push_back(&record);
    }
    if (!query.forward) std::ranges::reverse(found);
    for (std::size_t n = 0; n < found.size(); ++n)
      if (!give(*found[n], each) || n + 1 == query.limit) {
        // Where to go on: behind the last one that was given, when there is more.
        if (n + 1 < found.size()) next = found[n]->seq;
        break;
      }
    return ATRIUM_OK;
  }

  atrium_status get(const atrium_document_key& key, atrium::DocumentReceiver each) {
    const std::lock_guard lock(mutex_);
    const auto found = documents_.find(atrium::encode_key(key));
    if (found == documents_.end()) return ATRIUM_NOT_FOUND;
    give(found->first, found->second, each);
    return ATRIUM_OK;
  }

  atrium_status scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit,
                     atrium::DocumentReceiver each) {
    const std::lock_guard lock(mutex_);
    const std::string begin = atrium::encode_key(prefix);
    auto at = after.part_count > 0 ? documents_.upper_bound(atrium::encode_key(after)) : documents_.lower_bound(begin);
    for (; at != documents_.end() && at->first.starts_with(begin) && limit > 0; ++at, --limit)
      if (!give(at->first, at->second, each)) break;
    return ATRIUM_OK;
  }

 private:
  struct Record {
    std::uint64_t seq;
    std::uint64_t sent_at_ms;
    atrium_id message;
    atrium_id thread;
    std::uint8_t body_format;
    std::uint8_t kind;
    std::string sender;
    std::string type;
    std::string audience;
    std::string body;
  };
  struct KeyedAnswer {
    std::uint64_t fingerprint;
    std::uint64_t seq;
    std::uint64_t sent_at_ms;
    atrium_id message;
  };
  struct RoomLog {
    std::uint64_t last_seq = 0;
    std::vector<Record> records;
    std::map<std::string, KeyedAnswer, std::less<>> keys;
    [[nodiscard]] std::uint64_t first_seq() const { return last_seq - records.size() + 1; }
  };
  struct Document {
    std::uint64_t version = 0;
    std::string value;
  };

  static std::string name_of(const atrium_room_key& key) {
    return std::string(atrium::view(key.tenant_id)) + '\0' +
           std::string(reinterpret_cast<const char*>(key.room.bytes), sizeof key.room.bytes);
  }

  atrium_status append_one(const atrium_append& item, atrium_append_result& result) {
    RoomLog& room = rooms_[name_of(item.room)];
    const std::string_view key = atrium::view(item.idempotency_key);
    if (const auto before = room.keys.find(key);
        before != room.keys.end() && item.sent_at_ms < before->second.sent_at_ms + ATRIUM_KEYED_MS) {
      if (before->second.fingerprint != item.fingerprint) return ATRIUM_CONFLICT;
      fill(result, before->second.seq, before->second.sent_at_ms, before->second.message);
      return ATRIUM_DUPLICATE;
    }
    if (item.expected_seq != 0 && item.expected_seq != room.last_seq + 1) {
      result.seq = room.last_seq;
      return ATRIUM_PRECONDITION;
    }
    if (room.records.size() >= records_max_) return ATRIUM_FULL;
    const std::uint64_t seq = ++room.last_seq;
    room.records.push_back({seq, item.sent_at_ms, item.message, item.thread, item.body_format, item.kind,
                            std::string(atrium::view(item.sender_id)), std::string(atrium::view(item.message_type)),
                            std::string(atrium::view(item.audience)), std::string(atrium::view(item.body))});
    if (!key.empty()) room.keys[std::string(key)] = {item.fingerprint, seq, item.sent_at_ms, item.message};
    fill(result, seq, item.sent_at_ms, item.message);
    return ATRIUM_OK;
  }

  void fill(atrium_append_result& result, std::uint64_t seq, std::uint64_t sent_at_ms, const atrium_id& message) const {
    result.durability = ATRIUM_DURABILITY_RECEIVED;
    result.seq = seq;
    result.sent_at_ms = sent_at_ms;
    result.message = message;
    atrium::copy_epoch(epoch_, result.epoch);
  }

  static bool give(const Record& record, atrium::RecordReceiver each) {
    return each({.struct_size = sizeof(atrium_record),
                 .body_format = record.body_format,
                 .kind = record.kind,
                 .reserved = 0,
                 .seq = record.seq,
                 .sent_at_ms = record.sent_at_ms,
                 .message = record.message,
                 .thread = record.thread,
                 .sender_id = atrium::text_of(record.sender),
                 .message_type = atrium::text_of(record.type),
                 .audience = atrium::text_of(record.audience),
                 .body = atrium::text_of(record.body)});
  }
  static bool give(const std::string& key, const Document& document, atrium::DocumentReceiver each) {
    atrium::KeyDecoder decoder;
    return each({.struct_size = sizeof(atrium_document),
                 .reserved = 0,
                 .key = decoder.decode(key),
                 .version = document.version,
                 .value = atrium::text_of(document.value)});
  }

  const std::size_t records_max_;
  const std::string epoch_ = atrium::new_epoch();
  std::mutex mutex_;
  std::map<std::string, RoomLog> rooms_;
  std::map<std::string, Document, std::less<>> documents_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
