#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/hooks.hpp"
#include "protocol/json_schema.hpp"

// Plugins in the shadow of others: one sees the calls of a room type or message type that another plugin serves, and what it says is held
// against what that one said, counted, and forgotten. The message goes on its way first, with the answer in force; then the shadow is
// asked.
namespace atrium {

// What came of the calls of one shadow, over all shards and generations. Any thread.
class ShadowLedger {
 public:
  enum class Outcome : std::uint8_t {
    agree,
    differ,
    told,    // A hook that is only told something has nothing to be compared.
    failed,  // No answer, none that keeps the contract, or one that the breaker kept away.
    dropped  // As many calls as may were waiting for it.
  };
  static constexpr unsigned outcome_count = 5;
  static constexpr std::size_t differences_max = 16;  // The latest are kept.
  static constexpr std::size_t answer_max = 500;      // bytes of each answer that are kept

  // An answer that was another one. A value.
  struct Difference {
    Wall at{};
    Hook hook{};
    std::string tenant_id;
    std::string room_id;
    std::string in_force;
    std::string shadow;
  };
  using Counts = std::array<std::array<std::uint64_t, outcome_count>, hook_count>;

  // `clock` outlives it.
  explicit ShadowLedger(const Clock& clock) : clock_(clock) {}
  ShadowLedger(const ShadowLedger&) = delete;
  ShadowLedger& operator=(const ShadowLedger&) = delete;

  void count(Hook hook, Outcome outcome);
  // Counts it, and keeps the beginnings of both answers.
  void differ(Difference difference);
  [[nodiscard]] Counts counts() const;
  [[nodiscard]] std::deque<Difference> differences() const;

 private:
  const Clock& clock_;
  std::array<std::array<std::atomic<std::uint64_t>, outcome_count>, hook_count> counts_{};
  mutable std::mutex mutex_;
  std::deque<Difference> differences_;  // The latest last.
};
[[nodiscard]] std::string_view word(ShadowLedger::Outcome outcome);

// What the schema of a message type's metadata has against a message that is to be checked; nothing: it passes.
[[nodiscard]] std::optional<Error> metadataRefusal(const JsonSchema& schema, const HookCall& check);

// One answer as JSON: equal texts are equal answers. The order of annotations and audience classes says nothing, that of patches does.
[[nodiscard]] std::string describeAnswer(const HookOutcome& outcome);

// One plugin that runs as a shadow, on one shard. At most so much waits for it; what is more is dropped and counted. Kept by shared_ptr:
// its calls hold it. On the shard's thread.
class Shadow final : public std::enable_shared_from_this<Shadow> {
 public:
  static constexpr std::size_t calls_max = 256;
  static constexpr std::size_t bytes_max = std::size_t{4} << 20;  // Of what it is shown and what it is compared with.

  // `schema`: of its message type's metadata, which is part of its check; null: none. It lives as long as calls come.
  Shadow(std::shared_ptr<HookTarget> target, std::shared_ptr<ShadowLedger> ledger, const JsonSchema* schema,
         std::chrono::seconds tick_interval)
      : target_(std::move(target)), ledger_(std::move(ledger)), schema_(schema), tick_interval_(tick_interval) {}

  // Those of its room type, or of its message type.
  [[nodiscard]] HookSet hooks(bool of_messages) const;
  [[nodiscard]] std::chrono::seconds tickInterval() const { return tick_interval_; }
  // Shows it a call of `size` bytes whose answer was `in_force`. Borrows the call until it returns.
  void see(const HookCall& call, std::size_t size, const std::string& in_force);

 private:
  struct Seen {
    Hook hook{};
    std::string tenant_id;
    std::string room_id;
    std::string in_force;
  };
  void judge(Seen seen, const HookOutcome& outcome);

  std::shared_ptr<HookTarget> target_;
  std::shared_ptr<ShadowLedger> ledger_;
  const JsonSchema* schema_;
  const std::chrono::seconds tick_interval_;
  std::size_t calls_ = 0;
  std::size_t bytes_ = 0;
};

// The shadows of one type, where its calls pass. One shard's thread.
class ShadowRow {
 public:
  explicit ShadowRow(bool of_messages) : of_messages_(of_messages) {}

  void clear() { shadows_.clear(), hooks_ = {}; }
  void add(std::shared_ptr<Shadow> shadow);

  [[nodiscard]] const HookSet& hooks() const { return hooks_; }
  [[nodiscard]] bool empty() const { return shadows_.empty(); }
  // What the first that has a tick wants; zero: none does.
  [[nodiscard]] std::chrono::seconds tickInterval() const;
  // `done` for whoever answers in force: once that has been told, the call is shown to all shadows with the hook. Copies the call.
  [[nodiscard]] HookDone watched(const HookCall& call, HookDone done) const;

 private:
  const bool of_messages_;
  std::vector<std::shared_ptr<Shadow>> shadows_;
  HookSet hooks_;
};

}  // namespace atrium
