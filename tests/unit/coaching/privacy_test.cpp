#include "coaching/privacy.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace atrium::test {
namespace {

class PrivacyTest : public testing::Test {
 protected:
  static Result<RedactionRules> marksIn(std::string_view body) { return readMarks(JsonDocument::parse(body)->root(), *who("sue")); }
  Result<std::string> mark(std::string_view body, const std::string& tenant = "acme") {
    std::optional<Result<std::string>> told;
    privacy.mark(tenant, *marksIn(body), [&told](Result<std::string> answer) { told = std::move(answer); });
    return *told;
  }
  Result<RedactionRules> rulesOf(const std::string& tenant, Privacy& of) {
    std::optional<Result<RedactionRules>> told;
    of.rulesOf(tenant, [&told](Result<RedactionRules> answer) { told = std::move(answer); });
    return *told;
  }
  std::string shown(const std::string& tenant) {
    std::string text;
    privacy.read(tenant, [&text](Result<std::string> answer) { text = answer.value_or(""); });
    return text;
  }

  DocumentStore store;
  const RedactionRules always{.emails = true, .phone_numbers = false, .card_numbers = false, .fields = {"ssn"}};
  Privacy privacy{store, always};
};

TEST_F(PrivacyTest, aTenantMarksMoreThanTheOperatorDoesAndNothingLess) {
  EXPECT_EQ(mark(R"({"redact":["phone_numbers"],"redact_fields":["salary"]})"),
            R"({"marked":{"redact":["phone_numbers"],"redact_fields":["salary"]},"always":{"redact":["emails"],"redact_fields":["ssn"]}})");
  const auto rules = rulesOf("acme", privacy);
  ASSERT_TRUE(rules);
  EXPECT_TRUE(rules->emails && rules->phone_numbers && !rules->card_numbers);
  EXPECT_EQ(rules->fields, (std::vector<std::string>{"ssn", "salary"}));
  EXPECT_EQ(rulesOf("other", privacy)->fields, always.fields) << "it is nothing of another tenant's";
  ASSERT_TRUE(mark("{}"));
  EXPECT_EQ(rulesOf("acme", privacy)->fields, always.fields);
  EXPECT_TRUE(rulesOf("acme", privacy)->emails);
}

TEST_F(PrivacyTest, marksOutliveTheProcess) {
  ASSERT_TRUE(mark(R"({"redact":["card_numbers"],"redact_fields":["a \"name\""]})"));
  Privacy next(store, always);
  EXPECT_TRUE(rulesOf("acme", next)->card_numbers);
  EXPECT_EQ(rulesOf("acme", next)->fields.back(), "a \"name\"");
}

TEST_F(PrivacyTest, whatIsNotStoredDoesNotHold) {
  store.refusal = Code::storage_unavailable;
  EXPECT_FALSE(mark(R"({"redact_fields":["salary"]})"));
  store.refusal.reset();
  EXPECT_EQ(shown("acme"), R"({"marked":{"redact":[],"redact_fields":[]},"always":{"redact":["emails"],"redact_fields":["ssn"]}})");
}

TEST_F(PrivacyTest, inDoubtNobodyLearnsWhatHolds) {
  store.documents[{"assist_privacy", "acme"}] = {{"assist_privacy", "acme"}, 1, "{"};
  const auto damaged = rulesOf("acme", privacy);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, Code::storage_unavailable);
  store.refusal = Code::storage_unavailable;
  EXPECT_FALSE(rulesOf("other", privacy));
}

TEST_F(PrivacyTest, namesWhatIsWrong) {
  EXPECT_EQ(marksIn(R"({"redact":["emails","names"]})").error().fields.at(0).path, "/redact/1");
  EXPECT_EQ(marksIn(R"({"redact":"emails"})").error().fields.at(0).path, "/redact");
  EXPECT_EQ(marksIn(R"({"redact_fields":[""]})").error().fields.at(0).path, "/redact_fields");
  EXPECT_EQ(marksIn("[]").error().fields.at(0).path, "");
  EXPECT_EQ(marksIn(R"({"tenant_id":"other"})").error().code, Code::identity_mismatch);
}

}  // namespace
}  // namespace atrium::test
