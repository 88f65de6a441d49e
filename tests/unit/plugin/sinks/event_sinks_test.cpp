// The sinks over a store and a plugin: kernel/plugin/sinks.
#include "plugin/sinks/event_sinks.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <future>

#include "engine/event_log.hpp"
#include "one_shard.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "sim/store.hpp"

namespace atrium::test {
namespace {

// A sink that stands inside its plugin until it is let go.
class Hanging {
 public:
  Hanging() {
    if (::pipe(told_) != 0 || ::pipe(wait_) != 0) std::abort();
  }
  ~Hanging() {
    for (const int end : {told_[0], told_[1], wait_[0], wait_[1]}) ::close(end);
  }
  [[nodiscard]] std::string does() const { return "hang " + std::to_string(told_[1]) + " " + std::to_string(wait_[0]); }
  void awaitInside() {
    char byte = 0;
    ASSERT_EQ(::read(told_[0], &byte, 1), 1);
  }
  void letGo() { ASSERT_EQ(::write(wait_[1], "x", 1), 1); }

 private:
  int told_[2];
  int wait_[2];
};

class EventSinksTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
  }
  // The log gets one more event.
  void happen(std::string_view does = "", EventType type = EventType::room_closed) {
    auto batch = std::make_unique<AppendBatch>();
    Id id;
    id.bytes[15] = ++happened;
    now.wall += 1s;
    batch->items.push_back(eventItem({id, now.wall, {type, "acme", R"({"do":")" + std::string(does) + "\"}"}}));
    store->append(std::move(batch), [](const std::unique_ptr<AppendBatch>& done) { ASSERT_EQ(done->items[0].result.status, ATRIUM_OK); });
    settle();
  }
  void place(const std::string& sink, std::uint64_t done, Wall done_at = {}) {
    documents.put(sinkKey(sink), encodeSinkPlace({done, done_at, all_event_types, "test.sink", ""}));
  }
  void make() {
    sinks.emplace(EventSinks::Parts{.store = *store,
                                    .shards = shards,
                                    .interest = interest,
                                    .registry = world.host().registry(),
                                    .calls = calls,
                                    .timers = timers,
                                    .now = now,
                                    .log = *log,
                                    .board = board,
                                    .seed = 1},
                  options);
  }
  void begin() {
    make();
    sinks->begin();
    settle();
  }
  void settle() {
    while (!documents.idle()) documents.work();
  }
  void advance(std::chrono::milliseconds step) {
    now.mono += step;
    timers.advance(now.mono);
    settle();
  }
  // Turns until the sink is so, taking what workers bring and letting time pass where nothing is under way.
  template <typename Condition>
  void until(Condition condition, const std::string& sink = "test") {
    for (int turns = 0; turns < 10'000; ++turns) {
      if (condition(figure(sink))) return;
      if (calls.pending() > 0)
        shards.turn();
      else
        advance(100ms);
      settle();
    }
    FAIL() << board.json();
  }
  // The sink's JSON; absent when there is none of the name.
  JsonView figure(const std::string& sink = "test") {
    shown = *JsonDocument::parse(board.json());
    const JsonView items = shown.root()["items"];
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
      if (item["name"].text() == sink) return item;
    return {};
  }
  static std::int64_t number(const JsonView& value) {
    std::int64_t out = -1;
    static_cast<void>(value.integer(out));
    return out;
  }
  static auto reaches(std::string_view name, std::int64_t wanted) {
    return [name, wanted](const JsonView& sink) { return number(sink[name]) == wanted; };
  }
  template <typename T, typename Ask>
  Result<T> ask(Ask request) {
    std::optional<Result<T>> answer;
    request(Completion<T>([&answer](Result<T> came) { answer.emplace(std::move(came)); }));
    settle();
    return *std::move(answer);
  }
  std::string letters() {
    return *ask<std::string>([this](auto done) { sinks->deadLetters("test", 0, 10, std::move(done)); });
  }

  void TearDown() override { hanging.letGo(); }

  Hanging hanging;  // Ends after the workers.
  PluginWorld world{ATRIUM_SINK_PLUGINS};
  SystemClock clock;
  std::optional<Log> log{std::in_place, Log::Options{.level = LogLevel::error}};  // Reset by who wants to read all of it.
  MetricRegistry metrics{metric_table};
  MetricSet& own = metrics.makeSet();
  OneShard shards;
  Random random{7};
  sim::SimStore documents{random, {}};
  std::unique_ptr<Store> store = documents.port([](Task task) { task(); });
  Now now{Mono{1h}, Wall{std::chrono::days(20'000)}};
  TimerWheel timers{now.mono};
  SinkBoard board;
  SinkOptions options{.retry_min = 100ms, .retry_max = 400ms, .give_up_after = 1min, .dead_letters_max = 2};
  EventInterest interest{shards};
  WorkerPool workers{{.threads = 2, .share = 2}, clock, world.log, metrics.makeSet()};
  WorkerCalls calls{{.workers = workers, .shards = shards, .shard = 0, .timers = timers, .now = now, .metrics = own}};
  std::optional<EventSinks> sinks;
  JsonDocument shown;
  std::uint8_t happened = 0;
};

TEST_F(EventSinksTest, aSinkGoesOnWhereItStood) {
  for (int n = 0; n < 9; ++n) happen();
  place("test", 2);
  begin();
  until(reaches("lag", 0));
  EXPECT_EQ(number(figure()["delivered"]), 7);
  EXPECT_EQ(decodeSinkPlace(documents.document(sinkKey("test"))->value)->done, 9u);
  EXPECT_EQ(figure()["events"].text(), "room.created,room.changed,room.closed") << "as the plugin says now";
}

TEST_F(EventSinksTest, aNewSinkBeginsWithWhatHappensFromThenOn) {
  happen();
  EXPECT_TRUE(interest.want(EventType::member_left)) << "until it is known who listens";
  begin();
  until(reaches("done", 1));
  EXPECT_EQ(number(figure()["delivered"]), 0);
  EXPECT_FALSE(interest.want(EventType::member_left));
  EXPECT_TRUE(interest.want(EventType::room_closed));
  happen();
  happen("", EventType::member_left);
  until(reaches("done", 3));
  EXPECT_EQ(number(figure()["delivered"]), 1) << "the other type is not for it";
}

TEST_F(EventSinksTest, whatCannotBeDeliveredComesAgainInOrder) {
  place("test", 0);
  happen();
  happen("wait");
  happen();
  begin();
  until(reaches("failures", 1));
  EXPECT_EQ(number(figure()["done"]), 1) << "what was taken before it is done";
  EXPECT_EQ(figure()["state"].text(), "waiting");
  EXPECT_EQ(figure()["reason"].text(), "not yet");
  EXPECT_TRUE(figure()["failing_since"].isString());
  until(reaches("done", 3));
  EXPECT_EQ(number(figure()["failures"]), 2);
  EXPECT_EQ(number(figure()["delivered"]), 3);
  EXPECT_TRUE(figure()["failing_since"].isNull());
}

TEST_F(EventSinksTest, anExceptionIsAFailureOfThePluginAndCostsNoEvent) {
  place("test", 0);
  happen("throw");
  begin();
  until(reaches("done", 1));
  EXPECT_EQ(number(figure()["delivered"]), 1);
  EXPECT_EQ(number(figure()["failures"]), 1);
}

TEST_F(EventSinksTest, whatIsRefusedForGoodBecomesADeadLetter) {
  place("test", 0);
  happen();
  happen("refuse");
  happen();
  begin();
  until(reaches("done", 3));
  EXPECT_EQ(number(figure()["delivered"]), 2);
  EXPECT_EQ(number(figure()["dead_letters"]), 1);
  EXPECT_EQ(letters().find(R"({"items":[{"offset":2,"event_id":"evt_)"), 0u) << letters();
  EXPECT_NE(letters().find(R"("reason":"not this one")"), std::string::npos);

  // Tried again in vain, and then thrown away.
  EXPECT_EQ(*ask<std::size_t>([this](auto done) { sinks->retry("test", 2, std::move(done)); }), 1u);
  until([](const JsonView& sink) { return sink["state"].text() == "idle"; });
  EXPECT_NE(letters().find(R"("attempts":2)"), std::string::npos) << letters();
  EXPECT_EQ(ask<std::size_t>([this](auto done) { sinks->drop("test", 3, std::move(done)); }).error().code, Code::not_found);
  EXPECT_EQ(*ask<std::size_t>([this](auto done) { sinks->drop("test", std::nullopt, std::move(done)); }), 1u);
  EXPECT_EQ(number(figure()["dead_letters"]), 0);
  EXPECT_EQ(letters(), R"({"items":[],"next_cursor":null})");
}

TEST_F(EventSinksTest, noMoreDeadLettersAreKeptThanMayBe) {
  place("test", 0);
  for (int n = 0; n < 4; ++n) happen("refuse");
  begin();
  until(reaches("done", 4));
  until(reaches("dead_letters", 2));
  EXPECT_EQ(letters().find(R"({"items":[{"offset":3,)"), 0u) << "the oldest give way: " << letters();
}

TEST_F(EventSinksTest, aDeadLetterIsDeliveredOnceItCanBe) {
  place("test", 0);
  SinkEvent letter{1, 2, now.wall, "evt_1", "room.closed", "acme", R"({"do":"wait"})"};
  happen("refuse");
  begin();
  until(reaches("done", 1));
  documents.put(deadLetterKey("test", 1), encodeDeadLetter(letter, "then", now.wall));
  EXPECT_EQ(*ask<std::size_t>([this](auto done) { sinks->retry("test", std::nullopt, std::move(done)); }), 1u);
  until(reaches("dead_letters", 0));
  EXPECT_EQ(letters(), R"({"items":[],"next_cursor":null})");
  EXPECT_EQ(number(figure()["delivered"]), 1);
}

TEST_F(EventSinksTest, oneEventDoesNotHoldUpTheOthersForEver) {
  place("test", 0);
  happen("never");
  happen();
  begin();
  until(reaches("done", 2));
  EXPECT_EQ(number(figure()["dead_letters"]), 1);
  EXPECT_NE(letters().find(R"("reason":"given up: not yet")"), std::string::npos) << letters();
}

TEST_F(EventSinksTest, theLogIsDroppedUpToWhatTheSlowestSinkIsDoneWith) {
  happen();
  const Wall first = now.wall;
  for (int n = 0; n < 3; ++n) happen();
  place("away", 1, first);
  place("test", 2);
  begin();
  until(reaches("lag", 0));
  advance(EventSinks::trim_interval);
  EXPECT_EQ(figure("away")["state"].text(), "absent");
  EXPECT_EQ(number(figure("away")["lag"]), 3);
  ASSERT_FALSE(documents.trims.empty());
  for (const auto& trim : documents.trims) {
    EXPECT_EQ(trim.room, eventLogKey());
    EXPECT_EQ(trim.keep_last, 0u);
    EXPECT_EQ(trim.sent_before, first) << "never what a sink that is away has not seen, and never by a number from the end";
  }
}

TEST_F(EventSinksTest, moreThanMayWaitGivesWay) {
  options.events_max = 2;
  for (int n = 0; n < 4; ++n) happen();
  place("away", 0);
  begin();
  advance(EventSinks::trim_interval);
  ASSERT_FALSE(documents.trims.empty());
  EXPECT_EQ(documents.trims.back().keep_last, 2u);
  EXPECT_EQ(documents.trims.back().sent_before, Wall{});
}

TEST_F(EventSinksTest, whatIsOlderThanTheRetentionIsLostAndTold) {
  testing::internal::CaptureStderr();
  documents.options.drops = true;
  options.retention = 5s;
  for (int n = 0; n < 9; ++n) happen();
  place("test", 1, now.wall - 8s);
  ASSERT_TRUE(world.host().disable("test.sink"));
  begin();
  EXPECT_EQ(figure()["state"].text(), "absent");
  EXPECT_EQ(documents.trims.back().sent_before, now.wall - 5s) << "also what a sink has not seen";
  ASSERT_TRUE(world.host().enable("test.sink"));
  until(reaches("done", 9));
  EXPECT_EQ(number(figure()["lost"]), 2) << "the second and the third";
  EXPECT_EQ(number(figure()["delivered"]), 6);
  std::string series;
  board.appendPrometheus(series);
  EXPECT_NE(series.find("atrium_sink_events_total{sink=\"test\",outcome=\"lost\"} 2\n"), series.npos) << series;
  EXPECT_EQ(decodeSinkPlace(documents.document(sinkKey("test"))->value)->done, 9u);
  sinks.reset();
  log.reset();  // Writes what waits.
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(R"("event":"sink.events_lost","sink":"test","offset":2,"events":2)"), text.npos) << text;
}

TEST_F(EventSinksTest, whatIsLostIsToldAlsoWhenNothingIsLeft) {
  documents.options.drops = true;
  options.retention = 5s;
  for (int n = 0; n < 3; ++n) happen();
  now.wall += 1h;
  place("test", 1, now.wall - 2h);
  ASSERT_TRUE(world.host().disable("test.sink"));
  begin();
  ASSERT_TRUE(world.host().enable("test.sink"));
  until(reaches("done", 3));
  EXPECT_EQ(number(figure()["lost"]), 2);
  EXPECT_EQ(number(figure()["lag"]), 0) << "nothing is waited for that will not come";
  happen();
  until(reaches("done", 4));
  EXPECT_EQ(number(figure()["lost"]), 2) << "counted once";
  EXPECT_EQ(number(figure()["delivered"]), 1);
}

TEST_F(EventSinksTest, aPageOfDeadLettersEndsWithItsBytes) {
  place("test", 0);
  const std::string data = R"({"text":")" + std::string(60'000, 'x') + "\"}";
  for (std::uint64_t offset = 1; offset <= 40; ++offset)
    documents.put(deadLetterKey("test", offset),
                  encodeDeadLetter({offset, 1, now.wall, "e", "room.closed", "acme", data}, "why", now.wall));
  begin();
  std::vector<std::size_t> pages;
  std::uint64_t after = 0, seen = 0;
  do {
    const std::string text = *ask<std::string>([&](auto done) { sinks->deadLetters("test", after, 200, std::move(done)); });
    EXPECT_LT(text.size(), EventSinks::letters_page_bytes + 70'000);
    const auto page = JsonDocument::parse(text);
    ASSERT_TRUE(page);
    const JsonView items = page->root()["items"];
    std::size_t count = 0;
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items), ++count)
      EXPECT_EQ(number(item["offset"]), static_cast<std::int64_t>(++seen)) << "none is left out, and none comes twice";
    pages.push_back(count);
    const std::string cursor = page->root()["next_cursor"].text();
    after = cursor.empty() ? 0 : std::stoull(cursor);
  } while (after != 0);
  EXPECT_EQ(seen, 40u);
  EXPECT_EQ(pages, (std::vector<std::size_t>{18, 18, 4}));
  EXPECT_NE(letters().find(R"("next_cursor":"10")"), std::string::npos) << "as many as were asked for";
}

