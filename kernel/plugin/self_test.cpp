#include "plugin/self_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "atrium/ext/state.h"
#include "config/source_text.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::size_t reason_max = 500;  // bytes

void append(void* context, const void* data, std::uint64_t size) {
  auto& text = *static_cast<std::string*>(context);
  if (data) text.append(static_cast<const char*>(data), std::min<std::uint64_t>(size, reason_max - std::min(text.size(), reason_max)));
}

}  // namespace

Result<void> selfTest(const LoadedPlugin& plugin) {
  const void* found = plugin.table(ATRIUM_EXT_SELF_TEST);
  if (!found) return {};
  std::uint32_t size = 0;
  std::memcpy(&size, found, sizeof size);
  if (size < sizeof(atrium_self_test)) return fail(Code::plugin_failed, "its self-test is smaller than this interface's");
  atrium_self_test test{};
  std::memcpy(&test, found, sizeof test);
  if (!test.run) return fail(Code::plugin_failed, "its self-test lacks its function");
  std::string why;
  atrium_status status = ATRIUM_FAILED;
  try {
    status = test.run(plugin.self(), {.context = &why, .write = append});
  } catch (...) {
    why = "an exception came out of it";
  }
  if (status == ATRIUM_OK) return {};
  while (why.ends_with('.')) why.pop_back();  // It goes into a sentence.
  if (!validUtf8(why)) why = "its reason is not UTF-8";
  if (why.empty()) why = fmt::format("it returned {}", status);
  return fail(Code::plugin_failed, "its self-test failed: " + why);
}

}  // namespace atrium
