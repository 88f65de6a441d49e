#include "ctl/sink_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <vector>

namespace atrium {

namespace {

void printSinks(std::ostream& out, const JsonView& items) {
  std::vector<std::vector<std::string>> rows{
      {"SINK", "PLUGIN", "STATE", "BEHIND", "DELIVERED", "FAILURES", "LOST", "DEAD LETTERS", "REASON"}};
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    rows.push_back({cell(item["name"]), cell(item["plugin"]), cell(item["state"]), cell(item["lag"]), cell(item["delivered"]),
                    cell(item["failures"]), cell(item["lost"]), cell(item["dead_letters"]), item["reason"].text()});
  printTable(out, rows);
}

void printLetters(std::ostream& out, const JsonView& items) {
  std::vector<std::vector<std::string>> rows{{"OFFSET", "AT", "TENANT", "TYPE", "ATTEMPTS", "REASON"}};
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    rows.push_back({cell(item["offset"]), cell(item["at"]), cell(item["tenant_id"]), cell(item["type"]), cell(item["attempts"]),
                    item["reason"].text()});
  printTable(out, rows);
}

ServerRequest requestOf(const SinkArguments& arguments, const std::string& cursor) {
  const std::string sinks = "/admin/sinks", letters = sinks + "/" + arguments.name + "/dead-letters";
  const std::string one = arguments.offset.empty() ? "" : "?offset=" + arguments.offset;
  if (arguments.command == "list") return {"GET", sinks};
  if (arguments.command == "dead-letters") return {"GET", letters + "?limit=200" + (cursor.empty() ? "" : "&cursor=" + cursor)};
  if (arguments.command == "retry") return {"POST", letters + "/retry" + one};
  if (arguments.command == "drop") return {"DELETE", letters + one};
  return {"DELETE", sinks + "/" + arguments.name};
}

}  // namespace

ExitCode runSinkCommand(const SinkArguments& arguments, const CtlContext& context) {
  const auto isNameCharacter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.'; };
  if (!std::ranges::all_of(arguments.name, isNameCharacter)) {
    context.err << arguments.name << " is no sink's name\n";
    return ExitCode::wrong;
  }
  if (!std::ranges::all_of(arguments.offset, [](char c) { return c >= '0' && c <= '9'; })) {
    context.err << arguments.offset << " is no offset\n";
    return ExitCode::wrong;
  }
  ExitCode code{};
  std::string cursor;
  do {  // Page after page of dead letters; everything else is one answer.
    const auto answer = askServer(arguments.server, requestOf(arguments, cursor), context, code);
    if (!answer) return code;
    const JsonView body = answer->root();
    cursor = body["next_cursor"].text();
    if (arguments.server.json) continue;
    if (arguments.command == "list")
      printSinks(context.out, body["items"]);
    else if (arguments.command == "dead-letters")
      printLetters(context.out, body["items"]);
    else if (body["count"].exists())
      context.out << fmt::format("{} dead letter{}\n", body["count"].raw(), body["count"].raw() == "1" ? "" : "s");
    else
      context.out << fmt::format("{} is forgotten\n", arguments.name);
  } while (arguments.command == "dead-letters" && !cursor.empty());
  return code;
}

}  // namespace atrium
