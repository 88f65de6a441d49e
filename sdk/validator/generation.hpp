#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/ext/state.h"
#include "atrium/plugin.h"
#include "plugin/library.hpp"
#include "protocol/json_index.hpp"
#include "validator/check.hpp"
#include "validator/fake_host.hpp"

namespace atrium::validate {

// A copy of the file in memory, from which instances are made. One thread loads and unloads.
class Image {
 public:
  // Writes a copy into the run's own directory and loads it. Null when the system does not; then `load.opens` or `contract.entry` failed.
  [[nodiscard]] static std::unique_ptr<Image> load(Check& check);
  ~Image();  // Unloads, unless a thread that came meanwhile may be in its code.
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  // The plugin's own, as far as its struct_size reaches; the rest is zero.
  [[nodiscard]] const atrium_entry_table& entry() const { return entry_; }
  // True when its code has left the process. Once, when no instance is left.
  [[nodiscard]] bool unload();

 private:
  Image(Library library, std::filesystem::path file, std::size_t threads)
      : library_(std::move(library)), file_(std::move(file)), threads_(threads) {}
  std::optional<Library> library_;
  std::filesystem::path file_;
  std::size_t threads_;  // Of the process, before it was loaded.
  atrium_entry_table entry_{};
};

// What create() said.
struct Creation {
  atrium_status status = ATRIUM_FAILED;
  std::string sentence;
  bool out_touched = false;  // Although it refused.
  bool threw = false;
};

// An instance with the host it was made for.
class Instance {
 public:
  // Null when create() refused; `said` tells how. `options` is a JSON object. The image outlives the instance.
  [[nodiscard]] static std::unique_ptr<Instance> create(const Image& image, const Check& check, std::string_view options,
                                                        FakeHost::Manner manner, Creation& said);
  // With the options of the facts; null: `contract.defaults` failed.
  [[nodiscard]] static std::unique_ptr<Instance> createDefault(const Image& image, Check& check, FakeHost::Manner manner = {});
  // Stands for an instance that somebody else made and ends: calls go to `tables`, by extension id, which outlive it.
  [[nodiscard]] static std::unique_ptr<Instance> of(const Facts& facts, atrium_plugin* self,
                                                    std::vector<std::pair<std::string, const void*>> tables);
  ~Instance();  // Settles the host and calls destroy(), where an exception is passed over.
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  [[nodiscard]] atrium_plugin* self() const { return self_; }
  [[nodiscard]] FakeHost& host() { return host_; }
  // Asks the plugin, on the thread that made it.
  [[nodiscard]] const void* rawTable(const char* extension_id) const { return entry_->get_extension(self_, extension_id); }

  // The table of that extension as far as the plugin's struct_size reaches; nothing when it has none. Any thread: the plugin was asked when
  // the instance was made.
  template <typename Table>
  [[nodiscard]] std::optional<Table> table(std::string_view extension_id) const {
    for (const auto& [id, raw] : tables_)
      if (id == extension_id) return grown<Table>(raw);
    return std::nullopt;
  }
  template <typename Table>
  [[nodiscard]] static std::optional<Table> grown(const void* from) {
    std::uint32_t size = 0;
    if (!from) return std::nullopt;
    std::memcpy(&size, from, sizeof size);
    Table to{};
    std::memcpy(&to, from, size < sizeof to ? size : sizeof to);
    return to;
  }

 private:
  Instance(const atrium_entry_table* entry, const Manifest& manifest, FakeHost::Manner manner) : entry_(entry), host_(manifest, manner) {}
  const atrium_entry_table* entry_;  // Null: another's to end.
  FakeHost host_;
  atrium_plugin* self_ = nullptr;
  std::vector<std::pair<std::string, const void*>> tables_;  // Of what the manifest lists, and of state and self-test.
};

// Collects what is written to an atrium_sink, up to a bound.
class Collector {
 public:
  explicit Collector(std::size_t max) : max_(max) {}
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  [[nodiscard]] atrium_sink sink() { return {this, write}; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool over() const { return over_; }

 private:
  static void write(void* context, const void* data, std::uint64_t size);
  std::size_t max_;
  std::string text_;
  bool over_ = false;
};

inline constexpr std::size_t sentence_max = 16384;  // bytes of what create() and others tell an operator, who sees the first 500

}  // namespace atrium::validate
