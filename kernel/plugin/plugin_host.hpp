#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "engine/ports.hpp"
#include "loop/loop.hpp"
#include "plugin/guard.hpp"
#include "plugin/isolated/runner_host.hpp"
#include "plugin/loaded_plugin.hpp"
#include "plugin/plugin_catalog.hpp"
#include "plugin/plugin_journal.hpp"
#include "plugin/plugin_registry.hpp"
#include "plugin/probed_files.hpp"
#include "plugin/quarantine.hpp"
#include "plugin/shard_types.hpp"
#include "plugin/store_host.hpp"
#include "plugin/tombstone.hpp"
#include "plugin/types_port.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

// Whether all plugins that are wanted do their work. A value.
struct PluginsHealth {
  bool whole = true;
  std::string detail;  // Which do not and why, one sentence without its full stop; empty: all do.
};

// One thing that a change of the plugins does, or would do. A value.
struct PluginStep {
  enum class Action : std::uint8_t {
    load,
    unload,
    swap,         // Another file takes the place of the one that runs.
    reconfigure,  // The same file anew, with other options.
    keep,         // Something else is wanted and is not done; `detail` says why.
    restart       // Only a restart of the server does it.
  };
  Action action{};
  std::string plugin = {};
  std::string from_version = {};  // Empty: none runs.
  std::string to_version = {};    // Empty: none will run.
  std::string detail = {};        // One sentence without its full stop; may be empty.
  // How long calls of the plugin were held while its state was handed over; zero: they were not.
  std::chrono::microseconds parked{0};
};
[[nodiscard]] std::string_view word(PluginStep::Action action);

// The plugins of a server: finds them, loads those the configuration switches on, exchanges them while they are being called, and tells
// about all of them.
//
// A plugin lives in generations. A new one is made beside the running one, on the control thread; then each shard is told, between two
// turns of its own, to call the new one from now on; when the last shard has done so and the last lease is back, nobody is inside the old
// one, and it is ended and unloaded. A change of several plugins is made ready as a whole before any of it is published: what cannot be
// made, does not take its state or fails its self-test leaves everything as it was.
//
// Control thread (the main thread), except where another is named.
class PluginHost final : private PluginTroubles {
 public:
  struct Options {
    std::vector<std::filesystem::path> directories;
    std::filesystem::path copies;  // For the private copies that are loaded; made, and emptied first.
    PluginWishes wishes;
    ServiceParts services{};            // What plugins' services are built on.
    std::filesystem::path runner = {};  // The program atrium-runner; empty: nothing can be isolated or tried.
    // Where the plugins lie that come with the server, those of the ids atrium.*; they are not tried. Empty: all are.
    std::filesystem::path own_plugins = {};
    std::filesystem::path memory = {};  // A directory for what must survive a restart: quarantine, tombstones. Empty: nothing does.
    bool allow_less_durable = false;    // Whether a room type may ask for more than the storage promises.
    std::chrono::milliseconds call_patience{30000};  // With calls outside hooks, as of create() and destroy(); see LoadedPlugin::lost().
    std::chrono::milliseconds lease_patience{5000};  // With calls on workers in an old generation; afterwards it is stuck.
  };

  // Loads what is wanted. A file that is not sound, or does not start, and that the configuration does not name is logged and left
  // alone; a plugin that it names and that cannot be used ends the start: plugin_failed, with a text for the operator (a line for each
  // problem). One in quarantine is not loaded even when it is named. `log` and `clock` outlive the host.
  [[nodiscard]] static Result<std::unique_ptr<PluginHost>> start(Options options, Log& log, const Clock& clock);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  // The room types and message types, for one shard, from whose loop isolated plugins are called; without one they are left out. Before
  // the threads start; to be destroyed before stop().
  [[nodiscard]] std::unique_ptr<TypesPort> makeTypes(Loop* loop = nullptr);
  // The storage backend that was wished for; null when none was. Valid until stop().
  [[nodiscard]] LoadedPlugin* storage();
  // The plugin of that id; null when it is not active. Valid until the next change.
  [[nodiscard]] LoadedPlugin* find(std::string_view id);

  // Who offers what of the kinds that are called on workers. Any thread. Valid until stop(), before which every lease is given back.
  [[nodiscard]] PluginRegistry& registry() { return registry_; }

  // From now on the shards' threads run, and changes reach these ports by posts. `wake` is called, on any thread, when attend() has
  // something to do. Both until leave().
  void serve(Shards& shards, std::vector<TypesPort*> ports, std::function<void()> wake, std::vector<Loop*> loops = {});
  // From now on, until leave(), the storage's plugin can be exchanged, too: through `store`, which calls it.
  void serve(StoreHost& store) { store_ = &store; }
  // The shards' threads have ended.
  void leave();
  // Ends all plugins, the last loaded first. Nothing may be inside them any more.
  void stop();

