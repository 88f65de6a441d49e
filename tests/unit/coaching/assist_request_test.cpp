#include "coaching/assist_request.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

Result<AssistRequest> readRequest(std::string_view body, const PrincipalPtr& caller = who("ana"), bool names_task = false) {
  const auto document = JsonDocument::parse(body);
  return readAssistRequest(document->root(), *caller, names_task);
}
std::string problemOf(const Result<AssistRequest>& request) { return request ? "" : request.error().fields.at(0).path; }

TEST(AssistRequest, readsTheSeedsFields) {
  const auto request = readRequest(
      R"({"agent_id":"ana","conversation_context":{"last":"x"},"prospect_message":"Too expensive","conversation_stage":"objection"})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->task, AssistTask::coaching);
  EXPECT_EQ(request->prospect_message, "Too expensive");
  EXPECT_EQ(request->conversation_context.text(), R"({"last":"x"})");
}

TEST(AssistRequest, namesTheFieldThatIsWrong) {
  EXPECT_EQ(problemOf(readRequest("[]")), "");
  EXPECT_EQ(problemOf(readRequest("{}")), "/prospect_message");
  EXPECT_EQ(readRequest("{}").error().detail,
            "/prospect_message is required, or one of conversation_stage, conversation_context, lead, notification and room_id");
  EXPECT_EQ(problemOf(readRequest(R"({"prospect_message":"","lead":null})")), "/prospect_message");
  EXPECT_EQ(problemOf(readRequest(R"({"prospect_message":7})")), "/prospect_message");
  EXPECT_EQ(problemOf(readRequest(R"({"prospect_message":"x","lead":"ben"})")), "/lead");
  EXPECT_EQ(problemOf(readRequest(R"({"prospect_message":"x","conversation_context":5})")), "/conversation_context");
  EXPECT_EQ(problemOf(readRequest(R"({"prospect_message":")" + std::string(assist_message_max + 1, 'a') + "\"}")), "/prospect_message");
  EXPECT_EQ(problemOf(readRequest(R"({"task":"poetry","prospect_message":"x"})", who("ana"), true)), "/task");
  EXPECT_EQ(problemOf(readRequest(R"({"prospect_message":"x"})", who("ana"), true)), "/task");
}

TEST(AssistRequest, onlyWhoSupervisesAsksForSomebodyElse) {
  const auto mine = readRequest(R"({"prospect_message":"x"})");
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->agent_id, "ana");
  const auto refused = readRequest(R"({"agent_id":"ben","prospect_message":"x"})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::identity_mismatch);
  EXPECT_TRUE(readRequest(R"({"agent_id":"ben","prospect_message":"x"})", who("sue", ATRIUM_ROLE_SUPERVISOR)));
}

TEST(AssistRequest, theContextHoldsWhatIsNotPrivate) {
  const auto request =
      readRequest(R"({"prospect_message":"Mail me: a@b.co","conversation_stage":"closing","lead":{"name":"Ben","phone":"1"}})");
  RedactionRules rules;
  rules.fields = {"phone"};
  const auto messages = *JsonDocument::parse(
      R"([{"sender_name":"Ana","content":"Call +34 600 123 456","message_type":"text"},{"message_type":"coaching_tip","content":"psst","sender_name":"x"},{"sender_name":"Ben","content":"Hello","message_type":"text"},{"seq":1}])");
  EXPECT_EQ(
      assistContext(*request, messages.root(), rules).text(),
      R"({"task":"coaching","agent_id":"ana","conversation_stage":"closing","prospect_message":"Mail me: [email]","lead":{"name":"Ben"},)"
      R"("conversation":[{"from":"Ben","text":"Hello"},{"from":"Ana","text":"Call [phone]"}]})");
}

}  // namespace
}  // namespace atrium::test
