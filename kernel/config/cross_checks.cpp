#include "config/cross_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "config/coordination_wish.hpp"
#include "config/option_value.hpp"
#include "config/settings_table.hpp"
#include "protocol/principal.hpp"

namespace atrium {

namespace {

constexpr std::string_view host_letters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
constexpr std::string_view address_letters = "0123456789abcdef:.";

bool isNumberUpTo(std::string_view text, unsigned least, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most;
}

// host, host:port, [address] or [address]:port, in lower case.
bool isHostAndPort(std::string_view text) {
  std::string_view host, rest;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (host.empty() || host.find_first_not_of(address_letters) != std::string_view::npos) return false;
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (host.empty() || host.find_first_not_of(host_letters) != std::string_view::npos) return false;
  }
  return rest.empty() || (rest.starts_with(':') && isNumberUpTo(rest.substr(1), 1, 65535));
}

}  // namespace

SourcePlace placeOf(const YamlNode& root, std::string_view path, std::size_t item) {
  const YamlNode* node = &root;
  for (std::size_t at = 0; node && at <= path.size();) {
    const std::size_t dot = std::min(path.find('.', at), path.size());
    node = node->find(path.substr(at, dot - at));
    at = dot + 1;
  }
  if (!node) return {root.place.file, 0, 0};
  return item < node->items.size() ? node->items[item].place : node->place;
}

bool isOrigin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (text.starts_with(scheme)) return isHostAndPort(text.substr(scheme.size()));
  return false;
}

bool isRedisUrl(std::string_view text) {
  if (text.starts_with("redis://"))
    text.remove_prefix(8);
  else if (text.starts_with("rediss://"))
    text.remove_prefix(9);
  else
    return false;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) text.remove_prefix(at + 1);
  const std::size_t slash = text.find('/');
  const std::string_view database = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  std::string host(text.substr(0, slash));
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  // A host in a container network may hold underscores, which names on the web may not.
  for (char& c : host)
    if (c == '_') c = '-';
  return isHostAndPort(host) && (database.empty() || isNumberUpTo(database, 0, 16383));
}

void checkTogether(const Settings& settings, const YamlNode& root, const Environment& environment, ConfigProblems& problems) {
  // Where an option's value comes from: the variable that overrides the file, or the file.
  const auto source = [&root, &environment](std::string_view path) -> SourcePlace {
    for (const OptionRow<Settings>& row : settingsTable()) {
      if (row.path != path || row.environment.empty()) continue;
      const auto variable = environment.find(row.environment);
      if (variable != environment.end() && !variable->second.empty()) return {std::make_shared<const std::string>(row.environment), 0, 0};
    }
    return placeOf(root, path);
  };
  const auto refuse = [&problems](const SourcePlace& place, std::string message, std::string hint) {
    problems.push_back(problemAt(place, std::move(message), std::move(hint)));
  };
  const Settings::Rooms& rooms = settings.rooms;
  if (rooms.history_page_default > rooms.history_page_max)
    refuse(source("rooms.history_page_default"),
           fmt::format("rooms.history_page_default is {}, more than rooms.history_page_max, {}", rooms.history_page_default,
                       rooms.history_page_max),
           "make it smaller, or the other larger");
  if (rooms.max_members_default > rooms.max_members_limit)
    refuse(source("rooms.max_members_default"),
           fmt::format("rooms.max_members_default is {}, more than rooms.max_members_limit, {}", rooms.max_members_default,
                       rooms.max_members_limit),
           "make it smaller, or the other larger");
  const Settings::Server& server = settings.server;
  if (server.drain_delay >= server.shutdown_timeout)
    refuse(source("server.drain_delay"),
           fmt::format("server.drain_delay is {}, not shorter than server.shutdown_timeout, {}", formatDuration(server.drain_delay),
                       formatDuration(server.shutdown_timeout)),
           "leave time for closing connections between the two");
  for (std::size_t at = 0; at < server.allowed_origins.size(); ++at)
    if (!isOrigin(server.allowed_origins[at]))
      refuse(placeOf(root, "server.allowed_origins", at), fmt::format("\"{}\" is not an origin", server.allowed_origins[at]),
             "write it as browsers send it, as in https://app.example.com: lower case, no path, no final slash, no wildcard");
  for (std::size_t at = 0; at < settings.tenants.allow.size(); ++at)
    if (settings.tenants.allow[at].size() > tenant_id_max)
      refuse(placeOf(root, "tenants.allow", at), fmt::format("the tenant's id is longer than {} bytes", tenant_id_max),
             "no token can carry it; shorten it");
  constexpr std::string_view forms[] = {"emails", "phone_numbers", "card_numbers"};
  for (std::size_t at = 0; at < settings.assistants.redact.size(); ++at)
    if (std::ranges::find(forms, settings.assistants.redact[at]) == std::end(forms))
      refuse(placeOf(root, "assistants.redact", at), fmt::format("\"{}\" is nothing that can be taken out", settings.assistants.redact[at]),
             "write emails, phone_numbers or card_numbers; members of objects stand in assistants.redact_fields");
  if (!isRedisUrl(settings.redis.url))
    refuse(source("redis.url"), "redis.url is not the address of a Redis",
           "write redis://[user:password@]host[:port][/database], or rediss:// for TLS");
  checkCoordination(settings.coordination, root, problems);
}

}  // namespace atrium
