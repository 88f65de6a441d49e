#include "engine/hook_row.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {
namespace {

// Answers when told to, or at once; says what it was shown.
class Answering final : public HookTarget {
 public:
  explicit Answering(HookSet hooks, bool late = false) : hooks_(hooks), late_(late) {}
  HookSet hooks() const override { return hooks_; }
  void call(const HookCall& call, HookDone done) override {
    seen.emplace_back(call.room->name.data, call.room->name.size);
    if (late_) return waiting.push_back(std::move(done));
    HookOutcome outcome;
    if (refuses) outcome.refused = Error{Code::rejected_by_plugin, "no", 0, {}};
    done(std::move(outcome));
  }

  bool refuses = false;
  std::vector<std::string> seen;
  std::vector<HookDone> waiting;

 private:
  HookSet hooks_;
  bool late_;
};

struct Row {
  Answering first{{Hook::will_join}}, silent{{Hook::tick}}, late{{Hook::will_join, Hook::tick}, true}, last{{Hook::will_join}};
  std::vector<HookTarget*> row{&first, &silent, &late, &last};
  std::optional<HookOutcome> said;

  void ask(Hook hook) {
    const std::string name = "a room";
    atrium_room_view room{};
    room.struct_size = sizeof room;
    room.name = {name.data(), name.size()};
    askRow(row, {.hook = hook, .room = &room}, [this](HookOutcome outcome) { said = std::move(outcome); });
  }
};

TEST(HookRow, asksOneAfterTheOtherAlsoWhenOneTakesItsTime) {
  Row row;
  row.ask(Hook::will_join);
  EXPECT_EQ(row.first.seen.size(), 1u);
  EXPECT_EQ(row.late.seen.size(), 1u);
  EXPECT_TRUE(row.last.seen.empty()) << "it is not its turn";
  EXPECT_FALSE(row.said);
  row.late.waiting.front()({});
  EXPECT_EQ(row.last.seen, std::vector<std::string>{"a room"}) << "what it is shown outlives the call";
  ASSERT_TRUE(row.said);
  EXPECT_FALSE(row.said->refused);
  EXPECT_TRUE(row.silent.seen.empty());
}

TEST(HookRow, endsWithTheFirstWhoRefuses) {
  Row row;
  row.first.refuses = true;
  row.ask(Hook::will_join);
  ASSERT_TRUE(row.said && row.said->refused);
  EXPECT_TRUE(row.late.seen.empty());
}

TEST(HookRow, allowsWhatNobodyHasAHookFor) {
  Row row;
  row.ask(Hook::will_create);
  ASSERT_TRUE(row.said);
  EXPECT_FALSE(row.said->refused);
}

TEST(HookRow, tellsAllAndWaitsForNobody) {
  Row row;
  atrium_room_view room{};
  MetricRegistry registry(metric_table);
  MetricSet& metrics = registry.makeSet();
  tellRow(row.row, {.hook = Hook::tick, .room = &room, .number = 1}, metrics);
  EXPECT_EQ(row.silent.seen.size() + row.late.seen.size(), 2u);
  EXPECT_TRUE(row.first.seen.empty());
  HookOutcome dropped;
  dropped.refused = Error{Code::overloaded, "too much waits", 500, {}};
  row.late.waiting.front()(std::move(dropped));
  EXPECT_EQ(registry.sum(Metric::hooks_dropped), 1);
}

}  // namespace
}  // namespace atrium
