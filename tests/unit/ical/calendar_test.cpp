#include "calendar.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace std::chrono;

std::int64_t utc_ms(int month, unsigned day, int hour, int minute = 0) {
  const auto date = year(2026) / month / static_cast<int>(day);
  return duration_cast<milliseconds>(sys_days(date).time_since_epoch() + hours(hour) + minutes(minute)).count();
}

// January, unless it says otherwise; CRLF as RFC 5545 wants it.
CalendarReading read_events(const std::string& events, const std::string& zone = "UTC", int from_month = 1, int until_month = 2) {
  std::string text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n" + events + "END:VCALENDAR\n";
  std::string lines;
  for (const char c : text) lines += c == '\n' ? "\r\n" : std::string(1, c);
  return read_calendar(lines, {.from_ms = utc_ms(from_month, 1, 0), .until_ms = utc_ms(until_month, 1, 0), .zone = zone});
}
std::string event(const std::string& lines) { return "BEGIN:VEVENT\nUID:one\n" + lines + "END:VEVENT\n"; }

// "5 10:00-11:00" for each span, days of January in UTC.
std::string shown(const CalendarReading& reading) {
  std::string out;
  for (const BusySpan& span : reading.busy) {
    const auto clock = [](std::int64_t ms) {
      const std::int64_t minute = ms / 60'000 % 1440;
      const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
      return two(minute / 60) + ":" + two(minute % 60);
    };
    const year_month_day day(floor<days>(sys_time<milliseconds>(milliseconds(span.from_ms))));
    out += (out.empty() ? "" : ", ") + std::to_string(static_cast<unsigned>(day.day())) + " " + clock(span.from_ms) + "-" +
           clock(span.until_ms);
  }
  return out;
}

constexpr const char* berlin =
    "BEGIN:VTIMEZONE\nTZID:Office\n"
    "BEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\n"
    "BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nEND:DAYLIGHT\n"
    "END:VTIMEZONE\n";

}  // namespace

TEST(Calendar, readsTimesInUtcInANamedZoneAndInNone) {
  EXPECT_EQ(shown(read_events(event("DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\n"))), "5 10:00-11:00");
  EXPECT_EQ(shown(read_events(berlin + event("DTSTART;TZID=Office:20260105T100000\nDTEND;TZID=Office:20260105T110000\n"))),
            "5 09:00-10:00");
  EXPECT_EQ(shown(read_events(event("DTSTART:20260105T100000\nDURATION:PT90M\n"), "America/New_York")), "5 15:00-16:30");
  EXPECT_EQ(shown(read_events(event("DTSTART;TZID=Europe/Berlin:20260105T100000\nDURATION:PT1H\n"))), "5 09:00-10:00")
      << "a name that the machine knows needs no table in the file";
}

TEST(Calendar, readsWholeDaysInTheOperatorsZone) {
  EXPECT_EQ(shown(read_events(event("DTSTART;VALUE=DATE:20260105\n"), "Europe/Berlin")), "4 23:00-23:00");
  EXPECT_EQ(shown(read_events(event("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107\n"))), "5 00:00-00:00");
  EXPECT_EQ(read_events(event("DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107\n")).busy.front().until_ms, utc_ms(1, 7, 0));
}

TEST(Calendar, joinsFoldedLines) {
  EXPECT_EQ(shown(read_events(event("SUMMARY:A long\n  story\nDTSTART:2026010\n 5T100000Z\nDTEND:20260105T110000Z\n"))), "5 10:00-11:00");
}

TEST(Calendar, leavesOutWhatDoesNotCount) {
  const std::string times = "DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\n";
  EXPECT_EQ(shown(read_events(event(times + "STATUS:CANCELLED\n"))), "");
  EXPECT_EQ(shown(read_events(event(times + "TRANSP:TRANSPARENT\n"))), "");
  EXPECT_EQ(shown(read_events(event(times + "STATUS:TENTATIVE\nTRANSP:OPAQUE\n"))), "5 10:00-11:00");
  EXPECT_EQ(shown(read_events(event("DTSTART:20260105T100000Z\n"))), "") << "a moment";
  EXPECT_EQ(shown(read_events(event("DTSTART:20251205T100000Z\nDTEND:20251205T110000Z\n"))), "") << "it is over";
}

TEST(Calendar, repeats) {
  const std::string hour = "DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\n";  // A Monday.
  EXPECT_EQ(shown(read_events(event(hour + "RRULE:FREQ=DAILY;COUNT=3\n"))), "5 10:00-11:00, 6 10:00-11:00, 7 10:00-11:00");
  EXPECT_EQ(shown(read_events(event(hour + "RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260109T100000Z\n"))),
            "5 10:00-11:00, 7 10:00-11:00, 9 10:00-11:00");
  EXPECT_EQ(shown(read_events(event(hour + "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4\n"))),
            "5 10:00-11:00, 8 10:00-11:00, 12 10:00-11:00, 15 10:00-11:00");
  EXPECT_EQ(shown(read_events(event(hour + "RRULE:FREQ=WEEKLY;INTERVAL=2\n"))), "5 10:00-11:00, 19 10:00-11:00");
  EXPECT_EQ(shown(read_events(event("DTSTART:20200101T100000Z\nDTEND:20200101T110000Z\nRRULE:FREQ=MONTHLY;BYDAY=1FR\n"))), "2 10:00-11:00");
}

