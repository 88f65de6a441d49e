#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include <atrium/http.hpp>
#include <atrium/services.hpp>

#include "lead_mapping.hpp"
#include "options.hpp"

// What a CRM knows of a person, asked by e-mail and telephone number. An answer is remembered for a while; a CRM that failed three times
// in a row is left alone for half a minute, so that a dead one costs no lead its time. On a worker.
class Enrichment {
 public:
  struct Found {
    std::string state;  // "done", "none": it does not know him, "failed", or "off": there is no CRM, or nothing to ask by.
    LeadFields fields;
    std::string why = {};  // It failed.
  };

  Enrichment(atrium::Host host, const GhlOptions& options);

  // Takes enrich_timeout at most.
  [[nodiscard]] Found ask(const std::string& email, const std::string& phone);

 private:
  struct Remembered {
    Found found;
    std::uint64_t until_ms = 0;
  };
  static constexpr std::size_t remembered_max = 1000;
  static constexpr unsigned failures_max = 3;
  static constexpr std::uint64_t rest_ms = 30'000;

  [[nodiscard]] std::uint64_t now_ms() const { return host_.mono_ns() / 1'000'000; }
  [[nodiscard]] bool resting() const;  // Under the lock.
  [[nodiscard]] std::string address_for(const std::string& email, const std::string& phone) const;
  [[nodiscard]] Found read(const atrium::HttpResponse& response) const;
  void note(const std::string& key, const Found& found);

  atrium::Host host_;
  atrium::Http http_;
  atrium::JsonTexts json_;
  const GhlOptions& options_;
  std::string key_;  // Sent as "Authorization: Bearer …"; empty: none.
  std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;
  unsigned failures_ = 0;
  std::uint64_t rests_until_ms_ = 0;
};
