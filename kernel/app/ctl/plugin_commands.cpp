#include "ctl/plugin_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "ctl/server_answer.hpp"

namespace atrium {

namespace {

void printPlugins(std::ostream& out, const JsonView& items) {
  std::vector<std::vector<std::string>> rows{{"PLUGIN", "VERSION", "STATE", "GENERATION", "REASON"}};
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    rows.push_back({cell(item["id"].exists() ? item["id"] : item["file"]), cell(item["version"]), cell(item["state"]),
                    cell(item["generation"]), item["reason"].text()});
  printTable(out, rows);
}

using Rows = std::vector<std::vector<std::string>>;

const std::vector<std::string> event_titles = {"NUMBER", "AT", "PLUGIN", "VERSION", "GENERATION", "STATE", "REASON"};

void addEvents(Rows& rows, const JsonView& items) {
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    rows.push_back({cell(item["number"]), cell(item["at"]), cell(item["plugin"]), cell(item["version"]), cell(item["generation"]),
                    cell(item["state"]), item["reason"].text()});
}

void printPlugin(std::ostream& out, const JsonView& plugin) {
  std::vector<std::vector<std::string>> rows;
  std::string scratch;
  for (JsonView member = plugin.first(); member.exists(); member = member.sibling(plugin)) {
    const std::string key(member.key(scratch));
    if (key != "hooks" && key != "history") rows.push_back({key, cell(member)});
  }
  printTable(out, rows);
  const JsonView hooks = plugin["hooks"];
  if (hooks.size() > 0) {
    rows.assign({{"HOOK", "CALLS", "FAILURES", "OVERRUNS", "REFUSED", "P50 µs", "P99 µs"}});
    for (JsonView hook = hooks.first(); hook.exists(); hook = hook.sibling(hooks))
      rows.push_back({cell(hook["hook"]), cell(hook["calls"]), cell(hook["failures"]), cell(hook["deadline_overruns"]),
                      cell(hook["refused_by_breaker"]), cell(hook["duration_us_p50"]), cell(hook["duration_us_p99"])});
    out << '\n';
    printTable(out, rows);
  }
  out << '\n';
  rows.assign({event_titles});
  addEvents(rows, plugin["history"]);
  printTable(out, rows);
}

void printChange(std::ostream& out, const JsonView& change) {
  const JsonView steps = change["steps"], restart = change["restart"];
  if (steps.size() == 0) out << "nothing to do with the plugins\n";
  std::vector<std::vector<std::string>> rows;
  for (JsonView step = steps.first(); step.exists(); step = step.sibling(steps))
    rows.push_back({cell(step["action"]), cell(step["plugin"]), cell(step["from_version"]) + " -> " + cell(step["to_version"]),
                    step["detail"].text()});
  printTable(out, rows);
  for (JsonView section = restart.first(); section.exists(); section = section.sibling(restart))
    out << fmt::format("{} differs and waits for a restart\n", section.text());
}

// `after` is the number of the last event that was seen.
ServerRequest requestOf(const PluginArguments& arguments, const std::string& after) {
  const std::string& command = arguments.command;
  const std::string plugins = "/admin/plugins";
  if (command == "list") return {"GET", plugins};
  if (command == "events") return {"GET", plugins + "/events?after=" + after};
  if (command == "rescan") return {"POST", plugins + "/rescan"};
  if (command == "plan" || command == "apply") return {"POST", "/admin/config/" + command};
  if (command == "show") return {"GET", plugins + "/" + arguments.id};
  if (command == "configure") return {"PUT", plugins + "/" + arguments.id + "/config", arguments.options};
  return {"POST", plugins + "/" + arguments.id + "/" + command};
}

// Page after page, because the newest is what one looks for; the server keeps a thousand.
ExitCode tellEvents(const PluginArguments& arguments, const CtlContext& context) {
  Rows rows{event_titles};
  ExitCode code{};
  std::string after = arguments.after;
  do {
    const auto answer = askServer(arguments.server, requestOf(arguments, after), context, code);
    if (!answer || arguments.server.json) return code;
    addEvents(rows, answer->root()["items"]);
    after = answer->root()["next_cursor"].text();
  } while (!after.empty());
  printTable(context.out, rows);
  return code;
}

// A file that is not sound changes nothing of what runs, so that the change says nothing of it.
ExitCode tellRejected(const ServerArguments& server, const CtlContext& context) {
  ExitCode code{};
  const auto answer = askServer(server, {"GET", "/admin/plugins"}, context, code);
  if (!answer) return code;
  const JsonView items = answer->root()["items"];
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    if (item["state"].text() == "rejected") context.err << fmt::format("{} is rejected: {}\n", item["file"].text(), item["reason"].text());
  return code;
}

}  // namespace

ExitCode runPluginCommand(const PluginArguments& arguments, const CtlContext& context) {
  const auto isIdCharacter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'; };
  if (!std::ranges::all_of(arguments.id, isIdCharacter)) {
    context.err << arguments.id << " is no plugin's id\n";
    return ExitCode::wrong;
  }
  if (arguments.command == "events") return tellEvents(arguments, context);
  ExitCode code{};
  const auto answer = askServer(arguments.server, requestOf(arguments, {}), context, code);
  if (!answer || arguments.server.json) return code;
  const JsonView body = answer->root();
  if (arguments.command == "list")
    printPlugins(context.out, body["items"]);
  else if (arguments.command == "show")
    printPlugin(context.out, body);
  else
    printChange(context.out, body);
  if (arguments.command == "rescan") return tellRejected(arguments.server, context);
  return code;
}

}  // namespace atrium
