// A store that does what the message types, keys and prefixes of its callers tell it to: the host above it is what is tested. It counts
// in one log for all rooms, so that the order of calls shows in the seq.
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "atrium/storage.hpp"

namespace {

class TestStore : public atrium::StorageBackend<TestStore> {
 public:
  explicit TestStore(const atrium::Json& options)
      : StorageBackend("test", options["inline"] == true ? ATRIUM_STORE_INLINE : 0, ATRIUM_DURABILITY_STORED),
        gate_(static_cast<int>(options["gate"].as_int().value())),
        arrivals_(static_cast<int>(options["arrivals"].as_int().value())) {}

  atrium_status append(atrium::AppendItems items, atrium::AppendResults results) {
    for (const atrium_append* item : items)
      if (atrium::view(item->message_type) == "wait") waitAtGate();
    const std::scoped_lock lock(mutex_);
    for (std::size_t n = 0; n < items.size(); ++n) {
      const std::string_view wish = atrium::view(items[n]->message_type);
      if (wish == "call-fails") return ATRIUM_FAILED;
      if (wish == "call-full") return ATRIUM_FULL;
      if (wish == "call-dies") return ATRIUM_FATAL;
      if (wish == "call-throws") throw std::runtime_error("told to");
      answer(wish, *items[n], *results[n]);
      results[n]->durability = static_cast<std::uint32_t>(items.size());  // Tells the test how many stood in the call...
      if (items.size() > ATRIUM_DURABILITY_REPLICATED) results[n]->durability = ATRIUM_DURABILITY_REPLICATED;
      results[n]->sent_at_ms = items.size();  // ...in full.
    }
    return ATRIUM_OK;
  }

  atrium_status write(atrium::DocumentWrites writes, std::uint32_t&) {
    const std::scoped_lock lock(mutex_);
    const std::string_view wish = atrium::view(writes.front()->key.parts[0]);
    if (wish == "precondition") return ATRIUM_PRECONDITION;
    if (wish == "fail") return ATRIUM_FAILED;
    if (wish == "full") return ATRIUM_FULL;
    if (wish == "die") return ATRIUM_FATAL;
    if (wish == "unknown-status") return 77;
    // What one instance holds, another does not.
    for (const atrium_document_write* write : writes) {
      const std::string key(atrium::view(write->key.parts[write->key.part_count - 1]));
      if (write->remove == 0 && write->expected_version == 0) made_.insert(key);
      if (write->remove != 0 && write->expected_version == 1 && made_.erase(key) == 0) return ATRIUM_PRECONDITION;
    }
    if (wish != "storage_exchange") ++seq_;  // So that a write shows between appends.
    return ATRIUM_OK;
  }

  atrium_status trim(const atrium_trim& trim, std::uint64_t& dropped) {
    if (atrium::view(trim.room.tenant_id) == "wait") waitAtGate();
    const std::scoped_lock lock(mutex_);
    dropped = trims_ < trim.keep_last ? 10 : 0;  // `keep_last` steps of ten, then nothing.
    trims_ = dropped > 0 ? trims_ + 1 : 0;
    return ATRIUM_OK;
  }
  atrium_status maintain(std::uint64_t) {
    waitAtGate();
    ++maintained_;
    return ATRIUM_OK;
  }

  atrium_status head(const atrium_room_key& room, atrium_room_head& out) {
    if (room.room.bytes[0] == 1) return ATRIUM_NOT_FOUND;
    if (room.room.bytes[0] == 2) return ATRIUM_FAILED;
    const std::scoped_lock lock(mutex_);
    out.first_seq = room.room.bytes[0] == 3 ? seq_ + 9 : 1;  // 3: nonsense.
    out.last_seq = seq_;
    atrium::copy_epoch("e1", out.epoch);
    return ATRIUM_OK;
  }
  atrium_status locate(const atrium_room_key&, const atrium_id& message, std::uint64_t& seq) {
    seq = message.bytes[15];
    return seq > 100 ? ATRIUM_NOT_FOUND : ATRIUM_OK;
  }
  // Records 1 to 100; a call looks at ten of them, of which every second is of type "even".
  atrium_status page(const atrium_page_query& query, atrium::RecordReceiver record, std::uint64_t& next) {
    if (query.room.room.bytes[0] == 4) {
      next = query.forward ? query.after_seq : query.before_seq;  // Goes on where it began.
      return ATRIUM_OK;
    }
    const std::uint64_t start = query.before_seq == 0 ? 100 : query.before_seq - 1;
    for (std::uint64_t looked = 0; looked < 10; ++looked) {
      const std::uint64_t seq = query.forward ? query.after_seq + 1 + looked : start - looked;
      if (seq == 0 || seq > 100) return ATRIUM_OK;
      atrium_record out{};
      out.struct_size = sizeof out;
      out.seq = seq;
      out.message_type = atrium::text_of(seq % 2 == 0 ? "even" : "odd");
      out.body = atrium::text_of("{}");
      next = seq;
      if (atrium::wanted(query, atrium::view(out.message_type), "", atrium_id{}) && !record(out)) return ATRIUM_OK;
    }
    if (next == 1 && !query.forward) next = 0;
    return ATRIUM_OK;
  }
  atrium_status get(const atrium_document_key& key, atrium::DocumentReceiver document) {
    const std::string_view wish = atrium::view(key.parts[0]);
    if (wish == "absent") return ATRIUM_NOT_FOUND;
    if (wish == "die") return ATRIUM_FATAL;
    if (wish == "wait") waitAtGate();
    if (wish == "maintained") return document({sizeof(atrium_document), 0, key, maintained_, {}}), ATRIUM_OK;
    document({sizeof(atrium_document), 0, key, 3, atrium::text_of("value")});
    document({sizeof(atrium_document), 0, key, 4, atrium::text_of("one too many")});
    return ATRIUM_OK;
  }
  atrium_status scan(const atrium_document_key& prefix, const atrium_document_key&, std::uint32_t limit,
                     atrium::DocumentReceiver document) {
    for (std::uint32_t n = 0; n < limit + 5; ++n) document({sizeof(atrium_document), 0, prefix, n + 1, {}});  // Deaf to "stop".
    return ATRIUM_OK;
  }

 private:
  void waitAtGate() const {
    char byte = 0;
    if (::write(arrivals_, &byte, 1) != 1 || ::read(gate_, &byte, 1) != 1) throw std::runtime_error("the gate is broken");
  }
  void answer(std::string_view wish, const atrium_append& item, atrium_append_result& result) {
    result.status = ATRIUM_OK;
    if (wish == "item-conflicts") result.status = ATRIUM_CONFLICT;
    if (wish == "item-fails") result.status = ATRIUM_FAILED;
    if (wish == "item-dies") result.status = ATRIUM_FATAL;
    if (wish == "item-nonsense") result.status = 1234;
    if (result.status != ATRIUM_OK) return;
    result.seq = wish == "seq-zero" ? 0 : ++seq_;
    result.message = item.message;
    if (wish != "no-epoch") atrium::copy_epoch("e1", result.epoch);
  }

  int gate_;
  int arrivals_;
  std::mutex mutex_;
  std::set<std::string> made_;
  std::uint64_t seq_ = 0;
  std::uint64_t trims_ = 0;
  std::atomic<std::uint64_t> maintained_{0};
};

}  // namespace

ATRIUM_PLUGIN(TestStore, "test.store", "1.0.0")
