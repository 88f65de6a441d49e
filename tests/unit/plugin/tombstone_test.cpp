// Each death is a child's: what it leaves behind, the parent reads as the next start does.
#include "plugin/tombstone.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>

#include "base/log.hpp"
#include "loop/worker_pool.hpp"
#include "plugin/call_mark.hpp"
#include "plugin_world.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {
namespace {

constexpr CallMark mark{"test.plugin", "abc", "check"};

// How deep it goes is the caller's to say, so that no compiler makes a loop of it.
int useUpTheStack(int depth) {
  volatile char much[4096];
  much[0] = static_cast<char>(depth);
  return depth == 0 ? much[0] : useUpTheStack(depth - 1) + much[0];
}

class TombstoneTest : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer's report is worth more";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "the sanitizer's report is worth more";
#endif
#endif
  }
  // Runs `deed` in a child that is a server: with its wait status.
  int dieOf(const std::function<void()>& deed) {
    const pid_t child = ::fork();
    if (child == 0) {
      Tombstone tombstone(directory.path());
      tombstone.watch();
      deed();
      ::_exit(1);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }
  // "plugin: reason" of each culprit.
  std::string told() {
    std::string text;
    const Tombstone left(directory.path());
    for (const Culprit& culprit : left.culprits()) text += culprit.plugin + ": " + culprit.reason;
    return text;
  }
  TemporaryDirectory directory;
};

TEST_F(TombstoneTest, namesAPluginThatEndsTheProcessByWhicheverFunction) {
  const std::pair<const char*, void (*)()> ways[] = {{"exit", [] { std::exit(0); }},
                                                     {"_exit", [] { ::_exit(0); }},
                                                     {"_Exit", [] { std::_Exit(0); }},
                                                     {"quick_exit", [] { std::quick_exit(0); }}};
  for (const auto& [name, end] : ways) {
    const int status = dieOf([end] {
      const CallScope scope(mark);
      end();
    });
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 70) << name << ": whoever watches the server must see that it failed";
    EXPECT_EQ(told(), "test.plugin: it ended the server by " + std::string(name) + "() in check");
    Tombstone(directory.path()).forget();
  }
}

TEST_F(TombstoneTest, namesAPluginDuringWhoseLoadingTheServerIsGone) {
  dieOf([this] {
    Tombstone loading(directory.path());
    loading.loading("test.plugin", "abc");
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_EQ(told(), "test.plugin: the server ended while it was being loaded");
}

TEST_F(TombstoneTest, blamesNobodyWhenTheServerEndsItself) {
  EXPECT_EQ(WEXITSTATUS(dieOf([] { ::_exit(3); })), 3);
  EXPECT_EQ(told(), "");
}

TEST_F(TombstoneTest, leavesAloneAPluginWhoseChildEnds) {
  dieOf([] {
    const CallScope scope(mark);
    for (void (*end)() : {+[] { ::_exit(0); }, +[] { std::abort(); }}) {
      const pid_t child = ::fork();
      if (child == 0) end();
      ::waitpid(child, nullptr, 0);
    }
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_EQ(told(), "");
}

TEST_F(TombstoneTest, namesAPluginThatUsesUpTheStackOfAWorker) {
  const int status = dieOf([] {
    SystemClock clock;
    Log log{Log::Options{.level = LogLevel::error}};
    MetricRegistry metrics{metric_table};
    WorkerPool workers({.threads = 1, .thread_began = Tombstone::watchThread}, clock, log, metrics.makeSet());
    static_cast<void>(workers.post([] {
      const CallScope scope(mark);
      std::exit(useUpTheStack(1'000'000'000));
    }));
    workers.stop();
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  EXPECT_NE(told().find("test.plugin: it crashed the server with SIGSEGV in check"), std::string::npos) << told();
}

}  // namespace
}  // namespace atrium::test
