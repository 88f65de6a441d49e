#ifndef ATRIUM_TESTKIT_FAKE_HOST_HPP
#define ATRIUM_TESTKIT_FAKE_HOST_HPP
// A server for plugins under test: every service within the bounds that a server keeps, with a clock, timers and an executor that move by
// hand, randomness from a seed, and a record of all that the plugins did. Nothing happens by itself, nothing reaches a disk or a network.
//
// Each testkit::Plugin is a guest of its own, as each instance is in a server: its timers, jobs and calls are counted and ended apart from
// those of the others. The records, the clock and the values of `kv` they share.
//
// To be used by the test's own thread. A plugin may call services from other threads: the records are guarded, and callbacks run on
// whichever thread brings them about.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
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
#include "atrium/service/coordination.h"
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
  bool streamed = false;
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

struct Coordinated {
  std::uint32_t operation = 0;  // ATRIUM_COORDINATION_...
  std::string tenant_id;
  std::string id;
  std::string body;
};

class FakeHost {
 public:
  explicit FakeHost(std::uint64_t seed = 1) : random_(seed) {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  // What the test itself asks services by. Valid while this lives.
  [[nodiscard]] const atrium_host* abi() const { return &own_.host; }
  // What one more instance is created with, until leave().
  [[nodiscard]] const atrium_host* enter() {
    const std::lock_guard lock(mutex_);
    guests_.push_back(std::make_unique<Guest>(this, own_.host.struct_size));
    return &guests_.back()->host;
  }
  // What a server does before it ends an instance: its timers that wait are cancelled, its jobs run, and its calls complete with
  // ATRIUM_CANCELLED.
  void end_calls(const atrium_host* host) {
    const Guest& guest = *static_cast<const Guest*>(host->context);
    for (bool more = true; more;) {
      more = false;
      {
        const std::lock_guard lock(mutex_);
        std::erase_if(timers_, [&](const Waiting& waiting) { return waiting.guest == &guest; });
      }
      for (; run_one_job(&guest); more = true) {
      }
      for (; const auto held = take(answers_, &guest); more = true)
        held->token.complete(held->token.context, held->token.id, ATRIUM_CANCELLED, text_of("The plugin is ending."));
    }
  }
  // After its destroy().
  void leave(const atrium_host* host) {
    const std::lock_guard lock(mutex_);
    std::erase_if(guests_, [&](const auto& guest) { return &guest->host == host; });
  }

  // ---- Before the plugin is made: what it is given. Everything, unless refused.
  void refuse(std::string_view grant) { refused_.insert("atrium." + std::string(grant) + "/1"); }  // "kv"
  void refuse_everything() { nothing_ = true; }
  // As a server of a later interface would, whose structures have grown.
  void pretend_to_be_later() { own_.host.struct_size = sizeof(atrium_host) + 64; }
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
    while (run_one_job(nullptr)) ++count;
    return count;
  }
  [[nodiscard]] std::size_t jobs_waiting() const { return jobs_.size(); }
  // Calls to kv, http, publish and coordination are answered before they return, or, once this is set, by answer_calls().
  bool answer_later = false;
  std::size_t answer_calls() {
    std::size_t count = 0;
    while (const auto held = take(answers_, nullptr)) {
      held->token.complete(held->token.context, held->token.id, held->status, text_of(held->text));
      ++count;
    }
    return count;
  }

