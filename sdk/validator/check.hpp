#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "plugin/elf.hpp"
#include "plugin/elf_traits.hpp"
#include "plugin/manifest.hpp"
#include "protocol/json_index.hpp"

// What a probe works with, inside the child process that runs it.
namespace atrium::validate {

struct Settings {
  std::filesystem::path plugin;  // Absolute.
  std::filesystem::path runner;  // atrium-runner; empty: there is none here.
  std::uint64_t seed = 1;
  std::chrono::seconds patience{10};  // How long a call may say nothing before it counts as hanging.
  std::chrono::seconds fuzz{2};
  std::string options;            // A YAML mapping that stands in for the operator's `config`; empty: none.
  std::string input_file;         // One call to repeat in place of the fuzz level's own.
  std::filesystem::path scratch;  // A directory for this run alone.
};

// What the file says of itself.
struct Facts {
  std::vector<std::byte> bytes;
  ElfContents contents;  // Views into `bytes`.
  ElfTraits traits;
  Manifest manifest;
  JsonDocument manifest_json;  // The same whole, with the schemas that Manifest keeps compiled.
  std::string options;         // As create() gets them: one JSON object.
};

// The rules under which it counts when the plugin ends the process, does not return or crashes.
struct Survival {
  std::string_view crash, hang, exit;
  Survival(std::string_view all) : crash(all), hang(all), exit(all) {}
  Survival(std::string_view its_crash, std::string_view its_hang, std::string_view its_exit)
      : crash(its_crash), hang(its_hang), exit(its_exit) {}
};

class Check {
 public:
  // Takes one line: a JSON object. Called by one thread at a time.
  using Report = std::function<void(std::string_view line)>;
  Check(const Settings& settings, const Facts& facts, Report report);
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;

  // A rule is broken: what was expected and what came, each a clause. The first finding of a rule is the one that is shown. Any thread.
  void fail(std::string_view rule, std::string_view expected, std::string_view came);
  // A rule that cannot be looked at, and why. Any thread.
  void skip(std::string_view rule, std::string_view why);
  // A rule was looked at to its end: kept, unless a finding says otherwise. Any thread.
  void lookedAt(std::string_view rule);
  // The same of all rules of the probe. One that returns without it has come upon something that keeps it from the rest. Any thread.
  void lookedAtAll();
  // With how many calls a rule was looked at, once that is over. Any thread.
  void counted(std::string_view rule, std::uint64_t calls);
  // From here on the plugin is inside, doing `what`; tells the parent that time passes, too. Any thread.
  void doing(const Survival& survival, std::string_view what);
  // The input to keep as a file when what is being done goes wrong. Any thread.
  void input(std::string_view json);
  void done();

  [[nodiscard]] bool failed(std::string_view rule) const;
  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Facts& facts() const { return facts_; }
  [[nodiscard]] Random random(std::uint64_t salt) const { return Random(settings_.seed * 0x9E3779B97F4A7C15ULL + salt); }
  // Whether this is still the process that began: a plugin that forks comes back twice.
  [[nodiscard]] bool original() const;

 private:
  void tell(std::string_view line);

  const Settings& settings_;
  const Facts& facts_;
  const Report report_;
  int process_;
  mutable std::mutex mutex_;
  std::vector<std::string> failed_;
};

// Bytes on the heap that are in use, whatever allocator the build has.
[[nodiscard]] std::size_t heapInUse();
// Counts of this process.
[[nodiscard]] std::size_t threadCount();
// Waits up to `within` for the process to have no more than so many threads; false: it still has. By looking again and again, because
// nothing tells when a thread that somebody else started leaves the kernel's list, which a joined one does a moment later.
[[nodiscard]] bool threadsFallTo(std::size_t count, std::chrono::milliseconds within);
[[nodiscard]] std::size_t descriptorCount();
[[nodiscard]] bool hasChildProcess();
// What went to standard output and error so far, which a child writes to files.
[[nodiscard]] std::size_t outputSize();

// A text from the plugin as it may be shown: at most 120 bytes, on one line, quoted.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace atrium::validate