  // ---- Changes at runtime. Each is whole or nothing: change_refused with one sentence, or with all problems as fields, leaves all as it
  // was; not_found when there is no such plugin. What enable(), disable() and configure() change of the wishes holds until the
  // configuration is applied or the server restarts.
  using Steps = std::vector<PluginStep>;
  [[nodiscard]] Result<Steps> enable(const std::string& id);
  [[nodiscard]] Result<Steps> disable(const std::string& id);
  // Reads its file anew and swaps to it, also when it is the same.
  [[nodiscard]] Result<Steps> reload(const std::string& id);
  // `config` takes the place of its options.
  [[nodiscard]] Result<Steps> configure(const std::string& id, YamlNode config);
  // Lifts its quarantine, forgets its faults, and loads it when it is wanted.
  [[nodiscard]] Result<Steps> reset(const std::string& id);
  // Reads the plugin directories anew: loads, swaps and unloads what is different.
  [[nodiscard]] Result<Steps> rescan();
  // What apply() would do with these wishes and directories.
  [[nodiscard]] Result<Steps> plan(std::vector<std::filesystem::path> directories, PluginWishes wishes);
  [[nodiscard]] Result<Steps> apply(std::vector<std::filesystem::path> directories, PluginWishes wishes);

  // Looks after plugins that got into trouble: goes back to the former generation, or puts one into quarantine; ends old generations that
  // somebody was inside of for long.
  void attend();
  // Finds calls that have been inside beyond all patience, once each: a fault, and the plugin is degraded and not called until they have
  // come back. Wakes whoever attends when an old generation can be ended. `ticks` is now. The watchdog's, once a second; any thread.
  void watch(std::uint64_t ticks = CallClock::ticks());
  // Which plugins are inside a call beyond all patience, for a server that is about to end: they are written down for the next start.
  // `loop`: it ends because an event loop is stuck, which a call on a worker is not to blame for. Any thread.
  void blameStuckCalls(bool loop, std::uint64_t ticks = CallClock::ticks());

  // ---- What is told. Any thread.
  [[nodiscard]] PluginJournal& journal() { return journal_; }
  // The answer of GET /admin/plugins: {"items":[...],"next_cursor":null}.
  [[nodiscard]] std::string adminJson() const;
  // One of its items; nothing: there is no plugin of that id.
  [[nodiscard]] std::optional<std::string> adminJson(std::string_view id) const;
  // The answer of GET /admin/plugins/events.
  [[nodiscard]] std::string eventsJson(std::uint64_t after) const;
  // A plugin that was rejected is missed where the configuration wants whatever is found, and so is one in quarantine; one fails while its
  // breaker is open or each of the latest calls of one of its hooks did (HookGuard::failing()).
  [[nodiscard]] PluginsHealth health() const;
  // Appends calls, failures, overruns and durations of every plugin and hook, and the plugins' states, in the text format of Prometheus.
  void appendPrometheus(std::string& out) const;

 private:
  struct Generation;
  struct Record;
  struct Move;
  struct Trial;
  using Moves = std::vector<Move>;

  PluginHost(Options options, Log& log, const Clock& clock);
  Result<void> load();
  Result<void> loadOne(const ResolvedPlugin& plugin);
  void convict(const Culprit& culprit);

  // What the plugins say of the configuration's own room types (plugin_settings.cpp).
  enum class Occasion : std::uint8_t { start, plan, change };
  // The plugin behind each of the room types that those of the configuration's own need, as it will be after the moves: in a plan, where
  // nothing of them is loaded, one in a throw-away runner, kept in `rehearsed`, where that can be.
  struct Standing;
  [[nodiscard]] std::vector<Standing> standingAfter(const PluginWishes& wishes, const Moves& moves, Occasion occasion);
  [[nodiscard]] std::unique_ptr<LoadedPlugin> rehearse(const ResolvedPlugin& plugin);
  // That the room types can be as they are wished, with the plugins there will be after the moves: what they are based on, and the
  // settings that their rooms begin with; after the start, of those for which something is different.
  [[nodiscard]] ConfigProblems checkRoomTypes(const PluginWishes& wishes, const Moves& moves, Occasion occasion);

  // Planning (plugin_plan.cpp).
  // Whose file is in quarantine, and none other of it runs.
  [[nodiscard]] PluginCatalog::KeptOut keptOut() const;
  [[nodiscard]] Result<std::unique_ptr<Trial>> tryOut(PluginCatalog catalog, PluginWishes wishes) const;
  // What leads from what runs to the trial; only for the plugin `only` when it is not empty, which is then swapped even for the same.
  [[nodiscard]] Moves movesTo(const Trial& trial, std::string_view only, bool force);
  void planOne(const ResolvedPlugin& plugin, bool force, Moves& moves);
  Result<Steps> change(std::unique_ptr<Trial> trial, std::string_view only, bool force);
  Result<void> known(const std::string& id) const;

