// Calls of hooks as bytes: whatever they are, they are refused, or everything they lead to lies within them and walking their JSON ends.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "engine/hook_request.hpp"
#include "protocol/json_index.hpp"

namespace {

struct Looking {
  const std::byte* begin;
  const std::byte* end;
  std::uint64_t sum = 0;

  void text(const char* data, std::uint64_t size) {
    if (size == 0) return;
    const auto* at = reinterpret_cast<const std::byte*>(data);
    if (at < begin || at + size > end) std::abort();
    for (std::uint64_t n = 0; n < size; ++n) sum += static_cast<unsigned char>(data[n]);
  }
  void text(const atrium_text& part) { text(part.data, part.size); }
  void json(const atrium::JsonView& value) {
    if (!value.exists()) return;
    text(value.raw().data(), value.raw().size());
    for (atrium::JsonView child = value.first(); child.exists(); child = child.sibling(value)) {
      const atrium_json_field& field = child.abi().fields[child.abi().at];
      text(value.abi().text + field.key_offset, field.key_size);
      json(child);
    }
  }
  void user(const atrium_user_view* user) {
    if (!user) return;
    text(user->user_id);
    text(user->display_name);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint64_t> aligned((size + 7) / 8);
  if (size > 0) std::memcpy(aligned.data(), data, size);
  const std::span bytes(reinterpret_cast<const std::byte*>(aligned.data()), size);
  const auto opened = atrium::OpenedCall::open(bytes);
  if (!opened) return 0;
  Looking look{bytes.data(), bytes.data() + bytes.size()};
  const atrium::HookCall call = opened->call();
  if (call.room) {
    for (const atrium_text& part : {call.room->tenant_id, call.room->room_id, call.room->room_type, call.room->name}) look.text(part);
    look.json(atrium::JsonView(call.room->settings));
    look.json(atrium::JsonView(call.room->context));
  }
  look.user(call.user);
  look.user(call.actor);
  if (call.message) {
    look.text(call.message->message_type);
    look.text(call.message->content);
    look.json(atrium::JsonView(call.message->metadata));
  }
  if (call.position) {
    look.text(call.position->message_id);
    look.text(call.position->epoch);
  }
  // What was read can be written, and comes back the same.
  const atrium::HookRequest again(call);
  if (again.open().call().number != call.number) std::abort();
  return 0;
}
