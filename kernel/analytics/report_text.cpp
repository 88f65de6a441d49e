#include <charconv>
#include <type_traits>

#include "analytics/report.hpp"
#include "protocol/json_writer.hpp"

// A report as JSON, CSV and NDJSON.
namespace atrium {

namespace {

using Json = JsonWriter<std::string>;

void write(Json& json, const Cell& cell) {
  std::visit(
      [&json](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
          json.null();
        else if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
          json.value(std::string_view(value));
        else
          json.value(value);
      },
      cell);
}

void writeRow(Json& json, const Table& table, const std::vector<Cell>& row) {
  json.begin('{');
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    json.key(table.columns[at]);
    write(json, row[at]);
  }
  json.end('}');
}

// What is no text is written as in JSON, and nothing as nothing.
void appendField(std::string& out, const Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return;
  const auto* text = std::get_if<std::string>(&cell);
  if (!text) {
    Json json(out);
    return write(json, cell);
  }
  std::string field = *text;
  if (!field.empty() && std::string_view("=+-@\t\r").contains(field.front())) field.insert(0, 1, '\'');
  if (field.find_first_of(",\"\r\n") == field.npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string reportJson(const AnalyticsReport& report) {
  std::string out;
  Json json(out);
  json.begin('{').key("report").value(report_words[static_cast<std::size_t>(report.kind)]);
  json.key("from").time(report.from).key("to").time(report.to);
  if (!report.agent_id.empty()) json.key("agent_id").value(report.agent_id);
  if (!report.queue.empty()) json.key("queue").value(report.queue);
  json.key("summary").begin('{');
  for (const auto& [name, cell] : report.summary) {
    json.key(name);
    write(json, cell);
  }
  json.end('}');
  for (const Table& table : report.tables) {
    json.key(table.name).begin('[');
    for (const auto& row : table.rows) writeRow(json, table, row);
    json.end(']');
  }
  json.end('}');
  return out;
}

std::string tableCsv(const Table& table) {
  std::string out;
  for (std::size_t at = 0; at < table.columns.size(); ++at) {
    if (at > 0) out += ',';
    out += table.columns[at];
  }
  out += "\r\n";
  for (const auto& row : table.rows) {
    for (std::size_t at = 0; at < row.size(); ++at) {
      if (at > 0) out += ',';
      appendField(out, row[at]);
    }
    out += "\r\n";
  }
  return out;
}

std::string tableNdjson(const Table& table) {
  std::string out;
  for (const auto& row : table.rows) {
    Json json(out);
    writeRow(json, table, row);
    out += '\n';
  }
  return out;
}

}  // namespace atrium