  // ---- Scripts. The next request to that address, or any that begins so, is answered with this; each answer is used once, in order.
  void answer_http(std::string url, std::uint32_t status, std::string body = {}, std::map<std::string, std::string> headers = {}) {
    std::string fields;
    for (const auto& [name, value] : headers) fields += (fields.empty() ? "" : ",") + json_quoted(name) + ":" + json_quoted(value);
    const std::string result =
        "{\"status\":" + std::to_string(status) + ",\"headers\":{" + fields + "},\"body\":" + json_quoted(body) + "}";
    http_script_.push_back({std::move(url), ATRIUM_OK, result});
  }
  // The same for a request that wants its body while it comes (ATRIUM_HTTP_STREAM): in these pieces. With `breaks` the connection breaks
  // behind them.
  void stream_http(std::string url, std::uint32_t status, std::vector<std::string> pieces, std::map<std::string, std::string> headers = {},
                   bool breaks = false) {
    answer_http(std::move(url), status, {}, std::move(headers));
    Scripted& script = http_script_.back();
    script.pieces = std::move(pieces);
    if (breaks) script.status = ATRIUM_FAILED, script.result = "The connection broke within the answer.";
  }
  // The next request to that address fails: ATRIUM_TIMED_OUT, ATRIUM_DENIED, ATRIUM_FAILED.
  void fail_http(std::string url, atrium_status status, std::string why = "It did not work.") {
    http_script_.push_back({std::move(url), status, std::move(why)});
  }
  // The next request of that operation is answered with this instead of {}; each answer is used once, in order.
  void answer_coordination(std::uint32_t operation, atrium_status status, std::string text) {
    coordination_script_.push_back({operation, status, std::move(text)});
  }
  // The next calls of that service complete so: "kv", "publish", "coordination", "http". Until it is called with ATRIUM_OK.
  void fail_service(const std::string& grant, atrium_status status) { failing_[grant] = status; }

  // ---- What the plugin did.
  std::vector<LogLine> log;
  std::vector<HookFailure> failures;  // What was thrown in hooks and callbacks.
  std::map<std::string, Metric, std::less<>> metrics;
  std::map<std::pair<std::string, std::string>, std::string> kv;  // (tenant, key) -> value
  std::vector<HttpSent> http_sent;
  std::vector<Published> published;
  std::vector<Coordinated> coordinated;
  [[nodiscard]] bool logged(std::string_view event) const {
    return std::any_of(log.begin(), log.end(), [&](const LogLine& line) { return line.event == event; });
  }

  static constexpr std::uint64_t wall_ms_at_start = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

 private:
  // One instance. Its address is the context of what it is created with.
  struct Guest {
    Guest(FakeHost* its_fake, std::uint32_t struct_size)
        : fake(its_fake), host{.struct_size = struct_size, .context = this, .get_service = get_service} {}
    FakeHost* fake;
    atrium_host host;
    std::size_t jobs_running = 0;
  };
  struct Call {
    Guest* guest;
    void (*function)(void* context);
    void* context;
  };
  struct Waiting {
    Guest* guest;
    std::uint64_t at_ms;
    std::uint64_t id;
    void (*fire)(void* context);
    void* context;
  };
  struct Scripted {
    std::string url;
    atrium_status status;
    std::string result;
    std::vector<std::string> pieces = {};
  };
  struct ScriptedRequest {
    std::uint32_t operation;
    atrium_status status;
    std::string text;
  };
  struct Held {
    Guest* guest;
    std::string_view grant;
    atrium_token token;
    atrium_status status;
    std::string text;
  };

  static Guest& guest_of(const atrium_host* host) { return *static_cast<Guest*>(host->context); }
  static FakeHost& of(const atrium_host* host) { return *guest_of(host).fake; }
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

  // The first of a row that another thread may add to, or the first of one guest; a callback never runs under the lock.
  template <typename Item>
  std::optional<Item> take(std::deque<Item>& row, const Guest* guest) {
    const std::lock_guard lock(mutex_);
    const auto first = std::find_if(row.begin(), row.end(), [&](const Item& item) { return !guest || item.guest == guest; });
    if (first == row.end()) return std::nullopt;
    std::optional<Item> taken(std::move(*first));
    row.erase(first);
    return taken;
  }
  bool run_one_job(const Guest* guest) {
    const auto job = take(jobs_, guest);
    if (!job) return false;
    running(*job->guest, 1);
    job->function(job->context);
    running(*job->guest, -1);
    return true;
  }
  void running(Guest& guest, int more) {
    const std::lock_guard lock(mutex_);
    guest.jobs_running += static_cast<std::size_t>(more);
  }
  // How many of a row are that guest's. Under the lock.
  template <typename Row>
  static std::uint64_t count_of(const Row& row, const Guest& guest) {
    return static_cast<std::uint64_t>(std::count_if(row.begin(), row.end(), [&](const auto& item) { return item.guest == &guest; }));
  }

