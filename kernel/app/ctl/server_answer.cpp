#include "ctl/server_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "auth/mint.hpp"
#include "ctl/rest_client.hpp"

namespace atrium {

namespace {

constexpr std::chrono::minutes own_token_lifetime{5};

// The token to come with; empty: there is none, and the reason is told.
std::string tokenFor(const ServerArguments& arguments, const CtlContext& context) {
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

// A text as a terminal may have it: what would steer the terminal (C0, DEL and C1) is spelt out. Plugins and file names have their say in
// it. A line's end is `line_end`.
std::string printable(std::string_view text, std::string_view line_end) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool c1 = byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (byte == '\n')
      out += line_end;
    else if (c1)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++at]));
    else if (byte < 0x20 || byte == 0x7F)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += text[at];
  }
  return out;
}

// What the server refused, with everything it says about it.
void printProblem(std::ostream& err, const JsonView& problem) {
  const std::string detail = problem["detail"].text();
  err << printable(detail.empty() ? problem["title"].text() : detail, "\n    ") << '\n';
  const JsonView errors = problem["errors"];
  for (JsonView one = errors.first(); one.exists(); one = one.sibling(errors))
    err << "  " << printable(one["message"].text(), "\n    ") << '\n';
}

}  // namespace

std::optional<JsonDocument> askServer(const ServerArguments& server, const ServerRequest& request, const CtlContext& context,
                                      ExitCode& code) {
  const std::string token = tokenFor(server, context);
  code = ExitCode::wrong;
  if (token.empty()) return std::nullopt;
  code = ExitCode::failed;
  const auto answer = RestClient(server.url, token).ask(request.method, request.path, request.body);
  if (!answer) {
    context.err << answer.error() << '\n';
    return std::nullopt;
  }
  auto document = JsonDocument::parse(answer->status == 204 ? std::string("null") : answer->body);
  if (!document) {
    context.err << fmt::format("the server answered {} and no JSON\n", answer->status);
    return std::nullopt;
  }
  if (answer->status != 200 && answer->status != 204) {
    printProblem(context.err, document->root());
    return std::nullopt;
  }
  code = ExitCode::done;
  if (server.json && answer->status != 204) context.out << answer->body << '\n';
  return *std::move(document);
}

void printTable(std::ostream& out, std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows)
    for (std::string& cell : row) cell = printable(cell, "\\x0a");
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

}  // namespace atrium
