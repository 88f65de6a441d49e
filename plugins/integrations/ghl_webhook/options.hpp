#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <atrium/json.hpp>

// What the operator decided; plugin.yaml says what each means.
struct GhlOptions {
  std::string tenant;
  std::vector<std::string> locations;
  std::string public_key;
  std::string legacy_public_key;
  std::vector<std::pair<std::string, std::string>> fields;  // The lead's field and where it is found.
  std::string queue;
  std::string channel;
  std::string enrich_url;
  std::uint64_t enrich_timeout_ms = 0;
  std::uint64_t enrich_cache_ms = 0;
  std::vector<std::string> enrich_fields;

  // Throws std::invalid_argument with a sentence for the operator.
  static GhlOptions read(atrium::Json options);
};