TEST_F(EventSinksTest, aSinkIsForgottenOnlyWhenNobodyNeedsIt) {
  place("away", 0);
  documents.put(deadLetterKey("away", 1), encodeDeadLetter({1, 1, now.wall, "e", "room.closed", "acme", "{}"}, "why", now.wall));
  begin();
  const auto forget = [this](const std::string& sink) {
    const auto answer = ask<void>([this, &sink](auto done) { sinks->forget(sink, std::move(done)); });
    return answer ? std::string("ok") : std::string(info(answer.error().code).word);
  };
  EXPECT_EQ(forget("nobody"), "not_found");
  EXPECT_EQ(forget("test"), "conflict") << "its plugin is active";
  EXPECT_EQ(forget("away"), "conflict") << "it has a dead letter";
  EXPECT_EQ(ask<std::size_t>([this](auto done) { sinks->retry("away", std::nullopt, std::move(done)); }).error().code, Code::conflict);
  EXPECT_EQ(*ask<std::size_t>([this](auto done) { sinks->drop("away", 1, std::move(done)); }), 1u);
  EXPECT_EQ(forget("away"), "ok");
  EXPECT_FALSE(figure("away").exists());
  EXPECT_EQ(documents.document(sinkKey("away")), nullptr);
}

TEST_F(EventSinksTest, aPlaceOfAnotherLogSaysNothing) {
  for (int n = 0; n < 3; ++n) happen();
  documents.put(sinkKey("test"), encodeSinkPlace({2, {}, all_event_types, "test.sink", "another epoch"}));
  begin();
  until(reaches("delivered", 3));
}

