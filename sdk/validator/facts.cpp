#include "validator/facts.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "atrium/plugin.h"
#include "base/read_all.hpp"
#include "plugin/plugin_file.hpp"
#include "protocol/json_writer.hpp"

namespace atrium::validate {

namespace {

// What the system, the compilers and the platform bring.
constexpr std::array<std::string_view, 12> system_libraries = {"libc.so",    "libm.so",      "libdl.so",    "libpthread.so",
                                                               "librt.so",   "libstdc++.so", "libgcc_s.so", "ld-linux",
                                                               "libasan.so", "libubsan.so",  "libtsan.so",  "libclang_rt"};
constexpr std::array<std::string_view, 7> known_libraries = {"libical.so",    "libsqlite3.so", "libssl.so", "libcrypto.so",
                                                             "libhiredis.so", "libcurl.so",    "libz.so"};

bool startsWithAny(std::string_view text, std::span<const std::string_view> starts) {
  return std::ranges::any_of(starts, [&](std::string_view start) { return text.starts_with(start); });
}

std::string firstOf(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t n = 0; n < names.size() && n < 3; ++n) out += (n ? ", " : "") + names[n];
  return names.size() > 3 ? out + fmt::format(" and {} more", names.size() - 3) : out;
}

// A value that fits an option which has no default.
std::string invent(const PluginOption& option) {
  if (!option.choices.empty()) return option.choices.front();
  const auto low = static_cast<std::int64_t>(option.bounds.min.value_or(1));
  switch (option.type) {
    case OptionType::string: return "\"" + std::string(static_cast<std::size_t>(std::max<std::int64_t>(low, 1)), 'x') + "\"";
    case OptionType::boolean: return "true";
    case OptionType::duration: return fmt::format("{}ms", std::max<std::int64_t>(low / 1'000'000, 1));
    case OptionType::size: return fmt::format("{}B", std::max<std::int64_t>(low, 1));
    case OptionType::array: return "[]";
    case OptionType::object: return "{}";
    default: return fmt::format("{}", low);
  }
}

class Reader {
 public:
  explicit Reader(const Settings& settings) : settings_(settings) {}

  FileReport read() {
    if (!readBytes()) return std::move(report_);
    if (!readContents()) return std::move(report_);
    checkSeal();
    if (!readManifest()) return std::move(report_);
    checkTraits();
    report_.facts = std::move(facts_);
    return std::move(report_);
  }

 private:
  void fail(std::string rule, std::string expected, std::string came) {
    report_.findings.push_back({std::move(rule), std::move(expected), std::move(came)});
  }

  bool readBytes() {
    struct stat status{};
    if (::lstat(settings_.plugin.c_str(), &status) != 0) {
      fail("file.readable", "a file", std::strerror(errno));
      return false;
    }
    if (!S_ISREG(status.st_mode) || std::cmp_greater(status.st_size, plugin_size_max)) {
      fail("file.readable", "a regular file of at most 64 MiB",
           S_ISLNK(status.st_mode)   ? "a symbolic link"
           : S_ISREG(status.st_mode) ? fmt::format("{} bytes", status.st_size)
                                     : "something else");
      return false;
    }
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      fail("file.mode", "writable by its owner alone", fmt::format("mode {:04o}", status.st_mode & 07777));
    else if (status.st_uid != 0 && status.st_uid != ::geteuid())
      fail("file.mode", "a file of root or of who runs the server", fmt::format("a file of user {}", status.st_uid));
    std::ifstream file(settings_.plugin, std::ios::binary);
    const std::string text = readAll(file);
    if (!file) {
      fail("file.readable", "a file that can be read", std::strerror(errno));
      return false;
    }
    report_.kept = {"file.readable", "file.mode"};
    const auto bytes = std::as_bytes(std::span(text));
    facts_->bytes.assign(bytes.begin(), bytes.end());
    return true;
  }

