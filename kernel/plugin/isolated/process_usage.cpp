#include "plugin/isolated/process_usage.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include "base/read_all.hpp"

namespace atrium {

namespace {

std::string readProc(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  return readAll(file);
}

// The first number in `text`; 0: none.
std::uint64_t numberIn(std::string_view text) {
  const auto at = text.find_first_of("0123456789");
  std::uint64_t number = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at, text.data() + text.size(), number);
  return number;
}

std::uint64_t kibibytes(std::string_view status, std::string_view key) {
  const auto at = status.find(key);
  return at == std::string_view::npos ? 0 : numberIn(status.substr(at + key.size()));
}

}  // namespace

std::optional<ProcessUsage> processUsage(pid_t pid) {
  const std::string stat = readProc(pid, "stat"), status = readProc(pid, "status");
  // The program's name in parentheses may hold anything; utime and stime are the twelfth and thirteenth fields behind it.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos || status.empty()) return std::nullopt;
  std::string_view rest = std::string_view(stat).substr(name_end + 1);
  for (int field = 0; field < 12; ++field) rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  ProcessUsage usage;
  usage.cpu_ticks = numberIn(rest);
  rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
  usage.cpu_ticks += numberIn(rest);
  usage.memory_bytes = 1024 * (kibibytes(status, "RssAnon:") + kibibytes(status, "RssShmem:"));
  return usage;
}

}  // namespace atrium
