#include "plugin/services/plugin_services.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <mutex>

#include "atrium/service/clock.h"
#include "atrium/service/executor.h"
#include "atrium/service/failure.h"
#include "atrium/service/http.h"
#include "atrium/service/json.h"
#include "atrium/service/kv.h"
#include "atrium/service/log.h"
#include "atrium/service/metrics.h"
#include "atrium/service/publish.h"
#include "atrium/service/random.h"
#include "atrium/service/secrets.h"
#include "atrium/service/timer.h"
#include "fake_server.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/errors.hpp"
#include "service_base.hpp"

namespace atrium {
namespace {

using namespace std::chrono_literals;

// What a token of a plugin's was completed with.
struct Awaited {
  std::promise<std::pair<atrium_status, std::string>> promise;
  atrium_token token{
      .struct_size = sizeof(atrium_token), .reserved = 0, .context = this, .id = 1, .complete = complete, .progress = nullptr};
  static void complete(void* context, std::uint64_t /*id*/, atrium_status status, atrium_text result) {
    static_cast<Awaited*>(context)->promise.set_value({status, std::string(viewOf(result))});
  }
  std::pair<atrium_status, std::string> get() { return promise.get_future().get(); }
};

// A job of a plugin's that runs until the test lets it go.
struct HeldJob {
  std::promise<void> inside, go;
};

class PluginServicesTest : public testing::Test, protected test::ServiceBase {
 protected:
  void grant(std::vector<std::string> grants, std::map<std::string, std::string, std::less<>> secrets = {}) {
    services.emplace("com.acme.test", PluginRights{Grants(grants, std::nullopt), std::move(secrets)}, parts(), clock, log,
                     [this](std::string_view hook, std::chrono::nanoseconds, const std::function<void()>& function) {
                       {
                         const std::scoped_lock lock(hooks_mutex);
                         hooks.emplace_back(hook);
                       }
                       function();
                     });
  }
  const atrium_host* host() { return services->host(); }
  template <typename Service>
  const Service* service(const char* id) {
    return static_cast<const Service*>(host()->get_service(host(), id));
  }
  // Posts the job and waits until it runs.
  void begin(HeldJob& job) {
    const auto run = [](void* context) {
      auto& held = *static_cast<HeldJob*>(context);
      held.inside.set_value();
      held.go.get_future().wait();
    };
    ASSERT_EQ(service<atrium_executor_service>(ATRIUM_SERVICE_EXECUTOR)->post(host(), run, &job), ATRIUM_OK);
    job.inside.get_future().wait();
  }

