#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "analytics/history.hpp"

namespace atrium {

// What there is to be asked for, by the word in the path.
enum class ReportKind : std::uint8_t {
  response_time,
  assignment,
  message_latency,
  load_balance,
  sla,
  utilisation,
  heatmap,
  agents,
  forecast,
};
inline constexpr std::string_view report_words[] = {"response_time", "assignment", "message_latency", "load_balance", "sla",
                                                    "utilisation",   "heatmap",    "agents",          "forecast"};
[[nodiscard]] std::optional<ReportKind> reportOf(std::string_view word);

// The time a report looks back over when none is asked for: a day, for seasons eight weeks, for comparisons of agents four.
[[nodiscard]] std::chrono::hours usualTime(ReportKind kind);
// What a report needs to be read.
[[nodiscard]] RollupQuery::Agents agentsFor(ReportKind kind, bool of_one_agent);
// Whether it can be narrowed to one agent, and to one queue.
[[nodiscard]] bool takesAgent(ReportKind kind);
[[nodiscard]] bool takesQueue(ReportKind kind);
// By what it is read: seasons by hours, others by what fits the time.
[[nodiscard]] Span stepFor(ReportKind kind, Wall from, Wall to);

// A number, a word, or nothing where nothing was measured.
using Cell = std::variant<std::monostate, double, std::int64_t, bool, std::string>;

struct Table {
  std::string_view name;
  std::vector<std::string_view> columns;
  std::vector<std::vector<Cell>> rows;
};

// A report: a few figures of the whole, and tables, of which the first is the report's own ("rows"). A value.
struct AnalyticsReport {
  ReportKind kind{};
  Wall from{}, to{};
  std::string agent_id, queue;  // What it was narrowed to.
  std::vector<std::pair<std::string_view, Cell>> summary;
  std::vector<Table> tables;
};

struct ReportQuery {
  ReportKind kind{};
  std::string agent_id = {};       // Empty: the whole team.
  std::string queue = {};          // Empty: all of them.
  std::string visible_agent = {};  // The only one whose row may be seen; empty: all.
};

// Makes a report of what was read; pure. Formulas and their sources stand with each.
[[nodiscard]] AnalyticsReport makeReport(const ReportQuery& query, const RollupHistory& history);

// {"report", "from", "to", "agent_id", "queue", "summary": {...}, "rows": [{...}], and further tables by name}
[[nodiscard]] std::string reportJson(const AnalyticsReport& report);
// RFC 4180, with the columns' names first. A text that a spreadsheet would take for a formula begins with an apostrophe.
[[nodiscard]] std::string tableCsv(const Table& table);
// A JSON object a line.
[[nodiscard]] std::string tableNdjson(const Table& table);

}  // namespace atrium
