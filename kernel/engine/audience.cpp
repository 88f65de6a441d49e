#include "engine/audience.hpp"

#include <algorithm>

#include "atrium/ext/storage_backend.h"
#include "protocol/errors.hpp"

namespace atrium {

namespace {
constexpr std::string_view role_class = "role:";
constexpr std::string_view user_class = "user:";
}  // namespace

std::uint32_t tokenRoleBit(std::string_view word) {
  if (word == "agent") return ATRIUM_ROLE_AGENT;
  if (word == "supervisor") return ATRIUM_ROLE_SUPERVISOR;
  if (word == "admin") return ATRIUM_ROLE_ADMIN;
  if (word == "client") return ATRIUM_ROLE_CLIENT;
  if (word == "service") return ATRIUM_ROLE_SERVICE;
  return 0;
}

Audience::Audience(std::string_view stored) {
  if (!stored.empty()) hooks_.emplace_back();
  while (!stored.empty()) {
    const std::size_t end = std::min(stored.find('\n'), stored.size());
    const std::string_view one = stored.substr(0, end);
    if (one.empty())
      hooks_.emplace_back();
    else if (one.starts_with(role_class))
      hooks_.back().roles |= tokenRoleBit(one.substr(role_class.size()));
    else if (one.starts_with(user_class))
      hooks_.back().users.push_back(one.substr(user_class.size()));
    stored.remove_prefix(std::min(end + 1, stored.size()));
  }
}

bool Audience::includes(const Principal& who) const {
  return std::ranges::all_of(hooks_, [&who](const Named& named) {
    return who.has(named.roles) || std::ranges::find(named.users, std::string_view(who.user_id)) != named.users.end();
  });
}

Result<std::string> Audience::encode(const std::vector<std::string>& classes, std::string_view sender_id) {
  if (classes.size() > classes_max) return fail(Code::plugin_failed, "A plugin named more than four audience classes.");
  std::string stored;
  for (const std::string& one : classes) {
    if (!stored.empty()) stored += '\n';
    if (one == "sender")
      stored.append(user_class).append(sender_id);
    else if (one.starts_with(role_class) && tokenRoleBit(std::string_view(one).substr(role_class.size())) != 0)
      stored += one;
    else if (one.starts_with(user_class) && one.size() > user_class.size() && one.size() <= user_class.size() + user_id_max &&
             one.find('\n') == one.npos)
      stored += one;
    else
      return fail(Code::plugin_failed, "A plugin named an audience class that does not exist.");
  }
  return both(stored, {});
}

Result<std::string> Audience::both(std::string_view stored, std::string_view other) {
  std::string joined(stored);
  if (!joined.empty() && !other.empty()) joined += "\n\n";
  joined += other;
  if (joined.size() > ATRIUM_AUDIENCE_MAX) return fail(Code::plugin_failed, "Plugins named too long an audience.");
  return joined;
}

}  // namespace atrium
