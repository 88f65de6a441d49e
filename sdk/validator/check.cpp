#include "validator/check.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "config/source_text.hpp"
#include "protocol/json_writer.hpp"

// Of the sanitizers' allocator; absent in other builds.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

namespace atrium::validate {

namespace {

constexpr std::size_t told_max = 4000;  // bytes of one clause

std::size_t entries(const char* directory) {
  std::error_code error;
  std::size_t count = 0;
  std::filesystem::directory_iterator at(directory, error);
  while (!error && at != std::filesystem::directory_iterator()) {
    ++count;
    at.increment(error);
  }
  return count;
}

std::string_view cut(std::string_view text) { return text.substr(0, told_max); }

}  // namespace

Check::Check(const Settings& settings, const Facts& facts, Report report)
    : settings_(settings), facts_(facts), report_(std::move(report)), process_(::getpid()) {}

bool Check::original() const { return ::getpid() == process_; }

void Check::tell(std::string_view line) {
  if (original()) report_(line);
}

void Check::fail(std::string_view rule, std::string_view expected, std::string_view came) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(failed_, rule) != failed_.end()) return;
  failed_.emplace_back(rule);
  std::string line;
  JsonWriter json(line);
  json.begin('{').key("kind").value("fail").key("rule").value(rule);
  json.key("expected").value(cut(expected)).key("came").value(cut(came)).end('}');
  tell(line);
}

void Check::skip(std::string_view rule, std::string_view why) {
  const std::lock_guard lock(mutex_);
  std::string line;
  JsonWriter json(line);
  json.begin('{').key("kind").value("skip").key("rule").value(rule).key("came").value(why).end('}');
  tell(line);
}

void Check::lookedAt(std::string_view rule) {
  const std::lock_guard lock(mutex_);
  std::string line;
  JsonWriter(line).begin('{').key("kind").value("kept").key("rule").value(rule).end('}');
  tell(line);
}

void Check::lookedAtAll() {
  const std::lock_guard lock(mutex_);
  tell(R"({"kind":"all"})");
}

void Check::counted(std::string_view rule, std::uint64_t calls) {
  const std::lock_guard lock(mutex_);
  std::string line;
  JsonWriter(line).begin('{').key("kind").value("counted").key("rule").value(rule).key("calls").value(calls).end('}');
  tell(line);
}

void Check::doing(const Survival& survival, std::string_view what) {
  const std::lock_guard lock(mutex_);
  std::string line;
  JsonWriter json(line);
  json.begin('{').key("kind").value("doing").key("crash").value(survival.crash).key("hang").value(survival.hang);
  json.key("exit").value(survival.exit).key("what").value(cut(what)).end('}');
  tell(line);
}

void Check::input(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string line;
  JsonWriter json(line);
  json.begin('{').key("kind").value("input").key("what").value(text).end('}');
  tell(line);
}

void Check::done() {
  const std::lock_guard lock(mutex_);
  tell(R"({"kind":"done"})");
}

bool Check::failed(std::string_view rule) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::find(failed_, rule) != failed_.end();
}

std::size_t heapInUse() {
  if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 figures = ::mallinfo2();
  return figures.uordblks + figures.hblkhd;
}

std::size_t threadCount() { return entries("/proc/self/task"); }
bool threadsFallTo(std::size_t count, std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (threadCount() > count) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}
std::size_t descriptorCount() { return entries("/proc/self/fd"); }

bool hasChildProcess() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

std::size_t outputSize() {
  struct stat out{}, error{};
  ::fflush(nullptr);
  ::fstat(STDOUT_FILENO, &out);
  ::fstat(STDERR_FILENO, &error);
  const bool apart = out.st_ino != error.st_ino;
  return static_cast<std::size_t>(out.st_size) + (apart ? static_cast<std::size_t>(error.st_size) : 0);
}

std::string shown(std::string_view text) {
  constexpr std::size_t shown_max = 120;
  std::string out = "\"";
  for (const char c : text.substr(0, shown_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  if (!validUtf8(out)) {
    out = "\"";
    for (const char c : text.substr(0, 40)) {
      const auto byte = static_cast<unsigned char>(c);
      out += byte >= 0x20 && byte < 0x7F ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    }
  }
  out += text.size() > shown_max ? fmt::format("...\" ({} bytes)", text.size()) : "\"";
  return out;
}

}  // namespace atrium::validate
