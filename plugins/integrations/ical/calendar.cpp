#include "calendar.hpp"

#include <libical/ical.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace {

constexpr int repeats_max = 20'000;  // Instances that are looked at of one rule: 54 years of days.
constexpr const char* too_long = "it takes too long to read";

struct FreeComponent {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
};
struct FreeIterator {
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};

const icaltimezone* zone_named(const std::string& zone) {
  if (zone == "UTC") return icaltimezone_get_utc_timezone();
  return icaltimezone_get_builtin_timezone(zone.c_str());
}

class Reader {
 public:
  Reader(const CalendarWindow& window, CalendarReading& reading)
      : window_(window),
        reading_(reading),
        own_zone_(zone_named(window.zone)),
        until_(std::chrono::steady_clock::now() + window.patience) {}

  void read(icalcomponent* root) {
    each_event(root, [this](icalcomponent* event) {
      if (!is_late()) note_moved(event);
    });
    each_event(root, [this](icalcomponent* event) {
      if (++reading_.events <= CalendarReading::events_max && !is_late()) take(event);
    });
    if (reading_.events > CalendarReading::events_max) miss("it has more than 5,000 events");
    if (is_late()) miss(too_long);
    std::sort(reading_.busy.begin(), reading_.busy.end(), [](const BusySpan& a, const BusySpan& b) { return a.from_ms < b.from_ms; });
  }

 private:
  template <typename Each>
  void each_event(icalcomponent* root, Each each) {
    const auto within = [&](icalcomponent* calendar) {
      reading_.is_calendar = true;
      for (icalcomponent* event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); event;
           event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
        each(event);
    };
    if (icalcomponent_isa(root) == ICAL_VCALENDAR_COMPONENT) return within(root);
    for (icalcomponent* calendar = icalcomponent_get_first_component(root, ICAL_VCALENDAR_COMPONENT); calendar;
         calendar = icalcomponent_get_next_component(root, ICAL_VCALENDAR_COMPONENT))
      within(calendar);
  }

  // Whether the time is over. One question to libical may still be long: the days of 600 years for a rule that fits none of them.
  [[nodiscard]] bool is_late() const { return std::chrono::steady_clock::now() >= until_; }

  void miss(const char* why) {
    ++reading_.not_understood;
    if (reading_.first_reason.empty()) reading_.first_reason = why;
  }

