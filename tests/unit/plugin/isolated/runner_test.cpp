// A plugin in a runner, against the real program: what it may not do, what becomes of it when it goes wrong, and that it is there again.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "isolated_world.hpp"
#include "plugin/hook_figures.hpp"
#include "plugin/isolated/runner_methods.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

class RunnerTest : public testing::Test {
 protected:
  // No call is cut off because the machine is busy.
  RunnerTest() : world(ATRIUM_ISOLATED_PLUGINS "/test_trouble.so") { world.settings.room_deadline = std::chrono::seconds(30); }
  void start() {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
  }
  // What the hook says came of it.
  std::string said(std::string trouble) {
    const HookOutcome outcome = world.post(std::move(trouble));
    return outcome.refused ? outcome.refused->detail : "nothing";
  }
  static bool failed(const HookOutcome& outcome) {
    return outcome.failed && outcome.refused && outcome.refused->code == Code::plugin_failed;
  }
  HookFigures figures() {
    FiguresByHook sums;
    addFigures(sums, world.plugin());
    return sums.find("will_post")->second;
  }
  [[nodiscard]] bool restarted(std::uint64_t times) {
    return world.become([times](const RunnerFigures& now) { return now.restarts >= times && now.state == "running"; });
  }

  IsolatedWorld world;
};

TEST_F(RunnerTest, answersLikeAPluginInProcess) {
  start();
  EXPECT_EQ(said(""), "nothing");
  EXPECT_NE(world.runner().figures().pid, 0);
  EXPECT_NE(world.runner().figures().pid, ::getpid());
}

TEST_F(RunnerTest, keepsThePluginFromOtherProcessesAndMachines) {
  ::setenv("ATRIUM_TEST_SECRET", "x", 1);
  start();
  const std::string not_permitted = "Operation not permitted";
  for (const char* trouble : {"fork", "exec", "socket", "unix socket", "io_uring", "signal", "trace", "memfd", "segment"})
    EXPECT_EQ(said(trouble), not_permitted) << trouble;
  EXPECT_NE(said("memory"), "done") << "the server's memory cannot be opened";
  EXPECT_EQ(said("environment"), "not seen");
  EXPECT_EQ(said("descriptors"), "0,1,2,3,4") << "its input, its output twice, the control socket and this channel";
  EXPECT_EQ(world.runner().figures().restarts, 0u);
  ::unsetenv("ATRIUM_TEST_SECRET");
}

TEST_F(RunnerTest, keepsThePluginFromSignallingAndSlowingTheServerByDetours) {
  start();
  for (const char* trouble :
       {"signal by owner", "signal by owner of a thread", "signal of one's choice", "signal by ioctl", "signal by the socket's ioctl",
        "priority", "priority of a group", "io priority", "processors", "scheduler", "pages"})
    EXPECT_EQ(said(trouble), "Operation not permitted") << trouble;
  EXPECT_EQ(said("own priority"), "done");
  EXPECT_EQ(said("own processors"), "done");
}

TEST_F(RunnerTest, letsItMakeSocketsWhereTheNetworkIsGranted) {
  world.sandbox.network = true;
  start();
  EXPECT_EQ(said("socket"), "done");
  EXPECT_EQ(said("fork"), "Operation not permitted");
}

TEST_F(RunnerTest, comesBackAfterACrashAndFailsTheCallThatCrashedItTwice) {
  const std::pair<const char*, const char*> troubles[] = {
      {"crash", "it crashed (SIGSEGV)"}, {"abort", "it crashed (SIGABRT)"}, {"exit", "it ended its process with exit(7)"}};
  for (const auto& [trouble, sentence] : troubles) {
    IsolatedWorld here(ATRIUM_ISOLATED_PLUGINS "/test_trouble.so");
    here.settings.room_deadline = std::chrono::seconds(30);
    ASSERT_TRUE(here.start());
    EXPECT_TRUE(failed(here.post(trouble))) << trouble;
    EXPECT_FALSE(here.post("").refused) << trouble;
    EXPECT_EQ(here.runner().figures().restarts, 2u) << "it was tried twice";
    EXPECT_EQ(here.faults(), (std::vector<std::string>{sentence, sentence}));
    EXPECT_EQ(here.runner().figures().last_end, sentence);
  }
}

