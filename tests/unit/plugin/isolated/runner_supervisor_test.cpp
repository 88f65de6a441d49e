// Who is given a socket to a runner, by the supervisor and by what it watches.
#include "plugin/isolated/runner_supervisor.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "isolated_world.hpp"
#include "plugin/isolated/runner_methods.hpp"

namespace atrium::test {
namespace {

// Only the plugin's file and its order are the world's; the runner is each test's own.
class RunnerSupervisorTest : public testing::Test {
 protected:
  IsolatedWorld world{ATRIUM_ISOLATED_PLUGINS "/test_trouble.so"};
  Log log{Log::Options{.level = LogLevel::error}};
  LoopThread thread;
};

TEST_F(RunnerSupervisorTest, opensNoSocketForWhoHasGivenUp) {
  std::shared_ptr<RunnerSupervisor> supervisor;
  const auto waits = std::make_shared<char>();
  std::promise<bool> given;
  int given_to_nobody = 0;
  thread.run([&] {
    supervisor = std::make_shared<RunnerSupervisor>(
        thread.loop(), log,
        RunnerSupervisor::Plan{.manifest = world.manifest(), .program = ATRIUM_RUNNER, .order = world.order(), .spare = false});
    supervisor->openWorkerSocket(std::make_shared<char>(), [&](Descriptor, const auto&) { ++given_to_nobody; });
    supervisor->openWorkerSocket(waits, [&](Descriptor socket, const auto&) { given.set_value(static_cast<bool>(socket)); });
    supervisor->openWorkerSocket(std::make_shared<char>(), [&](Descriptor, const auto&) { ++given_to_nobody; });
    supervisor->start([](const Result<const Offer*>& offer) { EXPECT_TRUE(offer); });
  });
  EXPECT_TRUE(given.get_future().get());
  std::promise<void> ended;
  thread.run([&] { supervisor->end(std::chrono::seconds(30), [&] { ended.set_value(); }); });
  ended.get_future().wait();
  thread.run([&] { supervisor.reset(); });
  EXPECT_EQ(given_to_nobody, 0);
}

TEST_F(RunnerSupervisorTest, keepsNobodyWhoHasGivenUp) {
  std::weak_ptr<int> first;
  thread.run([&] {
    RunnerSupervisor supervisor(thread.loop(), log, {.manifest = world.manifest(), .program = ATRIUM_RUNNER, .order = world.order()});
    auto held = std::make_shared<int>();
    first = held;
    supervisor.openWorkerSocket(std::make_shared<char>(), [held = std::exchange(held, nullptr)](Descriptor, const auto&) {});
    supervisor.openWorkerSocket(std::make_shared<char>(), [](Descriptor, const auto&) {});
    EXPECT_TRUE(first.expired());
  });
}

// What a runner says, and how it ended.
struct Listens final : WatchedRunner::Listener {
  void onReady(WatchedRunner&, std::string_view) override { ready.set_value(); }
  void onEnded(WatchedRunner&, const RunnerProcess::End& end) override { how = end.how; }
  void onLine(std::string_view) override {}
  std::promise<void> ready;
  std::string how;
};

TEST_F(RunnerSupervisorTest, doesNotKillARunnerThatIsSlowToTakeItsChannels) {
  Listens listener;
  std::unique_ptr<WatchedRunner> runner;
  std::vector<Descriptor> channels;
  thread.run([&] {
    auto started = WatchedRunner::start(thread.loop(), ATRIUM_RUNNER, world.order(), std::chrono::seconds(30), listener);
    ASSERT_TRUE(started) << started.error().detail;
    runner = *std::move(started);
  });
  listener.ready.get_future().wait();
  thread.run([&] {
    const int least = 1;  // The system makes it a few kilobytes: room for some messages.
    ::setsockopt(runner->process()->control(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
    ::kill(runner->process()->pid(), SIGSTOP);
    for (int n = 0; n < 40; ++n) channels.push_back(runner->openChannel());
    ::kill(runner->process()->pid(), SIGCONT);
  });
  ASSERT_TRUE(channels.back()) << "it was killed";
  std::size_t sent = 0;
  PayloadWriter request;
  request.text("nothing");
  ASSERT_EQ(sendMessage(channels.back().get(),
                        {.kind = WireKind::call, .method = static_cast<std::uint32_t>(RunnerMethod::cancel_command), .call = 1},
                        request.view(), sent, true),
            Sent::all);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(channels.back().get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  WireInbox inbox(wire_answer_max);
  ASSERT_EQ(inbox.receive(channels.back().get(), true), WireInbox::Got::message);
  EXPECT_EQ(inbox.header().status, ATRIUM_UNSUPPORTED) << "it has no commands";
  thread.run([&] {
    EXPECT_EQ(listener.how, "");
    runner.reset();
  });
}

}  // namespace
}  // namespace atrium::test
