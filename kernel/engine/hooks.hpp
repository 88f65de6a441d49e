#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/ext/message_type.h"
#include "atrium/ext/room_type.h"
#include "base/result.hpp"
#include "protocol/json_index.hpp"

// How the engine asks room types and message types: a hook has a number, a call is its number with the views it is shown, and whoever
// answers to hooks takes any of them. Whether a plugin stands behind it, in this process or another, the engine does not see.
namespace atrium {

// Every hook of a room type or message type. The numbers also go to other processes: they stay, and new ones follow.
enum class Hook : std::uint8_t {
  check_settings = 0,
  will_create = 1,
  will_join = 2,
  will_post = 3,
  did_create = 4,
  did_join = 5,
  did_leave = 6,
  did_post = 7,
  did_close = 8,
  tick = 9,
  check = 10,
  summarise = 11,
  did_deliver = 12
};
inline constexpr unsigned hook_count = 13;
[[nodiscard]] std::string_view word(Hook hook);
// Whether something waits for what it says: check_settings, will_..., check and summarise. The others are told, and go on.
[[nodiscard]] constexpr bool isAsked(Hook hook) { return hook <= Hook::will_post || hook == Hook::check || hook == Hook::summarise; }

// A set of hooks. A value.
class HookSet {
 public:
  constexpr HookSet() = default;
  constexpr HookSet(std::initializer_list<Hook> hooks) {
    for (const Hook hook : hooks) add(hook);
  }
  constexpr void add(Hook hook) { bits_ |= 1u << static_cast<unsigned>(hook); }
  [[nodiscard]] constexpr bool has(Hook hook) const { return bits_ >> static_cast<unsigned>(hook) & 1u; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  friend constexpr HookSet operator|(HookSet one, const HookSet& other) {
    one.bits_ |= other.bits_;
    return one;
  }

 private:
  std::uint32_t bits_ = 0;
};

// One call of a hook: what its C function is shown, null for what this hook is not. Everything is borrowed for the call; whoever answers
// later has copied what it needs (HookRequest does).
struct HookCall {
  Hook hook{};
  const atrium_room_view* room = nullptr;        // All but summarise.
  const atrium_user_view* user = nullptr;        // Who joins or leaves, or the sender.
  const atrium_user_view* actor = nullptr;       // check_settings, will_create, will_join, did_create, did_join, did_leave, did_close
  const atrium_message_view* message = nullptr;  // will_post, did_post, check, summarise, did_deliver
  const atrium_position* position = nullptr;     // did_post, did_deliver
  std::uint64_t number = 0;                      // tick: the wall clock in milliseconds. did_deliver: how many it was handed to.
};

enum class Placement : std::uint8_t { in_process, isolated, shadow };
[[nodiscard]] std::string_view word(Placement placement);

// Who answers to hooks: one generation of a plugin, where it runs. Immutable.
struct HookSource {
  std::string plugin_id;
  std::string version;
  std::uint64_t generation = 1;
  Placement placement = Placement::in_process;
};

// What a hook said. Default: allowed, nothing changed.
struct HookOutcome {
  std::optional<Error> refused;  // rejected_by_plugin (with its fields), validation_failed, plugin_failed or plugin_unavailable.
  std::vector<std::pair<std::string, std::string>> annotations;  // metadata key → JSON value
  std::vector<std::pair<std::string, std::string>> patches;      // JSON pointer → JSON value; empty: take away. In this order.
  std::optional<std::string> content;
  std::vector<std::string> audience;
  std::string line;  // Of summarise.
  // For whoever traces calls. `failed`: the call failed or broke its contract, whatever that counts as.
  const HookSource* source = nullptr;  // Valid until the completion returns; null: no plugin was called.
  std::chrono::nanoseconds took{0};
  bool failed = false;
};
using HookDone = std::move_only_function<void(HookOutcome)>;

// Answers to hooks. On its shard's thread; a hook that is asked completes exactly once, possibly before call() returns.
class HookTarget {
 public:
  virtual ~HookTarget() = default;
  // Which hooks there are; one that is not is not to be called. May change between turns.
  [[nodiscard]] virtual HookSet hooks() const = 0;
  virtual void call(const HookCall& call, HookDone done) = 0;
  // How often it wants its tick; zero: never.
  [[nodiscard]] virtual std::chrono::seconds tickInterval() const { return std::chrono::seconds{0}; }
};

// One room type: its constants, and who answers to the hooks of its rooms, in order. Valid as long as the port that gave it.
class RoomType {
 public:
  virtual ~RoomType() = default;
  // To be read anew where it is needed: a new generation of a plugin may bring others.
  [[nodiscard]] virtual const atrium_room_type_info& info() const = 0;
  [[nodiscard]] virtual std::span<HookTarget* const> row() const = 0;
  // An object: what the settings of a new room begin with. A member that the creator gives is as he gives it. Null: nothing.
  [[nodiscard]] virtual const JsonDocument* settings() const { return nullptr; }
  // Whether anybody in the row has that hook.
  [[nodiscard]] bool has(Hook hook) const {
    for (const HookTarget* target : row())
      if (target->hooks().has(hook)) return true;
    return false;
  }
};

// One message type. `check` includes the schema of its metadata, which is looked at first.
class MessageType : public HookTarget {
 public:
  [[nodiscard]] virtual const atrium_message_type_info& info() const = 0;
  [[nodiscard]] bool has(Hook hook) const { return hooks().has(hook); }
};

}  // namespace atrium
