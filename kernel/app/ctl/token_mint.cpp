#include "ctl/token_mint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

#include "auth/mint.hpp"
#include "config/load.hpp"
#include "config/option_value.hpp"

namespace atrium {

namespace {

constexpr std::array<std::string_view, 5> role_names = {"agent", "supervisor", "admin", "client", "service"};
constexpr std::chrono::nanoseconds lifetime_max = std::chrono::days{3650};

ExitCode refuse(const CtlContext& context, const std::string& sentence) {
  context.err << sentence << '\n';
  return ExitCode::wrong;
}

}  // namespace

std::optional<TokenRules> tokenRulesFor(const std::string& config, const CtlContext& context) {
  TokenRules rules;
  if (config.empty()) {
    const auto secret = context.environment.find("JWT_SECRET_KEY");
    if (secret == context.environment.end() || secret->second.empty()) {
      context.err << "there is no secret to sign with: set JWT_SECRET_KEY, or name the server's configuration with --config\n";
      return std::nullopt;
    }
    rules.secret = secret->second;
    return rules;
  }
  auto loaded = loadConfig(config, context.environment);
  if (!loaded) {
    context.err << formatProblems(loaded.error());
    return std::nullopt;
  }
  Settings::Auth& auth = loaded->settings.auth;
  rules.secret = std::move(auth.jwt_secret);
  rules.leeway = auth.leeway;
  rules.issuer = std::move(auth.issuer);
  rules.audience = std::move(auth.audience);
  rules.tenants = std::move(loaded->settings.tenants.allow);
  return rules;
}

ExitCode mintTokenFor(const MintArguments& arguments, const CtlContext& context) {
  const auto lifetime = parseDuration(arguments.ttl);
  if (!lifetime || *lifetime < std::chrono::seconds{1} || *lifetime > lifetime_max)
    return refuse(context, fmt::format("--ttl {} is no lifetime: write a whole number with s, m, h or d, from 1s to 3650d, as in 12h",
                                       arguments.ttl));
  for (const std::string& role : arguments.roles)
    if (std::ranges::find(role_names, std::string_view(role)) == role_names.end())
      return refuse(context, fmt::format("--role {} is not a role: write one of {}", role, fmt::join(role_names, ", ")));
  const std::optional<TokenRules> rules = tokenRulesFor(arguments.config, context);
  if (!rules) return ExitCode::wrong;

  const TokenClaims claims{.tenant_id = arguments.tenant,
                           .user_id = arguments.user,
                           .name = arguments.name,
                           .roles = arguments.roles,
                           .issuer = rules->issuer,
                           .audience = rules->audience,
                           .lifetime = std::chrono::duration_cast<std::chrono::seconds>(*lifetime)};
  const std::string token = mintToken(claims, rules->secret, context.now);
  // What the server would refuse is told here, where its maker reads it.
  auto verifier = TokenVerifier::make(*rules);
  if (!verifier) return refuse(context, verifier.error());
  if (const auto principal = verifier->verify(token, context.now); !principal)
    return refuse(context, fmt::format("the server would refuse this token: {}", principal.error().detail));
  if (const std::string weakness = weaknessOf(rules->secret); !weakness.empty()) context.err << "warning: " << weakness << '\n';
  context.out << token << '\n';
  return ExitCode::done;
}

}  // namespace atrium
