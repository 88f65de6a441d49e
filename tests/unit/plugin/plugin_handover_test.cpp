// What a plugin knows goes from one generation to the next while workers call it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <future>
#include <thread>

#include "command_scene.hpp"
#include "life_plugin.hpp"
#include "one_shard.hpp"
#include "plugin/commands_port.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {
namespace {

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~Pipe() {
    for (const int end : ends_) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int reading() const { return ends_[0]; }
  [[nodiscard]] int writing() const { return ends_[1]; }
  void await() const {
    char byte = 0;
    EXPECT_EQ(::read(reading(), &byte, 1), 1);
  }
  void send() const { EXPECT_EQ(::write(writing(), "", 1), 1); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// The plugin test.life, whose command "life" counts its runs.
class PluginHandoverTest : public testing::Test {
 protected:
  void start(std::chrono::milliseconds patience = 50ms) {
    world.lease_patience = patience;
    putVersion("1.0.0");
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
    port.emplace(host().registry(), calls, desk);
  }
  void putVersion(const std::string& version) { putLife(directory.path(), version); }
  // Begins the command; what it answers is in `answers` once the shard has turned.
  void run(std::string line) {
    port->run(Id{}, commandScene(anaOf()), {"room_x", "life", {}, std::move(line)}, {},
              [this](Result<std::string> answer) { answers.push_back(answer ? *answer : std::string(info(answer.error().code).word)); });
  }
  std::string answer() {
    shards.turn();
    return answers.back();
  }
  // Begins a run that stays inside until `go`, or owes its answer until then.
  void enter(const std::string& deed = "wait") {
    run(deed + " " + std::to_string(inside.writing()) + " " + std::to_string(go.reading()));
    inside.await();
  }
  PluginHost& host() { return world.host(); }

  TemporaryDirectory directory;
  PluginWorld world{directory.path()};
  Pipe inside, go;
  SystemClock clock;
  MetricRegistry metrics{metric_table};
  MetricSet& own = metrics.makeSet();
  OneShard shards;
  WorkerPool workers{{.threads = 4}, clock, world.log, metrics.makeSet()};
  Now now{Mono{1h}, {}};
  TimerWheel timers{now.mono};
  WorkerCalls calls{{.workers = workers, .shards = shards, .shard = 0, .timers = timers, .now = now, .metrics = own}};
  CompletionDesk desk{metrics.makeSet()};
  std::optional<CommandsPort> port;
  std::vector<std::string> answers;
};

TEST_F(PluginHandoverTest, waitsForCallsThatAreInsideAndSendsThoseThatWaitToTheNextGeneration) {
  start(1min);
  enter();
  LoadedPlugin& old = *host().find(life_id);
  putVersion("1.1.0");
  std::promise<Result<PluginHost::Steps>> done;
  std::thread control([&] { done.set_value(host().reload(life_id)); });
  // Commands are answered by the old generation until one of them is held.
  int answered = 0;
  while (host().registry().patience(old, 1h) == 1h) {
    run("");
    while (shards.empty() && host().registry().patience(old, 1h) == 1h) std::this_thread::yield();
    if (shards.empty()) break;
    EXPECT_EQ(answer(), R"({"text":"1.0.0 )" + std::to_string(++answered) + R"("})");
  }
  go.send();
  EXPECT_EQ(answer(), R"({"text":"1.0.0 )" + std::to_string(++answered) + R"("})") << "who was inside was still counted";
  EXPECT_EQ(answer(), R"({"text":"1.1.0 )" + std::to_string(++answered) + R"("})") << "and who waited is counted by the next, behind him";
  const auto steps = done.get_future().get();
  EXPECT_TRUE(steps) << steps.error().detail;
  control.join();
}

TEST_F(PluginHandoverTest, staysAsItIsWhenACallDoesNotComeBack) {
  start();
  enter();
  putVersion("1.1.0");
  const auto refused = host().reload(life_id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::change_refused);
  EXPECT_NE(refused.error().detail.find("a call of it does not come back"), std::string::npos) << refused.error().detail;
  run("");
  EXPECT_EQ(answer(), R"({"text":"1.0.0 1"})") << "calls are not held any more";
  go.send();
  EXPECT_EQ(answer(), R"({"text":"1.0.0 2"})");
  while (!host().reload(life_id)) {  // The answer comes before the worker has left.
  }
  run("");
  EXPECT_EQ(answer(), R"({"text":"1.1.0 3"})");
}

// What a run does for the answer that it owes would be lost in the old generation, once that has handed over what it knows.
TEST_F(PluginHandoverTest, waitsForAnswersThatAreOwed) {
  start(1min);
  enter("owe");
  LoadedPlugin& old = *host().find(life_id);
  putVersion("1.1.0");
  auto change = std::async(std::launch::async, [&] { return host().reload(life_id); });
  int answered = 0;
  while (host().registry().patience(old, 1h) == 1h) {
    run("");
    while (shards.empty() && host().registry().patience(old, 1h) == 1h) std::this_thread::yield();
    if (shards.empty()) break;
    const std::string expected = R"({"text":"1.0.0 )" + std::to_string(++answered) + R"("})";
    if (const std::string said = answer(); said != expected) {
      ADD_FAILURE() << "the new generation came while an answer was owed: " << said;
      break;
    }
  }
  go.send();
  EXPECT_EQ(answer(), R"({"text":"1.0.0 )" + std::to_string(++answered) + R"("})");
  EXPECT_EQ(answer(), R"({"text":"1.1.0 )" + std::to_string(++answered) + R"("})") << "it knows of the run that was owed";
  const auto steps = change.get();
  EXPECT_TRUE(steps) << steps.error().detail;
}

TEST_F(PluginHandoverTest, staysAsItIsWhenAnAnswerThatIsOwedDoesNotCome) {
  start();
  enter("owe");
  putVersion("1.1.0");
  const auto refused = host().reload(life_id);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("or is not answered, and its state cannot be handed over"), std::string::npos)
      << refused.error().detail;
  go.send();
  EXPECT_EQ(answer(), R"({"text":"1.0.0 1"})") << "nothing of it was lost";
  while (!host().reload(life_id)) {  // The answer comes before the worker has left.
  }
  run("");
  EXPECT_EQ(answer(), R"({"text":"1.1.0 2"})");
}

// Nobody waits for a run that was given up: it no longer keeps the plugin from being exchanged.
TEST_F(PluginHandoverTest, doesNotWaitForAnAnswerThatWasGivenUp) {
  start();
  enter("owe");
  putVersion("1.1.0");
  now.mono += 1h;
  timers.advance(now.mono);  // Its deadline.
  EXPECT_EQ(answers.back(), "command_timed_out");
  go.send();  // So that its thread ends with the plugin.
  while (!host().reload(life_id)) {
  }
  EXPECT_EQ(world.tell("test_life.so", "version"), "1.1.0");
}

TEST_F(PluginHandoverTest, goesBackWithoutWhatItKnowsWhenTheOneInTroubleCannotHandItOver) {
  start();
  putVersion("1.1.0");
  ASSERT_TRUE(host().reload(life_id));
  enter();
  host().find(life_id)->breaker().faulted("it did something wrong");
  host().attend();
  run("");
  EXPECT_EQ(answer(), R"({"text":"1.0.0 1"})");
  EXPECT_NE(world.tell("test_life.so", "reason").find("so version 1.0.0 is back"), std::string::npos);
  go.send();
  EXPECT_EQ(answer(), R"({"text":"1.1.0 1"})") << "who was inside is answered all the same";
  workers.stop();  // Now it has returned, too.
  host().attend();
  EXPECT_EQ(world.tell("test_life.so", "stuck_generations"), "");
}

}  // namespace
}  // namespace atrium::test
