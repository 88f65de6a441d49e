#include "rest/query.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"
#include "request.hpp"

namespace atrium {
namespace {

Result<HistoryQuery> history(std::string query) {
  Request request{.query = std::move(query)};
  return readHistoryQuery(request.view(), "room_1", PageLimits{});
}

TEST(HistoryQuery, takesFiftyWhenNothingIsSaid) {
  const auto query = history("");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->limit, 50u);
  EXPECT_EQ(query->room_id, "room_1");
  EXPECT_TRUE(query->message_types.empty());
}

TEST(HistoryQuery, readsEveryFilter) {
  const auto query = history("limit=500&before=17&message_type=text&message_type=lead%5Fhandoff&sender=ana%20b&thread=msg_1&unknown=x");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->limit, 500u);
  EXPECT_EQ(query->before, "17");
  EXPECT_EQ(query->message_types, (std::vector<std::string>{"text", "lead_handoff"}));
  EXPECT_EQ(query->sender, "ana b");
  EXPECT_EQ(query->thread, "msg_1");
}

class WrongQuery : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(WrongQuery, namesTheParameter) {
  const auto query = history(GetParam().first);
  ASSERT_FALSE(query) << GetParam().first;
  EXPECT_EQ(query.error().code, Code::validation_failed);
  ASSERT_EQ(query.error().fields.size(), 1u);
  EXPECT_EQ(query.error().fields[0].path, GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(Corpus, WrongQuery,
                         testing::Values(std::pair{"limit=0", "/limit"}, std::pair{"limit=501", "/limit"}, std::pair{"limit=-1", "/limit"},
                                         std::pair{"limit=", "/limit"}, std::pair{"limit=5x", "/limit"},
                                         std::pair{"limit=4294967297", "/limit"}, std::pair{"limit=1e2", "/limit"},
                                         std::pair{"before=1&after=2", "/after"}, std::pair{"sender=%FF", "/sender"},
                                         std::pair{"sender=%C3", "/sender"}));

TEST(HistoryQuery, boundsLengthAndNumber) {
  EXPECT_FALSE(history("sender=" + std::string(301, 'a')));
  EXPECT_TRUE(history("sender=" + std::string(300, 'a')));
  std::string many = "x=1";
  for (int n = 0; n < 17; ++n) many += "&message_type=text";
  EXPECT_FALSE(history(many));
}

TEST(NextPage, keepsFiltersAndDirection) {
  HistoryQuery query{.room_id = "room_1",
                     .limit = 10,
                     .before = "90",
                     .after = {},
                     .message_types = {"text", "a b"},
                     .sender = "ana&b",
                     .thread = "msg_1"};
  EXPECT_EQ(
      nextPageTarget("/api/v1", query, {.json = "[]", .next_seq = 80, .forward = false}),
      "/api/v1/collaboration/rooms/room_1/history?limit=10&before=80&message_type=text&message_type=a%20b&sender=ana%26b&thread=msg_1");
  EXPECT_EQ(
      nextPageTarget("", {.room_id = "room_1", .limit = 5, .before = {}, .after = "3", .message_types = {}, .sender = {}, .thread = {}},
                     {.json = "[]", .next_seq = 8, .forward = true}),
      "/collaboration/rooms/room_1/history?limit=5&after=8");
}

TEST(RoomsQuery, readsEveryFilter) {
  Request request{.query = "type=agent_team&member=ana&query=Q1&cursor=abc&limit=7"};
  const auto query = readListRooms(request.view(), PageLimits{});
  ASSERT_TRUE(query);
  EXPECT_EQ(query->room_type, "agent_team");
  EXPECT_EQ(query->member, "ana");
  EXPECT_EQ(query->query, "Q1");
  EXPECT_EQ(query->cursor, "abc");
  EXPECT_EQ(query->limit, 7u);
}

TEST(JsonBody, mustBeDeclaredAsJson) {
  JsonIndexer indexer;
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8", "application/json;x"}) {
    Request request{.headers = {{"content-type", type}}, .body = R"({"a":1})"};
    EXPECT_TRUE(jsonBody(request.view(), indexer)) << type;
  }
  for (const char* type : {"text/plain", "application/jsonx", "application/x-www-form-urlencoded", ""}) {
    Request request{.headers = {{"Content-Type", type}}, .body = R"({"a":1})"};
    const auto body = jsonBody(request.view(), indexer);
    ASSERT_FALSE(body) << type;
    EXPECT_EQ(body.error().code, Code::unsupported_media);
  }
  Request empty{.headers = {{"Content-Type", "application/json"}}};
  const auto body = jsonBody(empty.view(), indexer);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code, Code::malformed_json);
}

}  // namespace
}  // namespace atrium
