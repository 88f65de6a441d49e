#include <gtest/gtest.h>

#include <atrium/plugin.hpp>
#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

constexpr const char* address = "https://calendar.example/ana.ics";

// The fake host's clock begins with the year 2026.
std::string calendar_of(const std::string& events) {
  std::string text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n";
  text += events;
  return text + "END:VCALENDAR\r\n";
}
std::string meeting(const char* from, const char* until) {
  return std::string("BEGIN:VEVENT\r\nUID:m") + from + "\r\nDTSTART:20260101T" + from + "Z\r\nDTEND:20260101T" + until +
         "Z\r\nEND:VEVENT\r\n";
}
constexpr std::uint64_t a_minute = 60'000;

class Ical : public testing::Test {
 protected:
  testkit::Plugin& start(const std::string& calendars = R"([{"agent":"ana","url":"https://calendar.example/ana.ics"}])") {
    const std::string options = R"({"tenant":"tenant_a","interval":300000,"timeout":10000,"zone":"UTC","calendars":)";
    return plugin.emplace(host, atrium_entry, testkit::JsonText(options + calendars + "}"));
  }
  // "pause ana, resume ana": what the desk was asked.
  std::string asked() const {
    std::string out;
    for (const auto& one : host.coordinated)
      out += (out.empty() ? "" : ", ") + std::string(one.operation == ATRIUM_COORDINATION_PAUSE_AGENT ? "pause " : "resume ") + one.id;
    return out;
  }
  std::string standing() {
    const testkit::JsonText caller(R"({"user_id":"sue","roles":["supervisor"]})");
    return testkit::handle(*plugin, {.path = "/calendars", .caller = caller}).body;
  }

  testkit::FakeHost host;
  std::optional<testkit::Plugin> plugin;
};

}  // namespace

TEST_F(Ical, pausesAnAgentWhileAnEventLastsAndResumesHimAfterIt) {
  host.answer_http(address, 200, calendar_of(meeting("001000", "002000")));
  for (int n = 0; n < 10; ++n) host.answer_http(address, 304);
  start();
  host.advance_ms(1);
  EXPECT_EQ(asked(), "resume ana") << "whatever was left of an earlier run is taken back";
  host.advance_ms(10 * a_minute - 2);
  EXPECT_EQ(asked(), "resume ana");
  host.advance_ms(1);
  EXPECT_EQ(asked(), "resume ana, pause ana");
  EXPECT_NE(standing().find(R"("agent_id":"ana","busy":true)"), std::string::npos);
  host.advance_ms(10 * a_minute);
  EXPECT_EQ(asked(), "resume ana, pause ana, resume ana");
  EXPECT_EQ(host.metrics.at("agents_busy").value, 0);
}

TEST_F(Ical, staysPausedBetweenEventsThatOverlap) {
  host.answer_http(address, 200, calendar_of(meeting("000000", "002000") + meeting("001000", "003000")));
  start();
  host.advance_ms(25 * a_minute);
  EXPECT_EQ(asked(), "pause ana");
  host.advance_ms(6 * a_minute);
  EXPECT_EQ(asked(), "pause ana, resume ana");
}

TEST_F(Ical, believesWhatItReadLastWhenACalendarIsNotToBeReached) {
  host.answer_http(address, 200, calendar_of(meeting("001000", "002000")));
  host.fail_http(address, ATRIUM_TIMED_OUT, "It took too long.");
  host.answer_http(address, 500);
  host.answer_http(address, 200, "<html>");
  host.answer_http(address, 200, calendar_of(""));
  start();
  host.advance_ms(12 * a_minute);
  EXPECT_EQ(asked(), "resume ana, pause ana");
  EXPECT_NE(standing().find(R"("trouble":"It answers with the status 500.")"), std::string::npos) << standing();
  EXPECT_EQ(std::count_if(host.log.begin(), host.log.end(), [](const auto& line) { return line.event == "calendar_failed"; }), 1);
  host.advance_ms(9 * a_minute);
  EXPECT_EQ(asked(), "resume ana, pause ana, resume ana");
  EXPECT_TRUE(host.logged("calendar_back"));
  for (const auto& line : host.log) EXPECT_EQ(line.message.find("calendar.example"), std::string::npos) << "an address may be a secret";
}

TEST_F(Ical, saysNothingOfAnAgentWhoseCalendarItNeverRead) {
  host.fail_http(address, ATRIUM_FAILED);
  start();
  host.advance_ms(4 * a_minute);
  EXPECT_EQ(asked(), "");
}

TEST_F(Ical, asksOnlyWhetherACalendarHasChanged) {
  host.answer_http(address, 200, calendar_of(""), {{"etag", "\"v1\""}});
  host.answer_http(address, 304);
  start();
  host.advance_ms(5 * a_minute);
  ASSERT_EQ(host.http_sent.size(), 2u);
  EXPECT_EQ(host.http_sent[1].headers.at("if-none-match"), "\"v1\"");
}

TEST_F(Ical, triesAgainWhatTheDeskDidNotTake) {
  host.answer_http(address, 200, calendar_of(meeting("000000", "002000")));
  for (int n = 0; n < 2; ++n) host.answer_coordination(ATRIUM_COORDINATION_PAUSE_AGENT, ATRIUM_NOT_FOUND, "ana is not on the roster");
  start();
  host.advance_ms(a_minute + a_minute / 2);
  EXPECT_EQ(asked(), "pause ana, pause ana, pause ana");
  EXPECT_EQ(std::count_if(host.log.begin(), host.log.end(), [](const auto& line) { return line.event == "agent_not_told"; }), 1);
}

TEST_F(Ical, readsManyCalendarsAndTellsWhatItDidNotUnderstand) {
  std::string list;
  for (int n = 0; n < 9; ++n) {
    list += (n == 0 ? "[" : ",") + std::string(R"({"agent":"a)") + std::to_string(n) + R"(","url":"webcal://calendar.example/)" +
            std::to_string(n) + "\"}";
    host.answer_http("https://calendar.example/" + std::to_string(n), 200,
                     calendar_of(n == 8 ? "BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" : meeting("000000", "001000")));
  }
  start(list + "]");
  host.advance_ms(1);
  EXPECT_EQ(host.http_sent.size(), 9u);
  EXPECT_EQ(host.metrics.at("agents_busy").value, 8);
  EXPECT_EQ(host.metrics.at("events_not_understood").value, 1);
  EXPECT_TRUE(host.logged("events_not_understood"));
}

TEST_F(Ical, refusesOptionsThatMakeNoSense) {
  host.secrets["ana_calendar"] = address;
  EXPECT_NO_THROW(start(R"([{"agent":"ana","secret":"ana_calendar"}])"));
  for (const char* calendars : {R"([{"agent":"ana"}])", R"([{"agent":"ana","secret":"none"}])", R"([{"url":"https://a.example/"}])",
                                R"([{"agent":"ana","url":"https://a.example/"},{"agent":"ana","url":"https://b.example/"}])",
                                R"([{"agent":"ana","url":"file:///etc/passwd"}])"})
    EXPECT_ANY_THROW(start(calendars)) << calendars;
}
