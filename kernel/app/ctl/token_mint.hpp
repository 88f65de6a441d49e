#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/token_verifier.hpp"
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

// The rules of the server that is to believe a token: those of the configuration file or, when `config` is empty, the secret of
// JWT_SECRET_KEY. Says what is wrong when there are none.
[[nodiscard]] std::optional<TokenRules> tokenRulesFor(const std::string& config, const CtlContext& context);

}  // namespace atrium