  std::mutex hooks_mutex;          // Workers call at once.
  std::vector<std::string> hooks;  // That were called; to be read when none is.
  std::optional<PluginServices> services;
};

constexpr const char* all_services[] = {ATRIUM_SERVICE_LOG,      ATRIUM_SERVICE_CLOCK, ATRIUM_SERVICE_RANDOM,  ATRIUM_SERVICE_METRICS,
                                        ATRIUM_SERVICE_TIMER,    ATRIUM_SERVICE_KV,    ATRIUM_SERVICE_PUBLISH, ATRIUM_SERVICE_SECRETS,
                                        ATRIUM_SERVICE_EXECUTOR, ATRIUM_SERVICE_HTTP};

TEST_F(PluginServicesTest, whatIsNotGrantedIsNull) {
  grant({});
  for (const char* id : all_services) EXPECT_EQ(host()->get_service(host(), id), nullptr) << id;
  for (const char* id : {ATRIUM_SERVICE_JSON, ATRIUM_SERVICE_FAILURE})
    EXPECT_NE(host()->get_service(host(), id), nullptr) << id << " is everybody's";
  EXPECT_EQ(host()->get_service(host(), nullptr), nullptr);
}

TEST_F(PluginServicesTest, whatIsGrantedIsThere) {
  grant({"log", "clock", "random", "metrics", "timer", "kv", "publish", "secrets", "executor", "http:example.com"});
  for (const char* id : all_services) EXPECT_NE(host()->get_service(host(), id), nullptr) << id;
  EXPECT_EQ(host()->get_service(host(), "atrium.kv/2"), nullptr);
}

TEST_F(PluginServicesTest, aFailureIsLoggedWithItsHookAndWithoutAGrant) {
  testing::internal::CaptureStderr();
  {
    Log to_stderr{Log::Options{.level = LogLevel::info}};
    const PluginServices without("com.acme.test", {}, ServiceParts{}, clock, to_stderr,
                                 [](std::string_view, std::chrono::nanoseconds, const std::function<void()>& function) { function(); });
    const auto* failure = static_cast<const atrium_failure_service*>(without.host()->get_service(without.host(), ATRIUM_SERVICE_FAILURE));
    failure->report(without.host(), textOf("will_post"), textOf("bad optional access"));
  }
  const std::string line = testing::internal::GetCapturedStderr();
  for (const char* part : {R"("level":"error")", R"("event":"plugin.com.acme.test")", R"("plugin_event":"hook_failed")",
                           R"("hook":"will_post")", R"("message":"bad optional access")"})
    EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
}

TEST_F(PluginServicesTest, randomFillsUpToItsBound) {
  grant({"random"});
  const auto* random = service<atrium_random_service>(ATRIUM_SERVICE_RANDOM);
  std::array<std::uint64_t, 4> first{}, second{};
  EXPECT_EQ(random->fill(host(), first.data(), sizeof first), ATRIUM_OK);
  EXPECT_EQ(random->fill(host(), second.data(), sizeof second), ATRIUM_OK);
  EXPECT_NE(first, second);
  EXPECT_EQ(random->fill(host(), first.data(), ATRIUM_RANDOM_MAX + 1), ATRIUM_INVALID);
}

TEST_F(PluginServicesTest, secretsAreTheOnesThatWereGiven) {
  grant({"secrets"}, {{"key", "s3cret"}});
  const auto* secrets = service<atrium_secrets_service>(ATRIUM_SERVICE_SECRETS);
  std::string got;
  const atrium_sink sink{&got, [](void* context, const void* data, std::uint64_t size) {
                           static_cast<std::string*>(context)->append(static_cast<const char*>(data), size);
                         }};
  EXPECT_EQ(secrets->get(host(), textOf("key"), sink), ATRIUM_OK);
  EXPECT_EQ(got, "s3cret");
  EXPECT_EQ(secrets->get(host(), textOf("other"), sink), ATRIUM_NOT_FOUND);
}

TEST_F(PluginServicesTest, jsonIsParsedAndQuoted) {
  grant({});
  const auto* json = service<atrium_json_service>(ATRIUM_SERVICE_JSON);
  std::string found;
  const auto each = [](void* context, const atrium_json* value) { *static_cast<std::string*>(context) = JsonView(*value)["a"].text(); };
  EXPECT_EQ(json->parse(host(), textOf(R"({"a":"b"})"), each, &found), ATRIUM_OK);
  EXPECT_EQ(found, "b");
  EXPECT_EQ(json->parse(host(), textOf("{"), each, &found), ATRIUM_INVALID);
  std::string quoted;
  const atrium_sink sink{&quoted, [](void* context, const void* data, std::uint64_t size) {
                           static_cast<std::string*>(context)->append(static_cast<const char*>(data), size);
                         }};
  json->quote(host(), textOf("a\"\xff é"), sink);
  EXPECT_EQ(quoted, "\"a\\\"\xEF\xBF\xBD é\"");
}

TEST_F(PluginServicesTest, metricsAreCountedUnderTheirNames) {
  grant({"metrics"});
  const auto* metrics = service<atrium_metrics_service>(ATRIUM_SERVICE_METRICS);
  const std::uint32_t sent = metrics->declare(host(), ATRIUM_METRIC_COUNTER, textOf("sent_total"), textOf("Sent."));
  const std::uint32_t level = metrics->declare(host(), ATRIUM_METRIC_GAUGE, textOf("level"), textOf(""));
  EXPECT_EQ(metrics->declare(host(), ATRIUM_METRIC_COUNTER, textOf("sent_total"), textOf("")), sent);
  EXPECT_EQ(metrics->declare(host(), ATRIUM_METRIC_GAUGE, textOf("sent_total"), textOf("")), 0u) << "another kind";
  EXPECT_EQ(metrics->declare(host(), ATRIUM_METRIC_GAUGE, textOf("Sent"), textOf("")), 0u);
  metrics->record(host(), sent, 2);
  metrics->record(host(), sent, -1);
  metrics->record(host(), level, 7);
  metrics->record(host(), level, std::numeric_limits<double>::quiet_NaN());
  metrics->record(host(), 0, 1);
  metrics->record(host(), 99, 1);
  const auto readings = services->metrics().read();
  ASSERT_EQ(readings.size(), 2u);
  EXPECT_EQ(readings[0].value, 2);
  EXPECT_EQ(readings[1].value, 7);
  for (int n = 0; n < 100; ++n)
    static_cast<void>(metrics->declare(host(), ATRIUM_METRIC_GAUGE, textOf("more_" + std::to_string(n)), textOf("")));
  EXPECT_EQ(services->metrics().read().size(), ATRIUM_METRICS_MAX);
}

TEST_F(PluginServicesTest, valuesAreKeptPerPluginAndTenant) {
  grant({"kv"});
  const auto* kv = service<atrium_kv_service>(ATRIUM_SERVICE_KV);
  Awaited put, got, other, removed, gone;
  kv->put(host(), textOf("tenant_a"), textOf("k"), textOf("v"), &put.token);
  EXPECT_EQ(put.get().first, ATRIUM_OK);
  EXPECT_EQ(server.values.begin()->first, (DocumentKey{"plugin_values", "com.acme.test", "tenant_a", "k"}));
  kv->get(host(), textOf("tenant_a"), textOf("k"), &got.token);
  EXPECT_EQ(got.get(), std::pair(atrium_status{ATRIUM_OK}, std::string("v")));
  kv->get(host(), textOf("tenant_b"), textOf("k"), &other.token);
  EXPECT_EQ(other.get().first, ATRIUM_NOT_FOUND);
  kv->remove(host(), textOf("tenant_a"), textOf("k"), &removed.token);
  EXPECT_EQ(removed.get().first, ATRIUM_OK);
  kv->get(host(), textOf("tenant_a"), textOf("k"), &gone.token);
  EXPECT_EQ(gone.get().first, ATRIUM_NOT_FOUND);
}

TEST_F(PluginServicesTest, valuesHaveBounds) {
  grant({"kv"});
  const auto* kv = service<atrium_kv_service>(ATRIUM_SERVICE_KV);
  const std::string long_key(ATRIUM_KV_KEY_MAX + 1, 'k'), long_value(ATRIUM_KV_VALUE_MAX + 1, 'v');
  Awaited key, value, empty;
  kv->get(host(), textOf(""), textOf(long_key), &key.token);
  EXPECT_EQ(key.get().first, ATRIUM_INVALID);
  kv->put(host(), textOf(""), textOf("k"), textOf(long_value), &value.token);
  EXPECT_EQ(value.get().first, ATRIUM_INVALID);
  kv->get(host(), textOf(""), textOf(""), &empty.token);
  EXPECT_EQ(empty.get().first, ATRIUM_INVALID);
}

TEST_F(PluginServicesTest, whatStorageOwesAtTheEndIsCancelledAndItsLateAnswerDropped) {
  grant({"kv"});
  server.silent = true;
  const auto* kv = service<atrium_kv_service>(ATRIUM_SERVICE_KV);
  std::deque<Awaited> waiting(ATRIUM_KV_PENDING_MAX);
  for (Awaited& one : waiting) kv->get(host(), textOf(""), textOf("k"), &one.token);
  Awaited full;
  kv->get(host(), textOf(""), textOf("k"), &full.token);
  EXPECT_EQ(full.get().first, ATRIUM_FULL);
  EXPECT_TRUE(services->end(1min));
  for (Awaited& one : waiting) EXPECT_EQ(one.get().first, ATRIUM_CANCELLED);
  for (auto& late : server.kept) late();  // A second completion would throw.
  answers.stop();
  Awaited after;
  kv->get(host(), textOf(""), textOf("k"), &after.token);
  EXPECT_EQ(after.get().first, ATRIUM_CANCELLED);
}

TEST_F(PluginServicesTest, messagesArePostedAsThePlugin) {
  grant({"publish"});
  const auto* publish = service<atrium_publish_service>(ATRIUM_SERVICE_PUBLISH);
  atrium_publication publication{};
  publication.struct_size = sizeof publication;
  publication.priority = ATRIUM_PRIORITY_HIGH;
  publication.tenant_id = textOf("tenant_a");
  publication.room_id = textOf("room_x");
  publication.content = textOf("hi \"you\"");
  publication.metadata = textOf(R"({"a":1})");
  Awaited posted, gone, wrong;
  publish->post(host(), &publication, &posted.token);
  EXPECT_EQ(posted.get().first, ATRIUM_OK);
  EXPECT_EQ(
      server.posted().at(0),
      R"(tenant_a com.acme.test {"room_id":"room_x","message_type":"system","content":"hi \"you\"","priority":"high","metadata":{"a":1}})");
  publication.room_id = textOf("room_gone");
  publish->post(host(), &publication, &gone.token);
  EXPECT_EQ(gone.get().first, ATRIUM_NOT_FOUND);
  publication.metadata = textOf(R"({},"thread":"x")");
  publish->post(host(), &publication, &wrong.token);
  EXPECT_EQ(wrong.get().first, ATRIUM_INVALID);
}

TEST_F(PluginServicesTest, jobsRunOnWorkersWithinTheirGuard) {
  grant({"executor"});
  const auto* executor = service<atrium_executor_service>(ATRIUM_SERVICE_EXECUTOR);
  std::promise<void> ran;
  EXPECT_EQ(executor->post(host(), [](void* context) { static_cast<std::promise<void>*>(context)->set_value(); }, &ran), ATRIUM_OK);
  ran.get_future().wait();
  EXPECT_TRUE(services->end(1min));
  EXPECT_EQ(hooks, std::vector<std::string>{"job"});
  EXPECT_EQ(executor->post(host(), [](void*) {}, nullptr), ATRIUM_CANCELLED) << "the instance has ended";
}

TEST_F(PluginServicesTest, theEndWaitsForAJobThatRuns) {
  grant({"executor"});
  HeldJob held;
  begin(held);
  EXPECT_FALSE(services->end(0ms)) << "its code must stay";
  held.go.set_value();
  EXPECT_TRUE(services->end(1min));
}

TEST_F(PluginServicesTest, jobsAndTimersWaitWhileTheyAreHeld) {
  grant({"executor", "timer"});
  HeldJob held;
  const auto* executor = service<atrium_executor_service>(ATRIUM_SERVICE_EXECUTOR);
  const auto* timer = service<atrium_timer_service>(ATRIUM_SERVICE_TIMER);
  const auto set = [](void* context) { static_cast<std::promise<void>*>(context)->set_value(); };
  begin(held);
  EXPECT_FALSE(services->hold(0ms)) << "one runs";
  held.go.set_value();
  EXPECT_TRUE(services->hold(1min));
  std::promise<void> ran, fired;
  std::uint64_t number = 0;
  EXPECT_EQ(executor->post(host(), set, &ran), ATRIUM_OK);
  EXPECT_EQ(timer->start(host(), 0, set, &fired, &number), ATRIUM_OK);
  workers.look(clock.now().mono + 1s);
  auto ran_at_last = ran.get_future();
  auto fired_at_last = fired.get_future();
  // Both threads have come to what waited, and to this: nothing of the plugin's has run.
  std::promise<void> first, second;
  EXPECT_TRUE(workers.post([&] { first.set_value(), second.get_future().wait(); }));
  EXPECT_TRUE(workers.post([&] { first.get_future().wait(), second.set_value(); }));
  EXPECT_TRUE(services->hold(1min));
  EXPECT_EQ(ran_at_last.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(fired_at_last.wait_for(0s), std::future_status::timeout);
  services->letGo();
  ran_at_last.wait();
  fired_at_last.wait();
  EXPECT_TRUE(services->end(1min));
  workers.stop();  // Before what its jobs refer to goes.
}

TEST_F(PluginServicesTest, answersWaitWhileTheyAreHeldAndRunWithinTheirGuard) {
  grant({"kv"});
  const auto* kv = service<atrium_kv_service>(ATRIUM_SERVICE_KV);
  EXPECT_TRUE(services->hold(1min));
  Awaited got;
  kv->get(host(), textOf(""), textOf("k"), &got.token);
  std::promise<void> behind;
  EXPECT_TRUE(answers.post([&] { behind.set_value(); }));
  behind.get_future().wait();
  EXPECT_TRUE(hooks.empty());
  services->letGo();
  EXPECT_EQ(got.get().first, ATRIUM_NOT_FOUND);
  EXPECT_TRUE(services->end(1min));
  EXPECT_EQ(hooks, std::vector<std::string>{"answer"});
}

TEST_F(PluginServicesTest, timersFireOnceOrAreCancelled) {
  grant({"timer"});
  const auto* timer = service<atrium_timer_service>(ATRIUM_SERVICE_TIMER);
  std::promise<void> fired;
  std::uint64_t soon = 0, never = 0, far = 0;
  const auto fail_test = [](void*) { ADD_FAILURE() << "it was cancelled"; };
  EXPECT_EQ(timer->start(host(), 3'600'000, fail_test, nullptr, &never), ATRIUM_OK);
  EXPECT_EQ(timer->cancel(host(), never), 1u);
  EXPECT_EQ(timer->cancel(host(), never), 0u);
  EXPECT_EQ(timer->start(host(), 3'600'000, fail_test, nullptr, &far), ATRIUM_OK);
  EXPECT_EQ(
      timer->start(host(), 1, [](void* context) { static_cast<std::promise<void>*>(context)->set_value(); }, &fired, &soon), ATRIUM_OK);
  fired.get_future().wait();
  EXPECT_EQ(timer->start(host(), ATRIUM_TIMER_DELAY_MS_MAX + 1, fail_test, nullptr, &never), ATRIUM_INVALID);
  for (std::uint32_t n = 1; n < ATRIUM_TIMERS_MAX; ++n) ASSERT_EQ(timer->start(host(), 3'600'000, fail_test, nullptr, &never), ATRIUM_OK);
  EXPECT_EQ(timer->start(host(), 3'600'000, fail_test, nullptr, &never), ATRIUM_FULL);
  EXPECT_TRUE(services->end(1min));
  workers.look(clock.now().mono + 2h);
  EXPECT_EQ(timer->start(host(), 1, fail_test, nullptr, &never), ATRIUM_CANCELLED);
}

// A server that takes connections, as the system does for it, and never says anything.
struct SilentServer {
  SilentServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening, 8), 0);
    EXPECT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  ~SilentServer() { ::close(listening); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  unsigned port = 0;
};

TEST_F(PluginServicesTest, aRequestsDeadlineComesThoughAllThreadsWaitForOthers) {
  const SilentServer silent;
  const std::string address = "127.0.0.1:" + std::to_string(silent.port), url = "http://" + address + "/";
  grant({"http:" + address});
  const auto* client = service<atrium_http_service>(ATRIUM_SERVICE_HTTP);
  atrium_http_call call{};
  call.struct_size = sizeof call;
  call.method = textOf("GET");
  call.url = textOf(url);
  call.timeout_ms = ATRIUM_HTTP_TIMEOUT_MS_MAX;
  Awaited patient, hasty;
  client->send(host(), &call, &patient.token);  // It keeps the client's only thread.
  call.timeout_ms = 1;
  client->send(host(), &call, &hasty.token);
  EXPECT_EQ(hasty.get().first, ATRIUM_TIMED_OUT);
  http.stop();
  EXPECT_EQ(patient.get().first, ATRIUM_TIMED_OUT);
}

TEST_F(PluginServicesTest, requestsNeedAGrantForTheirAddressAndMakeSense) {
  grant({"http:127.0.0.1:1"});
  const auto* client = service<atrium_http_service>(ATRIUM_SERVICE_HTTP);
  const atrium_http_header crooked{textOf("X-A"), textOf("1\r\nX-B: 2")}, own{textOf("Content-Length"), textOf("3")};
  atrium_http_call call{};
  call.struct_size = sizeof call;
  call.method = textOf("GET");
  call.url = textOf("http://127.0.0.1:2/");
  const auto outcome = [&] {
    Awaited answer;
    client->send(host(), &call, &answer.token);
    return answer.get().first;
  };
  {
    Awaited answer;
    client->send(host(), &call, &answer.token);
    const auto [status, why] = answer.get();
    EXPECT_EQ(status, ATRIUM_DENIED);
    EXPECT_TRUE(why.starts_with("there is no grant for http:127.0.0.1:2: name it in the plugin's grants under plugins.use")) << why;
  }
  call.url = textOf("ftp://127.0.0.1:1/");
  EXPECT_EQ(outcome(), ATRIUM_INVALID);
  call.url = textOf("http://ana:secret@127.0.0.1:1/");
  EXPECT_EQ(outcome(), ATRIUM_INVALID);
  call.url = textOf("http://127.0.0.1:1/");
  call.method = textOf("GET /\r\n");
  EXPECT_EQ(outcome(), ATRIUM_INVALID);
  call.method = textOf("GET");
  call.header_count = 1;
  call.headers = &crooked;
  EXPECT_EQ(outcome(), ATRIUM_INVALID);
  call.headers = &own;
  EXPECT_EQ(outcome(), ATRIUM_INVALID);
  call.header_count = 0;
  call.timeout_ms = ATRIUM_HTTP_TIMEOUT_MS_MAX + 1;
  EXPECT_EQ(outcome(), ATRIUM_INVALID);
  call.timeout_ms = 5000;
  EXPECT_EQ(outcome(), ATRIUM_FAILED) << "nobody listens there";
}

}  // namespace
}  // namespace atrium