TEST_F(RunnerTest, asksOnceMoreWhatWasNotAnswered) {
  start();
  const TemporaryDirectory here;
  EXPECT_EQ(said("crash unless " + (here.path() / "mark").string()), "came through");
  EXPECT_EQ(world.runner().figures().restarts, 1u);
}

TEST_F(RunnerTest, losesNoCallToAKillFromOutside) {
  start();
  for (int n = 0; n < 5; ++n) {
    ASSERT_TRUE(world.become([](const RunnerFigures& now) { return now.pid != 0 && now.spare; }));
    ::kill(world.runner().figures().pid, SIGKILL);
    EXPECT_EQ(said("io_uring"), "Operation not permitted");
    EXPECT_TRUE(restarted(static_cast<std::uint64_t>(n) + 1));
  }
  EXPECT_TRUE(world.faults().empty()) << "it was not the plugin's doing";
  EXPECT_EQ(world.runner().figures().last_end, "its runner was killed from outside");
}

TEST_F(RunnerTest, cutsOffACallThatHangs) {
  world.settings.room_deadline = std::chrono::milliseconds(500);
  start();
  EXPECT_TRUE(failed(world.post("hang")));
  ASSERT_TRUE(restarted(2));
  EXPECT_EQ(said(""), "nothing");
  const std::vector<std::string> faults = world.faults();
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0], "it did not answer will_post within 500000 us");
  EXPECT_GE(world.runner().figures().kills, 2u);
}

// Each call is in the plugin for its own time alone: together they cannot take longer than all of it took.
// The runner gets what nobody else wants of the processors, and everybody wants all of them.
TEST_F(RunnerTest, doesNotTakeABusyMachineForAHang) {
  world.settings.room_deadline = std::chrono::milliseconds(5);
  start();
  EXPECT_EQ(said(""), "nothing");
  const auto schedule = [tasks = "/proc/" + std::to_string(world.runner().figures().pid) + "/task"](int policy) {
    const sched_param none{};
    for (const auto& task : std::filesystem::directory_iterator(tasks))
      EXPECT_EQ(::sched_setscheduler(std::stoi(task.path().filename()), policy, &none), 0);
  };
  schedule(SCHED_IDLE);
  std::atomic<bool> enough{false};
  std::vector<std::thread> spinners;
  for (unsigned n = 0; n < std::thread::hardware_concurrency(); ++n)
    spinners.emplace_back([&enough] {
      while (!enough) {
      }
    });
  std::thread ends([&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(60);  // Many deadlines.
    while (std::chrono::steady_clock::now() < until) {
    }
    enough = true;
    schedule(SCHED_OTHER);
  });
  for (int n = 0; n < 20; ++n) EXPECT_EQ(said(""), "nothing");
  ends.join();
  for (std::thread& spinner : spinners) spinner.join();
  EXPECT_EQ(world.runner().figures().kills, 0u);
  EXPECT_TRUE(world.faults().empty());
}

TEST_F(RunnerTest, measuresACallWithoutItsWaitBehindOthers) {
  start();
  constexpr int calls = 200;
  const auto began = std::chrono::steady_clock::now();
  std::promise<std::chrono::nanoseconds> all;
  std::chrono::nanoseconds took{0};
  int left = calls;
  world.thread().loop().postAlways([&] {
    world.scene.content = "";
    const atrium_room_view room = world.scene.room();
    const atrium_user_view user = world.scene.user();
    const atrium_message_view message = world.scene.message();
    for (int n = 0; n < calls; ++n)
      world.hooks().call({.hook = Hook::will_post, .room = &room, .user = &user, .message = &message}, [&](HookOutcome outcome) {
        EXPECT_FALSE(outcome.failed);
        took += outcome.took;
        if (--left == 0) all.set_value(took);
      });
  });
  const std::chrono::nanoseconds together = all.get_future().get();
  EXPECT_LE(together, std::chrono::steady_clock::now() - began);
}

