#include <gtest/gtest.h>

#include <atrium/testkit.hpp>
#include <atrium/testkit/contract.hpp>

#include "sentiment.hpp"
#include "summary.hpp"

namespace testkit = atrium::testkit;

ATRIUM_CONTRACT_TESTS(Assistant, PLAYBOOK,
                      .samples = {R"({"prospect_message":"too expensive"})", "{}",
                                  R"({"conversation":[{"from":"Ben","text":"Hello."}],"lead":{"name":"Ben"}})"});

namespace {

class PlaybookTest : public testing::Test {
 protected:
  testkit::Awaited ask(std::uint32_t task, const std::string& context) {
    const testkit::Plugin plugin(host, atrium_entry, testkit::JsonText(options));
    return testkit::open(plugin, task, testkit::JsonText(context));
  }
  testkit::FakeHost host;
  std::string options = "{}";
};

TEST_F(PlaybookTest, coachesByObjectionAndStage) {
  const auto tip = ask(ATRIUM_TASK_COACHING, R"({"prospect_message":"This is TOO EXPENSIVE for us","conversation_stage":"Negotiation"})");
  EXPECT_EQ(tip.status(), ATRIUM_OK);
  EXPECT_NE(tip.text().find("They worry about the price"), std::string::npos) << tip.text();
  EXPECT_NE(tip.text().find("Trade, never give"), std::string::npos) << tip.text();
  EXPECT_EQ(tip.result(), R"({"stage":"negotiation","objections":["price"]})");
}

TEST_F(PlaybookTest, findsNoObjectionWithinOtherWords) {
  EXPECT_EQ(ask(ATRIUM_TASK_COACHING, R"({"prospect_message":"I like roofers","conversation_stage":"closing"})").result(),
            R"({"stage":"closing","objections":[]})");
}

TEST_F(PlaybookTest, alwaysHasAWord) {
  const auto tip = ask(ATRIUM_TASK_COACHING, R"({"conversation_stage":"unheard of"})");
  EXPECT_EQ(tip.result(), R"({"stage":null,"objections":[]})");
  EXPECT_NE(tip.text(), "");
}

TEST_F(PlaybookTest, suggestsWithTheLeadsNameAndWithout) {
  EXPECT_EQ(ask(ATRIUM_TASK_MESSAGE_SUGGESTION, R"({"prospect_message":"too much","lead":{"name":"Ben Okafor"}})").text(),
            "I understand, Ben. May I show you what comparable homes sold for, and what the monthly payment would come to?");
  EXPECT_EQ(ask(ATRIUM_TASK_MESSAGE_SUGGESTION, R"({"prospect_message":"too much"})").text(),
            "I understand. May I show you what comparable homes sold for, and what the monthly payment would come to?");
}

TEST_F(PlaybookTest, recommendsTheCandidateWhoKnowsIt) {
  const auto advice =
      ask(ATRIUM_TASK_HANDOFF_RECOMMENDATION,
          R"({"prospect_message":"Can I speak to your manager about the condo?","lead":{"property_type":"condo","score":90},)"
          R"("candidates":[{"agent_id":"cleo","skills":["luxury"]},{"agent_id":"dan","skills":{"condo":0.9},"capacity_utilization":0.5},)"
          R"({"agent_id":"full","skills":["condo"],"capacity_utilization":1}]})");
  EXPECT_EQ(advice.result(),
            R"({"recommended":true,"to":"dan","reasons":["asks for somebody else","dan knows what this is about","is a valuable lead"]})");
  EXPECT_EQ(ask(ATRIUM_TASK_HANDOFF_RECOMMENDATION, R"({"prospect_message":"See you on Monday"})").result(),
            R"({"recommended":false,"to":null,"reasons":[]})");
}

TEST_F(PlaybookTest, tellsTheMoodOfEach) {
  const auto mood = ask(
      ATRIUM_TASK_SENTIMENT,
      R"({"conversation":[{"from":"Ana","text":"Great, thank you!"},{"from":"Ben","text":"I am very frustrated, this is terrible."}]})");
  EXPECT_NE(mood.text().find("look after Ben"), std::string::npos) << mood.text();
  EXPECT_NE(mood.result().find(R"({"name":"Ben","score":-0.)"), std::string::npos) << mood.result();
  EXPECT_NE(mood.result().find(R"({"name":"Ana","score":0.)"), std::string::npos) << mood.result();
}

TEST_F(PlaybookTest, weighsNotifications) {
  const auto level = [&](const std::string& text) {
    return ask(ATRIUM_TASK_NOTIFICATION_PRIORITY, R"({"notification":")" + text + "\"}").text();
  };
  EXPECT_EQ(level("Weekly report, no action needed"), "low: it is for information.");
  EXPECT_EQ(level("A new document"), "normal.");
  EXPECT_EQ(level("Ben is waiting for your call"), "high: it has a date or somebody waits.");
  EXPECT_TRUE(level("URGENT: please answer").starts_with("urgent")) << level("URGENT: please answer");
  EXPECT_TRUE(level("The site is down").starts_with("critical"));
}

