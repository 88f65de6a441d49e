#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "atrium/ext/state.h"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "engine/hooks.hpp"
#include "plugin/guard.hpp"
#include "plugin/kinds.hpp"
#include "plugin/library.hpp"
#include "plugin/manifest.hpp"
#include "plugin/services/plugin_services.hpp"
#include "protocol/ui.hpp"

namespace atrium {

class IsolatedPlugin;

// One plugin in memory: its library, its instance, its tables and the services it was granted. Made and ended on the main thread, when
// no other call is inside; the tables may be read by any thread.
class LoadedPlugin {
 public:
  // What every plugin is handed. All of it outlives the plugin.
  struct Environment {
    Log& log;
    const Clock& clock;
    const CallClock& call_clock;
    ServiceParts services{};
    bool keep_copy = false;  // Whether the private copy stays when the plugin ends: another process loads it, too.
    // Of this load.
    std::string sha256 = {};                                // Of the file.
    std::uint64_t generation = 1;                           // Which one of this plugin.
    PluginTroubles* troubles = nullptr;                     // Null: nobody is told.
    std::optional<std::chrono::nanoseconds> deadline = {};  // As the operator wants it.
    std::shared_ptr<const void> lent = {};                  // What the plugin refers to, as its manifest: kept for as long as the plugin.
    // How long a call outside hooks may take, and a sixth of it one for which the plugin's other calls are held; see lost(). Zero: for
    // ever.
    std::chrono::milliseconds patience{0};
  };

  // Loads the private copy at `library_file`, compares it with its manifest, makes an instance and fetches its tables. `options` is
  // checked configuration: one JSON object. Fails with plugin_failed and one sentence; then nothing stays loaded. The manifest
  // outlives the plugin. The copy is removed in the end. `rights` left out: what the manifest wants and an operator who says nothing
  // grants.
  [[nodiscard]] static Result<std::unique_ptr<LoadedPlugin>> load(const Manifest& manifest, const std::filesystem::path& library_file,
                                                                  std::string_view options, Environment environment,
                                                                  std::optional<PluginRights> rights = std::nullopt);
  // Stands for a plugin in a runner, whose private copy is `library_file`: with tables that lead there, and without code of its own.
  // Fails with plugin_failed when what the runner offers makes no sense. The copy is removed in the end. `services` are those that the
  // runner reaches.
  [[nodiscard]] static Result<std::unique_ptr<LoadedPlugin>> isolated(const Manifest& manifest, const std::filesystem::path& library_file,
                                                                      std::unique_ptr<IsolatedPlugin> runner, Environment environment,
                                                                      std::unique_ptr<PluginServices> services);
  ~LoadedPlugin();
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] atrium_plugin* self() const { return self_; }
  // Its runner; null when it is in this process.
  [[nodiscard]] IsolatedPlugin* isolated() const { return isolated_.get(); }

  // What the plugin offers of that kind; null when it does not. Valid until the plugin ends.
  template <typename Kind>
  [[nodiscard]] const Kind* extension() const {
    const auto& offered = std::get<std::optional<Kind>>(extensions_);
    return offered ? &*offered : nullptr;
  }
  [[nodiscard]] const RoomTypeKind* roomType() const { return extension<RoomTypeKind>(); }
  [[nodiscard]] const MessageTypeKind* messageType() const { return extension<MessageTypeKind>(); }
  [[nodiscard]] const StorageBackendKind* storage() const { return extension<StorageBackendKind>(); }

  // How long one call of that kind may take, which is one of those that are called on workers.
  template <typename Kind>
  [[nodiscard]] std::chrono::nanoseconds deadline() const {
    return std::min<std::chrono::nanoseconds>(environment_.deadline.value_or(Kind::deadline_max), Kind::deadline_max);
  }

  // The pages of an http-ui plugin, copied out of it; null for every other. Any thread.
  [[nodiscard]] UiBundlePtr uiBundle() const { return ui_bundle_; }
  // Whether it can hand its state to the next generation (ext/state.h). Control thread; so are the next four.
  [[nodiscard]] bool handsOverState() const { return state_.has_value(); }
  // What it knows, while all its calls are held. Fails with plugin_failed.
  [[nodiscard]] Result<std::string> exportState();
  // Takes what `from` exported.
  [[nodiscard]] Result<void> importState(const LoadedPlugin& from, std::string state);
  // Asks it whether it would do its work; one that has no such test would.
  [[nodiscard]] Result<void> selfTest();
  // Asks its check_settings of a room that nobody has made, wherever it runs and while others call it; `call` is borrowed. Empty, and
  // `outcome` is what it said; otherwise the end of a sentence that tells why it said nothing: it is waited for as for its self-test.
  [[nodiscard]] std::string askSettings(const HookCall& call, HookOutcome& outcome);
  // Whether a call on the control thread did not come back within all patience. A thread is inside for good then: end() does nothing, and
  // the plugin must stay as it is for as long as the process lives.
  [[nodiscard]] bool lost() const { return lost_; }