TEST_F(RunnerTest, countsWhatIsUnderWayAndWhatTheBreakerKeptAway) {
  world.settings.room_deadline = std::chrono::milliseconds(200);
  start();
  std::vector<std::shared_ptr<std::promise<HookOutcome>>> hung;
  world.thread().run([&] {
    hung = {world.begin("hang"), world.begin("hang")};
    EXPECT_EQ(figures().in_flight, 2u);
    EXPECT_EQ(figures().refusals, 0u);
    world.plugin().breaker().trip();
    EXPECT_TRUE(failed(world.begin("")->get_future().get()));
    EXPECT_EQ(figures().refusals, 1u);
    EXPECT_EQ(figures().in_flight, 2u);
  });
  for (const auto& one : hung) EXPECT_TRUE(one->get_future().get().failed);
  EXPECT_EQ(figures().in_flight, 0u);
}

// The one before it may take half a minute, and does.
TEST_F(RunnerTest, letsNoCallWaitForLongBehindAnother) {
  start();
  std::shared_ptr<std::promise<HookOutcome>> hung;
  world.thread().run([&] { hung = world.begin("hang"); });
  EXPECT_TRUE(failed(world.post("")));
  EXPECT_EQ(hung->get_future().wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_EQ(world.runner().figures().restarts, 0u) << "the runner was there all the while";
  EXPECT_EQ(figures().failures, 1u);
  EXPECT_EQ(figures().duration.count, 0u) << "it never came to the plugin";
  EXPECT_EQ(figures().in_flight, 1u);
}

TEST_F(RunnerTest, killsARunnerThatDoesNotTakeARequest) {
  start();
  ASSERT_TRUE(world.become([](const RunnerFigures& now) { return now.pid != 0; }));
  ::kill(world.runner().figures().pid, SIGSTOP);
  const auto answer = world.runner().call(static_cast<std::uint32_t>(RunnerMethod::cancel_command), "cancel",
                                          std::string(std::size_t{3} << 20, 'x'), std::chrono::milliseconds(50), false);
  EXPECT_FALSE(answer.answered);
  EXPECT_EQ(answer.why, "its runner did not answer in time");
  EXPECT_TRUE(restarted(1));
  EXPECT_EQ(world.runner().figures().kills, 1u);
  EXPECT_EQ(world.faults(), std::vector<std::string>{"it did not answer cancel within 50 ms"});
}

TEST_F(RunnerTest, takesASignalToItsCallerForNoEnd) {
  start();
  ASSERT_TRUE(world.become([](const RunnerFigures& now) { return now.pid != 0; }));
  const pid_t runner = world.runner().figures().pid;
  static std::atomic<unsigned> caught{0};
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = [](int) { ++caught; };
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  ::kill(runner, SIGSTOP);
  IsolatedPlugin::Answer answer;
  std::atomic<bool> over{false};
  std::thread caller([&] {
    answer = world.runner().call(static_cast<std::uint32_t>(RunnerMethod::cancel_command), "cancel", std::string(std::size_t{3} << 20, 'x'),
                                 std::chrono::seconds(30), false);
    over = true;
  });
  // It has sent what the socket takes long before the last of these.
  for (unsigned n = 1; n <= 2000; ++n) {
    ::pthread_kill(caller.native_handle(), SIGUSR1);
    while (caught < n && !over) std::this_thread::yield();
  }
  ::kill(runner, SIGCONT);
  caller.join();
  ::sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(answer.answered) << answer.why;
  EXPECT_EQ(answer.status, ATRIUM_UNSUPPORTED) << "it has no commands";
}

TEST_F(RunnerTest, allowsWhatIsNotAnsweredWhereTheOperatorSaidSo) {
  world.settings.allow_on_failure = true;
  start();
  const HookOutcome outcome = world.post("crash");
  EXPECT_TRUE(outcome.failed);
  EXPECT_FALSE(outcome.refused);
}

TEST_F(RunnerTest, doesNotRepeatWhatWasOnlyTold) {
  start();
  const atrium_room_view room = world.scene.room();
  const atrium_user_view user = world.scene.user();
  world.scene.content = "crash";
  const atrium_message_view message = world.scene.message();
  atrium_position position{};
  position.struct_size = sizeof position;
  const HookOutcome outcome = world.ask({.hook = Hook::did_post, .room = &room, .user = &user, .message = &message, .position = &position});
  EXPECT_TRUE(outcome.failed);
  EXPECT_EQ(said(""), "nothing");
  EXPECT_EQ(world.runner().figures().restarts, 1u);
}

TEST_F(RunnerTest, refusesMemoryAboveItsLimit) {
  world.sandbox.memory_bytes = std::uint64_t{128} << 20;
  start();
  if (said("leak") != "refused") GTEST_SKIP() << "this build cannot bound a runner's data";
  EXPECT_EQ(said(""), "nothing");
  EXPECT_EQ(world.runner().figures().restarts, 0u);
}

TEST_F(RunnerTest, killsARunnerThatTakesMemoryPastItsLimitAnyhow) {
  world.sandbox.memory_bytes = std::uint64_t{128} << 20;
  start();
  EXPECT_TRUE(failed(world.post("share")));
  ASSERT_FALSE(world.faults().empty());
  EXPECT_NE(world.faults()[0].find("its memory_limit is 128 MiB"), std::string::npos) << world.faults()[0];
}

TEST_F(RunnerTest, killsARunnerThatUsesMoreOfTheProcessorThanAllowed) {
  world.cpu_percent_max = 20;
  start();
  EXPECT_TRUE(failed(world.post("spin")));
  ASSERT_FALSE(world.faults().empty());
  EXPECT_NE(world.faults()[0].find("its cpu_limit is 20 %"), std::string::npos) << world.faults()[0];
}

TEST_F(RunnerTest, endsARunnerThatScribblesOverItsSocket) {
  start();
  EXPECT_TRUE(failed(world.post("scribble")));
  EXPECT_EQ(said(""), "nothing");
  ASSERT_FALSE(world.faults().empty());
  EXPECT_EQ(world.faults()[0], "it wrote to its channel what is no answer");
}

TEST_F(RunnerTest, endsARunnerThatClosesItsSockets) {
  start();
  EXPECT_TRUE(failed(world.post("close")));
  EXPECT_TRUE(restarted(1));
  EXPECT_EQ(said(""), "nothing");
}

TEST_F(RunnerTest, livesWithWhatItWritesByHand) {
  start();
  EXPECT_EQ(said("write"), "done");
  EXPECT_EQ(said(""), "nothing");
}

TEST_F(RunnerTest, isNotStartedAgainWhenItsFirstStartFails) {
  IsolatedWorld other(ATRIUM_ISOLATED_PLUGINS "/test_trouble.so", R"({"at_start":"crash"})");
  const auto started = other.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().detail, "it crashed (SIGSEGV)");
}

