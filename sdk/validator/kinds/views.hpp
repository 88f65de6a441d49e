#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/room.h"
#include "protocol/abi_text.hpp"
#include "validator/driver.hpp"

// What several kinds are handed, made from an input's members; a member that is missing is empty or 0.
namespace atrium::validate {

[[nodiscard]] std::uint64_t numberOf(const JsonView& value, std::uint64_t fallback = 0);
[[nodiscard]] double realOf(const JsonView& value, double fallback);
// A member's text, lent.
[[nodiscard]] atrium_text lendText(const Call& call, const JsonView& value);
[[nodiscard]] const atrium_room_view* lendRoom(const Call& call, const JsonView& room);
[[nodiscard]] const atrium_user_view* lendUser(const Call& call, const JsonView& user);
[[nodiscard]] const atrium_message_view* lendMessage(const Call& call, const JsonView& message);
[[nodiscard]] const atrium_position* lendPosition(const Call& call, const JsonView& input);

// The roles there are, as a mask.
inline constexpr std::uint32_t roles_known = 2 * ATRIUM_ROLE_SERVICE - 1;

// Level 3 for one extension: the sizes its table and constants state, and its name. `minimum` is what interface 1.0 has.
template <typename Table, typename Info>
bool inspectTable(Check& check, const Driver& driver, const void* raw, Table& table, Info& info) {
  const auto copy = Instance::grown<Table>(raw);
  const auto sound = [&](std::uint32_t size, std::size_t least, std::string_view what) {
    if (size >= least && size <= 65536 && size % 4 == 0) return true;
    check.fail("contract.struct-size",
               std::string(what) + " of " + std::string(driver.kind()) + " to state " + std::to_string(least) + " bytes or more",
               std::to_string(size));
    return false;
  };
  if (!sound(copy->struct_size, sizeof(Table), "the table")) return false;
  table = *copy;
  if (!table.info) {
    check.fail("contract.constants", "constants in `info`", "NULL");
    return false;
  }
  if (!sound(table.info->struct_size, sizeof(Info), "the constants")) return false;
  info = *Instance::grown<Info>(table.info);
  const std::string_view name = check.facts().manifest.nameOf(driver.kind());
  if (viewOf(info.name) != name) check.fail("contract.names", "the name " + std::string(name), shown(viewOf(info.name)));
  return true;
}

// The manifest's list and the table's functions.
void inspectHook(Check& check, std::string_view name, bool there);

// The host's side of atrium_reply: writes down what a hook says and holds it to the rules.
class ReplyRecorder {
 public:
  enum Ability : unsigned { deny = 1, deny_field = 2, annotate = 4, set_content = 8, add_audience = 16, patch = 32 };
  // Functions beyond the abilities are NULL, as the server hands them.
  ReplyRecorder(Check& check, unsigned abilities);
  ReplyRecorder(const ReplyRecorder&) = delete;
  ReplyRecorder& operator=(const ReplyRecorder&) = delete;

  [[nodiscard]] const atrium_reply& abi() const { return abi_; }
  [[nodiscard]] const std::string& said() const { return said_; }
  [[nodiscard]] const std::string* content() const { return has_content_ ? &content_ : nullptr; }
  [[nodiscard]] bool denied() const { return denied_; }
  using Changes = std::vector<std::pair<std::string, std::string>>;  // Of keys or paths to JSON, in the order they were said.
  [[nodiscard]] const Changes& annotations() const { return annotations_; }
  [[nodiscard]] const Changes& patches() const { return patches_; }

 private:
  static ReplyRecorder& of(void* context) { return *static_cast<ReplyRecorder*>(context); }
  void note(std::string_view what, const atrium_text& a, const atrium_text& b);
  void checkText(std::string_view rule, std::string_view what, const atrium_text& text, std::size_t min, std::size_t max);
  void checkJson(std::string_view rule, const atrium_text& json, bool may_be_empty);

  Check& check_;
  atrium_reply abi_{};
  std::string said_, content_;
  bool denied_ = false, has_content_ = false;
  Changes annotations_, patches_;  // Within their bounds.
  unsigned classes_ = 0;
};

}  // namespace atrium::validate
