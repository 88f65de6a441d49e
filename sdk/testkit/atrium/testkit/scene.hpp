#ifndef ATRIUM_TESTKIT_SCENE_HPP
#define ATRIUM_TESTKIT_SCENE_HPP
// What a hook is handed, made of JSON texts in which only what matters to a test need stand:
//   const RoomFrom room(R"({"room_type": "viewing", "settings": {"max_guests": 2}})");
// Each owns what its abi() shows.
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/ext/alert_rule.h"
#include "atrium/ext/event_sink.h"
#include "atrium/ext/routing_scorer.h"
#include "atrium/room.h"
#include "atrium/testkit/json_text.hpp"

namespace atrium::testkit {
namespace detail {

// The members of an object, with defaults, and copies of the texts that views show.
class Source {
 public:
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

 protected:
  explicit Source(JsonText json) : json_(std::move(json)) {
    if (!json_.root().is_object()) throw std::invalid_argument("a scene is made of a JSON object");
  }
  ~Source() = default;

  atrium_text text(const char* name, std::string_view fallback) {
    auto& kept = *texts_.emplace_back(std::make_unique<std::string>(json_.root()[name].as_text().value_or(std::string(fallback))));
    return text_of(kept);
  }
  [[nodiscard]] std::uint64_t number(const char* name, std::uint64_t fallback) const {
    return static_cast<std::uint64_t>(json_.root()[name].as_int().value_or(static_cast<std::int64_t>(fallback)));
  }
  [[nodiscard]] std::uint32_t small(const char* name, std::uint32_t fallback) const {
    return static_cast<std::uint32_t>(number(name, fallback));
  }
  [[nodiscard]] double figure(const char* name, double fallback) const { return json_.root()[name].as_number().value_or(fallback); }
  // A member that is a JSON value itself, with an index of its own, as the server hands it over.
  atrium_json value(const char* name, const char* fallback) {
    const Json found = json_.root()[name];
    if (!found.exists() && fallback == nullptr) return {};
    values_.emplace_back(found.exists() ? found.raw() : std::string_view(fallback));
    return values_.back().abi();
  }
  // The number of a word in a row that begins at 0.
  [[nodiscard]] std::uint32_t word(const char* name, std::uint32_t fallback, std::initializer_list<std::string_view> words) const {
    const Json found = json_.root()[name];
    std::uint32_t number = 0;
    for (const std::string_view word : words) {
      if (found == word) return number;
      ++number;
    }
    if (found.exists()) throw std::invalid_argument(std::string(name) + " has no value " + std::string(found.raw()));
    return fallback;
  }

  JsonText json_;

 private:
  std::vector<std::unique_ptr<std::string>> texts_;
  std::vector<JsonText> values_;
};

}  // namespace detail

// {"tenant_id", "room_id", "room_type", "name", "member_count", "max_members", "settings", "context"}
class RoomFrom : detail::Source {
 public:
  RoomFrom(const JsonText& json = "{}")  // NOLINT(google-explicit-constructor): scenes are written in place.
      : Source(json),
        view_{.struct_size = sizeof view_,
              .member_count = small("member_count", 2),
              .max_members = small("max_members", 50),
              .reserved = 0,
              .tenant_id = text("tenant_id", "tenant_a"),
              .room_id = text("room_id", "room_1"),
              .room_type = text("room_type", "test"),
              .name = text("name", "A room"),
              .settings = value("settings", "{}"),
              .context = value("context", "{}")} {}
  RoomFrom(const char* json) : RoomFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_room_view& abi() const { return view_; }

 private:
  atrium_room_view view_;
};

// {"user_id", "display_name", "roles": ["agent"], "room_role": "member"}
class UserFrom : detail::Source {
 public:
  UserFrom(const JsonText& json = "{}")  // NOLINT(google-explicit-constructor)
      : Source(json),
        view_{.struct_size = sizeof view_,
              .token_roles = roles(),
              .room_role = word("room_role", ATRIUM_ROOM_ROLE_MEMBER, {"none", "observer", "member", "moderator", "owner"}),
              .reserved = 0,
              .user_id = text("user_id", "ana"),
              .display_name = text("display_name", "Ana")} {}
  UserFrom(const char* json) : UserFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_user_view& abi() const { return view_; }

 private:
  [[nodiscard]] std::uint32_t roles() const {
    static constexpr std::string_view names[] = {"agent", "supervisor", "admin", "client", "service"};
    const Json listed = json_.root()["roles"];
    if (!listed.exists()) return ATRIUM_ROLE_AGENT;
    std::uint32_t bits = 0;
    for (const Json role : listed)
      for (std::uint32_t at = 0; at < std::size(names); ++at)
        if (role == names[at]) bits |= 1u << at;
    return bits;
  }
  atrium_user_view view_;
};

// {"message_type", "content", "metadata", "priority": "normal"}
class MessageFrom : detail::Source {
 public:
  MessageFrom(const JsonText& json = "{}")  // NOLINT(google-explicit-constructor)
      : Source(json),
        view_{.struct_size = sizeof view_,
              .priority = word("priority", ATRIUM_PRIORITY_NORMAL, {"low", "normal", "high", "urgent", "critical"}),
              .message_type = text("message_type", "text"),
              .content = text("content", "hello"),
              .metadata = value("metadata", nullptr)} {}
  MessageFrom(const char* json) : MessageFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_message_view& abi() const { return view_; }

