#ifndef ATRIUM_TESTKIT_FAKE_HOST_HPP
#define ATRIUM_TESTKIT_FAKE_HOST_HPP
// A server for one plugin under test: every service, with a clock, timers and an executor that move by hand, randomness from a seed, and a
// record of all that the plugin did. Nothing happens by itself, nothing reaches a disk or a network.
//
// To be used by the test's own thread. A plugin may call services from other threads: the records are guarded, and callbacks run on
// whichever thread brings them about.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "atrium/completion.h"
#include "atrium/ext/room_type.h"
#include "atrium/host.h"
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
#include "atrium/testkit/json_text.hpp"

namespace atrium::testkit {

struct LogLine {
  std::uint32_t level = ATRIUM_LOG_INFO;
  std::string event;
  std::string message;
};

// What came out of a hook.
struct HookFailure {
  std::string hook;
  std::string why;
};

struct Metric {
  std::uint32_t kind = ATRIUM_METRIC_COUNTER;
  std::string help;
  double value = 0;              // Counters: the sum. Gauges: the last one.
  std::vector<double> observed;  // Histograms.
};

struct HttpSent {
  std::string method;
  std::string url;
  std::map<std::string, std::string> headers;
  std::string body;
  std::uint32_t timeout_ms = 0;
};

struct Published {
  std::string tenant_id;
  std::string room_id;
  std::string message_type;
  std::string content;
  std::string metadata;
  std::string client_message_id;
  std::uint32_t priority = 0;
};

class FakeHost {
 public:
  explicit FakeHost(std::uint64_t seed = 1) : random_(seed) {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // What a plugin is created with. Valid while this lives.
  [[nodiscard]] const atrium_host* abi() const { return &host_; }

  // ---- Before the plugin is made: what it is given. Everything, unless refused.
  void refuse(std::string_view grant) { refused_.insert("atrium." + std::string(grant) + "/1"); }  // "kv"
  void refuse_everything() { nothing_ = true; }
  // As a server of a later interface would, whose structures have grown.
  void pretend_to_be_later() { host_.struct_size = sizeof(atrium_host) + 64; }
  std::map<std::string, std::string, std::less<>> secrets;

  // ---- Time. Advancing fires the timers that fall due, in order, each at its own time.
  std::uint64_t mono_ns() const { return mono_ms_ * 1'000'000; }
  std::uint64_t wall_ms() const { return wall_ms_at_start + mono_ms_; }
  void advance_ms(std::uint64_t ms) {
    const std::uint64_t until = mono_ms_ + ms;
    while (const auto due = next_timer(until)) {
      mono_ms_ = std::max(mono_ms_, due->at_ms);
      due->fire(due->context);
    }
    mono_ms_ = until;
  }
  [[nodiscard]] std::size_t timers_waiting() const { return timers_.size(); }

  // ---- Work and answers that wait. Runs what the executor was given, and what that gives it in turn; how many there were.
  std::size_t run_jobs() {
    std::size_t count = 0;
    while (const auto job = take(jobs_)) {
      job->function(job->context);
      ++count;
    }
    return count;
  }
  [[nodiscard]] std::size_t jobs_waiting() const { return jobs_.size(); }
  // Calls to kv, http and publish are answered before they return, or, once this is set, by answer_calls().
  bool answer_later = false;
  std::size_t answer_calls() {
    std::size_t count = 0;
    while (const auto held = take(answers_)) {
      held->token.complete(held->token.context, held->token.id, held->status, text_of(held->text));
      ++count;
    }
    return count;
  }

  // What a server does before it ends an instance: timers that wait are cancelled, jobs run, and calls complete with ATRIUM_CANCELLED.
  void end_calls() {
    for (bool more = true; more;) {
      timers_.clear();
      more = run_jobs() > 0;
      for (; const auto held = take(answers_); more = true)
        held->token.complete(held->token.context, held->token.id, ATRIUM_CANCELLED, text_of("The plugin is ending."));
    }
  }

  // ---- Scripts. The next request to that address, or any that begins so, is answered with this; each answer is used once, in order.
  void answer_http(std::string url, std::uint32_t status, std::string body = {}, std::map<std::string, std::string> headers = {}) {
    std::string fields;
    for (const auto& [name, value] : headers) fields += (fields.empty() ? "" : ",") + json_quoted(name) + ":" + json_quoted(value);
    const std::string result =
        "{\"status\":" + std::to_string(status) + ",\"headers\":{" + fields + "},\"body\":" + json_quoted(body) + "}";
    http_script_.push_back({std::move(url), ATRIUM_OK, result});
  }
  // The next request to that address fails: ATRIUM_TIMED_OUT, ATRIUM_DENIED, ATRIUM_FAILED.
  void fail_http(std::string url, atrium_status status, std::string why = "It did not work.") {
    http_script_.push_back({std::move(url), status, std::move(why)});
  }
  // The next calls of that service complete so: "kv", "publish". Until it is called with ATRIUM_OK.
  void fail_service(const std::string& grant, atrium_status status) { failing_[grant] = status; }

  // ---- What the plugin did.
  std::vector<LogLine> log;
  std::vector<HookFailure> failures;  // What was thrown in hooks and callbacks.
  std::map<std::string, Metric, std::less<>> metrics;
  std::map<std::pair<std::string, std::string>, std::string> kv;  // (tenant, key) -> value
  std::vector<HttpSent> http_sent;
  std::vector<Published> published;
  [[nodiscard]] bool logged(std::string_view event) const {
    return std::any_of(log.begin(), log.end(), [&](const LogLine& line) { return line.event == event; });
  }

  static constexpr std::uint64_t wall_ms_at_start = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

 private:
  struct Call {
    void (*function)(void* context);
    void* context;
  };
  struct Waiting {
    std::uint64_t at_ms;
    std::uint64_t id;
    void (*fire)(void* context);
    void* context;
  };
  struct Scripted {
    std::string url;
    atrium_status status;
    std::string result;
  };
  struct Held {
    atrium_token token;
    atrium_status status;
    std::string text;
  };

  static FakeHost& of(const atrium_host* host) { return *static_cast<FakeHost*>(host->context); }
  static std::string copy(const atrium_text& text) { return std::string(view(text)); }

  std::optional<Waiting> next_timer(std::uint64_t until) {
    const std::lock_guard lock(mutex_);
    const auto first =
        std::min_element(timers_.begin(), timers_.end(), [](const Waiting& a, const Waiting& b) { return a.at_ms < b.at_ms; });
    if (first == timers_.end() || first->at_ms > until) return std::nullopt;
    const Waiting due = *first;
    timers_.erase(first);
    return due;
  }

  // The first of a row that another thread may add to; a callback never runs under the lock.
  template <typename Item>
  std::optional<Item> take(std::deque<Item>& row) {
    const std::lock_guard lock(mutex_);
    if (row.empty()) return std::nullopt;
    std::optional<Item> first(std::move(row.front()));
    row.pop_front();
    return first;
  }
  void answer(const atrium_token& token, atrium_status status, std::string text) {
    if (answer_later) {
      const std::lock_guard lock(mutex_);
      answers_.push_back({token, status, std::move(text)});
    } else {
      token.complete(token.context, token.id, status, text_of(text));
    }
  }
  // Whether the test wants calls of that service to fail; then this one has.
  bool failed(const std::string& grant, const atrium_token& token) {
    const auto found = failing_.find(grant);
    if (found == failing_.end() || found->second == ATRIUM_OK) return false;
    answer(token, found->second, "The test wants it so.");
    return true;
  }

  static const void* get_service(const atrium_host* host, const char* service_id) {
    static constexpr atrium_log_service log_service{sizeof(atrium_log_service), write_log};
    static constexpr atrium_clock_service clock_service{sizeof(atrium_clock_service), read_mono, read_wall};
    static constexpr atrium_metrics_service metrics_service{sizeof(atrium_metrics_service), declare_metric, record_metric};
    static constexpr atrium_timer_service timer_service{sizeof(atrium_timer_service), start_timer, cancel_timer};
    static constexpr atrium_executor_service executor_service{sizeof(atrium_executor_service), post_job};
    static constexpr atrium_kv_service kv_service{sizeof(atrium_kv_service), kv_get, kv_put, kv_remove};
    static constexpr atrium_http_service http_service{sizeof(atrium_http_service), send_http};
    static constexpr atrium_publish_service publish_service{sizeof(atrium_publish_service), post_message};
    static constexpr atrium_secrets_service secrets_service{sizeof(atrium_secrets_service), get_secret};
    static constexpr atrium_random_service random_service{sizeof(atrium_random_service), fill_random};
    static constexpr atrium_json_service json_service{sizeof(atrium_json_service), parse_json, quote_json};
    static constexpr atrium_failure_service failure_service{sizeof(atrium_failure_service), report_failure};
    static const std::map<std::string_view, const void*> services = {
        {ATRIUM_SERVICE_LOG, &log_service},       {ATRIUM_SERVICE_CLOCK, &clock_service},       {ATRIUM_SERVICE_METRICS, &metrics_service},
        {ATRIUM_SERVICE_TIMER, &timer_service},   {ATRIUM_SERVICE_EXECUTOR, &executor_service}, {ATRIUM_SERVICE_KV, &kv_service},
        {ATRIUM_SERVICE_HTTP, &http_service},     {ATRIUM_SERVICE_PUBLISH, &publish_service},   {ATRIUM_SERVICE_SECRETS, &secrets_service},
        {ATRIUM_SERVICE_RANDOM, &random_service}, {ATRIUM_SERVICE_JSON, &json_service},         {ATRIUM_SERVICE_FAILURE, &failure_service}};
    FakeHost& self = of(host);
    if (self.nothing_ || !service_id || self.refused_.contains(service_id)) return nullptr;
    const auto found = services.find(service_id);
    return found == services.end() ? nullptr : found->second;
  }

  static void write_log(const atrium_host* host, std::uint32_t level, atrium_text event, atrium_text message) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).log.push_back({level, copy(event), copy(message)});
  }
  static void report_failure(const atrium_host* host, atrium_text hook, atrium_text why) {
    const std::lock_guard lock(of(host).mutex_);
    of(host).failures.push_back({copy(hook), copy(why)});
  }
  static std::uint64_t read_mono(const atrium_host* host) { return of(host).mono_ns(); }
  static std::uint64_t read_wall(const atrium_host* host) { return of(host).wall_ms(); }

