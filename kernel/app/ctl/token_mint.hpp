#pragma once

#include <string>
#include <vector>

#include "ctl/ctl.hpp"

namespace atrium {

// What `token mint` was asked for, as it was typed.
struct MintArguments {
  std::string tenant;
  std::string user;
  std::string name;  // Empty: none.
  std::vector<std::string> roles;
  std::string ttl = "12h";
  std::string config;  // A file; empty: the secret comes from JWT_SECRET_KEY.
};

// Prints a token that the server with that configuration believes.
[[nodiscard]] ExitCode mintTokenFor(const MintArguments& arguments, const CtlContext& context);

}  // namespace atrium