 private:
  atrium_message_view view_;
};

// The lead's fields; lead_id, tenant_id and waiting_ms are taken from among them.
class LeadFrom : detail::Source {
 public:
  LeadFrom(const JsonText& json = "{}")  // NOLINT(google-explicit-constructor)
      : Source(json),
        lead_{.struct_size = sizeof lead_,
              .reserved = 0,
              .lead_id = text("lead_id", "lead_1"),
              .tenant_id = text("tenant_id", "tenant_a"),
              .waiting_ms = number("waiting_ms", 0),
              .fields = json_.abi()} {}
  LeadFrom(const char* json) : LeadFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_lead& abi() const { return lead_; }

 private:
  atrium_lead lead_;
};

// The agent's fields; agent_id, status, active_leads, capacity and the figures are taken from among them. Figures that are left out are not
// known; capacity_utilization follows from the leads.
class AgentFrom : detail::Source {
 public:
  AgentFrom(const JsonText& json = "{}")  // NOLINT(google-explicit-constructor)
      : Source(json),
        agent_{.struct_size = sizeof agent_,
               .status = word("status", ATRIUM_AGENT_AVAILABLE, {"available", "busy", "offline", "in_call", "away"}),
               .agent_id = text("agent_id", "ana"),
               .active_leads = small("active_leads", 0),
               .capacity = small("capacity", 5),
               .capacity_utilization = figure("capacity_utilization", double(small("active_leads", 0)) / small("capacity", 5)),
               .avg_response_minutes = figure("avg_response_minutes", -1),
               .conversion_rate = figure("conversion_rate", -1),
               .satisfaction = figure("satisfaction", -1),
               .idle_ms = number("idle_ms", 0),
               .fields = json_.abi()} {}
  AgentFrom(const char* json) : AgentFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_agent& abi() const { return agent_; }

 private:
  atrium_agent agent_;
};

// {"tenant_id", "to_ms", "window_seconds": 300, "series": [{"metric", "subject", "values": [0.5, null], "at_ms": [...]}]}; null is a value
// that is not known, and without at_ms the values stand a second apart, the last one at to_ms.
class WindowFrom : detail::Source {
 public:
  WindowFrom(const JsonText& json = "{}") : Source(json) {  // NOLINT(google-explicit-constructor)
    window_.struct_size = sizeof window_;
    window_.to_ms = number("to_ms", 1'767'225'600'000);
    window_.from_ms = window_.to_ms - 1000 * number("window_seconds", 300);
    window_.tenant_id = text("tenant_id", "tenant_a");
    for (const Json series : json_.root()["series"]) add(series);
    for (const auto& one : series_) places_.push_back(&one->abi);
    window_.series = places_.data();
    window_.series_count = static_cast<std::uint32_t>(places_.size());
  }
  WindowFrom(const char* json) : WindowFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_window& abi() const { return window_; }

 private:
  struct One {
    std::string metric, subject;
    std::vector<std::uint64_t> at_ms;
    std::vector<double> values;
    atrium_series abi{};
  };
  void add(const Json& series) {
    One& one = *series_.emplace_back(std::make_unique<One>());
    one.metric = series["metric"].as_text().value_or("");
    one.subject = series["subject"].as_text().value_or("");
    for (const Json value : series["values"]) one.values.push_back(value.as_number().value_or(std::numeric_limits<double>::quiet_NaN()));
    for (const Json at : series["at_ms"]) one.at_ms.push_back(static_cast<std::uint64_t>(at.as_int().value_or(0)));
    if (one.at_ms.empty())
      for (std::size_t at = 0; at < one.values.size(); ++at) one.at_ms.push_back(window_.to_ms - 1000 * (one.values.size() - 1 - at));
    if (one.at_ms.size() != one.values.size()) throw std::invalid_argument("at_ms and values are not equally many");
    one.abi = {.struct_size = sizeof one.abi,
               .count = static_cast<std::uint32_t>(one.values.size()),
               .metric = text_of(one.metric),
               .subject = text_of(one.subject),
               .at_ms = one.at_ms.data(),
               .values = one.values.data()};
  }

  std::vector<std::unique_ptr<One>> series_;
  std::vector<const atrium_series*> places_;
  atrium_window window_{};
};

// {"offset", "attempt", "at_ms", "event_id", "type", "tenant_id", "data": {...}}
class EventFrom : detail::Source {
 public:
  EventFrom(const JsonText& json = "{}")  // NOLINT(google-explicit-constructor)
      : Source(json),
        event_{.struct_size = sizeof event_,
               .attempt = small("attempt", 1),
               .offset = number("offset", 1),
               .at_ms = number("at_ms", 1'767'225'600'000),
               .event_id = text("event_id", "01JGFJJZ000000000000000001"),
               .type = text("type", "message.posted"),
               .tenant_id = text("tenant_id", "tenant_a"),
               .data = json_.root()["data"].exists() ? text_of(json_.root()["data"].raw()) : text_of("{}")} {}
  EventFrom(const char* json) : EventFrom(JsonText(json)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] const atrium_sink_event& abi() const { return event_; }

 private:
  atrium_sink_event event_;
};

}  // namespace atrium::testkit
#endif
