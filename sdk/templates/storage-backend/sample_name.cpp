#include <algorithm>
#include <atrium/storage.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

// A store in memory, whole and simple: one lock, one map of rooms, one of documents. It is called on the storage's own threads, so that a
// database may take the place of the maps: ATRIUM_STORE_INLINE would bring its calls onto event loops, where nothing may block. What each
// function promises stands in atrium/ext/storage_backend.h; the base class has checked whatever arrives here.
class SampleName : public atrium::StorageBackend<SampleName> {
 public:
  SampleName(atrium::Host /*host*/, atrium::Json options)
      : StorageBackend("sample_name", 0, ATRIUM_DURABILITY_RECEIVED),
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
    // All or none: first the versions, each as the writes before it would leave it, then the changes.
    std::map<std::string, std::uint64_t> versions;
    for (std::uint32_t n = 0; n < writes.size(); ++n) {
      std::string key = atrium::encode_key(writes[n]->key);
      const auto stored = documents_.find(key);
      const auto place = versions.try_emplace(std::move(key), stored == documents_.end() ? 0 : stored->second.version).first;
      if (writes[n]->expected_version != ATRIUM_VERSION_ANY && writes[n]->expected_version != place->second) {
        failed = n;
        return ATRIUM_PRECONDITION;
      }
      place->second = writes[n]->remove ? 0 : place->second + 1;
    }
    for (const atrium_document_write* write : writes) {
      const std::string key = atrium::encode_key(write->key);
      if (write->remove) {
        documents_.erase(key);
      } else {
        Document& document = documents_[key];
        ++document.version;
        document.value = atrium::view(write->value);
      }
    }
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
    const auto room = rooms_.find(name_of(key));  // Reading never makes a room.
    if (room == rooms_.end()) return ATRIUM_NOT_FOUND;
    const auto& records = room->second.records;
    const auto found = std::ranges::find_if(records, [&](const Record& record) { return atrium::same(record.message, message); });
    if (found == records.end()) return ATRIUM_NOT_FOUND;
    seq = found->seq;
    return ATRIUM_OK;
  }

  atrium_status page(const atrium_page_query& query, atrium::RecordReceiver each, std::uint64_t& next) {
    const std::lock_guard lock(mutex_);
    const auto room = rooms_.find(name_of(query.room));
    if (room == rooms_.end() || room->second.records.empty()) return ATRIUM_OK;
    const std::vector<Record>& records = room->second.records;
    const std::uint64_t first = room->second.first_seq(), last = room->second.last_seq;
    if (query.forward && query.after_seq >= last) return ATRIUM_OK;
    // Seqs have no gaps, so that the place to begin is reckoned. A query that matches little goes on with the next call.
    std::uint64_t at = query.forward           ? std::max(query.after_seq + 1, first)
                       : query.before_seq == 0 ? last
                                               : std::min(query.before_seq - 1, last);
    std::uint32_t given = 0;
    for (std::uint32_t looked_at = 0; at >= first && at <= last; query.forward ? ++at : --at, ++looked_at) {
      if (given == query.limit || looked_at == looked_at_max) {
        next = query.forward ? at - 1 : at + 1;
        break;
      }
      const Record& record = records[at - first];
      if (!atrium::wanted(query, record.type, record.sender, record.thread)) continue;
      ++given;
      if (!give(record, each)) {
        if (at != (query.forward ? last : first)) next = at;
        break;
      }
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
  static constexpr std::uint32_t looked_at_max = 4000;  // Records, in one call of page().

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
