// Rooms' logs and documents in the memory of one process: nothing outlives it, and nothing ever blocks.
//
// Rooms are spread over stripes, each a mutex and a table, so that event loops seldom meet; a call holds one stripe, for well under a
// microsecond when it appends. A room keeps its newest records up to a number and lets the oldest go by itself. Idempotency keys are kept
// beside the records and outlive them. Everything counts against one bound in bytes, and what does not fit is refused.
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <unordered_map>

#include "atrium/key_window.hpp"
#include "atrium/storage.hpp"
#include "documents.hpp"

namespace atrium::memory_store {
namespace {

// A slice of a trim or a page: what one call looks at before it lets others in.
constexpr std::size_t trim_max = 4096;
constexpr std::size_t keys_trim_max = 65'536;
constexpr std::uint64_t page_scan_max = 10000;

// A record in one allocation: this, then the sender, the type, the audience and the body.
struct Entry {
  std::uint64_t sent_at_ms;
  atrium_id message;
  atrium_id thread;
  std::uint32_t body_size;
  std::uint16_t sender_size;
  std::uint16_t type_size;
  std::uint16_t audience_size;
  std::uint8_t body_format;
  std::uint8_t kind;

  [[nodiscard]] static std::size_t bytesFor(const atrium_append& item) {
    return sizeof(Entry) + item.sender_id.size + item.message_type.size + item.audience.size + item.body.size;
  }
  [[nodiscard]] std::size_t bytes() const { return sizeof(Entry) + sender_size + type_size + audience_size + body_size; }
  [[nodiscard]] const char* text() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] std::string_view sender() const { return {text(), sender_size}; }
  [[nodiscard]] std::string_view type() const { return {text() + sender_size, type_size}; }
  [[nodiscard]] std::string_view audience() const { return {text() + sender_size + type_size, audience_size}; }
  [[nodiscard]] std::string_view body() const { return {text() + sender_size + type_size + audience_size, body_size}; }
};

struct EntryFree {
  void operator()(Entry* entry) const { ::operator delete(entry); }
};
using EntryPtr = std::unique_ptr<Entry, EntryFree>;

EntryPtr makeEntry(const atrium_append& item) {
  auto* entry = new (::operator new(Entry::bytesFor(item))) Entry{
      .sent_at_ms = item.sent_at_ms,
      .message = item.message,
      .thread = item.thread,
      .body_size = static_cast<std::uint32_t>(item.body.size),
      .sender_size = static_cast<std::uint16_t>(item.sender_id.size),
      .type_size = static_cast<std::uint16_t>(item.message_type.size),
      .audience_size = static_cast<std::uint16_t>(item.audience.size),
      .body_format = item.body_format,
      .kind = item.kind,
  };
  char* out = reinterpret_cast<char*>(entry + 1);
  for (const atrium_text& part : {item.sender_id, item.message_type, item.audience, item.body})
    out = std::copy_n(part.data, part.size, out);
  return EntryPtr(entry);
}

// What the first message under an idempotency key was answered.
struct KeyedAnswer {
  std::uint64_t key_hash;  // All 64 bits under a secret seed: two keys that share them do not occur.
  std::uint64_t fingerprint;
  std::uint64_t seq;
  std::uint64_t sent_at_ms;
  atrium_id message;
};

struct Keys {
  KeyWindow window;  // Leads to the number of an answer, counted from the first one; it may be one that has gone.
  std::deque<KeyedAnswer> answers;
  std::uint32_t first_number = 0;  // Of the answers.
  std::uint32_t window_begin = 0;  // The earliest number in the window.
};

struct Room {
  std::uint64_t last_seq = 0;
  std::deque<EntryPtr> entries;  // The last of them has last_seq.
  std::unique_ptr<Keys> keys;    // Made for the first keyed message.

