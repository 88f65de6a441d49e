#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <atrium/http.hpp>
#include <atrium/metrics.hpp>
#include <atrium/plugin.hpp>
#include <atrium/services.hpp>

#include "calendar.hpp"
#include "options.hpp"

// Calendars are fetched one after the other in a few lanes, and read a week ahead; what was read counts until it is read again, so that a
// calendar that is not to be reached changes nothing. When an event begins its agent is paused, when the last one is over he is resumed.
// The pause is this plugin's own (service/coordination.h): a calendar only ever narrows when somebody is offered leads.
//
// Whoever resumes an agent by hand during an event overrules the calendar until the next event begins.
class IcalSync {
 public:
  IcalSync(atrium::Host host, atrium::Json options);

  // GET /ui/ical/api/calendars: how they stand, for supervisors.
  void handle(const atrium::UiRequest& request, atrium::UiResponse& response);

  atrium::HttpUiInfo http_ui;

 private:
  static constexpr std::size_t lanes = 4;
  static constexpr std::int64_t ahead_ms = std::int64_t{7} * 24 * 3600 * 1000;
  static constexpr std::uint64_t look_ms = 30'000;  // Between two looks at the clock, at most.

  struct Calendar {
    std::string agent_id;
    std::string url;
    std::string etag = {};
    CalendarReading reading = {};
    bool known = false;             // Whether it was ever read.
    std::string trouble = {};       // Why it could not be read the last time; empty: it could.
    std::optional<bool> told = {};  // Whether the desk was told that he is busy; nothing: it was told nothing yet.
    std::int64_t read_ms = 0;       // When the reading was made.
    bool refused = false;           // Whether the desk refused it the last time, so that it is logged once.
    bool telling = false;           // A request to the desk is under way.
  };
  struct Step {
    std::size_t index;
    bool busy;
  };

  [[nodiscard]] static bool busy_at(const Calendar& calendar, std::int64_t moment_ms);
  [[nodiscard]] std::int64_t now_ms() const;
  void fetch_all();
  void fetch(std::size_t index);
  void arrived(std::size_t index, const atrium::HttpResponse& response);
  void fail(std::size_t index, const std::string& why);
  void look();       // At the clock, and again when it is time.
  void tell_desk();  // What has changed.
  void told(Step step, const atrium::Answer& answer);

  atrium::Host host_;
  atrium::Http http_;
  atrium::Timers timers_;
  atrium::CoordinationDesk desk_;
  const IcalOptions options_;
  atrium::Counter fetched_, failed_;
  atrium::Gauge busy_, not_understood_;
  std::mutex mutex_;  // Never held while a service is called: it may answer at once.
  std::vector<Calendar> calendars_;
  std::array<bool, lanes> fetching_{};  // Lanes that have not come to their end.
};
