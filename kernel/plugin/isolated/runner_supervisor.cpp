#include "plugin/isolated/runner_supervisor.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "config/source_text.hpp"
#include "plugin/isolated/process_usage.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

constexpr std::chrono::milliseconds short_life{1000};
constexpr std::chrono::milliseconds first_delay{50};
constexpr std::chrono::milliseconds longest_delay{30'000};
// The spare is loaded when the one that has just taken over has had its first calls.
constexpr std::chrono::milliseconds spare_delay{20};
constexpr std::chrono::milliseconds sample_period{200};
constexpr std::size_t samples_kept = 6;  // A second between the first and the last.
constexpr std::size_t said_max = 2000;   // bytes of a line

// How long to wait after the n-th end in a row that came too soon.
std::chrono::milliseconds delayAfter(unsigned ends) {
  if (ends <= 1) return std::chrono::milliseconds{0};
  return std::min(first_delay * (1 << std::min(ends - 2, 10u)), longest_delay);
}

}  // namespace

RunnerSupervisor::RunnerSupervisor(Loop& loop, Log& log, Plan plan)
    : loop_(loop),
      log_(log),
      plan_(std::move(plan)),
      restart_timer_([this] { takeOver(); }),
      spare_timer_([this] { makeSpare(); }),
      sample_timer_([this] { sample(); }) {}

RunnerSupervisor::~RunnerSupervisor() = default;

void RunnerSupervisor::note(const std::function<void(RunnerFigures&)>& change) {
  RunnerFigures changed;
  {
    const std::scoped_lock lock(mutex_);
    change(figures_);
    if (!plan_.on_change) return;
    changed = figures_;
  }
  plan_.on_change(changed);
}

RunnerFigures RunnerSupervisor::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

std::unique_ptr<WatchedRunner> RunnerSupervisor::spawn() {
  auto runner = WatchedRunner::start(loop_, plan_.program, plan_.order, plan_.start_patience, *this, plan_.services);
  if (runner) return *std::move(runner);
  log_.error("runner.not_started", {{"plugin", plan_.manifest.id}, {"reason", runner.error().detail}});
  if (started_) std::exchange(started_, {})(fail(runner.error()));
  return nullptr;
}

void RunnerSupervisor::start(Started started) {
  started_ = std::move(started);
  active_ = spawn();
}

// The place of the active runner is empty: who stands by takes it.
void RunnerSupervisor::takeOver() {
  if (ending_ || active_) return;
  active_ = spare_ ? std::move(spare_) : spawn();
  if (!active_) {
    ++short_lives_;
    loop_.timers().arm(restart_timer_, loop_.now().mono + std::max(delayAfter(short_lives_), first_delay));
    return;
  }
  note([](RunnerFigures& figures) { ++figures.restarts, figures.spare = false; });
  if (active_->ready()) connectAll();
}

void RunnerSupervisor::connectAll() {
  ready_since_ = loop_.now().mono;
  std::erase_if(channels_, [](const auto& channel) { return channel->closed(); });
  for (const auto& channel : channels_)
    if (Descriptor socket = active_->openChannel()) channel->deliver(channel, std::move(socket), active_->process());
  for (auto& [wanted, done] : std::exchange(waiting_workers_, {}))
    if (!wanted.expired())
      if (Descriptor socket = active_->openChannel()) done(std::move(socket), active_->process());
  const pid_t pid = active_->process()->pid();
  note([&](RunnerFigures& figures) { figures.state = "running", figures.pid = pid; });
  cpu_ticks_.clear();
  channel_lost_ = false;
  loop_.timers().arm(sample_timer_, loop_.now().mono + sample_period);
  loop_.timers().arm(spare_timer_, loop_.now().mono + std::max(spare_delay, delayAfter(failed_spares_)));
}

void RunnerSupervisor::makeSpare() {
  if (plan_.spare && !ending_ && !spare_) spare_ = spawn();
}

void RunnerSupervisor::connect(std::shared_ptr<RunnerChannel::Inbox> channel) {
  channels_.push_back(std::move(channel));
  if (!active_ || !active_->ready()) return;
  if (Descriptor socket = active_->openChannel()) channels_.back()->deliver(channels_.back(), std::move(socket), active_->process());
}

void RunnerSupervisor::openWorkerSocket(std::weak_ptr<void> wanted, WorkerSocket done) {
  if (active_ && active_->ready())
    if (Descriptor socket = active_->openChannel()) return done(std::move(socket), active_->process());
  std::erase_if(waiting_workers_, [](const auto& waiting) { return waiting.first.expired(); });
  if (!ending_) waiting_workers_.emplace_back(std::move(wanted), std::move(done));
}

void RunnerSupervisor::onReady(WatchedRunner& runner, std::string_view offer) {
  if (!offer_) {
    auto decoded = decodeOffer(offer, plan_.manifest);
    if (!decoded) {
      runner.process()->kill(decoded.error().detail);
      return;
    }
    offer_ = *std::move(decoded);
  } else if (offer != offer_->bytes) {
    // What the engine knows of its types was read once.
    runner.process()->kill("it offers something else than at its first start");
    return;
  }
  if (&runner == active_.get()) {
    connectAll();
    if (started_) std::exchange(started_, {})(offer_.get());
  } else {
    failed_spares_ = 0;
    note([](RunnerFigures& figures) { figures.spare = true; });
  }
}