  [[nodiscard]] std::uint64_t firstSeq() const { return last_seq - entries.size() + 1; }
  [[nodiscard]] const Entry& at(std::uint64_t seq) const { return *entries[seq - firstSeq()]; }
};

struct RoomName {
  std::string tenant_id;
  atrium_id room;
};

// Rooms are looked up by the borrowed key, without a copy of the tenant.
struct RoomNameHash {
  using is_transparent = void;
  std::size_t operator()(const atrium_room_key& key) const { return of(view(key.tenant_id), key.room); }
  std::size_t operator()(const RoomName& name) const { return of(name.tenant_id, name.room); }
  static std::size_t of(std::string_view tenant_id, const atrium_id& room) {
    std::uint64_t low;  // The random half of the id.
    std::memcpy(&low, room.bytes + 8, sizeof low);
    return std::hash<std::string_view>()(tenant_id) ^ low * 0x9E3779B97F4A7C15ULL;
  }
};

struct RoomNameEqual {
  using is_transparent = void;
  bool operator()(const RoomName& a, const RoomName& b) const { return a.tenant_id == b.tenant_id && same(a.room, b.room); }
  bool operator()(const atrium_room_key& a, const RoomName& b) const { return view(a.tenant_id) == b.tenant_id && same(a.room, b.room); }
  bool operator()(const RoomName& a, const atrium_room_key& b) const { return (*this)(b, a); }
};

struct alignas(64) Stripe {
  std::mutex mutex;
  std::unordered_map<RoomName, Room, RoomNameHash, RoomNameEqual> rooms;

  // nullptr: nothing was ever appended.
  [[nodiscard]] const Room* find(const atrium_room_key& key) const {
    const auto found = rooms.find(key);
    return found == rooms.end() || found->second.last_seq == 0 ? nullptr : &found->second;
  }
};

// What things cost beside their bytes: the allocator's headers, table nodes, pointers. Rounded up.
constexpr std::size_t entry_overhead = 24;
constexpr std::size_t keyed_cost = sizeof(KeyedAnswer) + 20;
constexpr std::size_t room_cost = 1024;

class MemoryStore : public StorageBackend<MemoryStore> {
 public:
  MemoryStore(Host /*host*/, Json options)
      : StorageBackend("memory", ATRIUM_STORE_INLINE, ATRIUM_DURABILITY_RECEIVED),
        records_max_(static_cast<std::size_t>(options["max_records_per_room"].as_int().value())),
        epoch_(new_epoch()),
        budget_(static_cast<std::uint64_t>(options["max_memory_mib"].as_int().value()) << 20) {
    std::random_device random;
    const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
    seed_ = {word(), word()};
  }

  atrium_status append(AppendItems items, AppendResults results) {
    for (std::size_t n = 0; n < items.size(); ++n) {
      Stripe& stripe = stripeOf(items[n]->room);
      const std::lock_guard lock(stripe.mutex);
      results[n]->status = appendOne(stripe, *items[n], *results[n]);
    }
    return ATRIUM_OK;
  }

  atrium_status trim(const atrium_trim& trim, std::uint64_t& dropped) {
    Stripe& stripe = stripeOf(trim.room);
    const std::lock_guard lock(stripe.mutex);
    const auto found = stripe.rooms.find(trim.room);
    if (found == stripe.rooms.end()) return ATRIUM_OK;
    if (found->second.keys) forgetOldKeys(found->second, trim.now_ms);
    auto& entries = found->second.entries;
    while (entries.size() > trim.keep_last && dropped < trim_max &&
           (trim.sent_before_ms == 0 || entries.front()->sent_at_ms < trim.sent_before_ms)) {
      dropOldest(entries);
      ++dropped;
    }
    return ATRIUM_OK;
  }

  atrium_status head(const atrium_room_key& key, atrium_room_head& out) {
    Stripe& stripe = stripeOf(key);
    const std::lock_guard lock(stripe.mutex);
    const Room* room = stripe.find(key);
    if (room == nullptr) return ATRIUM_NOT_FOUND;
    out.first_seq = room->firstSeq();
    out.last_seq = room->last_seq;
    copy_epoch(epoch_, out.epoch);
    return ATRIUM_OK;
  }

