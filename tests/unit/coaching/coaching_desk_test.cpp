#include "coaching/coaching_desk.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {
namespace {

CoachingOptions optionsOf() {
  CoachingOptions options;
  options.assistants.fill("model");
  options.fallback = "rules";
  options.at_once = 2;
  options.day.tokens = 100;
  return options;
}

AssistRequest anasRequest() {
  AssistRequest request;
  request.agent_id = "ana";
  return request;
}

class CoachingDeskTest : public testing::Test {
 protected:
  // The answer to come; nothing: it has not.
  using Told = std::shared_ptr<std::optional<Result<std::string>>>;
  Told ask(AssistTask task = AssistTask::coaching, std::string room_id = {}, const PrincipalPtr& caller = who("ana")) {
    AssistRequest request;
    request.task = task;
    request.agent_id = caller->user_id;
    request.prospect_message = "It is too expensive.";
    request.room_id = std::move(room_id);
    auto told = std::make_shared<std::optional<Result<std::string>>>();
    desk.ask(caller, std::move(request), [told](Result<std::string> answer) { *told = std::move(answer); });
    return told;
  }
  static JsonDocument read(const Told& told) {
    return told->has_value() && **told ? *JsonDocument::parse(***told) : JsonDocument::emptyObject();
  }
  static std::string code(const Told& told) { return told->has_value() && !**told ? std::string(info((**told).error().code).word) : ""; }
  std::size_t tips() {
    return static_cast<std::size_t>(std::ranges::count_if(store.documents, [](const auto& entry) { return entry.first[0] == "tip"; }));
  }