TEST_F(PlaybookTest, takesTheOperatorsRules) {
  options =
      R"({"playbook":"sales","objections":{"security":{"words":["GDPR"],"tip":"Send the security page.","reply":""}},"stages":{"closing":{"tips":["Ask."],"reply":""}}})";
  const auto tip = ask(ATRIUM_TASK_COACHING, R"({"prospect_message":"What about gdpr?","conversation_stage":"closing"})");
  EXPECT_EQ(tip.text(), "Send the security page.\nAsk.");
}

TEST_F(PlaybookTest, refusesRulesThatAreNone) {
  for (const char* wrong :
       {R"({"objections":{"x":{"words":[],"tip":"y"}}})", R"({"stages":{"x":{"tips":[7]}}})", R"({"lexicon":{"meh":-9}})"}) {
    options = wrong;
    EXPECT_THROW(ask(ATRIUM_TASK_COACHING, "{}"), std::runtime_error) << wrong;
  }
}

TEST(Sentiment, knowsWhatTurnsAWordRound) {
  const Sentiment sentiment{atrium::Json()};
  EXPECT_EQ(sentiment.of("This is good.").word(), "positive");
  EXPECT_EQ(sentiment.of("This is not good.").word(), "negative");
  EXPECT_EQ(sentiment.of("It isn't a problem").word(), "positive");
  EXPECT_GT(sentiment.of("very good").score, sentiment.of("good").score);
  EXPECT_EQ(sentiment.of("The table is round.").word(), "neutral");
  EXPECT_EQ(sentiment.of("good bad").word(), "mixed");
}

TEST(Summary, keepsWhatSaysMostInItsOrder) {
  const std::vector<Line> lines = {{"Ana", "Hello. How are you?"},
                                   {"Ben", "We need three bedrooms and a budget of 650000 near the school."},
                                   {"Ana", "Ok."},
                                   {"Ben", "The school matters most for the three bedrooms."},
                                   {"Ana", "I will send listings with three bedrooms tomorrow."}};
  const std::string summary = summary_of(lines, 2, 4096);
  EXPECT_TRUE(summary.starts_with("Ben: We need three bedrooms and a budget of 650000 near the school.\n")) << summary;
  EXPECT_EQ(std::count(summary.begin(), summary.end(), '\n'), 1);
  EXPECT_LE(summary_of(lines, 5, 40).size(), 40u);
}

TEST(Conversation, readsTheFormsAContextComesIn) {
  const auto lines = [](const char* text) {
    const testkit::JsonText context(text);
    return lines_of(atrium::Json(context.abi()));
  };
  EXPECT_EQ(lines(R"({"conversation_context":"Ana: Hello\nand more\nhttp: //x"})").at(0).from, "Ana");
  EXPECT_EQ(lines(R"({"conversation_context":[{"role":"agent","content":"x"},"y",7]})").size(), 2u);
  EXPECT_EQ(lines(R"({"conversation_context":{"history":["a","b"],"note":"c"},"prospect_message":"d"})").size(), 4u);
  EXPECT_TRUE(lines(R"({"conversation_context":[[[]]]})").empty());
}

}  // namespace