  // Trying new files in throw-away processes before this one loads them (plugin_trial.cpp).
  [[nodiscard]] bool needsTrial(const ResolvedPlugin& plugin) const;
  void tryFiles(std::span<const ResolvedPlugin> plugins);
  // What the trial of that file said, which is new or was tried since the last time; plugin_failed: it is not to be loaded.
  Result<void> passedTrial(const ResolvedPlugin& plugin);
  RunnerHost& runners();

  // Carrying out (plugin_change.cpp).
  // `wishes`: what the room types must fit, too; null: they are not looked at.
  Result<void> carryOut(Moves& moves, const PluginWishes* wishes = nullptr);
  [[nodiscard]] Result<std::unique_ptr<LoadedPlugin>> isolate(const Generation& made, const std::filesystem::path& copy,
                                                              const LoadedPlugin::Environment& environment);
  [[nodiscard]] static std::shared_ptr<HookTarget> hooksOf(const Generation& generation, Loop* loop);
  Result<std::unique_ptr<Generation>> make(const ResolvedPlugin& plugin, Record& record);
  Result<void> makeAll(Moves& moves);
  // What its room type asks for and the storage does not promise, a sentence without its full stop; empty: nothing.
  [[nodiscard]] std::string excessOf(const Generation& made);
  void dropMade(Moves& moves);
  Result<void> holdCalls(const Moves& moves);
  void letCallsGo(const Moves& moves, bool taken_over);
  Result<void> handOver(Moves& moves);
  std::shared_ptr<EveryShard> park(const Moves& moves, bool parked);
  std::shared_ptr<EveryShard> publish(Moves& moves);
  void replace(Move& move, const std::shared_ptr<EveryShard>& left);
  // Under the lock: what is called of the plugin from now on, on probation.
  void install(Record& record, std::unique_ptr<Generation> made);
  // `forget`: it is not to be gone back to.
  void retire(Record& record, std::unique_ptr<Generation> old, const std::shared_ptr<EveryShard>& left, bool forget);
  // Whether nobody is inside a generation that the shards have let go of, at once or within the patience with leases.
  [[nodiscard]] bool isFree(const Generation& old, std::chrono::milliseconds patience);
  bool endGeneration(Record& record, std::unique_ptr<Generation> old);
  bool holdForGood(Record& record, std::unique_ptr<Generation> old, std::string why);
  void reap();

  // The storage's plugin (storage_move.cpp), whose old generation ends before the new one begins.
  Result<void> exchangeStorage(Move& move);
  Result<std::unique_ptr<Generation>> openStorage(const ResolvedPlugin& plugin, Record& record);

  void adopt(std::unique_ptr<Trial> trial);

  // Troubles (plugin_troubles.cpp).
  void breakerChanged(const std::string& plugin, std::uint64_t generation, BreakerState state) override;
  void faulted(const std::string& plugin, std::uint64_t generation, std::string_view what) override;
  void forked(const CallMark& call);
  void addFault(Record& record, std::string what);
  void cameBack(const std::string& plugin, std::uint64_t generation) override;
  bool rollBack(Record& record, const std::string& reason);
  void putIntoQuarantine(Record& record, std::string reason, std::string by);

  [[nodiscard]] static std::string keyOf(const CatalogEntry& entry);
  Record& recordOf(const std::string& key);
  // One step of a record's life, told everywhere. Under no lock.
  void note(Record& record, std::uint64_t generation, PluginState state, std::string reason = {});
  void noteLocked(Record& record, std::uint64_t generation, PluginState state, std::string reason);
  // Calls `each` with every record's key and the record, each under the lock by itself: whoever waits for the lock waits for what is told
  // of one plugin. Records may come and go in between.
  template <typename Each>
  void forEachRecord(Each each) const;
  void appendOwnSeries(std::string& out) const;
  void appendRunnerSeries(std::string& out) const;
  [[nodiscard]] bool isShadow(std::string_view id) const;
  [[nodiscard]] bool missed(const Record& record) const;
  void writeRecord(JsonWriter<std::string>& json, const Record& record) const;

  Options options_;
  Log& log_;
  const Clock& clock_;
  CallClock call_clock_;
  PluginJournal journal_;
  Tombstone tombstone_;
  Quarantine quarantine_;
  ProbedFiles probed_;
  std::map<std::string, std::string, std::less<>> unfit_;  // Files that did not live through their trial, by SHA-256, and how they ended.
  std::optional<PluginCopies> copies_;
  PluginCatalog catalog_;
  ShardTypes shards_;
  StoreHost* store_ = nullptr;  // Null: the storage stays as it is.
  std::vector<Loop*> loops_;    // Of the shards, in order; empty: none is known.
  std::function<void()> wake_;
  std::unique_ptr<RunnerHost> runners_;  // Once something is isolated or tried.
  PluginRegistry registry_;

  // Held for moments, never while a plugin is called: the reports read what the control thread and the troubles write.
  mutable std::mutex mutex_;
  std::map<std::string, Record, std::less<>> records_;  // By id; a file without one by its path.
  std::vector<std::string> load_order_;                 // Of the active plugins.
};

}  // namespace atrium
