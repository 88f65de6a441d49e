#include "config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace atrium {

namespace {
constexpr std::size_t shown_max = 100;
}

ConfigProblem problemAt(const SourcePlace& place, std::string message, std::string hint) {
  return {place.file ? *place.file : std::string(), place.line, place.column, std::move(message), std::move(hint)};
}

std::string formatProblems(std::span<const ConfigProblem> problems) {
  std::string out;
  auto sink = std::back_inserter(out);
  for (const ConfigProblem& problem : problems.first(std::min(problems.size(), shown_max))) {
    if (!problem.file.empty()) fmt::format_to(sink, "{}:", problem.file);
    if (problem.line > 0) fmt::format_to(sink, "{}:{}:", problem.line, problem.column);
    fmt::format_to(sink, "{}{}\n", out.empty() || out.back() == '\n' ? "" : " ", problem.message);
    if (!problem.hint.empty()) fmt::format_to(sink, "    {}\n", problem.hint);
  }
  if (problems.size() > shown_max) fmt::format_to(sink, "and {} more problems\n", problems.size() - shown_max);
  return out;
}

}  // namespace atrium
