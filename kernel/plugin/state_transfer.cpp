// What a loaded plugin does beside its kinds: hands its state to the next generation, and tests itself.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "config/source_text.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/plugin_text.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t self_test_reason_max = 500;  // bytes of what a self-test has to say

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

// They have a second each, and calls of the plugin may be held meanwhile.
std::chrono::milliseconds statePatience(std::chrono::milliseconds of_calls) { return of_calls / 6; }

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
  struct Export {
    BoundedText state{{}, ATRIUM_STATE_MAX};
    atrium_status status = ATRIUM_FAILED;
  };
  const auto made = std::make_shared<Export>();
  const auto patience = statePatience(environment_.patience);
  const bool back = callBounded("export_state", patience, [made, run = state_->export_state, self = self_] {
    try {
      made->status = run(self, made->state.sink());
    } catch (...) {
    }
  });
  if (!back) return refuse("the running generation did not hand over its state: " + notBack("export_state", patience));
  if (made->status != ATRIUM_OK)
    return refuse(fmt::format("the running generation did not hand over its state: export_state() returned {}", made->status));
  if (made->state.text.size() > made->state.max) return refuse("the state of the running generation is larger than 64 MiB");
  return std::move(made->state.text);
}

Result<void> LoadedPlugin::importState(const LoadedPlugin& from, std::string state) {
  struct Import {
    std::string state;
    atrium_status status = ATRIUM_FAILED;
  };
  const auto made = std::make_shared<Import>(Import{std::move(state)});
  const std::uint32_t format = from.state_->format;
  const auto patience = statePatience(environment_.patience);
  const bool back = callBounded("import_state", patience, [made, format, run = state_->import_state, self = self_] {
    try {
      made->status = run(self, format, {made->state.data(), made->state.size()});
    } catch (...) {
    }
  });
  if (!back) return refuse("it did not take the state of the running generation: " + notBack("import_state", patience));
  if (made->status == ATRIUM_UNSUPPORTED)
    return refuse(fmt::format("it does not take the state of version {} (format {})", from.manifest_.version, format));
  if (made->status != ATRIUM_OK)
    return refuse(fmt::format("it did not take the state of the running generation: import_state() returned {}", made->status));
  return {};
}

Result<void> LoadedPlugin::selfTest() {
  if (!self_test_) return {};
  struct Test {
    BoundedText why{{}, self_test_reason_max};
    atrium_status status = ATRIUM_FAILED;
  };
  const auto made = std::make_shared<Test>();
  const auto patience = statePatience(environment_.patience);
  const bool back = callBounded("self_test", patience, [made, run = self_test_->run, self = self_] {
    try {
      made->status = run(self, made->why.sink());
    } catch (...) {
      made->why.text = "an exception came out of it";
    }
  });
  if (!back) return refuse("its self-test failed: " + notBack("run", patience));
  if (made->status == ATRIUM_OK) return {};
  std::string& text = made->why.text;
  while (text.ends_with('.')) text.pop_back();
  if (!validUtf8(text) || text.size() > self_test_reason_max) text = "its reason cannot be told";
  if (text.empty()) text = fmt::format("run() returned {}", made->status);
  return refuse("its self-test failed: " + text);
}

}  // namespace atrium