  // Walks back from the newest, which is what is asked for: an index would cost every append more than this costs a reader.
  atrium_status locate(const atrium_room_key& key, const atrium_id& message, std::uint64_t& seq) {
    Stripe& stripe = stripeOf(key);
    const std::lock_guard lock(stripe.mutex);
    const Room* room = stripe.find(key);
    if (room == nullptr) return ATRIUM_NOT_FOUND;
    const auto found =
        std::find_if(room->entries.rbegin(), room->entries.rend(), [&](const EntryPtr& entry) { return same(entry->message, message); });
    if (found == room->entries.rend()) return ATRIUM_NOT_FOUND;
    seq = room->last_seq - static_cast<std::uint64_t>(found - room->entries.rbegin());
    return ATRIUM_OK;
  }

  atrium_status page(const atrium_page_query& query, RecordReceiver each, std::uint64_t& next) {
    Stripe& stripe = stripeOf(query.room);
    const std::lock_guard lock(stripe.mutex);
    const Room* room = stripe.find(query.room);
    if (room == nullptr || room->entries.empty()) return ATRIUM_OK;
    const std::uint64_t first = room->firstSeq();
    const std::uint64_t last = room->last_seq;

    std::uint64_t seq = last;
    std::uint64_t left = 0;  // Records from `seq` on in the direction of reading.
    if (query.forward == 1) {
      seq = query.after_seq < first ? first : query.after_seq + 1;
      left = query.after_seq < last ? last - seq + 1 : 0;
    } else {
      if (query.before_seq != 0) seq = std::min(last, query.before_seq - 1);
      left = seq < first ? 0 : seq - first + 1;
    }

    std::uint32_t given = 0;
    for (std::uint64_t looked = 1; left > 0; ++looked) {
      const Entry& entry = room->at(seq);
      bool more = looked < page_scan_max;
      if (wanted(query, entry.type(), entry.sender(), entry.thread)) more = give(entry, seq, each) && ++given < query.limit && more;
      --left;
      if (!more) {
        next = left > 0 ? seq : 0;
        break;
      }
      seq += query.forward == 1 ? 1 : std::uint64_t(-1);
    }
    return ATRIUM_OK;
  }

  atrium_status write(DocumentWrites writes, std::uint32_t& failed) { return documents_.write(writes, failed); }
  atrium_status get(const atrium_document_key& key, DocumentReceiver each) { return documents_.get(key, each); }
  atrium_status scan(const atrium_document_key& prefix, const atrium_document_key& after, std::uint32_t limit, DocumentReceiver each) {
    return documents_.scan(prefix, after, limit, each);
  }

 private:
  [[nodiscard]] Stripe& stripeOf(const atrium_room_key& key) { return stripes_[RoomNameHash()(key) >> 32 & (stripes_.size() - 1)]; }

  // Memory that runs out in spite of the budget ends the process: half an append would be a broken promise.
  atrium_status appendOne(Stripe& stripe, const atrium_append& item, atrium_append_result& result) noexcept {
    auto found = stripe.rooms.find(item.room);
    if (found == stripe.rooms.end()) {
      if (!budget_.take(room_cost)) return ATRIUM_FULL;
      found = stripe.rooms.emplace(RoomName{std::string(view(item.room.tenant_id)), item.room.room}, Room()).first;
    }
    Room& room = found->second;
    const std::string_view key = view(item.idempotency_key);
    const std::uint64_t hash = key.empty() ? 0 : key_hash(seed_, key);
    if (!key.empty() && room.keys)
      if (const KeyedAnswer* answer = findAnswer(*room.keys, hash, item.sent_at_ms)) {
        if (answer->fingerprint != item.fingerprint) return ATRIUM_CONFLICT;
        fill(result, answer->seq, answer->sent_at_ms, answer->message);
        return ATRIUM_DUPLICATE;
      }
    if (item.expected_seq != 0 && item.expected_seq != room.last_seq + 1) {
      result.seq = room.last_seq;
      return ATRIUM_PRECONDITION;
    }
    if (!budget_.take(Entry::bytesFor(item) + entry_overhead + (key.empty() ? 0 : keyed_cost))) return ATRIUM_FULL;

    room.entries.push_back(makeEntry(item));
    ++room.last_seq;
    if (!key.empty()) rememberKey(room, hash, item);
    if (room.entries.size() > records_max_) dropOldest(room.entries);
    fill(result, room.last_seq, item.sent_at_ms, item.message);
    return ATRIUM_OK;
  }

