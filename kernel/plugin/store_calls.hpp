#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/ports.hpp"
#include "plugin/loaded_plugin.hpp"

namespace atrium {

// What one call says of the store itself, as its circuit breaker and readiness see it.
enum class StoreVerdict : std::uint8_t {
  fine,    // It answered, be it with a refusal.
  failed,  // It could not.
  fatal    // It said that it can no longer keep its promises.
};

template <typename T>
struct StoreAnswer {
  Result<T> result;
  StoreVerdict verdict = StoreVerdict::fine;
};

// The functions of a storage backend with their guards, spoken to in the engine's own types: one per thread that calls. What comes back
// is checked; an answer that cannot be (a seq out of range, a status that does not exist) counts as a failure and is logged.
class StoreCalls {
 public:
  // Makes its guards in `plugin`, which outlives it; before the threads start.
  StoreCalls(LoadedPlugin& plugin, std::chrono::nanoseconds deadline, const Clock& clock);

  // Appends the items of all batches in one call, at most append_batch_max of them, and fills in every result.
  [[nodiscard]] StoreVerdict append(std::span<AppendBatch* const> batches);
  [[nodiscard]] StoreAnswer<void> write(const std::vector<DocumentWrite>& writes);
  // One step: how many records it dropped; 0 when there is nothing left to drop.
  [[nodiscard]] StoreAnswer<std::uint64_t> trim(const RoomKey& room, std::uint64_t keep_last, Wall sent_before);
  [[nodiscard]] StoreVerdict maintain(std::chrono::milliseconds idle);
  [[nodiscard]] bool maintains() const { return table_.maintain != nullptr; }

  [[nodiscard]] StoreAnswer<RoomHead> head(const RoomKey& room);
  [[nodiscard]] StoreAnswer<std::uint64_t> locate(const RoomKey& room, const Id& message);
  [[nodiscard]] StoreAnswer<RecordPage> page(const PageQuery& query);
  [[nodiscard]] StoreAnswer<std::optional<Document>> get(const DocumentKey& key);
  [[nodiscard]] StoreAnswer<std::vector<Document>> scan(const DocumentKey& prefix, const DocumentKey& after, std::uint32_t limit);

 private:
  StoreVerdict judge(HookGuard& guard, atrium_status status) const;
  StoreVerdict checkResults(std::size_t count);

  LoadedPlugin& plugin_;
  const atrium_storage_backend& table_;
  const Clock& clock_;
  HookGuard &append_guard_, &write_guard_, &trim_guard_, &maintain_guard_;
  HookGuard &head_guard_, &locate_guard_, &page_guard_, &get_guard_, &scan_guard_;
  // Reused from call to call.
  std::vector<atrium_append> appends_;
  std::vector<const atrium_append*> append_pointers_;
  std::vector<atrium_append_result*> results_;
  std::vector<atrium_document_write> writes_;
  std::vector<const atrium_document_write*> write_pointers_;
};

// What a refused request is told: nothing was changed, and when to try again.
[[nodiscard]] Error storageError(atrium_status status);

}  // namespace atrium