  static std::uint32_t declare_metric(const atrium_host* host, std::uint32_t kind, atrium_text name, atrium_text help) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    const std::string_view text = view(name);
    const bool sound = kind <= ATRIUM_METRIC_HISTOGRAM && !text.empty() && text.size() <= 64 && help.size <= 200 &&
                       text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
    const auto known = std::find(self.metric_names_.begin(), self.metric_names_.end(), text);
    if (known != self.metric_names_.end()) return static_cast<std::uint32_t>(known - self.metric_names_.begin()) + 1;
    if (!sound || self.metric_names_.size() == ATRIUM_METRICS_MAX) return 0;
    self.metric_names_.emplace_back(text);
    self.metrics[std::string(text)] = {.kind = kind, .help = copy(help), .value = 0, .observed = {}};
    return static_cast<std::uint32_t>(self.metric_names_.size());
  }
  static void record_metric(const atrium_host* host, std::uint32_t metric, double value) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    if (metric == 0 || metric > self.metric_names_.size() || !std::isfinite(value)) return;
    Metric& series = self.metrics[self.metric_names_[metric - 1]];
    if (series.kind == ATRIUM_METRIC_HISTOGRAM)
      series.observed.push_back(value);
    else
      series.value = series.kind == ATRIUM_METRIC_COUNTER ? series.value + std::max(value, 0.0) : value;
  }

  static atrium_status start_timer(const atrium_host* host, std::uint64_t delay_ms, void (*fire)(void* context), void* context,
                                   std::uint64_t* timer) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    if (delay_ms > ATRIUM_TIMER_DELAY_MS_MAX) return ATRIUM_INVALID;
    if (self.timers_.size() == ATRIUM_TIMERS_MAX) return ATRIUM_FULL;
    *timer = ++self.timer_id_;
    self.timers_.push_back({self.mono_ms_ + delay_ms, *timer, fire, context});
    return ATRIUM_OK;
  }
  static std::uint32_t cancel_timer(const atrium_host* host, std::uint64_t timer) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    return std::erase_if(self.timers_, [&](const Waiting& waiting) { return waiting.id == timer; }) == 1;
  }
  static atrium_status post_job(const atrium_host* host, void (*job)(void* context), void* context) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    if (self.jobs_.size() == ATRIUM_JOBS_MAX) return ATRIUM_FULL;
    self.jobs_.push_back({job, context});
    return ATRIUM_OK;
  }

  static void kv_get(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    FakeHost& self = of(host);
    if (self.failed("kv", *token)) return;
    std::optional<std::string> value;
    {
      const std::lock_guard lock(self.mutex_);
      const auto found = self.kv.find({copy(tenant), copy(key)});
      if (found != self.kv.end()) value = found->second;
    }
    self.answer(*token, value ? ATRIUM_OK : ATRIUM_NOT_FOUND, value.value_or(""));
  }
  static void kv_put(const atrium_host* host, atrium_text tenant, atrium_text key, atrium_text value, const atrium_token* token) {
    FakeHost& self = of(host);
    if (self.failed("kv", *token)) return;
    if (key.size == 0 || key.size > ATRIUM_KV_KEY_MAX || value.size > ATRIUM_KV_VALUE_MAX)
      return self.answer(*token, ATRIUM_INVALID, "A key or a value over its bound.");
    {
      const std::lock_guard lock(self.mutex_);
      self.kv[{copy(tenant), copy(key)}] = copy(value);
    }
    self.answer(*token, ATRIUM_OK, {});
  }
  static void kv_remove(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    FakeHost& self = of(host);
    if (self.failed("kv", *token)) return;
    {
      const std::lock_guard lock(self.mutex_);
      self.kv.erase({copy(tenant), copy(key)});
    }
    self.answer(*token, ATRIUM_OK, {});
  }

  static void send_http(const atrium_host* host, const atrium_http_call* call, const atrium_token* token) {
    FakeHost& self = of(host);
    HttpSent sent{
        .method = copy(call->method), .url = copy(call->url), .headers = {}, .body = copy(call->body), .timeout_ms = call->timeout_ms};
    for (std::uint32_t at = 0; at < call->header_count; ++at) sent.headers[copy(call->headers[at].name)] = copy(call->headers[at].value);
    Scripted script{sent.url, ATRIUM_FAILED, "The test has no answer for " + sent.url + ": answer_http() scripts one."};
    {
      const std::lock_guard lock(self.mutex_);
      const auto scripted = std::find_if(self.http_script_.begin(), self.http_script_.end(),
                                         [&](const Scripted& one) { return sent.url.starts_with(one.url); });
      if (scripted != self.http_script_.end()) {
        script = *scripted;
        self.http_script_.erase(scripted);
      }
      self.http_sent.push_back(std::move(sent));
    }
    self.answer(*token, script.status, script.result);
  }
  static void post_message(const atrium_host* host, const atrium_publication* publication, const atrium_token* token) {
    FakeHost& self = of(host);
    if (self.failed("publish", *token)) return;
    std::size_t seq = 0;
    {
      const std::lock_guard lock(self.mutex_);
      self.published.push_back({.tenant_id = copy(publication->tenant_id),
                                .room_id = copy(publication->room_id),
                                .message_type = publication->message_type.size == 0 ? "system" : copy(publication->message_type),
                                .content = copy(publication->content),
                                .metadata = copy(publication->metadata),
                                .client_message_id = copy(publication->client_message_id),
                                .priority = publication->priority});
      seq = self.published.size();
    }
    self.answer(*token, ATRIUM_OK, "{\"seq\":" + std::to_string(seq) + "}");
  }

  static atrium_status get_secret(const atrium_host* host, atrium_text name, atrium_sink out) {
    const auto found = of(host).secrets.find(view(name));
    if (found == of(host).secrets.end()) return ATRIUM_NOT_FOUND;
    out.write(out.context, found->second.data(), found->second.size());
    return ATRIUM_OK;
  }
  static atrium_status fill_random(const atrium_host* host, void* out, std::uint64_t size) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    if (size > ATRIUM_RANDOM_MAX) return ATRIUM_INVALID;
    std::generate_n(static_cast<unsigned char*>(out), size, [&] { return static_cast<unsigned char>(self.random_()); });
    return ATRIUM_OK;
  }
  static atrium_status parse_json(const atrium_host*, atrium_text text, void (*each)(void* context, const atrium_json* value),
                                  void* context) {
    if (text.size > ATRIUM_JSON_MAX) return ATRIUM_INVALID;
    JsonText parsed;
    try {
      parsed = JsonText(view(text));
    } catch (const std::invalid_argument&) {
      return ATRIUM_INVALID;
    }
    const atrium_json root = parsed.abi();
    each(context, &root);
    return ATRIUM_OK;
  }
  static void quote_json(const atrium_host*, atrium_text text, atrium_sink out) {
    std::string quoted = json_quoted(view(text));
    if (!is_utf8(view(text))) {
      std::string mended;  // Byte for byte: enough for a test.
      for (const char c : view(text)) mended += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\uFFFD";
      quoted = json_quoted(mended);
    }
    out.write(out.context, quoted.data(), quoted.size());
  }

  std::mutex mutex_;
  atrium_host host_{.struct_size = sizeof(atrium_host), .context = this, .get_service = get_service};
  std::set<std::string, std::less<>> refused_;
  bool nothing_ = false;
  std::uint64_t mono_ms_ = 0;
  std::uint64_t timer_id_ = 0;
  std::vector<Waiting> timers_;
  std::deque<Call> jobs_;
  std::deque<Held> answers_;
  std::deque<Scripted> http_script_;
  std::map<std::string, atrium_status> failing_;
  std::vector<std::string> metric_names_;
  std::mt19937_64 random_;
};

}  // namespace atrium::testkit
#endif
