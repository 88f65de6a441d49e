#include "ical_sync.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace {

constexpr std::uint32_t calendar_readers = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;

// libical leaves something behind in every thread that used it, with a destructor in its own code, so it must stay when this plugin goes.
void keep_libical() { static_cast<void>(dlopen("libical.so.3", RTLD_NOW | RTLD_NODELETE)); }

}  // namespace

IcalSync::IcalSync(atrium::Host host, atrium::Json options)
    : http_ui{.name = "ical"},
      host_(host),
      http_(host),
      timers_(host),
      desk_(host),
      options_(IcalOptions::read(options, atrium::Secrets(host))),
      fetched_(host, "calendars_fetched", "Calendars that were read, or had not changed."),
      failed_(host, "calendars_failed", "Attempts to read a calendar that failed."),
      busy_(host, "agents_busy", "Agents whose calendars say that they are busy."),
      not_understood_(host, "events_not_understood", "Events of all calendars that were left out, or parts of them.") {
  for (const char* grant : {"timer", "clock", "coordination", "http"}) host.require(grant);
  keep_libical();
  if (!known_zone(options_.zone)) throw std::invalid_argument("zone: no time zone has the name " + options_.zone + " on this machine");
  for (const IcalOptions::Source& source : options_.calendars) calendars_.push_back({.agent_id = source.agent_id, .url = source.url});
  // One timer for both: nothing of this may run when there is none, and it is not made after all.
  const auto begin = [this] {
    fetch_all();
    look();
  };
  if (!timers_.start(0, begin)) throw std::runtime_error("the server has no timer for it");
}

// ---- Fetching

void IcalSync::fetch_all() {
  if (!timers_.start(options_.interval_ms, [this] { fetch_all(); }))
    host_.error("no_timer", "The server takes no more timers: calendars are not fetched any more.");
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(fetching_[lane], true)) continue;  // So slow that the next round goes without it.
    }
    fetch(lane);
  }
}

void IcalSync::fetch(std::size_t index) {
  atrium::HttpRequest request{.url = {}, .headers = {{"accept", "text/calendar"}}, .timeout_ms = options_.timeout_ms};
  {
    const std::lock_guard lock(mutex_);
    if (index >= calendars_.size()) {
      fetching_[index % lanes] = false;
      return;
    }
    request.url = calendars_[index].url;
    if (!calendars_[index].etag.empty()) request.headers.emplace_back("if-none-match", calendars_[index].etag);
  }
  http_.send(request, [this, index](const atrium::HttpResponse& response) {
    if (response.outcome == ATRIUM_CANCELLED) return;
    arrived(index, response);
    tell_desk();
    fetch(index + lanes);
  });
}

void IcalSync::arrived(std::size_t index, const atrium::HttpResponse& response) {
  if (response.outcome != ATRIUM_OK) return fail(index, response.why);
  if (response.status != 200 && response.status != 304)
    return fail(index, "It answers with the status " + std::to_string(response.status) + ".");
  const auto now = now_ms();
  CalendarReading reading;
  // A week goes on while a calendar does not change: without its text it has to be sent again once a day.
  if (response.status == 200) {
    reading = read_calendar(response.body, {.from_ms = now, .until_ms = now + ahead_ms, .zone = options_.zone});
    if (!reading.is_calendar) return fail(index, "What it sends is no calendar.");
  }
  fetched_.add();
  std::string agent, reason;
  std::size_t missed = 0, all_missed = 0;
  bool recovered = false;
  {
    const std::lock_guard lock(mutex_);
    Calendar& calendar = calendars_[index];
    recovered = !calendar.trouble.empty();
    calendar.trouble.clear();
    if (response.status == 200) {
      if (reading.not_understood != calendar.reading.not_understood) missed = reading.not_understood;
      reason = reading.first_reason;
      agent = calendar.agent_id;
      calendar.reading = std::move(reading);
      calendar.known = true;
      calendar.etag = response.header("etag");
      calendar.read_ms = now;
    } else if (now - calendar.read_ms > ahead_ms / 7) {
      calendar.etag.clear();
    }
    for (const Calendar& one : calendars_) all_missed += one.reading.not_understood;
  }
  not_understood_.set(static_cast<double>(all_missed));
  if (missed > 0)
    host_.warning("events_not_understood", "The calendar of " + agent + " has " + std::to_string(missed) +
                                               " events or parts of events that were left out; of the first, " + reason + ".");
  if (recovered) host_.info("calendar_back", "The calendar of " + options_.calendars[index].agent_id + " is read again.");
}