TEST(Calendar, leavesOutInstancesThatAreTakenOutOrMoved) {
  const std::string series = "DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\nRRULE:FREQ=DAILY;COUNT=3\n";
  EXPECT_EQ(shown(read_events(event(series + "EXDATE:20260106T100000Z\n"))), "5 10:00-11:00, 7 10:00-11:00");
  EXPECT_EQ(shown(read_events(event(series + "EXDATE:20260106T100000Z,20260107T100000Z\n"))), "5 10:00-11:00");
  EXPECT_EQ(shown(read_events(event(series) + event("RECURRENCE-ID:20260106T100000Z\nDTSTART:20260106T150000Z\nDTEND:20260106T153000Z\n"))),
            "5 10:00-11:00, 6 15:00-15:30, 7 10:00-11:00");
  EXPECT_EQ(shown(read_events(event(series) + event("RECURRENCE-ID:20260106T100000Z\nDTSTART:20260106T100000Z\nDTEND:20260106T110000Z\n"
                                                    "STATUS:CANCELLED\n"))),
            "5 10:00-11:00, 7 10:00-11:00");
}

TEST(Calendar, keepsTheClockOnTheWallWhenSummerTimeBegins) {
  const auto reading = read_events(berlin + event("DTSTART;TZID=Office:20260328T100000\nDTEND;TZID=Office:20260328T110000\n"
                                                  "RRULE:FREQ=DAILY;COUNT=2\n"),
                                   "UTC", 3, 4);
  EXPECT_EQ(shown(reading), "28 09:00-10:00, 29 08:00-09:00");
}

TEST(Calendar, countsWhatItDoesNotUnderstandAndGuessesNothing) {
  const std::string times = "DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\n";
  for (const std::string& wrong : {event("DTEND:20260105T110000Z\n"), event("DTSTART;TZID=Nowhere/Town:20260105T100000\nDURATION:PT1H\n"),
                                   event("DTSTART:20260105T100000Z\nDTEND:20260104T100000Z\n"), event(times + "RRULE:FREQ=SECONDLY\n"),
                                   event("DTSTART:20260105T100000Z\nDURATION:nonsense\n"), event(times + "RRULE:FREQ=NEVER\n")}) {
    const auto reading = read_events(wrong);
    EXPECT_TRUE(reading.is_calendar);
    EXPECT_EQ(reading.not_understood, 1u) << wrong;
    EXPECT_FALSE(reading.first_reason.empty());
    EXPECT_EQ(shown(reading), "") << wrong;
  }
  const auto partly = read_events(event(times + "RDATE:20260107T100000Z\n"));
  EXPECT_EQ(shown(partly), "5 10:00-11:00");
  EXPECT_EQ(partly.not_understood, 1u);
}

TEST(Calendar, isNoneWhenTheTextIsNone) {
  for (const char* text : {"", "<html></html>", "BEGIN:VCARD\r\nEND:VCARD\r\n", "BEGIN:VEVENT\r\nEND:VEVENT\r\n"})
    EXPECT_FALSE(read_calendar(text, {.from_ms = 0, .until_ms = utc_ms(1, 1, 0), .zone = "UTC"}).is_calendar) << text;
  EXPECT_TRUE(known_zone("Europe/Berlin"));
  EXPECT_FALSE(known_zone("Nowhere/Town"));
}

TEST(Calendar, mindsNoLineThatSaysNothingOfTheTime) {
  const auto reading = read_events(event("DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\nDESCRIPTION:\nX-ODD;;:\n"));
  EXPECT_EQ(shown(reading), "5 10:00-11:00");
  EXPECT_EQ(reading.not_understood, 0u);
}

TEST(Calendar, knowsBirthdaysOfLongAgo) {
  EXPECT_EQ(shown(read_events(event("DTSTART;VALUE=DATE:19600107\nDTEND;VALUE=DATE:19600108\nRRULE:FREQ=YEARLY\n"))), "7 00:00-00:00");
}

TEST(Calendar, endsWithARuleThatNeverEnds) {
  const auto reading = read_events(event("DTSTART:19000101T100000Z\nDTEND:19000101T110000Z\nRRULE:FREQ=DAILY\n"));
  EXPECT_EQ(reading.not_understood, 1u);
}

TEST(Calendar, leavesOutWhatTakesTooLong) {
  std::string events;
  for (int number = 0; number < 5000; ++number) {
    events += "BEGIN:VEVENT\nUID:" + std::to_string(number) + "\nDTSTART:19700101T000000Z\nDTEND:19700101T010000Z\nRRULE:FREQ=DAILY";
    events += number % 2 == 0 ? "\nEND:VEVENT\n" : ";BYMONTH=2;BYMONTHDAY=30\nEND:VEVENT\n";  // A day that no year has.
  }
  const std::string text = "BEGIN:VCALENDAR\r\n" + events + "END:VCALENDAR\r\n";
  CalendarWindow window{.from_ms = utc_ms(1, 1, 0), .until_ms = utc_ms(2, 1, 0), .zone = "UTC", .patience = milliseconds(50)};
  const CalendarReading part = read_calendar(text, window);
  EXPECT_TRUE(part.is_calendar);
  EXPECT_EQ(part.events, 5000U);
  EXPECT_LT(part.not_understood, 2500U) << "each of the daily ones repeats too often";
  window.patience = milliseconds(0);
  EXPECT_EQ(read_calendar(text, window).first_reason, "it takes too long to read");
}