  DocumentStore store;
  FakeAssistants assistants;
  FakeRooms rooms;
  Now now{Mono{1h}, fromMillis(1'767'225'600'000)};
  MetricRegistry metrics{metric_table};
  MetricSet& own = metrics.makeSet();
  CoachingDesk desk{{.store = store, .assistants = assistants, .rooms = rooms, .now = now, .metrics = own, .seed = 1}, optionsOf()};
};

TEST_F(CoachingDeskTest, bringsATipAndKeepsIt) {
  const auto reply = read(ask());
  EXPECT_EQ(reply.root()["tip"].text(), "From model.");
  EXPECT_EQ(reply.root()["assistant"].text(), "model");
  EXPECT_TRUE(reply.root()["degraded"].isNull());
  EXPECT_TRUE(reply.root()["tip_id"].text().starts_with("tip_"));
  EXPECT_EQ(tips(), 1u);
  EXPECT_TRUE(rooms.posted.empty());
}

TEST_F(CoachingDeskTest, whatIsOnlyReadIsNotKept) {
  const auto reply = read(ask(AssistTask::sentiment));
  EXPECT_TRUE(reply.root()["tip_id"].isNull());
  EXPECT_EQ(reply.root()["tip"].text(), "From model.");
  EXPECT_EQ(tips(), 0u);
}

TEST_F(CoachingDeskTest, saysATipInItsRoomForItsAgent) {
  rooms.messages = R"([{"sender_name":"Ben","content":"Hello","message_type":"text"}])";
  const auto reply = read(ask(AssistTask::coaching, "room_a"));
  EXPECT_EQ(reply.root()["message_id"].text(), "msg_1");
  ASSERT_EQ(rooms.posted.size(), 1u);
  EXPECT_EQ(rooms.posted[0].agent_id, "ana");
  EXPECT_EQ(rooms.posted[0].tip_id, reply.root()["tip_id"].text());
  EXPECT_TRUE(rooms.posted[0].sender->plugin);
  EXPECT_EQ(rooms.asked_by, "ana") << "the room is read with the caller's rights";
  EXPECT_EQ(assistants.calls[0].context.root()["conversation"].raw(), R"([{"from":"Ben","text":"Hello"}])");
}

TEST_F(CoachingDeskTest, aRoomThatIsNotHisIsRefusedBeforeAnybodyIsAsked) {
  EXPECT_EQ(code(ask(AssistTask::coaching, "room_b")), "not_found");
  EXPECT_TRUE(assistants.calls.empty());
}

TEST_F(CoachingDeskTest, aTipThatCannotBeSaidIsGivenAllTheSame) {
  rooms.refusal = Code::room_closed;
  const auto reply = read(ask(AssistTask::coaching, "room_a"));
  EXPECT_EQ(reply.root()["tip"].text(), "From model.");
  EXPECT_TRUE(reply.root()["message_id"].isNull());
  EXPECT_EQ(reply.root()["not_said"]["code"].text(), "room_closed");
}

TEST_F(CoachingDeskTest, fallsBackAndSaysSo) {
  assistants.failures = {{"model", Code::assistant_timed_out}};
  const auto reply = read(ask());
  EXPECT_EQ(reply.root()["assistant"].text(), "rules");
  EXPECT_EQ(reply.root()["degraded"].raw(), R"({"assistant":"model","reason":"timed_out"})");
  EXPECT_EQ(metrics.sum(Metric::assists_degraded), 1);
}

TEST_F(CoachingDeskTest, refusesWhenTheLastOneFails) {
  assistants.failures = {{"model", Code::plugin_unavailable}, {"rules", Code::plugin_failed}};
  EXPECT_EQ(code(ask()), "plugin_failed");
  EXPECT_EQ(assistants.calls.size(), 2u) << "each was asked once";
  EXPECT_EQ(metrics.sum(Metric::assists_running), 0);
}

TEST_F(CoachingDeskTest, aTenantThatHasSpentItsDayGetsTheRulesUntilTheNext) {
  assistants.figures_of = {{"model", R"({"input_tokens":90,"output_tokens":10})"}};
  ask();
  const auto spent = read(ask());
  EXPECT_EQ(spent.root()["assistant"].text(), "rules");
  EXPECT_EQ(spent.root()["degraded"].raw(), R"({"assistant":"model","reason":"budget"})");
  EXPECT_EQ(read(ask(AssistTask::coaching, {}, who("eve", ATRIUM_ROLE_AGENT, "other"))).root()["assistant"].text(), "model")
      << "another tenant has its own";
  now.wall += 24h;
  EXPECT_EQ(read(ask()).root()["assistant"].text(), "model");
}

TEST_F(CoachingDeskTest, keepsWhatWasSpentOfOneDayAlone) {
  assistants.figures_of = {{"model", R"({"input_tokens":5})"}};
  for (int day = 0; day < 3; ++day) {
    ask();
    now.wall += 24h;
  }
  EXPECT_EQ(std::ranges::count_if(store.documents, [](const auto& entry) { return entry.first[0] == "assist_spend"; }), 1);
}

TEST_F(CoachingDeskTest, showsNobodyWhatTheTenantHasMarkedPrivate) {
  const auto asked = [&](const std::string& tenant) {
    AssistRequest request = anasRequest();
    request.lead = *JsonDocument::parse(R"({"salary":1,"name":"Bo"})");
    desk.ask(who("ana", ATRIUM_ROLE_AGENT, tenant), std::move(request), [](const Result<std::string>&) {});
    return std::string(assistants.calls.back().context.root()["lead"].raw());
  };
  desk.privacy().mark("acme", {.emails = false, .phone_numbers = false, .card_numbers = false, .fields = {"salary"}},
                      [](const Result<std::string>&) {});
  EXPECT_EQ(asked("acme"), R"({"name":"Bo"})");
  EXPECT_EQ(asked("other"), R"({"salary":1,"name":"Bo"})");
  CoachingDesk next({.store = store, .assistants = assistants, .rooms = rooms, .now = now, .metrics = own, .seed = 2}, optionsOf());
  store.refusal = Code::storage_unavailable;
  const std::size_t before = assistants.calls.size();
  std::optional<Result<std::string>> told;
  next.ask(who("ana"), anasRequest(), [&told](Result<std::string> answer) { told = std::move(answer); });
  EXPECT_EQ(told->error().code, Code::storage_unavailable);
  EXPECT_EQ(assistants.calls.size(), before) << "while nobody knows what is private, nobody is asked";
}

TEST_F(CoachingDeskTest, whatWasSpentOutlivesTheProcess) {
  assistants.figures_of = {{"model", R"({"input_tokens":100})"}};
  ask();
  CoachingDesk next({.store = store, .assistants = assistants, .rooms = rooms, .now = now, .metrics = own, .seed = 2}, optionsOf());
  std::string answer;
  next.ask(who("ana"), anasRequest(), [&](Result<std::string> told) { answer = *std::move(told); });
  EXPECT_NE(answer.find(R"("reason":"budget")"), std::string::npos) << answer;
}

TEST_F(CoachingDeskTest, withoutAFallbackASpentDayIsARefusal) {
  CoachingOptions options = optionsOf();
  options.fallback.clear();
  CoachingDesk strict({.store = store, .assistants = assistants, .rooms = rooms, .now = now, .metrics = own, .seed = 2}, options);
  assistants.figures_of = {{"model", R"({"input_tokens":100})"}};
  std::vector<Result<std::string>> told;
  for (int n = 0; n < 2; ++n) strict.ask(who("ana"), anasRequest(), [&](Result<std::string> answer) { told.push_back(std::move(answer)); });
  EXPECT_TRUE(told.at(0));
  EXPECT_EQ(told.at(1).error().code, Code::budget_spent);
}

TEST_F(CoachingDeskTest, boundsWhatATenantAsksAtOnce) {
  assistants.later = true;
  const auto first = ask(), second = ask();
  EXPECT_EQ(code(ask()), "rate_limited");
  EXPECT_FALSE(ask(AssistTask::coaching, {}, who("eve", ATRIUM_ROLE_AGENT, "other"))->has_value()) << "of its own";
  EXPECT_EQ(metrics.sum(Metric::assists_refused), 1);
  assistants.waiting.at(0)(AssistantAnswer{"One.", {}});
  EXPECT_EQ(read(first).root()["tip"].text(), "One.");
  EXPECT_FALSE(ask()->has_value()) << "there is room again";
  assistants.waiting.clear();
}

TEST_F(CoachingDeskTest, tellsNothingThatTheStoreDoesNotHave) {
  assistants.later = true;
  const auto told = ask(AssistTask::coaching, "room_a");
  store.refusal = Code::storage_unavailable;
  assistants.waiting.at(0)(AssistantAnswer{"One.", {}});
  EXPECT_EQ(code(told), "storage_unavailable");
  EXPECT_TRUE(rooms.posted.empty());
}

TEST_F(CoachingDeskTest, supervisorsWhisperAndTheirTipsAreJudged) {
  std::optional<Result<std::string>> told;
  desk.whisper(who("ben"), {"room_a", "ana", "price", "Hold it."}, [&](Result<std::string> answer) { told = std::move(answer); });
  EXPECT_EQ(told->error().code, Code::forbidden);
  desk.whisper(who("sue", ATRIUM_ROLE_SUPERVISOR), {"room_a", "ana", "price", "Hold it."},
               [&](Result<std::string> answer) { told = std::move(answer); });
  const auto reply = *JsonDocument::parse(**told);
  EXPECT_EQ(reply.root()["task"].text(), "whisper");
  EXPECT_TRUE(reply.root()["assistant"].isNull());
  ASSERT_EQ(rooms.posted.size(), 1u);
  EXPECT_EQ(rooms.posted[0].sender->user_id, "sue");
  desk.judge(who("ana"), reply.root()["tip_id"].text(), TipState::accepted, [&](Result<std::string> answer) { told = std::move(answer); });
  EXPECT_EQ(JsonDocument::parse(**told)->root()["state"].text(), "accepted");
  EXPECT_EQ(metrics.sum(Metric::tips_accepted), 1);
}

TEST_F(CoachingDeskTest, aWhisperNeedsAnAgentAndAText) {
  const auto wrong = readWhisper(JsonDocument::parse(R"({"topic":""})")->root(), *who("sue"), "room_a");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().fields.size(), 3u);
  EXPECT_EQ(readWhisper(JsonDocument::parse(R"({"agent_id":"ana","tip":"x"})")->root(), *who("sue"), "room_a")->topic, "whisper");
}

}  // namespace
}  // namespace atrium::test
