#pragma once

#include <cerrno>
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/result.hpp"
#include "config/problem.hpp"
#include "protocol/errors.hpp"

namespace atrium {

// What a plugin's file, its manifest or the plugin itself is refused for, in one sentence for the operator.
[[nodiscard]] inline std::unexpected<Error> refuse(std::string why) { return fail(Code::plugin_failed, std::move(why)); }

// What a change of the plugins is refused for, in whole sentences.
[[nodiscard]] inline std::unexpected<Error> refuseChange(std::string why) { return fail(Code::change_refused, std::move(why)); }
// Likewise for a configuration with problems, all of which are told.
[[nodiscard]] inline std::unexpected<Error> refuseChange(const ConfigProblems& problems) {
  Error error{Code::change_refused, "The configuration has problems; nothing was changed.", 0, {}};
  for (const ConfigProblem& problem : problems) {
    std::string text = formatProblems(std::span(&problem, 1));
    while (text.ends_with('\n')) text.pop_back();
    error.fields.push_back({"/plugins", std::move(text)});
  }
  return std::unexpected(std::move(error));
}

// Why a call outside hooks came to nothing.
[[nodiscard]] inline std::string notBack(std::string_view function, std::chrono::milliseconds patience) {
  return std::string(function) + "() did not come back within " + std::to_string(patience.count()) + " ms";
}

// What the last system call of this thread failed with.
[[nodiscard]] inline std::string systemError() { return std::generic_category().message(errno); }

}  // namespace atrium