TEST_F(RunnerTest, tellsWhyItDidNotStart) {
  IsolatedWorld other(ATRIUM_ISOLATED_PLUGINS "/test_trouble.so", R"({"at_start":"exit"})");
  const auto started = other.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().detail, "it ended its process with exit(7)");
}

TEST_F(RunnerTest, probesAPluginAndLeavesNothing) {
  const auto probed = world.probe(std::chrono::seconds(20));
  EXPECT_TRUE(probed) << probed.error().detail;
}

TEST_F(RunnerTest, isWarnedByAProbeThatCrashesHangsOrExits) {
  const std::pair<const char*, const char*> troubles[] = {{R"({"at_start":"crash"})", "it crashed (SIGSEGV)"},
                                                          {R"({"at_start":"exit"})", "it ended its process with exit(7)"},
                                                          {R"({"at_start":"hang"})", "it was not ready within 300 ms"}};
  for (const auto& [options, sentence] : troubles) {
    IsolatedWorld other(ATRIUM_ISOLATED_PLUGINS "/test_trouble.so", options);
    const bool hangs = std::string_view(options).contains("hang");
    const auto probed = other.probe(hangs ? std::chrono::milliseconds(300) : std::chrono::seconds(20));
    ASSERT_FALSE(probed) << options;
    EXPECT_EQ(probed.error().detail, sentence);
  }
}

}  // namespace
}  // namespace atrium::test
