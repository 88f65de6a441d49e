// What a loaded plugin does beside its kinds: hands its state to the next generation, and tests itself.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "config/source_text.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t self_test_reason_max = 500;  // bytes of what a self-test has to say

// Collects what a plugin writes, up to `max` bytes and one more, which tells that there were too many.
struct BoundedText {
  std::string text;
  std::size_t max;

  [[nodiscard]] atrium_sink sink() {
    return {.context = this, .write = [](void* context, const void* data, std::uint64_t size) {
              auto& self = *static_cast<BoundedText*>(context);
              const std::uint64_t room = self.max + 1 - std::min(self.text.size(), self.max + 1);
              if (data) self.text.append(static_cast<const char*>(data), std::min(size, room));
            }};
  }
};

// Whether the extension's table can be used: it has all members this server knows.
template <typename Table>
std::optional<Table> copyTable(const void* from) {
  std::uint32_t size = 0;
  if (!from) return std::nullopt;
  std::memcpy(&size, from, sizeof size);
  if (size < sizeof(Table)) return std::nullopt;
  Table table;
  std::memcpy(&table, from, sizeof table);
  return table;
}

}  // namespace

void LoadedPlugin::fetchStateExtensions() {
  try {
    state_ = copyTable<atrium_state>(entry_.get_extension(self_, ATRIUM_EXT_STATE));
    self_test_ = copyTable<atrium_self_test>(entry_.get_extension(self_, ATRIUM_EXT_SELF_TEST));
  } catch (...) {  // Then it has neither.
  }
  if (state_ && (!state_->export_state || !state_->import_state)) state_.reset();
  if (self_test_ && !self_test_->run) self_test_.reset();
}

Result<std::string> LoadedPlugin::exportState() {
  BoundedText state{{}, ATRIUM_STATE_MAX};
  const CallMark call = mark("export_state");
  const CallScope scope(call);
  atrium_status status = ATRIUM_FAILED;
  try {
    status = state_->export_state(self_, state.sink());
  } catch (...) {
  }
  if (status != ATRIUM_OK)
    return refuse(fmt::format("the running generation did not hand over its state: export_state() returned {}", status));
  if (state.text.size() > state.max) return refuse("the state of the running generation is larger than 64 MiB");
  return std::move(state.text);
}

Result<void> LoadedPlugin::importState(const LoadedPlugin& from, const std::string& state) {
  const CallMark call = mark("import_state");
  const CallScope scope(call);
  atrium_status status = ATRIUM_FAILED;
  try {
    status = state_->import_state(self_, from.state_->format, {state.data(), state.size()});
  } catch (...) {
  }
  if (status == ATRIUM_UNSUPPORTED)
    return refuse(fmt::format("it does not take the state of version {} (format {})", from.manifest_.version, from.state_->format));
  if (status != ATRIUM_OK)
    return refuse(fmt::format("it did not take the state of the running generation: import_state() returned {}", status));
  return {};
}

Result<void> LoadedPlugin::selfTest() {
  if (!self_test_) return {};
  BoundedText why{{}, self_test_reason_max};
  const CallMark call = mark("self_test");
  const CallScope scope(call);
  atrium_status status = ATRIUM_FAILED;
  try {
    status = self_test_->run(self_, why.sink());
  } catch (...) {
    why.text = "an exception came out of it";
  }
  if (status == ATRIUM_OK) return {};
  std::string& text = why.text;
  while (text.ends_with('.')) text.pop_back();
  if (!validUtf8(text) || text.size() > self_test_reason_max) text = "its reason cannot be told";
  if (text.empty()) text = fmt::format("run() returned {}", status);
  return refuse("its self-test failed: " + text);
}

}  // namespace atrium
