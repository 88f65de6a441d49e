#include "plugin/isolated/isolated_plugin.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <ctime>
#include <future>
#include <utility>

#include "plugin/isolated/wire.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::chrono::milliseconds runner_end_patience{1000};
constexpr std::chrono::seconds loops_patience{30};  // As long as a loop may hang before the process is ended.

// Runs `task` on the loop and waits for it.
void runThere(Loop& loop, std::move_only_function<void(std::promise<void>)> task) {
  std::promise<void> promise;
  auto done = promise.get_future();
  loop.postAlways([task = std::move(task), promise = std::move(promise)]() mutable { task(std::move(promise)); });
  done.wait();
}

// Waits until something can be done with the socket, or might be. False: nothing could until `until`.
bool waitFor(int socket, short events, Mono until) {
  const std::chrono::nanoseconds left = until - steadyNow();
  if (left.count() <= 0) return false;
  const timespec time{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
  pollfd watched{socket, events, 0};
  return ::ppoll(&watched, 1, &time, nullptr) != 0;  // A signal, or whatever else it fails for, is no end.
}

}  // namespace

// A socket to one runner, for one call at a time.
struct IsolatedPlugin::WorkerChannel {
  Descriptor socket;
  std::shared_ptr<RunnerProcess> process;
  WireInbox inbox{wire_answer_max};
  std::uint64_t last_id = 0;
};

Result<std::unique_ptr<IsolatedPlugin>> IsolatedPlugin::start(Loop& supervisor_loop, Log& log, Plan plan) {
  auto supervisor = std::make_shared<RunnerSupervisor>(supervisor_loop, log, std::move(plan.runner));
  std::unique_ptr<IsolatedPlugin> plugin(new IsolatedPlugin(supervisor_loop, supervisor));
  std::promise<Result<const Offer*>> started;
  auto offer = started.get_future();
  supervisor_loop.postAlways([supervisor, started = std::move(started)]() mutable {
    supervisor->start([started = std::move(started)](Result<const Offer*> said) mutable { started.set_value(std::move(said)); });
  });
  auto said = offer.get();
  if (!said) return fail(std::move(said.error()));
  plugin->offer_ = *said;
  return plugin;
}

IsolatedPlugin::IsolatedPlugin(Loop& loop, std::shared_ptr<RunnerSupervisor> supervisor)
    : loop_(loop), supervisor_(std::move(supervisor)) {}

IsolatedPlugin::~IsolatedPlugin() {
  // Whoever waits hears of it before what he would tell it to goes.
  std::vector<std::future<void>> told;
  for (const auto& channel : channels_) told.push_back(channel->abandon(channel));
  idle_.clear();  // The runner's threads end with their channels.
  runThere(loop_, [supervisor = supervisor_](std::promise<void> done) {
    supervisor->end(runner_end_patience, [done = std::move(done)]() mutable { done.set_value(); });
  });
  for (const auto& over : told) static_cast<void>(over.wait_for(loops_patience));
  // What watched the runners goes on the thread that watched them, behind what they left in its mailbox.
  runThere(loop_, [supervisor = std::move(supervisor_)](std::promise<void> done) mutable {
    supervisor.reset();
    done.set_value();
  });
}

std::shared_ptr<RunnerChannel> IsolatedPlugin::openChannel(Loop& loop) {
  auto channel = std::make_shared<RunnerChannel>(loop);
  loop_.postAlways([supervisor = supervisor_, inbox = channel->inbox()] { supervisor->connect(inbox); });
  const std::scoped_lock lock(mutex_);
  std::erase_if(channels_, [](const auto& inbox) { return inbox->closed(); });
  channels_.push_back(channel->inbox());
  return channel;
}

bool IsolatedPlugin::drained(std::chrono::milliseconds patience) {
  std::vector<std::shared_ptr<RunnerChannel::Inbox>> channels;
  {
    const std::scoped_lock lock(mutex_);
    channels = channels_;
  }
  const Mono until = steadyNow() + patience;
  return std::ranges::all_of(channels, [until](const auto& channel) { return channel->waitClosed(until); });
}