// All workers are taken for longer than a delivery may last.
TEST_F(EventSinksTest, aBatchThatNoWorkerTookGoesOnLater) {
  std::promise<void> go, inside[2];
  const std::shared_future<void> gone = go.get_future().share();
  for (std::promise<void>& one : inside) {
    ASSERT_TRUE(workers.post([&one, gone] {
      one.set_value();
      gone.wait();
    }));
    one.get_future().wait();
  }
  place("test", 0);
  happen();
  begin();
  EXPECT_EQ(figure()["state"].text(), "delivering");
  advance(6s);
  EXPECT_EQ(figure()["state"].text(), "waiting") << "no plugin has it";
  go.set_value();
  until(reaches("done", 1));
  EXPECT_EQ(number(figure()["delivered"]), 1);
  EXPECT_EQ(number(figure()["failures"]), 0);
}

TEST_F(EventSinksTest, aStoreThatDoesNotAnswerIsAskedAgain) {
  place("test", 0);
  happen();
  documents.options.refuse_read = 1000;
  begin();
  EXPECT_FALSE(figure().exists());
  EXPECT_TRUE(interest.want(EventType::member_left)) << "everything is recorded meanwhile";
  documents.options.refuse_read = 0;
  until(reaches("delivered", 1));
}

TEST_F(EventSinksTest, whoTakesOverFromASinkThatHangsGetsWhatItWasAt) {
  PluginWorld other{ATRIUM_SINK_PLUGINS};
  ASSERT_TRUE(other.start());
  place("test", 0);
  happen(hanging.does());
  happen();
  begin();
  hanging.awaitInside();
  advance(6s);
  EXPECT_EQ(figure()["reason"].text(), "it has been delivering for more than 5 s");
  advance(1min);
  EXPECT_EQ(number(figure()["done"]), 0) << "never twice at once for one instance";
  world.host().registry().publish(*other.host().find("test.sink"), {"event-sink"});
  sinks->changed();
  until(reaches("done", 2));
  EXPECT_EQ(number(figure()["delivered"]), 2);
  hanging.letGo();
  shards.turn();
  settle();
  EXPECT_EQ(number(figure()["delivered"]), 2) << "what the old one did in the end is known twice, not counted twice";
}

