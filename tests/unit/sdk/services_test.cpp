// The C++ clothes of the services, over the testkit's host; and so that host itself.
#include <gtest/gtest.h>

#include <thread>

#include "atrium/testkit.hpp"

namespace atrium::test {
namespace {

using testkit::FakeHost;
using testkit::Plugin;

// Something to hold a Host, whose callbacks are freed with it.
struct Desk {
  explicit Desk(Host its_host) : host(its_host) {}
  std::string execute(const CommandCall&) { return {}; }
  static constexpr CommandInfo command{.name = "desk"};
  Host host;
};

struct Services : testing::Test {
  FakeHost fake;
  Plugin plugin = Plugin::of<Desk>(fake);
  Host host = plugin.object<Desk>().host;
};

TEST_F(Services, readsTheClockThatTheTestMoves) {
  EXPECT_EQ(host.wall_ms(), FakeHost::wall_ms_at_start);
  fake.advance_ms(1500);
  EXPECT_EQ(host.wall_ms(), FakeHost::wall_ms_at_start + 1500);
  EXPECT_EQ(host.mono_ns(), 1'500'000'000u);
}

TEST_F(Services, firesTimersInTheirOrderAndAtTheirTime) {
  const Timers timers(host);
  std::vector<std::uint64_t> fired;
  const auto note = [&] { fired.push_back(fake.wall_ms() - FakeHost::wall_ms_at_start); };
  ASSERT_TRUE(timers.start(200, note));
  ASSERT_TRUE(timers.start(100, [&] {
    note();
    EXPECT_TRUE(timers.start(50, note));
  }));
  const auto cancelled = timers.start(120, note);
  ASSERT_TRUE(cancelled);
  EXPECT_TRUE(timers.cancel(*cancelled));
  EXPECT_FALSE(timers.cancel(*cancelled)) << "it is gone";
  fake.advance_ms(99);
  EXPECT_TRUE(fired.empty());
  fake.advance_ms(1000);
  EXPECT_EQ(fired, (std::vector<std::uint64_t>{100, 150, 200}));
  EXPECT_FALSE(timers.start(ATRIUM_TIMER_DELAY_MS_MAX + 1ull, note)) << "too long";
}

TEST_F(Services, runsJobsWhenTheTestSaysSoAndRefusesTooMany) {
  const Executor executor(host);
  int ran = 0;
  for (std::uint32_t n = 0; n < ATRIUM_JOBS_MAX; ++n) ASSERT_TRUE(executor.post([&] { ++ran; }));
  EXPECT_FALSE(executor.post([&] { ++ran; }));
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(fake.run_jobs(), ATRIUM_JOBS_MAX);
  EXPECT_EQ(ran, static_cast<int>(ATRIUM_JOBS_MAX));
}

TEST_F(Services, logsWhatACallbackThrowsAndGoesOn) {
  ASSERT_TRUE(Executor(host).post([] { throw std::runtime_error("thrown by a job"); }));
  fake.run_jobs();
  ASSERT_EQ(fake.failures.size(), 1u);
  EXPECT_EQ(fake.failures[0].hook, "a job or timer");
  EXPECT_EQ(fake.failures[0].why, "thrown by a job");
}

TEST_F(Services, keepsValuesInEachTenantApart) {
  const Kv kv(host);
  Answer last;
  const auto note = [&](Answer answer) { last = std::move(answer); };
  kv.put("a", "key", "one", note);
  EXPECT_TRUE(last.ok());
  kv.get("a", "key", note);
  EXPECT_EQ(last.text, "one");
  kv.get("b", "key", note);
  EXPECT_EQ(last.status, ATRIUM_NOT_FOUND);
  kv.put("a", std::string(ATRIUM_KV_KEY_MAX + 1, 'k'), "", note);
  EXPECT_EQ(last.status, ATRIUM_INVALID);
  fake.fail_service("kv", ATRIUM_FAILED);
  kv.get("a", "key", note);
  EXPECT_EQ(last.status, ATRIUM_FAILED);
  fake.fail_service("kv", ATRIUM_OK);
  kv.remove("a", "key", note);
  EXPECT_TRUE(last.ok());
  EXPECT_TRUE(fake.kv.empty());
}

TEST_F(Services, answersLaterWhenATestWantsThat) {
  fake.answer_later = true;
  int answered = 0;
  Kv(host).get("", "key", [&](const Answer&) { ++answered; });
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(fake.answer_calls(), 1u);
  EXPECT_EQ(answered, 1);
}

TEST_F(Services, sendsRequestsAndReadsTheirAnswers) {
  fake.answer_http("https://crm.example/leads", 201, "{\"id\":7}", {{"x-made", "yes"}});
  const HttpResponse made = Http(host).send(
      {.method = "POST", .url = "https://crm.example/leads?x=1", .headers = {{"x-key", "k"}}, .body = "{}", .timeout_ms = 500});
  EXPECT_TRUE(made.ok());
  EXPECT_EQ(made.status, 201u);
  EXPECT_EQ(made.header("x-made"), "yes");
  EXPECT_EQ(made.header("x-other"), "");
  EXPECT_EQ(made.body, "{\"id\":7}");
  ASSERT_EQ(fake.http_sent.size(), 1u);
  EXPECT_EQ(fake.http_sent[0].headers.at("x-key"), "k");
  EXPECT_EQ(fake.http_sent[0].timeout_ms, 500u);

  const HttpResponse unknown = Http(host).send({.url = "https://crm.example/leads"});
  EXPECT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.why, "The test has no answer for https://crm.example/leads: answer_http() scripts one.");
  fake.fail_http("https://crm.example/", ATRIUM_TIMED_OUT);
  EXPECT_EQ(Http(host).send({.url = "https://crm.example/leads"}).outcome, ATRIUM_TIMED_OUT);
}

TEST_F(Services, readsBodiesThatAreNotText) {
  const testkit::JsonText told(R"({"status":200,"headers":{},"body_base64":"AP+AYQ=="})");
  EXPECT_EQ(sdk::detail::http_response(told.root()).body, std::string("\0\xFF\x80\x61", 4));
}

TEST_F(Services, waitsForAnAnswerFromAnotherThread) {
  fake.answer_later = true;
  std::thread answering;
  const auto kept = wait_for<Answer>([&](auto done) {
    Kv(host).get("", "key", std::move(done));
    answering = std::thread([&] { fake.answer_calls(); });
  });
  answering.join();
  EXPECT_EQ(kept.status, ATRIUM_NOT_FOUND);
}

TEST_F(Services, publishesMessages) {
  Answer last;
  Publisher(host).post({.tenant_id = "a", .room_id = "room_1", .content = "Hello"}, [&](Answer answer) { last = std::move(answer); });
  EXPECT_TRUE(last.ok());
  ASSERT_EQ(fake.published.size(), 1u);
  EXPECT_EQ(fake.published[0].message_type, "system");
  EXPECT_EQ(fake.published[0].content, "Hello");
  EXPECT_EQ(fake.published[0].priority, static_cast<std::uint32_t>(ATRIUM_PRIORITY_NORMAL));
}

TEST_F(Services, keepTextsThatWereMadeForOneRequest) {
  fake.answer_http("https://crm.example/", 200);
  const std::string base = "https://crm.example/a/path/that/is/longer/than/a/string/keeps/inside", key = "a key of some length, too";
  const HttpRequest request{.url = base + "/v1", .headers = {{"authorization", "Bearer " + key}}};
  EXPECT_TRUE(Http(host).send(request).ok());
  EXPECT_EQ(fake.http_sent.at(0).url, base + "/v1");
  EXPECT_EQ(fake.http_sent.at(0).headers.at("authorization"), "Bearer " + key);
  const Publication publication{.tenant_id = "a", .room_id = "room_1", .content = base + " is down"};
  Publisher(host).post(publication, [](const Answer&) {});
  EXPECT_EQ(fake.published.at(0).content, base + " is down");
}

TEST_F(Services, refuseWhatAServerWouldNotSend) {
  const auto outcome = [&](HttpRequest request) { return Http(host).send(request).outcome; };
  HttpRequest many{.url = "https://crm.example/"};
  many.headers.assign(ATRIUM_HTTP_HEADERS_MAX + 1, {"x-key", "k"});
  EXPECT_EQ(outcome(many), ATRIUM_INVALID);
  EXPECT_EQ(outcome({.url = "https://crm.example/", .timeout_ms = ATRIUM_HTTP_TIMEOUT_MS_MAX + 1}), ATRIUM_INVALID);
  EXPECT_EQ(outcome({.url = "https://crm.example/", .body = std::string(ATRIUM_HTTP_BODY_MAX + 1, 'x')}), ATRIUM_INVALID);
  EXPECT_EQ(outcome({.url = "https://crm.example/", .headers = {{"Host", "other.example"}}}), ATRIUM_INVALID);
  EXPECT_EQ(outcome({.url = "https://crm.example/", .headers = {{"x-key", "a\r\nb"}}}), ATRIUM_INVALID);
  EXPECT_EQ(outcome({.url = "crm.example"}), ATRIUM_INVALID);
  EXPECT_TRUE(fake.http_sent.empty());

  atrium_status said = ATRIUM_OK;
  const auto note = [&](const Answer& answer) { said = answer.status; };
  for (const Publication& bad : {Publication{.tenant_id = "a", .room_id = "r", .content = "x", .metadata = "{"},
                                 Publication{.tenant_id = "a", .room_id = "r", .content = "x", .metadata = "[]"},
                                 Publication{.tenant_id = "", .room_id = "r", .content = "x"},
                                 Publication{.tenant_id = "a", .room_id = "r", .content = std::string(65537, 'x')}}) {
    Publisher(host).post(bad, note);
    EXPECT_EQ(std::exchange(said, ATRIUM_OK), ATRIUM_INVALID);
  }
  EXPECT_TRUE(fake.published.empty());
  Kv(host).get("a", "", note);
  EXPECT_EQ(std::exchange(said, ATRIUM_OK), ATRIUM_INVALID);
  Kv(host).remove("a", std::string(ATRIUM_KV_KEY_MAX + 1, 'k'), note);
  EXPECT_EQ(said, ATRIUM_INVALID);
}

TEST_F(Services, takeAsManyCallsAtATimeAsAServerDoes) {
  fake.answer_later = true;
  std::map<atrium_status, std::uint32_t> ended;
  const auto note = [&](const Answer& answer) { ++ended[answer.status]; };
  for (std::uint32_t n = 0; n <= ATRIUM_KV_PENDING_MAX; ++n) Kv(host).get("a", "key", note);
  EXPECT_EQ(ended[ATRIUM_FULL], 1u);
  for (std::uint32_t n = 0; n <= ATRIUM_PUBLISH_PENDING_MAX; ++n)
    Publisher(host).post({.tenant_id = "a", .room_id = "r", .content = "x"}, note);
  EXPECT_EQ(ended[ATRIUM_FULL], 2u);
  for (std::uint32_t n = 0; n <= ATRIUM_HTTP_PENDING_MAX; ++n)
    Http(host).send({.url = "https://crm.example/"}, [&](const HttpResponse& response) { ++ended[response.outcome]; });
  EXPECT_EQ(ended[ATRIUM_FULL], 3u);
  EXPECT_EQ(fake.answer_calls(), ATRIUM_KV_PENDING_MAX + ATRIUM_PUBLISH_PENDING_MAX + ATRIUM_HTTP_PENDING_MAX);
  Kv(host).get("a", "key", note);
  EXPECT_EQ(fake.answer_calls(), 1u) << "there is room again";
}

TEST_F(Services, countsFiguresAndPassesOverThoseThatWereRefused) {
  const Counter counter(host, "greeted", "Guests that were greeted.");
  const Gauge gauge(host, "waiting", "Guests that wait.");
  const Histogram histogram(host, "greeting", "How long a greeting took.");
  const Counter bad(host, "No Name", "");
  counter.add();
  counter.add(2);
  gauge.set(4);
  gauge.set(1);
  histogram.observe_seconds(0.25);
  bad.add();
  EXPECT_FALSE(bad);
  EXPECT_EQ(fake.metrics.at("greeted").value, 3);
  EXPECT_EQ(fake.metrics.at("waiting").value, 1);
  EXPECT_EQ(fake.metrics.at("greeting").observed, (std::vector<double>{0.25}));
  EXPECT_EQ(fake.metrics.size(), 3u);
}

TEST_F(Services, repeatsRandomnessForASeed) {
  FakeHost same(1), other(2);
  const auto draw = [](FakeHost& from) {
    const Plugin one = Plugin::of<Desk>(from);
    std::array<unsigned char, 16> bytes{};
    EXPECT_TRUE(Random(one.object<Desk>().host).fill(bytes.data(), bytes.size()));
    return bytes;
  };
  const auto first = draw(fake);
  EXPECT_EQ(first, draw(same));
  EXPECT_NE(first, draw(other));
  char much[ATRIUM_RANDOM_MAX + 1];
  EXPECT_FALSE(Random(host).fill(much, sizeof much));
}

TEST_F(Services, handsOutSecretsAndReadsForeignJson) {
  fake.secrets["key"] = "s3";
  EXPECT_EQ(Secrets(host).get("key"), "s3");
  EXPECT_EQ(Secrets(host).get("other"), std::nullopt);
  int seen = 0;
  EXPECT_TRUE(JsonTexts(host).parse("[1,2]", [&](Json value) { seen = static_cast<int>(value.size()); }));
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(JsonTexts(host).parse("[1,2", [&](Json) { FAIL(); }));
  EXPECT_THROW(static_cast<void>(JsonTexts(host).parse("1", [](Json) { throw std::runtime_error("x"); })), std::runtime_error);
  EXPECT_EQ(JsonTexts(host).quote("a\"\x80"), "\"a\\\"\uFFFD\"");
}

TEST(ServicesThatWereNotGranted, sayWhichGrantIsMissing) {
  FakeHost fake;
  fake.refuse_everything();
  const Plugin plugin = Plugin::of<Desk>(fake);
  const Host host = plugin.object<Desk>().host;
  Answer last;
  Kv(host).get("", "key", [&](Answer answer) { last = std::move(answer); });
  EXPECT_EQ(last.status, ATRIUM_DENIED);
  EXPECT_EQ(last.text, "The grant kv was not given.");
  EXPECT_EQ(Http(host).send({.url = "https://a.example/"}).why, "The grant http was not given.");
  EXPECT_FALSE(Timers(host).start(1, [] {}));
  EXPECT_FALSE(Executor(host).post([] {}));
  EXPECT_FALSE(Secrets(host).get("key"));
  EXPECT_FALSE(Counter(host, "name", "Help."));
  EXPECT_FALSE(Random(host));
  EXPECT_EQ(host.wall_ms(), 0u);
  host.info("event", "goes nowhere");
  EXPECT_TRUE(fake.log.empty());
  try {
    host.require("kv");
    FAIL();
  } catch (const std::runtime_error& problem) {
    EXPECT_STREQ(problem.what(), "it needs the grant kv, which it was not given");
  }
}

// Two generations on one host, as a swap has them for a while.
TEST(ServicesAtTheEnd, leaveThoseOfTheOthersAlone) {
  FakeHost fake;
  std::string seen;
  std::optional<Plugin> old = Plugin::of<Desk>(fake);
  const Plugin next = Plugin::of<Desk>(fake);
  const Host old_host = old->object<Desk>().host, next_host = next.object<Desk>().host;
  fake.answer_later = true;
  for (const auto& [host, name] : {std::pair(old_host, 'o'), std::pair(next_host, 'n')}) {
    ASSERT_TRUE(Timers(host).start(1000, [&seen, name = name] { seen += name, seen += "t "; }));
    ASSERT_TRUE(Executor(host).post([&seen, name = name] { seen += name, seen += "j "; }));
    Kv(host).get("", "key", [&seen, name = name](const Answer& answer) {
      seen += name;
      seen += answer.status == ATRIUM_CANCELLED ? "cancelled " : "answered ";
    });
  }
  old.reset();
  EXPECT_EQ(seen, "oj ocancelled ");
  fake.run_jobs();
  fake.answer_calls();
  fake.advance_ms(1000);
  EXPECT_EQ(seen, "oj ocancelled nj nanswered nt ");
}

TEST(ServicesAtTheEnd, boundEachInstanceByItself) {
  FakeHost fake;
  const Plugin one = Plugin::of<Desk>(fake), other = Plugin::of<Desk>(fake);
  const Executor first(one.object<Desk>().host), second(other.object<Desk>().host);
  for (std::uint32_t n = 0; n < ATRIUM_JOBS_MAX; ++n) ASSERT_TRUE(first.post([] {}));
  EXPECT_FALSE(first.post([] {}));
  EXPECT_TRUE(second.post([] {}));
}

TEST(ServicesAtTheEnd, leaveNoCallbackBehind) {
  struct Watched {
    explicit Watched(std::shared_ptr<int> its_alive) : alive(std::move(its_alive)) {}
    std::shared_ptr<int> alive;
  };
  const auto alive = std::make_shared<int>(0);
  FakeHost fake;
  int answered = 0;
  {
    const Plugin plugin = Plugin::of<Desk>(fake);
    const Host host = plugin.object<Desk>().host;
    ASSERT_TRUE(Timers(host).start(1000, [held = Watched(alive)] { FAIL() << "the instance has ended"; }));
    fake.answer_later = true;
    Kv(host).get("", "key", [held = Watched(alive), &answered](const Answer& answer) {
      ++answered;
      EXPECT_EQ(answer.status, ATRIUM_CANCELLED);
    });
    EXPECT_EQ(alive.use_count(), 3);
  }
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(answered, 1);
  fake.advance_ms(2000);
}

}  // namespace
}  // namespace atrium::test
