#ifndef ATRIUM_STORAGE_HPP
#define ATRIUM_STORAGE_HPP
// Comfort for authors of storage backends.
//
//   class MyStore : public atrium::StorageBackend<MyStore> {
//    public:
//     MyStore(atrium::Host host, atrium::Json options) : StorageBackend("mine", 0, ATRIUM_DURABILITY_STORED) {}
//     atrium_status append(AppendItems items, AppendResults results);
//     ...
//   };
//   ATRIUM_PLUGIN(MyStore, "com.acme.store", "1.0.0")
//
// What arrives at the store's functions has been checked: pointers point, sizes and counts are within the bounds of storage_backend.h, ids
// are not zero. What leaves them as an exception becomes ATRIUM_FAILED and a line in the
// server's log.
#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "atrium/ext/storage_backend.h"
#include "atrium/plugin.hpp"

namespace atrium {
inline namespace sdk {

// ---- What goes in and out

// Items and their results, place by place.
using AppendItems = std::span<const atrium_append* const>;
using AppendResults = std::span<atrium_append_result* const>;
using DocumentWrites = std::span<const atrium_document_write* const>;

// Takes records or documents one by one, each valid until it returns. False: no more are wanted.
template <typename Item>
struct Receiver {
  std::uint32_t (*each)(void* context, const Item* item);
  void* context;
  bool operator()(const Item& item) const { return each(context, &item) != 0; }
};
using RecordReceiver = Receiver<atrium_record>;
using DocumentReceiver = Receiver<atrium_document>;

[[nodiscard]] inline bool same(const atrium_id& a, const atrium_id& b) { return std::memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0; }
[[nodiscard]] inline bool is_zero(const atrium_id& id) { return same(id, atrium_id{}); }

// Whether a record of this type, sender and thread is one that `query` asks for.
[[nodiscard]] inline bool wanted(const atrium_page_query& query, std::string_view type, std::string_view sender, const atrium_id& thread) {
  if (query.sender_id.size > 0 && view(query.sender_id) != sender) return false;
  if (!is_zero(query.thread) && !same(query.thread, thread)) return false;
  const std::span types(query.message_types, query.message_type_count);
  return types.empty() || std::ranges::any_of(types, [&](const atrium_text& one) { return view(one) == type; });
}

// An epoch that no other store or start has: 16 hexadecimal digits of the system's randomness.
[[nodiscard]] inline std::string new_epoch() {
  std::random_device random;
  std::string epoch;
  for (int n = 0; n < 16; ++n) epoch += "0123456789abcdef"[random() & 15];
  return epoch;
}

inline void copy_epoch(std::string_view epoch, char (&out)[ATRIUM_EPOCH_MAX]) {
  std::memset(out, 0, sizeof out);
  std::memcpy(out, epoch.data(), std::min(epoch.size(), sizeof out));
}

// ---- Document keys as one string

// Keeps the order of tuples under plain byte comparison: each part ends with 00 01, and a zero byte within a part becomes 00 02.
[[nodiscard]] inline std::string encode_key(const atrium_document_key& key) {
  std::string out;
  for (const atrium_text& part : std::span(key.parts, key.part_count)) {
    for (const char byte : view(part)) {
      out += byte;
      if (byte == '\0') out += '\2';
    }
    out += {'\0', '\1'};
  }
  return out;
}

// Where the keys end that begin with the parts of `encoded`, at least one: above all of them, and not above any other.
[[nodiscard]] inline std::string encoded_keys_end(std::string encoded) {
  encoded.back() = '\2';
  return encoded;
}

// Takes encoded keys apart. Owns the parts it returns, until the next call.
class KeyDecoder {
 public:
  const atrium_document_key& decode(std::string_view encoded) {
    bytes_.clear();
    bytes_.reserve(encoded.size());  // The parts point into it.
    key_ = {};
    std::size_t start = 0;
    for (std::size_t at = 0; at + 1 < encoded.size() && key_.part_count < ATRIUM_KEY_PARTS_MAX; ++at) {
      if (encoded[at] != '\0') {
        bytes_ += encoded[at];
      } else if (encoded[++at] == '\2') {
        bytes_ += '\0';
      } else {
        key_.parts[key_.part_count++] = text_of(std::string_view(bytes_).substr(start));
        start = bytes_.size();
      }
    }
    return key_;
  }

 private:
  std::string bytes_;
  atrium_document_key key_{};
};

// ---- What makes sense

namespace detail {

template <typename T>
bool covers(const T* value) {
  return value != nullptr && value->struct_size >= sizeof(T);
}

inline bool fits(const atrium_text& text, std::uint64_t size_max) {
  return text.size <= size_max && (text.size == 0 || text.data != nullptr);
}

inline bool valid(const atrium_room_key& room) {
  return room.tenant_id.size > 0 && fits(room.tenant_id, ATRIUM_TENANT_MAX) && !is_zero(room.room);
}

inline bool valid(const atrium_append& item) {
  return valid(item.room) && !is_zero(item.message) && fits(item.sender_id, ATRIUM_SENDER_MAX) && item.message_type.size > 0 &&
         fits(item.message_type, ATRIUM_MESSAGE_TYPE_MAX) && fits(item.idempotency_key, ATRIUM_IDEMPOTENCY_KEY_MAX) &&
         fits(item.audience, ATRIUM_AUDIENCE_MAX) && fits(item.body, ATRIUM_BODY_MAX);
}

inline bool valid(const atrium_append_batch* batch) {
  if (!covers(batch) || batch->count == 0 || batch->count > ATRIUM_BATCH_MAX || batch->items == nullptr || batch->results == nullptr)
    return false;
  return std::ranges::all_of(std::span(batch->items, batch->count), [](const auto* item) { return covers(item); }) &&
         std::ranges::all_of(std::span(batch->results, batch->count), [](const auto* result) { return covers(result); });
}

inline bool valid(const atrium_page_query* query) {
  if (!covers(query) || !valid(query->room) || query->limit == 0 || query->limit > ATRIUM_PAGE_MAX) return false;
  if (query->message_type_count > ATRIUM_PAGE_TYPES_MAX || (query->message_type_count > 0 && query->message_types == nullptr)) return false;
  return fits(query->sender_id, ATRIUM_SENDER_MAX) &&
         std::ranges::all_of(std::span(query->message_types, query->message_type_count),
                             [](const atrium_text& type) { return fits(type, ATRIUM_MESSAGE_TYPE_MAX); });
}

inline bool valid(const atrium_document_key* key, std::uint32_t part_count_min) {
  if (key == nullptr || key->part_count < part_count_min || key->part_count > ATRIUM_KEY_PARTS_MAX) return false;
  return std::ranges::all_of(std::span(key->parts, key->part_count),
                             [](const atrium_text& part) { return fits(part, ATRIUM_KEY_PART_MAX); });
}

inline bool valid(const atrium_document_write* write) {
  return covers(write) && valid(&write->key, 1) && write->remove <= 1 && (write->remove == 1 || fits(write->value, ATRIUM_VALUE_MAX));
}

}  // namespace detail

// ---- The backend

// What a class must have to be a store. The functions are those of atrium_storage_backend, which says all about them; append's status, when
// it is not ATRIUM_OK, is copied to every result.
template <typename S>
concept StorageFunctions = requires(S& store, AppendItems items, AppendResults results, const atrium_trim& trim, std::uint64_t& number,
                                    DocumentWrites writes, std::uint32_t& failed, const atrium_room_key& room, const atrium_id& message,
                                    atrium_room_head& head, const atrium_page_query& query, RecordReceiver record,
                                    const atrium_document_key& key, DocumentReceiver document, std::uint32_t limit) {
  { store.append(items, results) } -> std::same_as<atrium_status>;
  { store.trim(trim, number) } -> std::same_as<atrium_status>;
  { store.write(writes, failed) } -> std::same_as<atrium_status>;
  { store.maintain(std::uint64_t{}) } -> std::same_as<atrium_status>;
  { store.head(room, head) } -> std::same_as<atrium_status>;
  { store.locate(room, message, number) } -> std::same_as<atrium_status>;
  { store.page(query, record, number) } -> std::same_as<atrium_status>;
  { store.get(key, document) } -> std::same_as<atrium_status>;
  { store.scan(key, key, limit, document) } -> std::same_as<atrium_status>;
};

template <typename Store>
class StorageBackend {
 public:
  StorageBackend(const StorageBackend&) = delete;
  StorageBackend& operator=(const StorageBackend&) = delete;

  [[nodiscard]] const void* extension(std::string_view id) const { return id == ATRIUM_EXT_STORAGE_BACKEND ? &table_ : nullptr; }
  // Nothing to do unless the store says otherwise.
  atrium_status maintain(std::uint64_t /*idle_ms*/) { return ATRIUM_OK; }

 protected:
  // `name` lives as long as the library; `flags` are ATRIUM_STORE_..., `durability_max` is one of ATRIUM_DURABILITY_...
  StorageBackend(std::string_view name, std::uint32_t flags, std::uint32_t durability_max)
      : info_{sizeof(atrium_storage_info), flags, durability_max, 0, text_of(name)},
        table_{sizeof(atrium_storage_backend), 0, &info_, append_batch, trim, write, maintain, head, locate, page, get, scan} {
    static_assert(StorageFunctions<Store>,
                  "a store has the functions append, trim, write, head, locate, page, get and scan of StorageFunctions");
  }
  ~StorageBackend() = default;

 private:
  // Runs `call` on the store; an exception ends here, because none may cross the border.
  template <typename Call>
  static atrium_status on_store(atrium_plugin* self, std::string_view hook, Call&& call) noexcept {
    auto& instance = detail::Instance<Store>::of(self);
    atrium_status said = ATRIUM_FAILED;
    const atrium_status ended = detail::contained(instance.host, hook, [&] { said = call(instance.plugin); });
    return ended == ATRIUM_OK ? said : ended;
  }

  static atrium_status append_batch(atrium_plugin* self, const atrium_append_batch* batch) noexcept {
    if (!detail::valid(batch)) return ATRIUM_INVALID;
    std::array<const atrium_append*, ATRIUM_BATCH_MAX> items;
    std::array<atrium_append_result*, ATRIUM_BATCH_MAX> results;
    std::size_t count = 0;
    for (std::uint32_t n = 0; n < batch->count; ++n) {
      if (detail::valid(*batch->items[n])) {
        items[count] = batch->items[n];
        results[count++] = batch->results[n];
      } else {
        batch->results[n]->status = ATRIUM_INVALID;
      }
    }
    if (count == 0) return ATRIUM_OK;
    const atrium_status status = on_store(
        self, "append", [&](Store& store) { return store.append(AppendItems(items.data(), count), AppendResults(results.data(), count)); });
    if (status != ATRIUM_OK)
      for (std::size_t n = 0; n < count; ++n) results[n]->status = status;
    return status;
  }

  static atrium_status trim(atrium_plugin* self, const atrium_trim* trim, std::uint64_t* dropped) noexcept {
    if (!detail::covers(trim) || !detail::valid(trim->room) || dropped == nullptr) return ATRIUM_INVALID;
    *dropped = 0;
    return on_store(self, "trim", [&](Store& store) { return store.trim(*trim, *dropped); });
  }

  static atrium_status write(atrium_plugin* self, const atrium_document_write* const* writes, std::uint32_t count,
                             std::uint32_t* failed) noexcept {
    if (writes == nullptr || count == 0 || count > ATRIUM_BATCH_MAX || failed == nullptr) return ATRIUM_INVALID;
    if (!std::ranges::all_of(std::span(writes, count), [](const auto* one) { return detail::valid(one); })) return ATRIUM_INVALID;
    return on_store(self, "write", [&](Store& store) { return store.write(DocumentWrites(writes, count), *failed); });
  }

  static atrium_status maintain(atrium_plugin* self, std::uint64_t idle_ms) noexcept {
    return on_store(self, "maintain", [&](Store& store) { return store.maintain(idle_ms); });
  }

  static atrium_status head(atrium_plugin* self, const atrium_room_key* room, atrium_room_head* out) noexcept {
    if (room == nullptr || !detail::valid(*room) || !detail::covers(out)) return ATRIUM_INVALID;
    return on_store(self, "head", [&](Store& store) { return store.head(*room, *out); });
  }

  static atrium_status locate(atrium_plugin* self, const atrium_room_key* room, const atrium_id* message, std::uint64_t* seq) noexcept {
    if (room == nullptr || !detail::valid(*room) || message == nullptr || is_zero(*message) || seq == nullptr) return ATRIUM_INVALID;
    return on_store(self, "locate", [&](Store& store) { return store.locate(*room, *message, *seq); });
  }

  static atrium_status page(atrium_plugin* self, const atrium_page_query* query, atrium_record_fn each, void* context,
                            std::uint64_t* next) noexcept {
    if (!detail::valid(query) || each == nullptr || next == nullptr) return ATRIUM_INVALID;
    *next = 0;
    return on_store(self, "page", [&](Store& store) { return store.page(*query, RecordReceiver{each, context}, *next); });
  }

  static atrium_status get(atrium_plugin* self, const atrium_document_key* key, atrium_document_fn each, void* context) noexcept {
    if (!detail::valid(key, 1) || each == nullptr) return ATRIUM_INVALID;
    return on_store(self, "get", [&](Store& store) { return store.get(*key, DocumentReceiver{each, context}); });
  }

  static atrium_status scan(atrium_plugin* self, const atrium_document_key* prefix, const atrium_document_key* after, std::uint32_t limit,
                            atrium_document_fn each, void* context) noexcept {
    if (!detail::valid(prefix, 0) || !detail::valid(after, 0) || each == nullptr || limit == 0 || limit > ATRIUM_SCAN_MAX)
      return ATRIUM_INVALID;
    return on_store(self, "scan", [&](Store& store) { return store.scan(*prefix, *after, limit, DocumentReceiver{each, context}); });
  }

  atrium_storage_info info_;
  atrium_storage_backend table_;
};

}  // namespace sdk
}  // namespace atrium
#endif