  [[nodiscard]] static const KeyedAnswer* findAnswer(const Keys& keys, std::uint64_t hash, std::uint64_t now_ms) {
    const auto answerAt = [&](std::uint32_t number) -> const KeyedAnswer& { return keys.answers[number - keys.first_number]; };
    const auto found = keys.window.find(static_cast<std::uint32_t>(hash), [&](std::uint32_t number) {
      const bool gone = number - keys.first_number >= keys.answers.size();  // Before the first, the difference wraps.
      return !gone && answerAt(number).key_hash == hash && now_ms < answerAt(number).sent_at_ms + ATRIUM_KEYED_MS;
    });
    return found ? &answerAt(*found) : nullptr;
  }

  void rememberKey(Room& room, std::uint64_t hash, const atrium_append& item) {
    if (!room.keys) room.keys = std::make_unique<Keys>();
    Keys& keys = *room.keys;
    const auto number = keys.first_number + static_cast<std::uint32_t>(keys.answers.size());
    keys.answers.push_back({hash, item.fingerprint, room.last_seq, item.sent_at_ms, item.message});
    keys.window_begin += keys.window.add(static_cast<std::uint32_t>(hash), number);
    const auto unknown = static_cast<std::int32_t>(keys.window_begin - keys.first_number);
    if (unknown > 0) dropAnswers(keys, static_cast<std::uint32_t>(unknown));
  }

  // Lets go of answers that are too old to be a repeat's.
  void forgetOldKeys(Room& room, std::uint64_t now_ms) {
    Keys& keys = *room.keys;
    std::uint32_t old = 0;
    while (old < keys.answers.size() && old < keys_trim_max && now_ms >= keys.answers[old].sent_at_ms + ATRIUM_KEYED_MS) ++old;
    dropAnswers(keys, old);
    if (keys.answers.empty()) room.keys.reset();  // The window with them.
  }

  // The earliest ones.
  void dropAnswers(Keys& keys, std::uint32_t count) {
    keys.answers.erase(keys.answers.begin(), keys.answers.begin() + count);
    keys.first_number += count;
    budget_.giveBack(count * keyed_cost);
  }

  void fill(atrium_append_result& result, std::uint64_t seq, std::uint64_t sent_at_ms, const atrium_id& message) const {
    result.durability = ATRIUM_DURABILITY_RECEIVED;
    result.seq = seq;
    result.sent_at_ms = sent_at_ms;
    result.message = message;
    copy_epoch(epoch_, result.epoch);
  }

  void dropOldest(std::deque<EntryPtr>& entries) {
    budget_.giveBack(entries.front()->bytes() + entry_overhead);
    entries.pop_front();
  }

  static bool give(const Entry& entry, std::uint64_t seq, RecordReceiver each) {
    return each({.struct_size = sizeof(atrium_record),
                 .body_format = entry.body_format,
                 .kind = entry.kind,
                 .reserved = 0,
                 .seq = seq,
                 .sent_at_ms = entry.sent_at_ms,
                 .message = entry.message,
                 .thread = entry.thread,
                 .sender_id = text_of(entry.sender()),
                 .message_type = text_of(entry.type()),
                 .audience = text_of(entry.audience()),
                 .body = text_of(entry.body())});
  }

  const std::size_t records_max_;
  const std::string epoch_;
  KeySeed seed_;
  Budget budget_;
  std::array<Stripe, 64> stripes_;
  Documents documents_{budget_};
};

}  // namespace
}  // namespace atrium::memory_store

ATRIUM_PLUGIN(atrium::memory_store::MemoryStore, "atrium.storage.memory", "1.0.0")
