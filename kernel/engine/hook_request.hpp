#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/hooks.hpp"

// One call of a hook as one piece of memory: to hold it while its plugin is being exchanged, and to send it to another process, where it
// is used in place. Everything refers to everything else by its offset from the beginning, so the bytes may lie anywhere (at an address
// that is a multiple of 8):
//
//   WireCall            fixed size: which hook, which views are there, their numbers, and for each text and JSON value where it lies
//   JSON indices        each an array of atrium_json_field that starts at 0: a value is cut out of the text it came in
//   bytes               of all texts, one after the other
//
// Numbers are in the machine's own order: both sides are on one machine.
namespace atrium {

// A call read from bytes, which it leads into. Valid as long as they are; does not move.
class OpenedCall {
 public:
  // Nothing when the bytes are not a whole call: every offset and size is checked, and every JSON index so far that walking it stays
  // within it and its text. What the texts say is not looked at. `bytes` begin at a multiple of 8.
  [[nodiscard]] static std::optional<OpenedCall> open(std::span<const std::byte> bytes);

  // Leads into this object.
  [[nodiscard]] HookCall call() const;

 private:
  struct Reader;
  Hook hook_{};
  std::uint32_t present_ = 0;
  std::uint64_t number_ = 0;
  atrium_room_view room_{};
  atrium_user_view user_{};
  atrium_user_view actor_{};
  atrium_message_view message_{};
  atrium_position position_{};
};

// An owned call. A value that moves.
class HookRequest {
 public:
  explicit HookRequest(const HookCall& call);
  [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_.data(), bytes_.size()}; }
  // Valid as long as this request stays where it is.
  [[nodiscard]] OpenedCall open() const;

 private:
  std::vector<std::byte> bytes_;
};

// Appends the bytes of a call to `out`, which ends at a multiple of 8; afterwards it does again.
void encodeCall(const HookCall& call, std::vector<std::byte>& out);

}  // namespace atrium
