// Level 2: what a plugin does to the process when it comes and goes.
#include <fmt/format.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// What a plugin shares with everything else in the process.
struct Surroundings {
  std::array<void (*)(int), 32> handlers{};
  std::filesystem::path directory;
  mode_t mask = 0;
  std::string locale;

  static Surroundings now() {
    Surroundings s;
    for (int n = 1; n < 32; ++n) {
      struct sigaction action{};
      if (::sigaction(n, nullptr, &action) == 0) s.handlers[static_cast<std::size_t>(n)] = action.sa_handler;
    }
    std::error_code unknown;
    s.directory = std::filesystem::current_path(unknown);
    s.mask = ::umask(0);
    ::umask(s.mask);
    s.locale = ::setlocale(LC_ALL, nullptr);
    return s;
  }
  // What differs; empty: nothing.
  [[nodiscard]] std::string difference(const Surroundings& later) const {
    for (std::size_t n = 1; n < handlers.size(); ++n)
      if (handlers[n] != later.handlers[n]) return fmt::format("another handler for SIG{}", ::sigabbrev_np(static_cast<int>(n)));
    if (directory != later.directory) return "another working directory, " + later.directory.string();
    if (mask != later.mask) return fmt::format("another file mask, {:03o}", later.mask);
    if (locale != later.locale) return "another locale, " + later.locale;
    return {};
  }
};

std::string whyPinned(const ElfTraits& traits) {
  if (traits.no_delete) return "it is marked NODELETE";
  if (!traits.unique_symbols.empty()) return "the unique symbol " + traits.unique_symbols.front() + " pins it";
  if (traits.thread_destructors) return "a thread_local object with a destructor may pin it";
  return "what pins it is not to be seen in its file; perhaps it opens itself";
}

std::unique_ptr<Image> openQuietly(Check& check) {
  const std::size_t threads = threadCount(), descriptors = descriptorCount(), output = outputSize();
  const auto start = Steady::now();
  auto image = Image::load(check);
  const auto took = Steady::now() - start;
  if (!image) return image;
  std::string loud;
  if (threadCount() > threads) loud = "a thread";
  if (descriptorCount() > descriptors) loud = "a descriptor that stays open";
  if (outputSize() > output) loud = "output";
  if (took > 1s) loud = fmt::format("{} ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  if (!loud.empty()) check.fail("load.constructors", "nothing but memory that is set up", loud);
  return image;
}

// Makes and ends instances; false when one cannot be made.
bool cycle(Check& check, const Image& image, int count) {
  for (int n = 0; n < count; ++n)
    if (!Instance::createDefault(image, check)) return false;
  return true;
}

void checkHeap(Check& check, const Image& image) {
  const auto start = Steady::now();
  if (!cycle(check, image, 3)) return;
  // A plugin whose start takes long is asked for less.
  const int count = Steady::now() - start > 60ms ? 20 : 100;
  constexpr int batches = 3;
  std::size_t before = heapInUse(), least = SIZE_MAX;
  for (int n = 0; n < batches; ++n) {
    check.doing(Survival("load.heap"), "create() and destroy() again and again");
    if (!cycle(check, image, count)) return;
    const std::size_t after = heapInUse();
    least = std::min(least, after > before ? after - before : 0);
    before = after;
  }
  // What grows once is a cache; what grows with every batch is lost.
  if (least >= static_cast<std::size_t>(count))
    check.fail("load.heap", "as much memory in use as before",
               fmt::format("{} bytes more with each instance", least / static_cast<std::size_t>(count)));
}

}  // namespace

void probeLoading(Check& check) {
  check.doing(Survival("load.opens"), "its constructors");
  const Surroundings before = Surroundings::now();
  auto image = openQuietly(check);
  if (!image) return;
  for (const char* rule : {"load.opens", "load.constructors", "contract.entry"}) check.lookedAt(rule);
  const std::size_t threads = threadCount();

  check.doing(Survival("load.creates"), "create()");
  Creation said;
  auto instance = Instance::create(*image, check, check.facts().options, {}, said);
  if (said.threw) return check.fail("load.creates", "a status", "an exception");
  if (!instance) {
    check.lookedAt("load.creates");
    check.doing(Survival("contract.defaults"), "create()");
    static_cast<void>(Instance::createDefault(*image, check));
    return;
  }
  if (!instance->self()) return check.fail("load.creates", "an instance behind ATRIUM_OK", "none in *out");
  for (const char* rule : {"load.creates", "contract.defaults"}) check.lookedAt(rule);
  check.doing(Survival("load.destroys"), "destroy()");
  instance.reset();
  check.lookedAt("load.destroys");
  if (!threadsFallTo(threads, 3s)) {
    // Its image stays: unloading the code of a living thread crashes.
    return check.fail("load.threads", "the threads there were before", fmt::format("{} more", threadCount() - threads));
  }
  const std::size_t descriptors = descriptorCount();
  check.doing(Survival("load.destroys"), "create() and destroy() again");
  checkHeap(check, *image);
  if (const std::size_t open = descriptorCount(); open > descriptors)
    check.fail("load.descriptors", "the descriptors there were before", fmt::format("{} more", open - descriptors));
  if (const std::string changed = before.difference(Surroundings::now()); !changed.empty())
    check.fail("load.surroundings", "what others in the process rely on", changed);
  check.doing(Survival("load.unloads"), "unloading");
  if (!image->unload()) check.fail("load.unloads", "no code of it in the process", "it is still there: " + whyPinned(check.facts().traits));
  check.lookedAtAll();
}

void probeThreadLocals(Check& check) {
  check.doing(Survival("load.thread-local"), "calls from a thread that lives on");
  Loaded loaded = load(check);
  if (!loaded) return;
  std::atomic<bool> called{false}, over{false};
  std::thread caller([&] {
    Loan loan;
    for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, 1, 21))
      static_cast<void>(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
    called = true;
    called.notify_all();
    over.wait(false);
  });
  called.wait(false);
  loaded.instance.reset();
  const bool gone = loaded.image->unload();
  if (!gone)
    check.fail("load.thread-local", "no code of it in the process while a thread that called it lives",
               "it is still there: " + whyPinned(check.facts().traits));
  over = true;
  over.notify_all();
  caller.join();
  check.lookedAtAll();
}

}  // namespace atrium::validate
