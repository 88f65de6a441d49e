#include "ctl/plugin_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "auth/mint.hpp"
#include "ctl/rest_client.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

constexpr std::chrono::minutes own_token_lifetime{5};

// The token to come with; empty: there is none, and the reason is told.
std::string tokenFor(const PluginArguments& arguments, const CtlContext& context) {
  if (!arguments.token.empty()) return arguments.token;
  const auto given = context.environment.find("ATRIUM_TOKEN");
  if (given != context.environment.end() && !given->second.empty()) return given->second;
  const auto secret = context.environment.find("JWT_SECRET_KEY");
  if (secret != context.environment.end() && !secret->second.empty())
    return mintToken({.tenant_id = "operator", .user_id = "atriumctl", .roles = {"admin"}, .lifetime = own_token_lifetime}, secret->second,
                     context.now);
  context.err << "who are you? Give an admin's token with --token or ATRIUM_TOKEN, or the server's secret as JWT_SECRET_KEY\n";
  return {};
}

// Rows under their titles, each column as wide as its widest cell; the last one runs free.
void printTable(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (widths.size() <= column) widths.push_back(0);
      widths[column] = std::max(widths[column], row[column].size());
    }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column)
      line += column + 1 < row.size() ? fmt::format("{:<{}}  ", row[column], widths[column]) : row[column];
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

std::string cell(const JsonView& value) {
  if (value.isString()) return value.text();
  return value.exists() && !value.isNull() ? std::string(value.raw()) : std::string("-");
}

void printPlugins(std::ostream& out, const JsonView& items) {
  std::vector<std::vector<std::string>> rows{{"PLUGIN", "VERSION", "STATE", "GENERATION", "REASON"}};
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    rows.push_back({cell(item["id"].exists() ? item["id"] : item["file"]), cell(item["version"]), cell(item["state"]),
                    cell(item["generation"]), item["reason"].text()});
  printTable(out, rows);
}

void printEvents(std::ostream& out, const JsonView& items) {
  std::vector<std::vector<std::string>> rows{{"NUMBER", "AT", "PLUGIN", "VERSION", "GENERATION", "STATE", "REASON"}};
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    rows.push_back({cell(item["number"]), cell(item["at"]), cell(item["plugin"]), cell(item["version"]), cell(item["generation"]),
                    cell(item["state"]), item["reason"].text()});
  printTable(out, rows);
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
  printEvents(out, plugin["history"]);
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

// What the server refused, with everything it says about it.
void printProblem(std::ostream& err, const JsonView& problem) {
  const std::string detail = problem["detail"].text();
  err << (detail.empty() ? problem["title"].text() : detail) << '\n';
  const JsonView errors = problem["errors"];
  for (JsonView one = errors.first(); one.exists(); one = one.sibling(errors)) err << "  " << one["message"].text() << '\n';
}

struct Request {
  std::string method, path;
};

Request requestOf(const PluginArguments& arguments) {
  const std::string& command = arguments.command;
  const std::string plugins = "/admin/plugins";
  if (command == "list") return {"GET", plugins};
  if (command == "events") return {"GET", plugins + "/events?after=" + arguments.after};
  if (command == "rescan") return {"POST", plugins + "/rescan"};
  if (command == "plan" || command == "apply") return {"POST", "/admin/config/" + command};
  if (command == "show") return {"GET", plugins + "/" + arguments.id};
  if (command == "configure") return {"PUT", plugins + "/" + arguments.id + "/config"};
  return {"POST", plugins + "/" + arguments.id + "/" + command};
}

}  // namespace

ExitCode runPluginCommand(const PluginArguments& arguments, const CtlContext& context) {
  const auto isIdCharacter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'; };
  if (!std::ranges::all_of(arguments.id, isIdCharacter)) {
    context.err << arguments.id << " is no plugin's id\n";
    return ExitCode::wrong;
  }
  const std::string token = tokenFor(arguments, context);
  if (token.empty()) return ExitCode::wrong;
  const Request request = requestOf(arguments);
  const auto answer = RestClient(arguments.url, token).ask(request.method, request.path, arguments.options);
  if (!answer) {
    context.err << answer.error() << '\n';
    return ExitCode::failed;
  }
  const auto document = JsonDocument::parse(answer->body);
  if (!document) {
    context.err << fmt::format("the server answered {} and no JSON\n", answer->status);
    return ExitCode::failed;
  }
  const JsonView body = document->root();
  if (answer->status != 200) {
    printProblem(context.err, body);
    return ExitCode::failed;
  }
  if (arguments.json)
    context.out << answer->body << '\n';
  else if (arguments.command == "list")
    printPlugins(context.out, body["items"]);
  else if (arguments.command == "events")
    printEvents(context.out, body["items"]);
  else if (arguments.command == "show")
    printPlugin(context.out, body);
  else
    printChange(context.out, body);
  return ExitCode::done;
}

}  // namespace atrium
