#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/metrics.hpp"
#include "base/timer_wheel.hpp"
#include "engine/ports.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/plugin_registry.hpp"

// Calls of plugins that may take their time, as a shard makes them: the call runs on a worker, the answer comes back to the shard, at its
// deadline at the latest. What a plugin answers later is counted and dropped. The plugin stays leased until its call has returned and was
// answered or given up. While a plugin is being exchanged its calls wait, and go to the generation that took over. In the figures and for
// the breaker a call is what its answer says and takes as long as its answer does: one that is not there at the deadline has failed,
// whatever the function returns in the end.
namespace atrium {

// What a call came back with. A value.
template <typename T>
struct CallAnswer {
  atrium_status status = ATRIUM_FAILED;  // ATRIUM_TIMED_OUT: at its deadline; ATRIUM_FULL: no worker was free to take it.
  T value{};
};

// One call under way, shared by the shard that asked and the worker. Any thread.
class WorkerCall : public std::enable_shared_from_this<WorkerCall> {
 public:
  WorkerCall(PluginLease lease, std::string hook, std::chrono::nanoseconds deadline)
      : hook_(std::move(hook)), deadline_(deadline), lease_(std::move(lease)) {}

  // The plugin that is called: from enter() on it is the same.
  [[nodiscard]] LoadedPlugin& plugin() { return *lease_; }
  [[nodiscard]] const std::string& hook() const { return hook_; }
  [[nodiscard]] std::chrono::nanoseconds deadline() const { return deadline_; }
  // Before the plugin's function is called; see PluginLease::enter(). Nothing: it is over already, and the plugin is not to be called.
  [[nodiscard]] std::optional<PluginEntry> enter(std::move_only_function<void()>& again);
  // The plugin's function has returned, or will not be called.
  void returned();
  // It was answered, or nobody waits any more. What whenOver() asked for then goes to a worker.
  void over(WorkerPool& workers);
  // For a call whose answer may come after its return: has `step` run on a worker when it is over; the plugin is leased meanwhile, and does
  // not hand over what it knows. Once, before returned(). `needed` says before, on the
  // thread that ends it and without blocking, whether there is anything to do. False: it is over already, and neither is called.
  [[nodiscard]] bool whenOver(std::move_only_function<bool()> needed, std::move_only_function<void()> step);

  // Calls the plugin's function within the guard of the hook: what it returned, or ATRIUM_FAILED when an exception came out or the breaker
  // kept the call away. It counts with settle() only. Once, on the worker.
  template <typename Function>
  atrium_status invoke(Function&& function) {
    const auto begun = begin();
    return begun ? begun->first.run(begun->second, std::forward<Function>(function)) : ATRIUM_FAILED;
  }
  // What became of the call, for the figures and the breaker.
  struct Verdict {
    atrium_status status = ATRIUM_OK;
    std::string_view failure = {};  // What is logged and counted as a failure, a sentence's end; empty: it is none.
    bool fault = false;             // Whether the failure is one against the contract.
  };
  // Counts it, when the plugin was called at all; the first time counts. While it is inside or open.
  void settle(const Verdict& verdict);

  // Counts and logs that there was no answer in time. While it is open.
  void late();

 private:
  enum Part : unsigned { inside = 1, open = 2 };
  void letGo(Part part);
  struct AtEnd {
    std::move_only_function<bool()> needed;
    std::move_only_function<void()> step;
  };
  [[nodiscard]] std::optional<std::pair<HookGuard&, HookGuard::Begun>> begin();

  const std::string hook_;
  const std::chrono::nanoseconds deadline_;
  std::mutex mutex_;
  unsigned parts_ = inside | open;
  bool over_ = false;
  bool entered_ = false;
  bool owes_ = false;  // Its answer may come after its return: until then it counts as inside.
  std::optional<AtEnd> at_end_;
  PluginLease lease_;
  std::unique_ptr<LoadedPlugin::GuardLoan> guard_;  // Once it has begun.
  std::optional<HookGuard::Begun> begun_;           // Until it is settled.
};

// The calls that one shard makes. On the shard's thread; the workers outlive none of it: they are stopped first.
class WorkerCalls {
 public:
  struct Parts {
    WorkerPool& workers;
    Shards& shards;
    unsigned shard;
    TimerWheel& timers;
    const Now& now;
    MetricSet& metrics;
  };
  explicit WorkerCalls(const Parts& parts) : parts_(parts) {}

