#pragma once

#include <atrium/plugin.hpp>

#include <atrium/http.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Sends events to one web address. A receiver that is down, slow or busy gets them again, in order; an event that it refuses as such, alone
// too, becomes a dead letter. Calls come one after the other.
class Webhook {
 public:
  Webhook(atrium::Host host, const atrium::Json& options);

  atrium::Delivery deliver(atrium::Events events);
  atrium::EventSinkInfo event_sink;

 private:
  using Clock = std::chrono::steady_clock;
  // What became of one request.
  struct Sent {
    enum class Verdict : std::uint8_t { taken, again, refused };  // refused: for what it says, so that a repeat would be refused, too.
    Verdict verdict;
    std::string why;
  };

  Sent send(atrium::Events events, std::uint32_t first, std::uint32_t count, Clock::time_point until);
  Sent judge(const atrium::HttpResponse& response);
  void keep_quiet(std::string_view retry_after);

  atrium::Http http_;
  std::string url_;
  std::string events_;
  std::string key_;  // Empty: requests are not signed.
  std::chrono::milliseconds timeout_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::optional<Clock::time_point> quiet_until_;  // The receiver asked to be left alone.
};
