#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "ctl/ctl.hpp"
#include "protocol/json_index.hpp"

// What commands share that ask a running server.
namespace atrium {

// Which server, and who asks, as it was typed.
struct ServerArguments {
  std::string url = "http://127.0.0.1:8000";
  std::string token;  // Empty: ATRIUM_TOKEN, or one signed with JWT_SECRET_KEY.
  bool json = false;  // The server's answer as it is.
};

struct ServerRequest {
  std::string method, path;
  std::string body = {};  // JSON; empty: none.
};

// The server's answer when it did what was asked, which is JSON or, for 204, null. Nothing: what went wrong is told, and `code` is what the
// program ends with.
[[nodiscard]] std::optional<JsonDocument> askServer(const ServerArguments& server, const ServerRequest& request, const CtlContext& context,
                                                    ExitCode& code);

// Rows under their titles, each column as wide as its widest cell; the last one runs free. What would steer the terminal is spelt out.
void printTable(std::ostream& out, std::vector<std::vector<std::string>> rows);
// A value as a cell shows it; what is not there is a dash.
[[nodiscard]] std::string cell(const JsonView& value);

}  // namespace atrium