// A channel to the present runner. Null, with `why`, when there is none by `until`.
std::unique_ptr<IsolatedPlugin::WorkerChannel> IsolatedPlugin::takeChannel(Mono until, std::string& why) {
  {
    std::unique_lock lock(mutex_);
    if (!given_back_.wait_until(lock, until, [this] { return taken_ < worker_calls_max; })) {
      why = "too many calls wait for its runner";
      return nullptr;
    }
    ++taken_;
    if (!idle_.empty()) {
      auto channel = std::move(idle_.back());
      idle_.pop_back();
      return channel;
    }
  }
  // The promise is shared, because the socket may come when nobody waits for it any more.
  auto promise = std::make_shared<std::promise<std::unique_ptr<WorkerChannel>>>();
  auto socket = promise->get_future();
  const auto waits = std::make_shared<char>();
  loop_.postAlways([supervisor = supervisor_, promise, wanted = std::weak_ptr<void>(waits)]() mutable {
    supervisor->openWorkerSocket(std::move(wanted), [promise](Descriptor descriptor, std::shared_ptr<RunnerProcess> process) {
      auto channel = std::make_unique<WorkerChannel>();
      channel->socket = std::move(descriptor);
      channel->process = std::move(process);
      promise->set_value(std::move(channel));
    });
  });
  promise.reset();
  if (socket.wait_until(until) == std::future_status::ready) try {
      return socket.get();
    } catch (const std::future_error&) {  // The supervisor ends.
    }
  why = "its runner is not there";
  giveBack(nullptr);
  return nullptr;
}

void IsolatedPlugin::giveBack(std::unique_ptr<WorkerChannel> channel) {
  const std::scoped_lock lock(mutex_);
  --taken_;
  if (channel) idle_.push_back(std::move(channel));
  given_back_.notify_one();
}

IsolatedPlugin::Answer IsolatedPlugin::call(std::uint32_t method, std::string_view name, std::string_view request,
                                            std::chrono::milliseconds deadline, bool repeatable, const Progress& progress) {
  Answer answer;
  if (request.size() > wire_request_max) {
    answer.why = "the call is too large for a runner";
    return answer;
  }
  unsigned failures = 0;
  const Mono until = steadyNow() + runner_outage;
  while (steadyNow() < until) {
    auto channel = takeChannel(until, answer.why);
    if (!channel) return answer;
    const bool fresh = channel->last_id == 0;
    const bool whole = callOnce(*channel, method, name, request, deadline, progress, answer);
    giveBack(whole ? std::move(channel) : nullptr);
    if (whole) return answer;
    // An idle channel may lead to a runner that has ended meanwhile: then nothing has been tried. One that was just made did.
    const bool tried = fresh || answer.why != "its runner ended before it was called";
    if (tried && (++failures > 1 || !repeatable)) return answer;
  }
  return answer;
}

// False: the channel is of no use any more, and `answer` says why.
bool IsolatedPlugin::callOnce(WorkerChannel& channel, std::uint32_t method, std::string_view name, std::string_view request,
                              std::chrono::milliseconds deadline, const Progress& progress, Answer& answer) {
  const int socket = channel.socket.get();
  answer = {};
  answer.why = "its runner ended before it was called";
  pollfd watched{socket, POLLIN, 0};
  if (::poll(&watched, 1, 0) > 0) return false;  // Nothing is to be read between calls but an end.
  const WireHeader header{.kind = WireKind::call, .method = method, .call = ++channel.last_id};
  const Mono cut = steadyNow() + deadline + runner_grace;
  const auto hung = [&] {
    channel.process->kill(fmt::format("it did not answer {} within {} ms", name, deadline.count()));
    answer.why = runner_late;
    return false;
  };
  answer.why = "its runner ended";
  for (std::size_t sent = 0;;) {
    const Sent state = sendMessage(socket, header, request, sent, false);
    if (state == Sent::all) break;
    if (state == Sent::ended) return false;
    if (!waitFor(socket, POLLOUT, cut)) return hung();
  }
  for (;;) {
    switch (channel.inbox.receive(socket, false)) {
      case WireInbox::Got::message: {
        const WireHeader& got = channel.inbox.header();
        const bool right = got.call == header.call;
        if (right && got.kind == WireKind::progress) {
          if (progress) progress(channel.inbox.payload());
          if (steadyNow() < cut) break;
          return hung();
        }
        if (!right || got.kind != WireKind::answer) {
          channel.process->kill("it wrote to its channel what is no answer");
          answer.why = "its runner broke the contract";
          return false;
        }
        answer = {true, got.status, std::string(channel.inbox.payload()), {}};
        return true;
      }
      case WireInbox::Got::broken:
        channel.process->kill("it wrote to its channel what is no answer");
        answer.why = "its runner broke the contract";
        return false;
      case WireInbox::Got::ended: channel.process->channelLost(); return false;
      case WireInbox::Got::nothing:
        if (!waitFor(socket, POLLIN, cut)) return hung();
    }
  }
}

}  // namespace atrium