  // Answers one call; the first time counts. Any thread.
  template <typename T>
  using Answer = std::function<void(CallAnswer<T>)>;

  // Runs `job` on a worker, unless nobody waits for it any more by then. It calls the plugin through invoke(), settles the call and hands
  // `answer` the outcome, at once or later from any thread. Completes here, never from within run() but when the pool is full. Returns a
  // number for giveUp(). `lease` is not empty.
  template <typename T>
  std::uint64_t run(PluginLease lease, std::string hook, std::chrono::nanoseconds deadline,
                    std::move_only_function<void(const std::shared_ptr<WorkerCall>&, Answer<T>)> job,
                    std::move_only_function<void(CallAnswer<T>)> done) {
    auto call = std::make_shared<WorkerCall>(std::move(lease), std::move(hook), deadline);
    const std::uint64_t number = ++last_number_;
    const auto held = std::make_shared<std::move_only_function<void(CallAnswer<T>)>>(std::move(done));
    open(number, call, [held](atrium_status status) { std::exchange(*held, nullptr)(CallAnswer<T>{status, {}}); });
    Answer<T> answer = [this, number, held, shards = &parts_.shards, home = parts_.shard](CallAnswer<T> came) {
      shards->postAlways(home, [this, number, held, came = std::move(came)]() mutable {
        if (close(number)) std::exchange(*held, nullptr)(std::move(came));
      });
    };
    auto begun = std::make_shared<Begun>(
        Begun{.number = number,
              .call = call,
              .job = [call = call.get(), job = std::move(job), answer]() mutable { job(call->shared_from_this(), std::move(answer)); },
              .what = call->plugin().manifest().id + " " + call->hook(),
              .owner = call->plugin().manifest().id});
    if (!parts_.workers.post([this, begun] { begin(begun); }, begun->what, begun->owner)) {
      call->returned();
      giveUpWith(number, ATRIUM_FULL);
    }
    return number;
  }

  // Nobody waits for that call any more: it completes with ATRIUM_CANCELLED now. Harmless when it is over.
  void giveUp(std::uint64_t number) { giveUpWith(number, ATRIUM_CANCELLED); }
  // The shard's, for what goes with a call.
  [[nodiscard]] const Parts& parts() const { return parts_; }
  // Calls neither answered nor given up.
  [[nodiscard]] std::size_t pending() const { return calls_.size(); }

 private:
  struct Open {
    Open(std::shared_ptr<WorkerCall> its_call, std::function<void(atrium_status)> its_end, std::move_only_function<void()> late)
        : call(std::move(its_call)), end(std::move(its_end)), deadline(std::move(late)) {}
    std::shared_ptr<WorkerCall> call;
    std::function<void(atrium_status)> end;
    Timer deadline;
  };
  // What a worker does of it; later when the plugin's calls are held.
  struct Begun {
    std::uint64_t number;
    std::shared_ptr<WorkerCall> call;
    Task job;
    std::string what;
    std::string owner;  // In whose share of the workers it runs.
  };
  void begin(const std::shared_ptr<Begun>& begun);
  void open(std::uint64_t number, std::shared_ptr<WorkerCall> call, std::function<void(atrium_status)> end);
  // False: it was over, and the answer comes too late.
  bool close(std::uint64_t number);
  void giveUpWith(std::uint64_t number, atrium_status status);

  Parts parts_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Open>> calls_;
};

// Calls the plugin's function with the guard of that hook: `function` returns an atrium_status, which is counted when it is no success.
// On the worker.
template <typename Function>
atrium_status guarded(LoadedPlugin& plugin, std::string_view hook, std::chrono::nanoseconds deadline, Function&& function) {
  const LoadedPlugin::GuardLoan guard = plugin.borrowGuard(hook, deadline);
  return guard->call(std::forward<Function>(function));
}

}  // namespace atrium
