#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_value.hpp"

namespace atrium {

// What to say of a command line whose subcommand is none; empty when that is not what is wrong with it. `app` is a CLI::App whose
// subcommands stand before their options; the library itself tells only that one is missing, and not which word was read as none.
template <typename App>
[[nodiscard]] std::string wrongSubcommand(const App& app, std::span<const std::string> arguments) {
  const App* at = &app;
  for (const std::string& word : arguments) {
    std::vector<std::string_view> names;
    const App* found = nullptr;
    for (const App* one : at->get_subcommands([](const App*) { return true; })) {
      names.push_back(one->get_name());
      if (names.back() == word) found = one;
    }
    if (names.empty() || word.starts_with('-')) return {};
    if (!found) {
      const std::string meant = suggestion(word, names);
      return fmt::format("{} has no command \"{}\"{}\nRun with --help for those there are.\n", at->get_name(), word,
                         meant.empty() ? "." : "; " + meant);
    }
    at = found;
  }
  return {};
}

}  // namespace atrium
