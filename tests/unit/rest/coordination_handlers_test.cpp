#include "api.hpp"

namespace atrium {
namespace {

TEST_F(Api, asksTheDeskWithWhatTheRequestSays) {
  ASSERT_EQ(askAs(token("sue", "supervisor"), "GET", "/coordination/leads?state=waiting&queue=rest&ended=true&limit=7&cursor=x")->status(),
            200);
  const CoordinationCommand& list = coordination.asked.at(0);
  EXPECT_EQ(list.verb, CoordinationCommand::Verb::list_leads);
  EXPECT_EQ((std::tuple(list.state, list.queue, list.cursor, list.limit, list.ended)), (std::tuple("waiting", "rest", "x", 7U, true)));
  ASSERT_EQ(askAs(token("ana"), "POST", "/coordination/offers/offer_1/reject", R"({"reason":"at lunch"})")->status(), 200);
  EXPECT_EQ(coordination.asked.at(1).id, "offer_1");
  EXPECT_EQ(coordination.asked.at(1).body.root()["reason"].text(), "at lunch");
  EXPECT_EQ(coordination.asked.at(1).caller->user_id, "ana");
}

TEST_F(Api, refusesFiltersOfTheDeskThatAreNone) {
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/offers?limit=0")->status(), 422);
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/offers?limit=many")->status(), 422);
  EXPECT_EQ(askAs(token("ana"), "GET", "/coordination/offers?ended=perhaps")->status(), 422);
  EXPECT_TRUE(coordination.asked.empty());
}

TEST_F(Api, answersWithWhatTheDeskSays) {
  coordination.answer = std::unexpected(Error{Code::at_cap, "He has five.", 0, {}});
  const auto refused = askAs(token("sue", "supervisor"), "POST", "/coordination/leads/one/assign", R"({"agent_id":"ana"})");
  EXPECT_EQ((std::pair(refused->status(), refused->code())), (std::pair(409, std::string("at_cap"))));
  coordination.answer = std::string("{}");
  EXPECT_EQ(askAs(token("sue", "supervisor"), "DELETE", "/coordination/agents/ana")->status(), 204);
  EXPECT_EQ(askAs(token("ana"), "POST", "/coordination/handoffs", R"({"lead_id":"one","summary":"s"})")->status(), 201);
}

}  // namespace
}  // namespace atrium