  bool readContents() {
    auto contents = readElf(facts_->bytes);
    if (!contents) {
      // The reader of the server stops at the first thing that is wrong; its sentence says which it was.
      const std::string& why = contents.error().detail;
      const char* rule = why.find("manifest") != std::string::npos                                                ? "file.manifest"
                         : why.find("sealed") != std::string::npos || why.find("seal makes") != std::string::npos ? "file.seal"
                                                                                                                  : "file.elf";
      fail(rule, findRule(rule), why);
      return false;
    }
    facts_->contents = *std::move(contents);
    auto traits = readElfTraits(facts_->bytes);
    if (!traits) {
      fail("file.elf", "sound tables of symbols", traits.error().detail);
      return false;
    }
    facts_->traits = *std::move(traits);
    report_.kept.emplace_back("file.elf");
    return true;
  }
  static std::string findRule(std::string_view rule) {
    return rule == "file.elf" ? "a shared library for this machine" : rule == "file.seal" ? "one seal" : "one manifest";
  }

  void checkSeal() {
    if (!sealIsWhole(facts_->bytes, facts_->contents.seal_offset))
      fail("file.seal", "the bytes that were sealed", "other ones: seal it again with `atrium seal FILE` after whatever changes the file");
    if (facts_->contents.build_id.empty()) fail("file.build-id", "a build id (-Wl,--build-id)", "none");
    report_.kept.insert(report_.kept.end(), {"file.seal", "file.build-id"});
  }

  bool readManifest() {
    const std::string_view text = facts_->contents.manifest;
    auto manifest = parseManifest(text, "plugin.yaml");
    if (!manifest) {
      fail("file.manifest", "a valid manifest", manifest.error().detail);
      return false;
    }
    facts_->manifest = *std::move(manifest);
    report_.kept.emplace_back("file.manifest");
    const Manifest& known = facts_->manifest;
    if (known.abi_major != ATRIUM_ABI_MAJOR || known.abi_minor > ATRIUM_ABI_MINOR) {
      fail("file.interface", fmt::format("interface {}.{} or older", ATRIUM_ABI_MAJOR, ATRIUM_ABI_MINOR),
           fmt::format("{}.{}", known.abi_major, known.abi_minor));
      return false;
    }
    if (const auto yaml = parseYaml(text, "plugin.yaml"))
      if (auto json = JsonDocument::parse(toJson(*yaml))) facts_->manifest_json = *std::move(json);
    return completeOptions();
  }

  bool completeOptions() {
    std::string given = settings_.options;
    if (given.empty()) {
      for (const PluginOption& option : facts_->manifest.options.options())
        if (option.required) given += fmt::format("{}: {}\n", option.name, invent(option));
      if (given.empty()) given = "{}";
    }
    const auto yaml = parseYaml(given, "options");
    const auto complete = yaml ? facts_->manifest.options.complete(*yaml, yaml->place) : std::unexpected(yaml.error());
    if (complete)
      facts_->options = *complete;
    else
      report_.options_problem = formatProblems(complete.error());
    return complete.has_value();
  }

  void checkTraits() {
    const ElfTraits& traits = facts_->traits;
    if (traits.exports.size() != 1 || traits.exports.front() != "atrium_entry")
      fail("file.exports", "atrium_entry alone (a version script {global: atrium_entry; local: *;})",
           traits.exports.empty() ? "nothing" : firstOf(traits.exports));
    if (!traits.unique_symbols.empty()) fail("file.unique", "none (-fno-gnu-unique and a version script)", firstOf(traits.unique_symbols));
    if (traits.no_delete) fail("file.no-delete", "a library that can be unloaded (no -z nodelete)", "the flag NODELETE");
    if (traits.text_relocations) fail("file.text-relocations", "position-independent code (-fPIC)", "text relocations");
    if (!traits.run_path.empty()) fail("file.run-path", "neither", traits.run_path);
    if (traits.executable_stack) fail("file.stack", "a stack without code (-z noexecstack)", "an executable stack");
    std::vector<std::string> strange;
    for (const std::string& library : traits.needed)
      if (library.find('/') != std::string::npos || !(startsWithAny(library, system_libraries) || startsWithAny(library, known_libraries)))
        strange.push_back(library);
    if (!strange.empty())
      fail("file.needed", "the system's libraries, libsqlite3, OpenSSL, libhiredis, libcurl, libical or zlib; link others statically",
           firstOf(strange));
  }

  const Settings& settings_;
  FileReport report_;
  std::unique_ptr<Facts> facts_ = std::make_unique<Facts>();
};

}  // namespace

FileReport readFacts(const Settings& settings) { return Reader(settings).read(); }

}  // namespace atrium::validate
