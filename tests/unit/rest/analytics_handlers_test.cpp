#include "api.hpp"

namespace atrium {
namespace {

class AnalyticsApi : public Api {
 protected:
  std::shared_ptr<Exchange> get(std::string target) { return askAs(token("ana"), "GET", std::move(target)); }
};

TEST_F(AnalyticsApi, aReportIsAskedForAsTheQuerySays) {
  EXPECT_EQ(get("/coordination/analytics/sla?from=2026-01-02T03:04:05.006Z&to=2026-01-03&queue=north%20side")->status(), 200);
  ASSERT_EQ(analytics.asked.size(), 1U);
  const AnalyticsAsk& ask = analytics.asked.front();
  EXPECT_EQ(ask.report, "sla");
  EXPECT_EQ(ask.caller->tenant_id, "acme");
  EXPECT_EQ(ask.caller->user_id, "ana");
  EXPECT_EQ(formatTime(*ask.from), "2026-01-02T03:04:05.006Z");
  EXPECT_EQ(formatTime(*ask.to), "2026-01-03T00:00:00.000Z");
  EXPECT_EQ(ask.queue, "north side");
  EXPECT_TRUE(ask.agent_id.empty());
}

TEST_F(AnalyticsApi, exportsCarryTheirMediaTypeAndAName) {
  analytics.answer = std::string("at,responses\r\n");
  const auto csv = get("/coordination/analytics/response_time?format=csv");
  EXPECT_EQ(csv->response->content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(csv->header("Content-Disposition"), "attachment; filename=\"response_time.csv\"");
  EXPECT_EQ(csv->response->body, "at,responses\r\n");
  const auto lines = get("/coordination/analytics/response_time?format=ndjson&table=rows");
  EXPECT_EQ(lines->response->content_type, "application/x-ndjson");
  EXPECT_EQ(analytics.asked.back().table, "rows");
}

TEST_F(AnalyticsApi, eachWrongParameterIsNamed) {
  const auto answer = get("/coordination/analytics/sla?format=xls&from=yesterday&to=2026-02-30&agent=");
  EXPECT_EQ(answer->status(), 422);
  for (const char* name : {"/format", "/from", "/to", "/agent"}) EXPECT_TRUE(answer->response->body.contains(name)) << name;
  for (const char* time : {"2026-01-01T24:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "1969-12-31", "2026-1-1", ""})
    EXPECT_EQ(get("/coordination/analytics/sla?from=" + percentEncode(time))->status(), 422) << time;
  EXPECT_TRUE(analytics.asked.empty());
}

TEST_F(AnalyticsApi, whatIsRefusedIsAnsweredWithItsCode) {
  analytics.answer = fail(Code::not_found, "There is no such report.");
  const auto answer = get("/coordination/analytics/horoscope?format=csv");
  EXPECT_EQ(answer->status(), 404);
  EXPECT_EQ(answer->code(), "not_found");
  EXPECT_EQ(ask({.path = "/coordination/metrics"})->status(), 401);
}

// A client is of the tenant, too, and has nothing to do with how its team works.
TEST_F(AnalyticsApi, clientsSeeNothingOfTheTeam) {
  for (const char* target : {"/coordination/metrics", "/coordination/analytics/load_balance"})
    EXPECT_EQ(askAs(token("cli", "client"), "GET", target)->code(), "forbidden") << target;
  EXPECT_TRUE(analytics.asked.empty());
  EXPECT_TRUE(analytics.tenants.empty());
}

TEST_F(AnalyticsApi, theMetricsAreThoseOfTheCallersTenant) {
  analytics.answer = std::string(R"({"agents_online":3})");
  EXPECT_EQ(get("/api/v1/coordination/metrics")->response->body, R"({"agents_online":3})");
  EXPECT_EQ(analytics.tenants, std::vector<std::string>{"acme"});
}

}  // namespace
}  // namespace atrium