void IcalSync::fail(std::size_t index, const std::string& why) {
  failed_.add();
  bool fresh = false;
  {
    const std::lock_guard lock(mutex_);
    fresh = calendars_[index].trouble.empty();
    calendars_[index].trouble = why.empty() ? "It could not be fetched." : why;
  }
  // Without its address, which may be a secret.
  if (fresh) host_.warning("calendar_failed", "The calendar of " + options_.calendars[index].agent_id + " cannot be read: " + why);
}

// ---- Telling the desk

std::int64_t IcalSync::now_ms() const {
  constexpr std::uint64_t last = 253'402'300'799'999;  // Of the year 9999: a clock may say anything, and a week is added to it.
  return static_cast<std::int64_t>(std::min(host_.wall_ms(), last));
}

bool IcalSync::busy_at(const Calendar& calendar, std::int64_t moment_ms) {
  return std::any_of(calendar.reading.busy.begin(), calendar.reading.busy.end(),
                     [moment_ms](const BusySpan& span) { return span.from_ms <= moment_ms && moment_ms < span.until_ms; });
}

void IcalSync::look() {
  tell_desk();
  const auto now = now_ms();
  std::uint64_t next = look_ms;
  {
    const std::lock_guard lock(mutex_);
    for (const Calendar& calendar : calendars_)
      for (const BusySpan& span : calendar.reading.busy)
        for (const std::int64_t edge : {span.from_ms, span.until_ms})
          if (edge > now) next = std::min(next, static_cast<std::uint64_t>(edge - now));
  }
  if (!timers_.start(next, [this] { look(); })) host_.error("no_timer", "The server takes no more timers: calendars do not act any more.");
}

void IcalSync::tell_desk() {
  const auto now = now_ms();
  std::vector<std::pair<Step, std::string>> steps;
  std::size_t busy_count = 0;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t index = 0; index < calendars_.size(); ++index) {
      Calendar& calendar = calendars_[index];
      if (!calendar.known) continue;
      const bool busy = busy_at(calendar, now);
      if (busy) ++busy_count;
      if (calendar.telling || calendar.told == busy) continue;
      calendar.telling = true;
      steps.push_back({{index, busy}, calendar.agent_id});
    }
  }
  busy_.set(static_cast<double>(busy_count));
  for (const auto& [step, agent] : steps) {
    const auto done = [this, step = step](const atrium::Answer& answer) { told(step, answer); };
    if (step.busy)
      desk_.pause_agent(options_.tenant, agent, done);
    else
      desk_.resume_agent(options_.tenant, agent, done);
  }
}

void IcalSync::told(Step step, const atrium::Answer& answer) {
  std::string agent;
  bool fresh = false;
  {
    const std::lock_guard lock(mutex_);
    Calendar& calendar = calendars_[step.index];
    calendar.telling = false;
    if (answer.ok()) {
      calendar.told = step.busy;
      calendar.refused = false;
    } else {
      fresh = !calendar.refused;  // It is told again at the next look.
      calendar.refused = true;
    }
    agent = calendar.agent_id;
  }
  if (fresh && answer.status != ATRIUM_CANCELLED)
    host_.warning("agent_not_told", "The desk was not told of the calendar of " + agent + ": " + answer.text);
}

// ---- How they stand

void IcalSync::handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
  if (request.tenant_id() != options_.tenant || request.path() != "/calendars") return response.status(404);
  if (const auto caller = request.caller(); !caller || !caller->has(calendar_readers)) return response.status(403);
  if (request.method() != "GET") return response.status(405);
  const auto now = now_ms();
  std::string list;
  {
    const std::lock_guard lock(mutex_);
    for (const Calendar& calendar : calendars_) {
      list += list.empty() ? "" : ",";
      list += R"({"agent_id":)" + atrium::json_quoted(calendar.agent_id) + R"(,"busy":)" + (busy_at(calendar, now) ? "true" : "false");
      list += R"(,"events":)" + std::to_string(calendar.reading.events) + R"(,"not_understood":)" +
              std::to_string(calendar.reading.not_understood) + R"(,"trouble":)" +
              (calendar.trouble.empty() ? "null" : atrium::json_quoted(calendar.trouble)) + "}";
    }
  }
  response.json(R"({"items":[)" + list + "]}");
}
