#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atrium {

// Which services a plugin may use. A manifest names what it wants, the operator may narrow it (plugins.use.<id>.grants):
//
//   log, clock, random, metrics, timer, executor, kv, publish, coordination, secrets   the service of that name
//   http:<host>   http:<host>:<port>                                      requests to that address; the port is otherwise 80 or 443
//   http:*                                                                to any address: only an operator who names them grants them
//   network                                                               an isolated plugin's own sockets; likewise
//
// A value. Any thread.
class Grants {
 public:
  Grants() = default;
  // `named` is what the operator wrote; nothing: he wrote nothing, and the plugin gets what it wants but http:* and network.
  Grants(std::span<const std::string> wanted, const std::optional<std::vector<std::string>>& named);

  // Takes away what reaches others: publish, coordination, http and network.
  void withholdEffects();

  // Whether that service, or "network", is granted; of "http" whether any address is.
  [[nodiscard]] bool has(std::string_view service) const;
  // Whether requests to that address are granted; `port` is a number.
  [[nodiscard]] bool mayReach(std::string_view host, unsigned port, bool tls) const;
  [[nodiscard]] const std::vector<std::string>& list() const { return granted_; }

  // Whether a manifest may name it.
  [[nodiscard]] static bool known(std::string_view grant);
  // Whether an operator may name `grant` for a plugin that wants `wanted`.
  [[nodiscard]] static bool covers(std::span<const std::string> wanted, std::string_view grant);

 private:
  std::vector<std::string> granted_;
};

// What the operator gave one plugin. A value.
struct PluginRights {
  Grants grants;
  std::map<std::string, std::string, std::less<>> secrets;  // By name. Never to be shown or logged.
};

}  // namespace atrium