TEST_F(EventSinksTest, theTimeToGiveUpIsThatOfTheEventInFront) {
  place("test", 0);
  happen("waver");
  begin();
  until(reaches("dead_letters", 1));
  EXPECT_TRUE(figure()["failing_since"].isNull());
  advance(2min);
  happen("wait");
  until(reaches("done", 2));
  EXPECT_EQ(number(figure()["dead_letters"]), 1) << "it failed for less than a second";
  EXPECT_EQ(number(figure()["delivered"]), 1);
}

TEST_F(EventSinksTest, whileASinkIsAwayNothingFails) {
  place("test", 0);
  happen("wait");
  begin();
  until(reaches("failures", 1));
  ASSERT_TRUE(world.host().disable("test.sink"));
  sinks->changed();
  EXPECT_EQ(figure()["state"].text(), "absent");
  advance(2min);
  ASSERT_TRUE(world.host().enable("test.sink"));
  sinks->changed();
  until(reaches("done", 1));
  EXPECT_EQ(number(figure()["dead_letters"]), 0);
  EXPECT_EQ(number(figure()["delivered"]), 1);
}

TEST_F(EventSinksTest, whatHappensOnceAPluginIsThereIsToldToIt) {
  ASSERT_TRUE(world.host().disable("test.sink"));
  begin();
  EXPECT_FALSE(interest.want(EventType::room_closed));
  world.host().registry().onChange([this] { interest.expect(); });
  ASSERT_TRUE(world.host().enable("test.sink"));
  EXPECT_TRUE(interest.want(EventType::room_closed)) << "before the sinks have looked";
  happen();
  sinks->changed();
  interest.met();
  EXPECT_TRUE(interest.want(EventType::room_closed));
  EXPECT_FALSE(interest.want(EventType::member_left));
  until(reaches("delivered", 1));
  world.host().registry().onChange({});
}

