#include <gtest/gtest.h>

#include "analytics/report.hpp"

namespace atrium {
namespace {

const Table table{"rows",
                  {"name", "rate", "count", "out"},
                  {{std::string("Pérez, \"Ana\""), 0.25, std::int64_t{3}, true}, {std::string("=1+1"), Cell(), std::int64_t{0}, false}}};

TEST(ReportText, csvQuotesWhatNeedsItAndKeepsSpreadsheetsFromCalculating) {
  EXPECT_EQ(tableCsv(table), "name,rate,count,out\r\n\"Pérez, \"\"Ana\"\"\",0.25,3,true\r\n'=1+1,,0,false\r\n");
}

TEST(ReportText, ndjsonIsAnObjectALine) {
  EXPECT_EQ(tableNdjson(table),
            "{\"name\":\"Pérez, \\\"Ana\\\"\",\"rate\":0.25,\"count\":3,\"out\":true}\n"
            "{\"name\":\"=1+1\",\"rate\":null,\"count\":0,\"out\":false}\n");
}

TEST(ReportText, jsonHasTheSummaryAndAllTables) {
  AnalyticsReport report{.kind = ReportKind::agents,
                         .from = {},
                         .to = {},
                         .agent_id = "ana",
                         .queue = {},
                         .summary = {{"won", std::int64_t{2}}},
                         .tables = {{"rows", {"a"}, {{1.5}}}, {"agents", {"b"}, {}}}};
  EXPECT_EQ(reportJson(report),
            R"({"report":"agents","from":"1970-01-01T00:00:00.000Z","to":"1970-01-01T00:00:00.000Z","agent_id":"ana","summary":{"won":2},)"
            R"("rows":[{"a":1.5}],"agents":[]})");
}

}  // namespace
}  // namespace atrium
