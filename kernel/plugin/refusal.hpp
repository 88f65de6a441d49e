#pragma once

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/result.hpp"
#include "protocol/errors.hpp"

namespace atrium {

// What a plugin's file, its manifest or the plugin itself is refused for, in one sentence for the operator.
[[nodiscard]] inline std::unexpected<Error> refuse(std::string why) { return fail(Code::plugin_failed, std::move(why)); }

// Why a call outside hooks came to nothing.
[[nodiscard]] inline std::string notBack(std::string_view function, std::chrono::milliseconds patience) {
  return std::string(function) + "() did not come back within " + std::to_string(patience.count()) + " ms";
}

// What the last system call of this thread failed with.
[[nodiscard]] inline std::string systemError() { return std::generic_category().message(errno); }

}  // namespace atrium
