#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "plugin/isolated/runner_methods.hpp"

namespace atrium::test {
namespace {

constexpr atrium_text piece_said{"piece", 5};
constexpr atrium_text result_said{"result", 6};
const RunnerTokens::Progress nobody_listens = [](std::string_view) {};

TEST(RunnerTokens, completeACallWhileTheProgressOfAnotherIsNotTaken) {
  RunnerTokens tokens;
  std::promise<void> stuck, taken;
  const RunnerTokens::Progress slow = [&](std::string_view) {
    stuck.set_value();
    taken.get_future().wait();
  };
  std::thread other([&] {
    PayloadWriter out;
    EXPECT_EQ(tokens.run(
                  [](const atrium_token* token) {
                    token->progress(token->context, token->id, piece_said);
                    token->complete(token->context, token->id, ATRIUM_OK, result_said);
                    return ATRIUM_OK;
                  },
                  slow, out),
              ATRIUM_OK);
  });
  stuck.get_future().wait();
  auto completed = std::async(std::launch::async, [&] {
    PayloadWriter out;
    return tokens.run(
        [](const atrium_token* token) {
          token->complete(token->context, token->id, ATRIUM_DENIED, result_said);
          return ATRIUM_OK;
        },
        nobody_listens, out);
  });
  EXPECT_EQ(completed.wait_for(std::chrono::seconds(30)), std::future_status::ready) << "it waits for the other one's progress";
  taken.set_value();
  other.join();
  EXPECT_EQ(completed.get(), ATRIUM_DENIED);
}

TEST(RunnerTokens, sayNothingOfACallThatIsOver) {
  RunnerTokens tokens;
  std::vector<std::string> pieces;
  const RunnerTokens::Progress listens = [&pieces](std::string_view piece) { pieces.emplace_back(piece); };
  atrium_token kept{};
  PayloadWriter out;
  EXPECT_EQ(tokens.run(
                [&kept](const atrium_token* token) {
                  kept = *token;
                  token->progress(token->context, token->id, piece_said);
                  token->complete(token->context, token->id, ATRIUM_OK, result_said);
                  token->progress(token->context, token->id, piece_said);
                  return ATRIUM_OK;
                },
                listens, out),
            ATRIUM_OK);
  kept.progress(kept.context, kept.id, piece_said);
  kept.complete(kept.context, kept.id, ATRIUM_FAILED, result_said);
  EXPECT_EQ(pieces, std::vector<std::string>{"piece"});
  const auto throws = [&kept](const atrium_token* token) -> atrium_status {
    kept = *token;
    throw std::runtime_error("out of the plugin");
  };
  EXPECT_THROW(static_cast<void>(tokens.run(throws, listens, out)), std::runtime_error);
  kept.progress(kept.context, kept.id, piece_said);
  kept.complete(kept.context, kept.id, ATRIUM_OK, result_said);
  EXPECT_EQ(pieces.size(), 1u);
}

}  // namespace
}  // namespace atrium::test