  // A property's time; nothing, and counted, when its zone is not known.
  std::optional<icaltimetype> time_of(icalproperty* property, icalcomponent* event) {
    const icaltimetype time = icalproperty_get_datetime_with_component(property, event);
    const bool zoned = icalproperty_get_first_parameter(property, ICAL_TZID_PARAMETER) != nullptr;
    if (icaltime_is_null_time(time) || !icaltime_is_valid_time(time)) {
      miss("a time is none");
      return std::nullopt;
    }
    if (zoned && !time.is_date && !time.zone) {
      miss("a time zone is not known");
      return std::nullopt;
    }
    return time;
  }
  [[nodiscard]] std::int64_t moment(const icaltimetype& time) const {
    const icaltimezone* zone = time.zone && !time.is_date ? time.zone : own_zone_;
    return static_cast<std::int64_t>(icaltime_as_timet_with_zone(time, zone)) * 1000;
  }
  static std::int64_t wall_clock(const icaltimetype& time) {
    return static_cast<std::int64_t>(icaltime_as_timet_with_zone(time, icaltimezone_get_utc_timezone()));
  }
  // Whether libical took a line away that says when the event is: it leaves a note of its own instead, as it does for others that matter
  // to nobody here.
  static bool is_damaged(icalcomponent* event) {
    for (icalproperty* note = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY); note;
         note = icalcomponent_get_next_property(event, ICAL_XLICERROR_PROPERTY)) {
      const char* text = icalproperty_get_xlicerror(note);
      const std::string_view said = text ? text : "";
      for (const std::string_view line : {"DTSTART property", "DTEND property", "DURATION property", "RRULE property", "EXDATE property",
                                          "RECURRENCE-ID property", "STATUS property", "TRANSP property"})
        if (said.find(line) != std::string_view::npos) return true;
    }
    return false;
  }
  static std::string uid_of(icalcomponent* event) {
    const char* uid = icalcomponent_get_uid(event);
    return uid ? uid : "";
  }

  // An event with a RECURRENCE-ID stands for one instance of another event, which then is not where its rule says.
  void note_moved(icalcomponent* event) {
    icalproperty* instead_of = icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY);
    if (!instead_of) return;
    if (icalproperty_get_first_parameter(instead_of, ICAL_RANGE_PARAMETER)) miss("it moves all later instances of an event (RANGE)");
    if (const auto time = time_of(instead_of, event)) moved_[uid_of(event)].insert(moment(*time));
  }

  static bool counts(icalcomponent* event) {
    if (icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED) return false;
    icalproperty* transparency = icalcomponent_get_first_property(event, ICAL_TRANSP_PROPERTY);
    if (!transparency) return true;
    const icalproperty_transp value = icalproperty_get_transp(transparency);
    return value != ICAL_TRANSP_TRANSPARENT && value != ICAL_TRANSP_TRANSPARENTNOCONFLICT;
  }

  void take(icalcomponent* event) {
    if (is_damaged(event)) return miss("a line that says when it is makes no sense");
    if (!counts(event)) return;
    icalproperty* begin = icalcomponent_get_first_property(event, ICAL_DTSTART_PROPERTY);
    if (!begin) return miss("an event has no DTSTART");
    const auto start = time_of(begin, event);
    if (!start) return;
    const auto lasts = length_of(event, *start);
    if (!lasts) return;
    if (lasts->is_neg) return miss("an event ends before it begins");
    if (icaldurationtype_is_null_duration(*lasts)) return;  // A moment: nobody is busy.
    if (icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY)) miss("an event is repeated at times listed one by one (RDATE)");
    if (!icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY)) return add(*start, *lasts);
    repeat(event, *start, *lasts);
  }

  // From DTEND, else DURATION, else a day for a whole day.
  std::optional<icaldurationtype> length_of(icalcomponent* event, const icaltimetype& start) {
    if (icalproperty* end = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY)) {
      const auto time = time_of(end, event);
      if (!time) return std::nullopt;
      // By the clock on the wall where both are of one zone, so that a day with 25 hours is one day.
      // (icaltime_subtract takes all before 1970 for one moment.)
      if (time->zone == start.zone) return icaldurationtype_from_int(static_cast<int>(wall_clock(*time) - wall_clock(start)));
      return icaldurationtype_from_int(static_cast<int>((moment(*time) - moment(start)) / 1000));
    }
    if (icalproperty* length = icalcomponent_get_first_property(event, ICAL_DURATION_PROPERTY)) {
      const icaldurationtype given = icalproperty_get_duration(length);
      if (!icaldurationtype_is_bad_duration(given)) return given;
      miss("a DURATION is none");
      return std::nullopt;
    }
    return icaldurationtype_from_int(start.is_date ? 24 * 60 * 60 : 0);
  }

  void add(const icaltimetype& start, const icaldurationtype& lasts) {
    const BusySpan span{moment(start), moment(icaltime_add(start, lasts))};
    if (span.until_ms <= window_.from_ms || span.from_ms >= window_.until_ms || span.until_ms <= span.from_ms) return;
    if (reading_.busy.size() < CalendarReading::busy_max)
      reading_.busy.push_back(span);
    else
      miss("more than 10,000 events lie ahead");
  }

  // Whether that instance is taken out, or stands elsewhere.
  struct Exceptions {
    std::set<std::int64_t> moments;
    std::set<std::string> days;
  };
  Exceptions exceptions_of(icalcomponent* event) {
    Exceptions exceptions;
    for (icalproperty* property = icalcomponent_get_first_property(event, ICAL_EXDATE_PROPERTY); property;
         property = icalcomponent_get_next_property(event, ICAL_EXDATE_PROPERTY))
      if (const auto time = time_of(property, event)) {
        if (time->is_date)
          exceptions.days.insert(day_of(*time));
        else
          exceptions.moments.insert(moment(*time));
      }
    // An override that has a RECURRENCE-ID is no series that could be overridden.
    if (!icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY))
      if (const auto moved = moved_.find(uid_of(event)); moved != moved_.end())
        exceptions.moments.insert(moved->second.begin(), moved->second.end());
    return exceptions;
  }
  static std::string day_of(const icaltimetype& time) {
    return std::to_string(time.year) + '/' + std::to_string(time.month) + '/' + std::to_string(time.day);
  }

  void repeat(icalcomponent* event, const icaltimetype& start, const icaldurationtype& lasts) {
    const Exceptions exceptions = exceptions_of(event);
    for (icalproperty* property = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY); property;
         property = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY)) {
      const icalrecurrencetype rule = icalproperty_get_rrule(property);
      if (rule.freq != ICAL_DAILY_RECURRENCE && rule.freq != ICAL_WEEKLY_RECURRENCE && rule.freq != ICAL_MONTHLY_RECURRENCE &&
          rule.freq != ICAL_YEARLY_RECURRENCE) {
        miss("an event repeats by the hour or faster, or its RRULE is none");
        continue;
      }
      const std::unique_ptr<icalrecur_iterator, FreeIterator> iterator(icalrecur_iterator_new(rule, start));
      if (!iterator) {
        miss("an RRULE is none");
        continue;
      }
      int count = 0;
      for (icaltimetype at = icalrecur_iterator_next(iterator.get()); !icaltime_is_null_time(at);
           at = icalrecur_iterator_next(iterator.get())) {
        if (++count > repeats_max) {
          miss("an event has repeated 20,000 times");
          break;
        }
        if (is_late()) return;
        const std::int64_t begins = moment(at);
        if (begins >= window_.until_ms) break;
        if (!exceptions.moments.contains(begins) && !exceptions.days.contains(day_of(at))) add(at, lasts);
      }
    }
  }

  const CalendarWindow& window_;
  CalendarReading& reading_;
  const icaltimezone* own_zone_;
  const std::chrono::steady_clock::time_point until_;
  std::map<std::string, std::set<std::int64_t>> moved_;  // By UID, the moments that events with a RECURRENCE-ID stand for.
};

}  // namespace

bool known_zone(const std::string& zone) { return zone_named(zone) != nullptr; }

CalendarReading read_calendar(std::string_view text, const CalendarWindow& window) {
  CalendarReading reading;
  icalerror_set_errors_are_fatal(0);
  const std::unique_ptr<icalcomponent, FreeComponent> root(icalparser_parse_string(std::string(text).c_str()));
  if (!root) return reading;
  Reader(window, reading).read(root.get());
  return reading;
}