  // Whether a call to one of the services that answer by a token goes on: neither are too many under way, nor does the test want it to
  // fail. Otherwise it is completed.
  bool begins(const atrium_host* host, std::string_view grant, std::uint64_t pending_max, const atrium_token& token) {
    const Guest& guest = guest_of(host);
    bool full = false;
    {
      const std::lock_guard lock(mutex_);
      full = static_cast<std::uint64_t>(std::count_if(answers_.begin(), answers_.end(), [&](const Held& held) {
               return held.guest == &guest && held.grant == grant;
             })) >= pending_max;
    }
    if (full) {
      token.complete(token.context, token.id, ATRIUM_FULL, text_of("Too many calls of this plugin are under way."));
      return false;
    }
    const auto failing = failing_.find(grant);
    if (failing == failing_.end() || failing->second == ATRIUM_OK) return true;
    answer(host, grant, token, failing->second, "The test wants it so.");
    return false;
  }
  void answer(const atrium_host* host, std::string_view grant, const atrium_token& token, atrium_status status, std::string text) {
    if (answer_later) {
      const std::lock_guard lock(mutex_);
      answers_.push_back({&guest_of(host), grant, token, status, std::move(text)});
    } else {
      token.complete(token.context, token.id, status, text_of(text));
    }
  }
  // What refuses a request before it is sent; empty: nothing.
  static std::string unsound(const atrium_http_call& call) {
    const std::string_view url = view(call.url);
    if (call.method.size == 0 || call.method.size > 100) return "The method is none.";
    if (!url.starts_with("http://") && !url.starts_with("https://")) return "The URL begins with neither http:// nor https://.";
    if (url.size() > 8192 || call.body.size > ATRIUM_HTTP_BODY_MAX || call.header_count > ATRIUM_HTTP_HEADERS_MAX ||
        call.timeout_ms > ATRIUM_HTTP_TIMEOUT_MS_MAX)
      return "The URL, the body, the headers or the timeout are over their bound.";
    for (std::uint32_t at = 0; at < call.header_count; ++at) {
      const std::string_view name = view(call.headers[at].name), value = view(call.headers[at].value);
      if (name.empty() || name.size() > 100 || name.find_first_of(" :\r\n") != std::string_view::npos || value.size() > 8192 ||
          value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        return "A header cannot be sent.";
      std::string lower(name);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      for (const char* own : {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect"})
        if (lower == own) return "The header " + lower + " is the server's to write.";
    }
    return {};
  }
  static std::string unsound(const atrium_publication& publication) {
    const auto fits = [](const atrium_text& text, std::uint64_t max) { return text.size <= max && is_utf8(view(text)); };
    if (publication.tenant_id.size == 0 || publication.tenant_id.size > 128) return "tenant_id must have 1 to 128 bytes.";
    const bool sound = fits(publication.room_id, 200) && fits(publication.message_type, 200) && fits(publication.content, 65536) &&
                       fits(publication.metadata, 65536) && fits(publication.client_message_id, 128) &&
                       publication.priority <= ATRIUM_PRIORITY_CRITICAL &&
                       (publication.metadata.size == 0 || is_object(publication.metadata));
    return sound ? "" : "A text is over its bound or not UTF-8, or the metadata is no JSON object.";
  }
  static bool is_object(const atrium_text& text) {
    try {
      const JsonText parsed(view(text));
      return Json(parsed.abi()).is_object();
    } catch (const std::invalid_argument&) {
      return false;
    }
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
    static constexpr atrium_coordination_service coordination_service{sizeof(atrium_coordination_service), coordinate};
    static constexpr atrium_secrets_service secrets_service{sizeof(atrium_secrets_service), get_secret};
    static constexpr atrium_random_service random_service{sizeof(atrium_random_service), fill_random};
    static constexpr atrium_json_service json_service{sizeof(atrium_json_service), parse_json, quote_json};
    static constexpr atrium_failure_service failure_service{sizeof(atrium_failure_service), report_failure};
    static const std::map<std::string_view, const void*> services = {{ATRIUM_SERVICE_LOG, &log_service},
                                                                     {ATRIUM_SERVICE_CLOCK, &clock_service},
                                                                     {ATRIUM_SERVICE_METRICS, &metrics_service},
                                                                     {ATRIUM_SERVICE_TIMER, &timer_service},
                                                                     {ATRIUM_SERVICE_EXECUTOR, &executor_service},
                                                                     {ATRIUM_SERVICE_KV, &kv_service},
                                                                     {ATRIUM_SERVICE_HTTP, &http_service},
                                                                     {ATRIUM_SERVICE_PUBLISH, &publish_service},
                                                                     {ATRIUM_SERVICE_SECRETS, &secrets_service},
                                                                     {ATRIUM_SERVICE_RANDOM, &random_service},
                                                                     {ATRIUM_SERVICE_JSON, &json_service},
                                                                     {ATRIUM_SERVICE_FAILURE, &failure_service},
                                                                     {ATRIUM_SERVICE_COORDINATION, &coordination_service}};
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
    if (count_of(self.timers_, guest_of(host)) >= ATRIUM_TIMERS_MAX) return ATRIUM_FULL;
    *timer = ++self.timer_id_;
    self.timers_.push_back({&guest_of(host), self.mono_ms_ + delay_ms, *timer, fire, context});
    return ATRIUM_OK;
  }
  static std::uint32_t cancel_timer(const atrium_host* host, std::uint64_t timer) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    return std::erase_if(self.timers_, [&](const Waiting& waiting) { return waiting.id == timer && waiting.guest == &guest_of(host); }) ==
           1;
  }
  static atrium_status post_job(const atrium_host* host, void (*job)(void* context), void* context) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    Guest& guest = guest_of(host);
    if (count_of(self.jobs_, guest) + guest.jobs_running >= ATRIUM_JOBS_MAX) return ATRIUM_FULL;
    self.jobs_.push_back({&guest, job, context});
    return ATRIUM_OK;
  }

  static bool fits(const atrium_text& tenant, const atrium_text& key, std::uint64_t value_size) {
    return tenant.size <= 128 && key.size > 0 && key.size <= ATRIUM_KV_KEY_MAX && value_size <= ATRIUM_KV_VALUE_MAX;
  }
  void refuse_kv(const atrium_host* host, const atrium_token& token) {
    answer(host, "kv", token, ATRIUM_INVALID, "A tenant, key or value is over its bound.");
  }
  static void kv_get(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    FakeHost& self = of(host);
    if (!self.begins(host, "kv", ATRIUM_KV_PENDING_MAX, *token)) return;
    if (!fits(tenant, key, 0)) return self.refuse_kv(host, *token);
    std::optional<std::string> value;
    {
      const std::lock_guard lock(self.mutex_);
      const auto found = self.kv.find({copy(tenant), copy(key)});
      if (found != self.kv.end()) value = found->second;
    }
    self.answer(host, "kv", *token, value ? ATRIUM_OK : ATRIUM_NOT_FOUND, value.value_or(""));
  }
  static void kv_put(const atrium_host* host, atrium_text tenant, atrium_text key, atrium_text value, const atrium_token* token) {
    FakeHost& self = of(host);
    if (!self.begins(host, "kv", ATRIUM_KV_PENDING_MAX, *token)) return;
    if (!fits(tenant, key, value.size)) return self.refuse_kv(host, *token);
    {
      const std::lock_guard lock(self.mutex_);
      self.kv[{copy(tenant), copy(key)}] = copy(value);
    }
    self.answer(host, "kv", *token, ATRIUM_OK, {});
  }
  static void kv_remove(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    FakeHost& self = of(host);
    if (!self.begins(host, "kv", ATRIUM_KV_PENDING_MAX, *token)) return;
    if (!fits(tenant, key, 0)) return self.refuse_kv(host, *token);
    {
      const std::lock_guard lock(self.mutex_);
      self.kv.erase({copy(tenant), copy(key)});
    }
    self.answer(host, "kv", *token, ATRIUM_OK, {});
  }

  static void send_http(const atrium_host* host, const atrium_http_call* call, const atrium_token* token) {
    FakeHost& self = of(host);
    if (!self.begins(host, "http", ATRIUM_HTTP_PENDING_MAX, *token)) return;
    if (std::string why = unsound(*call); !why.empty()) return self.answer(host, "http", *token, ATRIUM_INVALID, std::move(why));
    HttpSent sent{.method = copy(call->method),
                  .url = copy(call->url),
                  .headers = {},
                  .body = copy(call->body),
                  .timeout_ms = call->timeout_ms,
                  .streamed = call->struct_size >= sizeof *call && (call->flags & ATRIUM_HTTP_STREAM) != 0};
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
    for (const std::string& piece : script.pieces) token->progress(token->context, token->id, text_of(piece));
    self.answer(host, "http", *token, script.status, script.result);
  }
  static void post_message(const atrium_host* host, const atrium_publication* publication, const atrium_token* token) {
    FakeHost& self = of(host);
    if (!self.begins(host, "publish", ATRIUM_PUBLISH_PENDING_MAX, *token)) return;
    if (std::string why = unsound(*publication); !why.empty()) return self.answer(host, "publish", *token, ATRIUM_INVALID, std::move(why));
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
    self.answer(host, "publish", *token, ATRIUM_OK, "{\"seq\":" + std::to_string(seq) + "}");
  }

  static std::string unsound(const atrium_coordination_request& request) {
    if (request.operation < ATRIUM_COORDINATION_ROUTE_LEAD || request.operation > ATRIUM_COORDINATION_RESUME_AGENT)
      return "There is no such operation.";
    if (request.tenant_id.size == 0 || request.tenant_id.size > 128) return "tenant_id must have 1 to 128 bytes.";
    if ((request.id.size == 0) != (request.operation == ATRIUM_COORDINATION_ROUTE_LEAD) || request.id.size > 200)
      return "The id must have 1 to 200 bytes, and a lead to be routed has none.";
    if (request.body.size > ATRIUM_COORDINATION_BODY_MAX || (request.body.size > 0 && !is_object(request.body)))
      return "The body is over its bound, or no JSON object.";
    return {};
  }
  static void coordinate(const atrium_host* host, const atrium_coordination_request* request, const atrium_token* token) {
    FakeHost& self = of(host);
    if (!self.begins(host, "coordination", ATRIUM_COORDINATION_PENDING_MAX, *token)) return;
    if (std::string why = unsound(*request); !why.empty()) return self.answer(host, "coordination", *token, ATRIUM_INVALID, std::move(why));
    ScriptedRequest script{request->operation, ATRIUM_OK, "{}"};
    {
      const std::lock_guard lock(self.mutex_);
      const auto scripted = std::find_if(self.coordination_script_.begin(), self.coordination_script_.end(),
                                         [&](const ScriptedRequest& one) { return one.operation == request->operation; });
      if (scripted != self.coordination_script_.end()) {
        script = *scripted;
        self.coordination_script_.erase(scripted);
      }
      self.coordinated.push_back({request->operation, copy(request->tenant_id), copy(request->id), copy(request->body)});
    }
    self.answer(host, "coordination", *token, script.status, script.text);
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
  Guest own_{this, sizeof(atrium_host)};
  std::vector<std::unique_ptr<Guest>> guests_;
  std::set<std::string, std::less<>> refused_;
  bool nothing_ = false;
  std::uint64_t mono_ms_ = 0;
  std::uint64_t timer_id_ = 0;
  std::vector<Waiting> timers_;
  std::deque<Call> jobs_;
  std::deque<Held> answers_;
  std::deque<Scripted> http_script_;
  std::deque<ScriptedRequest> coordination_script_;
  std::map<std::string, atrium_status, std::less<>> failing_;
  std::vector<std::string> metric_names_;
  std::mt19937_64 random_;
};

}  // namespace atrium::testkit
#endif
