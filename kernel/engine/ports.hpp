#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/ext/storage_backend.h"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/timer_wheel.hpp"
#include "engine/event_types.hpp"
#include "engine/hooks.hpp"
#include "engine/room_key.hpp"
#include "protocol/commands.hpp"
#include "protocol/frame.hpp"
#include "protocol/principal.hpp"
#include "protocol/tokens.hpp"

// What the engine needs from the world, as interfaces: kernel/plugin and kernel/loop implement them around plugins and threads, the
// simulator around a seed. Every function belongs to the shard that holds the port; what takes a completion calls it on that shard's
// thread exactly once, possibly before it returns.
namespace atrium {

enum class Durability : std::uint8_t { received, stored, fsynced, replicated };

// ---- Storage

// One message on its way into a room's log. What the store reads stays unchanged until the completion; `result` is filled in then.
struct AppendItem {
  const RoomKey* room = nullptr;  // The room outlives its appends.
  Id message;
  Id thread;
  Wall sent_at{};
  std::uint64_t expected_seq = 0;  // 0: any.
  std::uint64_t fingerprint = 0;
  std::string sender_id;
  std::string message_type;
  std::string idempotency_key;  // Empty: none.
  std::string audience;         // Empty: everyone.
  FramePtr body;                // Its payload is the stored body: JSON without position.
  std::uint64_t token = 0;      // The engine's own.
  atrium_append_result result{};
};

struct AppendBatch {
  std::vector<AppendItem> items;  // At most append_batch_max.
  Mono submitted{};
};
inline constexpr std::size_t append_batch_max = 1000;

using AppendDone = std::move_only_function<void(std::unique_ptr<AppendBatch>)>;

struct RoomHead {
  std::string epoch;
  std::uint64_t first_seq = 1;
  std::uint64_t last_seq = 0;
};

// A stored message. A value.
struct Record {
  std::uint64_t seq = 0;
  Wall sent_at{};
  Id message;
  std::string sender_id;
  std::string message_type;
  std::string audience;
  std::string body;
};

struct PageQuery {
  RoomKey room;
  std::uint32_t limit = 50;
  std::uint64_t before_seq = 0;  // 0: from the newest.
  std::uint64_t after_seq = 0;
  bool forward = false;  // Oldest first, above after_seq; otherwise newest first, below before_seq.
  std::vector<std::string> message_types;
  std::string sender_id;
  Id thread;
};

// After how many bytes of bodies a page ends, with the record that reaches it, however many records were asked for.
inline constexpr std::size_t page_bytes_max = std::size_t{1} << 20;

// A part of a room's log: at most as many records as asked for. There may be fewer, even none, with more of them further on: a store looks
// at so many records and no more at a time, however few of them match, and gives no more than page_bytes_max.
struct RecordPage {
  std::vector<Record> records;
  std::uint64_t next = 0;  // The before_seq or after_seq to go on with; 0: the log ends here.
};

// 1 to 4 parts; the first names the collection.
using DocumentKey = std::vector<std::string>;

struct Document {
  DocumentKey key;
  std::uint64_t version = 0;
  std::string value;
};

struct DocumentWrite {
  DocumentKey key;
  std::uint64_t expected_version = ATRIUM_VERSION_ANY;
  std::optional<std::string> value;  // Nothing: remove.
};

// The store as one shard sees it. Refusals are storage_unavailable, overloaded (its queue is full), conflict (a version did not match) and
// not_found. Appends and writes of one shard reach the store in the order they were handed over.
class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual Durability durabilityMax() const = 0;
  // Every item's result is filled in, whatever happened: a batch that could not be queued comes back with ATRIUM_FULL or ATRIUM_FAILED in
  // all of them. The batch comes back however late: the engine watches the deadline itself.
  virtual void append(std::unique_ptr<AppendBatch> batch, AppendDone done) = 0;
  virtual void write(std::vector<DocumentWrite> writes, Completion<void> done) = 0;
  virtual void trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) = 0;
  // A room nothing was ever appended to has an empty epoch and last_seq 0.
  virtual void head(const RoomKey& room, Completion<RoomHead> done) = 0;
  virtual void locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) = 0;
  virtual void page(PageQuery query, Completion<RecordPage> done) = 0;
  virtual void get(DocumentKey key, Completion<std::optional<Document>> done) = 0;
  // Documents whose keys begin with `prefix`, in order, after `after` (empty: from the first), at most `limit`.
  virtual void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) = 0;
};

// ---- Room types and message types (engine/hooks.hpp)

// What is switched on. The pointers live as long as the port.
class Types {
 public:
  virtual ~Types() = default;
  [[nodiscard]] virtual RoomType* roomType(std::string_view name) = 0;
  [[nodiscard]] virtual MessageType* messageType(std::string_view name) = 0;
  [[nodiscard]] virtual std::vector<std::string> roomTypeNames() const = 0;
  [[nodiscard]] virtual std::vector<std::string> messageTypeNames() const = 0;
  // `changed` runs whenever types or their hooks have become others: rooms in memory look anew who wants to be called from time to time.
  virtual void whenChanged(std::move_only_function<void()> changed) = 0;
};

// ---- Shards

class Shards {
 public:
  virtual ~Shards() = default;
  [[nodiscard]] virtual unsigned count() const = 0;
  // Runs `task` on that shard's thread, later. Tasks from one shard to another keep their order. False: its mailbox is full or it has
  // ended, and the task is destroyed.
  virtual bool post(unsigned shard, Task task) = 0;
  // Without the bound, for answers to what that shard asked.
  virtual void postAlways(unsigned shard, Task task) = 0;
};

// ---- Who is told what happens: engine/event_log.hpp

// Any thread.
class EventListeners {
 public:
  virtual ~EventListeners() = default;
  // Asked for each message: no more than a look at memory.
  [[nodiscard]] virtual bool want(EventType type) const = 0;
  // The event log has got longer.
  virtual void recorded() = 0;
};

// ---- Who watches people at work: kernel/coordination

// Told on the shard where it happened, which need not be the tenant's home. Returns at once and keeps nothing that it is handed.
class Workplace {
 public:
  virtual ~Workplace() = default;
  // A user's status or number of live sessions has changed. `sessions` falls the moment a connection is seen to have ended, however it did;
  // the status follows a broken one only after the linger. Called on the user's home shard.
  virtual void presenceChanged(const UserKey& user, Status status, std::size_t sessions) = 0;
  // A message was committed in a room of type client_session or lead_collaboration, once each, in the room's order. `lead_id`: what the
  // room's context names as its lead, or empty. `at`: when it was sent. Called on the room's home shard.
  virtual void posted(const RoomKey& room, std::string_view room_type, std::string_view lead_id, const Principal& sender, Wall at) = 0;
};

// ---- Commands: engine/commands.hpp

class Commands;

// Everything one shard is built on. What is referred to outlives the shard.
struct ShardPorts {
  unsigned index;  // Of Shards::count().
  Shards& shards;
  Store& store;
  Types& types;
  Tokens& tokens;
  TimerWheel& timers;
  const Now& now;      // Stands still during a turn.
  const Clock& clock;  // For measuring what a turn itself took; decisions use `now`.
  MetricSet& metrics;  // This shard's own.
  Log& log;
  std::uint64_t seed;                   // For ids, epochs and jitter.
  Commands* commands = nullptr;         // Null: there are none.
  EventListeners* listeners = nullptr;  // Likewise.
  Workplace* workplace = nullptr;       // Likewise.
};

}  // namespace atrium
