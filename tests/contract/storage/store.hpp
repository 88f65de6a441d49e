#pragma once

#include <algorithm>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/ext/storage_backend.h"

// A storage plugin as tests and benchmarks use it: the real library behind its C interface, with values in and out. No kernel.
namespace atrium::test {

// A message to append. A value that owns its bytes.
struct Item {
  std::string tenant_id = "tenant_a";
  atrium_id room{};
  atrium_id message{};
  atrium_id thread{};
  std::uint64_t sent_at_ms = 1'700'000'000'000;
  std::uint64_t expected_seq = 0;
  std::uint64_t fingerprint = 0;
  std::string sender_id = "ana";
  std::string message_type = "text";
  std::string idempotency_key;
  std::string audience;
  std::string body = "{}";
  std::uint8_t body_format = 1;
  std::uint8_t kind = 0;
};

struct Outcome {
  atrium_status status = -1;
  std::uint32_t durability = 0;
  std::uint64_t seq = 0;
  std::uint64_t sent_at_ms = 0;
  atrium_id message{};
  std::string epoch;
};

struct Record {
  std::uint64_t seq = 0;
  std::uint64_t sent_at_ms = 0;
  atrium_id message{};
  atrium_id thread{};
  std::string sender_id;
  std::string message_type;
  std::string audience;
  std::string body;
  std::uint8_t body_format = 0;
  std::uint8_t kind = 0;
};

struct Page {
  atrium_status status = -1;
  std::vector<Record> records;
  std::uint64_t next = 0;
  [[nodiscard]] std::vector<std::uint64_t> seqs() const;
};

struct PageRequest {
  std::uint32_t limit = 1000;
  std::uint64_t before_seq = 0;
  std::uint64_t after_seq = 0;
  bool forward = false;
  std::vector<std::string> message_types = {};
  std::string sender_id = {};
  atrium_id thread{};
};

struct Head {
  atrium_status status = -1;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  std::string epoch;
};

using Key = std::vector<std::string>;

struct Document {
  Key key;
  std::uint64_t version = 0;
  std::string value;
  friend bool operator==(const Document&, const Document&) = default;
};

struct Write {
  Key key;
  std::string value = {};
  std::uint64_t expected_version = ATRIUM_VERSION_ANY;
  bool remove = false;
};

struct WriteOutcome {
  atrium_status status = -1;
  std::uint32_t failed = UINT32_MAX;
};

// Ids for tests: number n in a space of its own. Grows with n, never zero.
[[nodiscard]] atrium_id id(char space, std::uint64_t n);

[[nodiscard]] atrium_text text(std::string_view view);
[[nodiscard]] atrium_room_key roomKey(const atrium_id& room, std::string_view tenant_id = "tenant_a");
// Borrows the parts of `key`.
[[nodiscard]] atrium_document_key documentKey(const Key& key);

// One instance of a storage plugin.
class Store {
 public:
  // Loads the library at `path` once per process and makes an instance; the error is the plugin's sentence.
  static std::expected<Store, std::string> open(const std::string& path, const std::string& options_json);

  // The C table, for calls that only a hostile caller would make.
  [[nodiscard]] const atrium_storage_backend& table() const { return *table_; }
  [[nodiscard]] atrium_plugin* self() const { return plugin_.get(); }

  // One batch. `status` takes what the call itself answered.
  std::vector<Outcome> append(const std::vector<Item>& items, atrium_status* status = nullptr) const;
  Outcome append(const Item& item) const { return append(std::vector{item}).front(); }
  [[nodiscard]] Page page(const atrium_id& room, const PageRequest& request = {}) const;
  [[nodiscard]] Head head(const atrium_id& room, std::string_view tenant_id = "tenant_a") const;
  // 0: the room does not have the message.
  [[nodiscard]] std::uint64_t locate(const atrium_id& room, const atrium_id& message) const;
  // Trims until nothing is left to drop; returns how many records went.
  std::uint64_t trim(const atrium_id& room, std::uint64_t keep_last, std::uint64_t sent_before_ms, std::uint64_t now_ms) const;

  WriteOutcome write(const std::vector<Write>& writes) const;
  // Version 0: not there.
  [[nodiscard]] Document get(const Key& key) const;
  [[nodiscard]] std::vector<Document> scan(const Key& prefix, const Key& after = {}, std::uint32_t limit = ATRIUM_SCAN_MAX) const;

 private:
  using Plugin = std::unique_ptr<atrium_plugin, void (*)(atrium_plugin*)>;
  Store(Plugin plugin, const atrium_storage_backend* table) : plugin_(std::move(plugin)), table_(table) {}
  Plugin plugin_;
  const atrium_storage_backend* table_;
};

}  // namespace atrium::test

inline bool operator==(const atrium_id& a, const atrium_id& b) { return std::equal(a.bytes, a.bytes + sizeof a.bytes, b.bytes); }
