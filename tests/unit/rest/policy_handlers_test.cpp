#include "api.hpp"

namespace atrium {
namespace {

using PolicyVerb = PolicyCommand::Verb;

TEST_F(Api, anyoneOfTheTenantReadsItsPolicies) {
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/policies")->status(), 200);
  EXPECT_EQ(askAs(token("ana"), "GET", "/api/v1/coordination/policies/seed")->status(), 200);
  ASSERT_EQ(policies.asked.size(), 2u);
  EXPECT_EQ(policies.asked[0].verb, PolicyVerb::list);
  EXPECT_EQ(policies.asked[0].caller.tenant_id, "acme");
  EXPECT_EQ(policies.asked[1].verb, PolicyVerb::read);
  EXPECT_EQ(policies.asked[1].name, "seed");
}

TEST_F(Api, supervisorsAndAdminsChangePolicies) {
  for (const std::string role : {"agent", "client"}) {
    EXPECT_EQ(askAs(token("ana", role), "PUT", "/coordination/policies/seed", R"({"agents":{"match":1}})")->status(), 403);
    EXPECT_EQ(askAs(token("ana", role), "DELETE", "/coordination/policies/seed")->status(), 403);
    EXPECT_EQ(askAs(token("ana", role), "PUT", "/coordination/policies/default", R"({"name":"seed"})")->status(), 403);
  }
  EXPECT_TRUE(policies.asked.empty());
  for (const std::string role : {"supervisor", "admin", "service"}) {
    policies.asked.clear();
    EXPECT_EQ(askAs(token("eve", role), "PUT", "/coordination/policies/seed", R"({"agents":{"match":1}})")->status(), 200);
    EXPECT_EQ(askAs(token("eve", role), "DELETE", "/coordination/policies/seed")->status(), 204);
    EXPECT_EQ(askAs(token("eve", role), "PUT", "/coordination/policies/default", R"({"name":"match"})")->status(), 200);
    ASSERT_EQ(policies.asked.size(), 3u);
    EXPECT_EQ(policies.asked[0].verb, PolicyVerb::put);
    EXPECT_EQ(policies.asked[0].body.text(), R"({"agents":{"match":1}})");
    EXPECT_EQ(policies.asked[1].verb, PolicyVerb::remove);
    EXPECT_EQ(policies.asked[2].verb, PolicyVerb::choose);
    EXPECT_EQ(policies.asked[2].name, "match");
  }
}

TEST_F(Api, whatIsWrongWithAPolicyIsSaid) {
  const std::string eve = token("eve", "supervisor");
  EXPECT_EQ(askAs(eve, "PUT", "/coordination/policies/seed", "{")->code(), "malformed_json");
  EXPECT_EQ(askAs(eve, "PUT", "/coordination/policies/default", "{}")->json().root()["errors"].first()["path"].text(), "/name");
  EXPECT_EQ(askAs(eve, "PUT", "/coordination/policies/default", R"({"name":7})")->code(), "validation_failed");
  EXPECT_EQ(askAs(eve, "GET", "/coordination/policies/default")->status(), 405) << "no policy is called so";
  EXPECT_TRUE(policies.asked.empty());
  policies.refusal = Error{Code::not_found, "There is no such policy.", 0, {}};
  EXPECT_EQ(askAs(eve, "GET", "/coordination/policies/nothing")->status(), 404);
}

}  // namespace
}  // namespace atrium