void RunnerSupervisor::onEnded(WatchedRunner& runner, const RunnerProcess::End& end) {
  if (&runner == active_.get()) {
    const bool served = runner.ready();
    bury(std::move(active_));
    activeEnded(end, served);
  } else if (&runner == spare_.get()) {
    bury(std::move(spare_));
    note([](RunnerFigures& figures) { figures.spare = false; });
    if (!ending_) {
      log_.warning("runner.spare_ended", {{"plugin", plan_.manifest.id}, {"reason", end.how}});
      loop_.timers().arm(spare_timer_, loop_.now().mono + std::max(delayAfter(++failed_spares_ + 1), first_delay));
    }
  }
  if (ending_) finishEnding();
}

void RunnerSupervisor::activeEnded(const RunnerProcess::End& end, bool served) {
  sample_timer_.disarm();
  if (ending_) return;
  if (started_) {
    std::exchange(started_, {})(fail(Code::plugin_failed, end.how));
    note([&](RunnerFigures& figures) { figures.state = "ended", figures.last_end = end.how; });
    return;
  }
  log_.warning("runner.ended", {{"plugin", plan_.manifest.id}, {"reason", end.how}});
  const Mono now = loop_.now().mono;
  note([&](RunnerFigures& figures) {
    figures.state = "waiting", figures.pid = 0, figures.last_end = end.how;
    if (end.killed) ++figures.kills;
  });
  if (served && (!end.fault || now - ready_since_ >= short_life))
    short_lives_ = 0;
  else
    ++short_lives_;
  if (plan_.on_fault && end.fault) plan_.on_fault(end.how);
  if (const auto delay = delayAfter(short_lives_); delay.count() > 0)
    loop_.timers().arm(restart_timer_, now + delay);
  else
    takeOver();
}

// It is telling of its own end: it goes when that has been told.
void RunnerSupervisor::bury(std::unique_ptr<WatchedRunner> runner) {
  loop_.postAlways([runner = std::move(runner)] {});
}

void RunnerSupervisor::end(std::chrono::milliseconds patience, std::move_only_function<void()> ended) {
  ending_ = true;
  ended_ = std::move(ended);
  waiting_workers_.clear();
  for (Timer* timer : {&restart_timer_, &spare_timer_, &sample_timer_}) timer->disarm();
  for (WatchedRunner* runner : {active_.get(), spare_.get()})
    if (runner) runner->finish(patience);
  finishEnding();
}

void RunnerSupervisor::finishEnding() {
  if (active_ || spare_) return;
  note([](RunnerFigures& figures) { figures.state = "ended", figures.pid = 0, figures.spare = false; });
  if (ended_) std::exchange(ended_, {})();
}

void RunnerSupervisor::sample() {
  if (!active_) return;
  loop_.timers().arm(sample_timer_, loop_.now().mono + sample_period);
  // Its end would have been told by now.
  if (std::exchange(channel_lost_, active_->process()->lostChannel())) active_->process()->kill("it closed its channel");
  const auto usage = processUsage(active_->process()->pid());
  if (!usage) return;
  cpu_ticks_.push_back(usage->cpu_ticks);
  if (cpu_ticks_.size() > samples_kept) cpu_ticks_.pop_front();
  const bool whole = cpu_ticks_.size() == samples_kept;
  const double seconds = std::chrono::duration<double>(sample_period).count() * static_cast<double>(cpu_ticks_.size() - 1);
  const double used = static_cast<double>(cpu_ticks_.back() - cpu_ticks_.front()) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double percent = seconds > 0 ? 100.0 * used / seconds : 0.0;
  note([&](RunnerFigures& figures) { figures.memory_bytes = usage->memory_bytes, figures.cpu_percent = percent; });
  const std::uint64_t most = plan_.order.sandbox.memory_bytes;
  if (most != 0 && usage->memory_bytes > most)
    active_->process()->kill(fmt::format("it took {} MiB of memory, its memory_limit is {} MiB", usage->memory_bytes >> 20, most >> 20));
  else if (plan_.cpu_percent_max != 0 && whole && percent > plan_.cpu_percent_max)
    active_->process()->kill(fmt::format("it used {:.0f} % of a core for a second, its cpu_limit is {} %", percent, plan_.cpu_percent_max));
}

// What the plugin logged comes as the runner's own log line; anything else is what it or its libraries wrote by hand.
void RunnerSupervisor::onLine(std::string_view line) {
  const std::string event = "plugin." + plan_.manifest.id;
  if (line.starts_with('{'))
    if (const auto document = JsonDocument::parse(line)) {
      const JsonView root = document->root();
      static constexpr std::string_view words[] = {"debug", "info", "warning", "error"};
      const auto* level = std::ranges::find(words, root["level"].text());
      const std::string said = root["plugin_event"].text(), message = root["message"].text();
      if (level != std::end(words) && root["event"].text() == event) {
        const auto known = static_cast<LogLevel>(level - words);
        if (const std::string hook = root["hook"].text(); !hook.empty())
          return log_.write(known, event, {{"plugin_event", said}, {"hook", hook}, {"message", message}});
        return log_.write(known, event, {{"plugin_event", said}, {"message", message}});
      }
    }
  const std::string_view text = line.substr(0, said_max);
  log_.warning(event, {{"plugin_event", "output"}, {"message", validUtf8(text) ? text : std::string_view("(text that is not UTF-8)")}});
}

}  // namespace atrium
