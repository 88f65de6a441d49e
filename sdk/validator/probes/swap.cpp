// Level 8: one generation follows the other while it is called, as a server does it.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int swaps = 200;
constexpr int callers = 2;
constexpr std::size_t pause_every = 8;  // Calls, so that a machine with few cores gets to swap, too.

struct Live {
  void leave() {
    inside.fetch_sub(1);
    inside.notify_all();
  }
  // Returns once nobody is inside.
  void awaitEmpty() const {
    for (int now = inside.load(); now != 0; now = inside.load()) inside.wait(now);
  }
  std::unique_ptr<Image> image;
  std::unique_ptr<Instance> instance;
  std::atomic<int> inside{0};
};

// The pointer that callers go through: they enter, look again and call, so that the old generation is empty once nobody is inside.
class Pointer {
 public:
  explicit Pointer(Live* live) : live_(live) {}
  Live* enter() {
    for (;;) {
      Live* live = live_.load();
      live->inside.fetch_add(1);
      if (live_.load() == live) return live;
      live->leave();
    }
  }
  Live* exchange(Live* next) { return live_.exchange(next); }

 private:
  std::atomic<Live*> live_;
};

std::unique_ptr<Live> make(Check& check) {
  auto live = std::make_unique<Live>();
  Loaded loaded = load(check);
  if (!loaded) return nullptr;
  live->image = std::move(loaded.image);
  live->instance = std::move(loaded.instance);
  return live;
}

bool handOver(Check& check, const Live& old, const Live& next) {
  const auto from = old.instance->table<atrium_state>(ATRIUM_EXT_STATE);
  const auto to = next.instance->table<atrium_state>(ATRIUM_EXT_STATE);
  if (!from || !to) return true;
  Collector state(ATRIUM_STATE_MAX);
  atrium_status status = from->export_state(old.instance->self(), state.sink());
  if (status == ATRIUM_OK) status = to->import_state(next.instance->self(), from->format, {state.text().data(), state.text().size()});
  if (status != ATRIUM_OK) check.fail("swap.state", "ATRIUM_OK from export_state and import_state", fmt::format("status {}", status));
  return status == ATRIUM_OK;
}

bool exclusive(const Manifest& manifest) { return manifest.has("storage-backend") || manifest.has("bus"); }

}  // namespace

void probeSwap(Check& check) {
  if (exclusive(check.facts().manifest)) {
    check.skip("swap.load", "a store or a bus ends before the next one starts");
    return check.skip("swap.state", "a store or a bus keeps its state itself");
  }
  check.doing(Survival("swap.load"), "loading");
  auto live = make(check);
  if (!live) return;
  const bool has_state = live->instance->rawTable(ATRIUM_EXT_STATE) != nullptr;
  if (!has_state) check.skip("swap.state", "the plugin keeps no state (atrium.state/1)");
  const auto all = scenarios(check, *live->instance, Shape::plain, 4, 91);
  Pointer pointer(live.get());
  // A descriptor of a generation outlives it, because a caller may touch it before it looks again.
  std::vector<std::unique_ptr<Live>> past;
  std::atomic<bool> over{false}, held{false};
  std::atomic<std::uint64_t> calls{0}, failed{0};
  std::vector<std::thread> threads;
  for (int n = 0; n < callers; ++n)
    threads.emplace_back([&, n] {
      Loan loan;
      for (std::size_t at = static_cast<std::size_t>(n); !over && !all.empty(); ++at) {
        held.wait(true);  // The host holds all calls while state is handed over.
        const Scenario& s = all[at % all.size()];
        Live* now = pointer.enter();
        const bool let_in = !held && (n == 0 || !(s.hook.thread == Thread::room || s.hook.alone));
        if (let_in) {
          const Answer answer = perform(check, *now->instance, *s.driver, s.hook, s.input, loan);
          failed += answer.threw || answer.status == ATRIUM_FATAL ? 1 : 0;
          ++calls;
        }
        now->leave();
        if (at % pause_every == 0) std::this_thread::sleep_for(50us);
      }
    });
  const auto release = [&held] {
    held = false;
    held.notify_all();
  };
  const auto start = Steady::now();
  bool made = true;
  for (int n = 0; n < swaps; ++n) {
    // A start that takes long is repeated less often.
    if (Steady::now() - start > 10s) break;
    check.doing(Survival("swap.load"), fmt::format("swap {}", n + 1));
    auto next = make(check);
    made = next != nullptr;
    if (!made) break;
    held = has_state;
    if (has_state) live->awaitEmpty();
    const bool handed = handOver(check, *live, *next);
    if (handed) {
      pointer.exchange(next.get());
      release();
      std::swap(live, next);
      next->awaitEmpty();
    }
    release();
    next->instance.reset();
    if (!next->image->unload())
      check.fail("swap.load", "the old generation to leave the process", fmt::format("one that stays after swap {}", n + 1));
    next->image.reset();
    past.push_back(std::move(next));
    if (!handed || check.failed("swap.load")) break;
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  if (failed > 0) check.fail("swap.load", "no failed call", fmt::format("{} of {}", failed.load(), calls.load()));
  if (made) check.lookedAtAll();
}

}  // namespace atrium::validate
