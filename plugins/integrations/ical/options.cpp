#include "options.hpp"

#include <set>
#include <stdexcept>

IcalOptions IcalOptions::read(atrium::Json options, const atrium::Secrets& secrets) {
  IcalOptions read{.tenant = options["tenant"].as_text().value_or(""),
                   .calendars = {},
                   .interval_ms = static_cast<std::uint64_t>(options["interval"].as_int().value_or(0)),
                   .timeout_ms = static_cast<std::uint32_t>(options["timeout"].as_int().value_or(0)),
                   .zone = options["zone"].as_text().value_or("UTC")};
  std::set<std::string> agents;
  for (const atrium::Json one : options["calendars"]) {
    const std::string agent = one["agent"].as_text().value_or("");
    if (agent.empty() || agent.size() > 128) throw std::invalid_argument("calendars: each names its agent, in 1 to 128 bytes");
    if (!agents.insert(agent).second) throw std::invalid_argument("calendars: " + agent + " has two");
    std::string url = one["url"].as_text().value_or("");
    if (const auto secret = one["secret"].as_text()) {
      url = secrets.get(*secret).value_or("");
      if (url.empty()) throw std::invalid_argument("calendars: the secret " + *secret + " of " + agent + " was not given");
    }
    if (url.starts_with("webcal://")) url.replace(0, 6, "https");
    if (!url.starts_with("https://") && !url.starts_with("http://"))
      throw std::invalid_argument("calendars: the address of " + agent + " begins with none of https://, http:// and webcal://");
    read.calendars.push_back({agent, url});
  }
  return read;
}
