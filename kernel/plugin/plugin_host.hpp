#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "engine/ports.hpp"
#include "plugin/guard.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/plugin_catalog.hpp"
#include "plugin/plugin_registry.hpp"

namespace atrium {

// Where a plugin stands in its life.
enum class PluginState : std::uint8_t {
  rejected,  // Its file or manifest is not sound, or it did not start; the reason says why.
  verified,  // Sound, and not wanted; the reason says by what.
  active,    // Loaded, configured, being called.
  unloaded,  // Ended in order, code gone.
  pinned     // Ended in order, but its code could not be unloaded.
};
[[nodiscard]] std::string_view word(PluginState state);

// Whether all plugins that are wanted do their work. A value.
struct PluginsHealth {
  bool whole = true;
  std::string detail;  // Which do not and why, one sentence without its full stop; empty: all do.
};

// The plugins of a server: finds them, loads those the configuration switches on, and tells about all of them. Made and stopped on the
// main thread; the reports may be asked for by any thread in between.
class PluginHost {
 public:
  struct Options {
    std::vector<std::filesystem::path> directories;
    std::filesystem::path copies;  // For the private copies that are loaded; made, and emptied first.
    PluginWishes wishes;
    ServiceParts services{};  // What plugins' services are built on.
  };

  // Loads what is wanted. A file that is not sound, or does not start, and that the configuration does not name is logged and left
  // alone; a plugin that it names and that cannot be used ends the start: plugin_failed, with a text for the operator (a line for each
  // problem). `log` and `clock` outlive the host.
  [[nodiscard]] static Result<std::unique_ptr<PluginHost>> start(Options options, Log& log, const Clock& clock);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  // The room types and message types, for one shard. Before the threads start; to be destroyed before stop().
  [[nodiscard]] std::unique_ptr<Types> makeTypes();
  // The storage backend that was wished for; null when none was. Valid until stop().
  [[nodiscard]] LoadedPlugin* storage();
  // The plugin of that id; null when it is not active. Valid until stop().
  [[nodiscard]] LoadedPlugin* find(std::string_view id);

  // Who offers what of the kinds that are called on workers. Valid until stop(), before which every lease is given back.
  [[nodiscard]] PluginRegistry& registry() { return registry_; }

  // Ends all plugins, the last loaded first. Nothing may be inside them any more.
  void stop();

  // The answer of GET /admin/plugins: {"items":[...],"next_cursor":null}.
  [[nodiscard]] std::string adminJson() const;
  // A plugin that was rejected is missed where the configuration wants whatever is found; one fails while each of the latest calls of
  // one of its hooks did (HookGuard::failing()).
  [[nodiscard]] PluginsHealth health() const;
  // Appends calls, failures, overruns and durations of every plugin and hook in the text format of Prometheus.
  void appendPrometheus(std::string& out) const;

 private:
  struct Record;
  PluginHost(Options options, Log& log, const Clock& clock);
  Result<void> load();
  Result<void> loadOne(ResolvedPlugin& plugin, Record& record, PluginCopies& copies);
  void reject(Record& record, std::string reason);
  void appendOwnSeries(std::string& out) const;
  [[nodiscard]] bool missed(const Record& record) const;

  Options options_;
  Log& log_;
  CallClock call_clock_;
  LoadedPlugin::Environment environment_;
  PluginCatalog catalog_;
  std::vector<Record> records_;
  PluginRegistry registry_;
};

}  // namespace atrium
