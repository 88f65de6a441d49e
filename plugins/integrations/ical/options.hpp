#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <atrium/services.hpp>

// What the operator decided; plugin.yaml says what each means.
struct IcalOptions {
  struct Source {
    std::string agent_id;
    std::string url;
  };
  std::string tenant;
  std::vector<Source> calendars;
  std::uint64_t interval_ms = 0;
  std::uint32_t timeout_ms = 0;
  std::string zone;

  // Throws std::invalid_argument with a sentence for the operator, which never holds an address: it may be a secret.
  static IcalOptions read(atrium::Json options, const atrium::Secrets& secrets);
};