  // Keeps calls away while they fail; for all kinds but storage, whose host has a breaker of its own.
  [[nodiscard]] PluginBreaker& breaker() { return breaker_; }
  [[nodiscard]] const PluginBreaker& breaker() const { return breaker_; }

  // A guard for calls of `hook` by one thread. It lives as long as the plugin, and the figures of all guards of a hook are shown
  // together. Before the threads start.
  [[nodiscard]] HookGuard& makeGuard(std::string hook, std::chrono::nanoseconds deadline);
  // Likewise for one call on a worker, as many of which may be inside at once: one of the hook's guards that nobody holds. It is given back
  // when the loan ends, before the plugin does. Any thread.
  class GuardLoan {
   public:
    GuardLoan(LoadedPlugin& plugin, HookGuard& guard) : plugin_(plugin), guard_(guard) {}
    GuardLoan(const GuardLoan&) = delete;
    GuardLoan& operator=(const GuardLoan&) = delete;
    ~GuardLoan() { plugin_.giveBack(guard_); }
    HookGuard* operator->() const { return &guard_; }
    HookGuard& operator*() const { return guard_; }

   private:
    LoadedPlugin& plugin_;
    HookGuard& guard_;
  };
  // `always`: for calls that the breaker must not keep away; the same for all calls of a hook.
  [[nodiscard]] GuardLoan borrowGuard(std::string_view hook, std::chrono::nanoseconds deadline, bool always = false);
  // Calls `each` with every guard. Any thread.
  template <typename Each>
  void forEachGuard(Each each) const {
    const std::scoped_lock lock(guards_mutex_);
    for (const HookGuard& guard : guards_) each(guard);
  }

  // Counts and logs an answer that was a failure; one that the breaker gave in its place is passed over. On the guard's thread.
  void report(HookGuard& guard, std::string_view what) const;
  // The same for an answer that broke the contract, which is also a fault.
  void reportFault(HookGuard& guard, std::string_view what) const;

  // Holds what its services call it for: jobs, timers and answers wait from now on, and this waits until none of them is inside. False: one
  // still was after `patience`. Then, too, until letGo(). Control thread.
  [[nodiscard]] bool hold(std::chrono::milliseconds patience) { return services_->hold(patience); }
  void letGo() { services_->letGo(); }

  // Ends what its services have under way: cancels timers, completes calls with ATRIUM_CANCELLED, waits for jobs. False: a job still runs,
  // and the plugin must stay as it is, for as long as the process lives.
  [[nodiscard]] bool settle();
  // From now on a call outside hooks may take so long; zero: for ever. Control thread.
  void bound(std::chrono::milliseconds patience) { environment_.patience = patience; }
  // Ends the instance and unloads. True when the code is proven to have left the process. To be called once, when nothing is inside but
  // jobs, for which it waits. False and lost(): it did not come back.
  [[nodiscard]] bool end();

  [[nodiscard]] const PluginServices& services() const { return *services_; }

 private:
  template <typename Kinds>
  struct OptionalOf;
  template <typename... Kinds>
  struct OptionalOf<std::tuple<Kinds...>> {
    using Type = std::tuple<std::optional<Kinds>...>;
  };
  LoadedPlugin(const Manifest& manifest, std::filesystem::path library_file, std::optional<Library> library, Environment environment,
               PluginRights rights);
  HookGuard& addGuard(std::string hook, std::chrono::nanoseconds deadline, bool always, bool on_worker);
  void giveBack(HookGuard& guard);
  // Marks the thread for as long as the plugin is called outside a hook.
  [[nodiscard]] CallMark mark(const char* call) const { return {manifest_.id.c_str(), environment_.sha256.c_str(), call}; }
  // Calls a function of the plugin outside all hooks, on a thread that is waited for: false when it does not come back within `patience`,
  // and the plugin is lost(). The function may then run for ever: it holds what it works with, and nothing of the caller's. Nothing comes
  // out of it. When the environment says so, it is called on this thread and waited for without a bound.
  [[nodiscard]] bool callBounded(const char* call, std::chrono::milliseconds patience, std::function<void()> function);
  void fetchStateExtensions();
  Result<void> checkEntry();
  Result<void> create(std::string_view options);
  Result<void> fetchAll();
  template <typename Kind>
  Result<void> fetch();
  Result<void> copyPages();
  Result<void> keepListedHooks();
  template <typename Hook>
  Result<void> keepListed(Hook& hook, std::string_view name) const;

  const Manifest& manifest_;
  std::filesystem::path library_file_;
  Environment environment_;
  std::optional<Library> library_;
  std::unique_ptr<PluginServices> services_;
  atrium_entry_table entry_{};
  std::unique_ptr<IsolatedPlugin> isolated_;
  atrium_plugin* self_ = nullptr;
  PluginBreaker breaker_;
  OptionalOf<AllKinds>::Type extensions_;
  UiBundlePtr ui_bundle_;
  bool lost_ = false;
  mutable std::mutex guards_mutex_;
  std::optional<atrium_state> state_;
  std::optional<atrium_self_test> self_test_;
  std::deque<HookGuard> guards_;
  std::vector<HookGuard*> idle_guards_;  // Of workers, held by nobody.
};

}  // namespace atrium
