#include "cli/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace atrium {
namespace {

// SIGTERM waits for whoever asks for it, and ends no test.
class RunProcess : public testing::Test {
 protected:
  RunProcess() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals_, &before_);
  }
  ~RunProcess() override { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  // The signal that waits; -1: none does.
  [[nodiscard]] int waiting() const {
    constexpr timespec at_once{};
    return ::sigtimedwait(&signals_, nullptr, &at_once);
  }

 private:
  sigset_t signals_{}, before_{};
};

TEST_F(RunProcess, bringsTheOutputAndTheExitCode) {
  std::string seen;
  const auto end = runProcess({.command = {"sh", "-c", "echo one; echo two >&2; exit 3"}}, [&](std::string_view piece) { seen += piece; });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 3);
  EXPECT_EQ(end->output, "one\ntwo\n");
  EXPECT_EQ(seen, end->output);
  EXPECT_EQ(waiting(), -1);
}

// Ctrl-C reaches this program alone: what it runs, and what that runs in turn, must not go on behind it.
TEST_F(RunProcess, endsWhatItRunsOnASignalAndHandsTheSignalOn) {
  const auto end = runProcess({.command = {"sh", "-c", "sh -c 'echo ready; sleep 600'; echo late"}}, [](std::string_view piece) {
    if (piece.find("ready") != std::string_view::npos) ::kill(::getpid(), SIGTERM);
  });
  ASSERT_TRUE(end);
  EXPECT_EQ(end->status, 128 + SIGTERM);
  EXPECT_EQ(end->output, "ready\n");
  EXPECT_EQ(waiting(), SIGTERM) << "for the caller, whom it would have ended";
}

}  // namespace
}  // namespace atrium