TEST_F(EventSinksTest, aPlaceIsKeptThoughTheLogCannotBeReadAtTheStart) {
  for (int n = 0; n < 3; ++n) happen();
  place("test", 2);
  documents.options.refuse_read = 1000;
  make();
  sinks->begin();
  documents.work();  // The log's head.
  documents.options.refuse_read = 0;
  settle();
  until(reaches("lag", 0));
  EXPECT_EQ(number(figure()["delivered"]), 1);
}

TEST_F(EventSinksTest, aDeadLetterThatWasDroppedIsNotTriedAgain) {
  place("test", 0);
  happen("refuse");
  happen("refuse");
  begin();
  until(reaches("dead_letters", 2));
  happen(hanging.does());
  sinks->changed();
  advance(1s);
  hanging.awaitInside();
  EXPECT_EQ(*ask<std::size_t>([this](auto done) { sinks->retry("test", std::nullopt, std::move(done)); }), 2u);
  EXPECT_EQ(*ask<std::size_t>([this](auto done) { sinks->drop("test", std::nullopt, std::move(done)); }), 2u);
  hanging.letGo();
  until(reaches("done", 3));
  EXPECT_EQ(number(figure()["delivered"]), 1) << "the one that hung";
  EXPECT_EQ(letters(), R"({"items":[],"next_cursor":null})");
  EXPECT_EQ(decodeSinkPlace(documents.document(sinkKey("test"))->value)->dead_letters, 0u);
}

TEST_F(EventSinksTest, aBatchEndsWhereItsDataGetsTooMuch) {
  place("test", 0);
  for (int n = 0; n < 4; ++n) happen(std::string(250'000, 'x'));
  begin();
  until(reaches("done", 4));
  EXPECT_EQ(number(figure()["delivered"]), 4);
  EXPECT_EQ(number(figure()["failures"]), 0);
}

TEST_F(EventSinksTest, aBoundThatWasLoweredHoldsWithTheNextDeadLetter) {
  for (std::uint64_t offset = 1; offset <= 50; ++offset)
    documents.put(deadLetterKey("test", offset),
                  encodeDeadLetter({offset, 1, now.wall, "e", "room.closed", "acme", "{}"}, "why", now.wall));
  documents.put(sinkKey("test"), encodeSinkPlace({.plugin = "test.sink", .dead_letters = 50}));
  for (int n = 0; n < 51; ++n) happen(n == 50 ? "refuse" : "");
  begin();
  until(reaches("done", 51));
  until(reaches("dead_letters", 2));
  EXPECT_EQ(letters().find(R"({"items":[{"offset":50,)"), 0u) << letters();
}

}  // namespace
}  // namespace atrium::test
