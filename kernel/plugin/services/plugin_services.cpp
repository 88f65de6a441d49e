#include "plugin/services/plugin_services.hpp"

#include <algorithm>
#include <span>
#include <utility>

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
#include "plugin/plugin_text.hpp"
#include "plugin/services/coordination_service.hpp"
#include "plugin/services/kv_service.hpp"
#include "plugin/services/publish_service.hpp"
#include "plugin/services/system_random.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t log_event_max = 100;    // bytes
constexpr std::size_t log_text_max = 2000;    // bytes of one line from a plugin
constexpr std::size_t secret_name_max = 200;  // bytes

}  // namespace

struct PluginServices::Tables {
  static const void* get(const atrium_host* host, const char* service_id) {
    const std::string_view id = service_id ? service_id : "";
    const PluginServices& self = of(host);
    const auto granted = [&self](std::string_view grant) { return self.rights_.grants.has(grant); };
    if (id == ATRIUM_SERVICE_JSON) return &json;
    if (id == ATRIUM_SERVICE_FAILURE) return &failure;
    if (id == ATRIUM_SERVICE_LOG && granted("log")) return &log;
    if (id == ATRIUM_SERVICE_CLOCK && granted("clock")) return &clock;
    if (id == ATRIUM_SERVICE_RANDOM && granted("random")) return &random;
    if (id == ATRIUM_SERVICE_SECRETS && granted("secrets")) return &secrets;
    if (id == ATRIUM_SERVICE_METRICS && granted("metrics")) return &metrics;
    if (id == ATRIUM_SERVICE_EXECUTOR && self.jobs_ && granted("executor")) return &executor;
    if (id == ATRIUM_SERVICE_TIMER && self.jobs_ && granted("timer")) return &timer;
    if (id == ATRIUM_SERVICE_KV && self.kv_calls_ && granted("kv")) return &kv;
    if (id == ATRIUM_SERVICE_PUBLISH && self.publish_calls_ && granted("publish")) return &publish;
    if (id == ATRIUM_SERVICE_COORDINATION && self.coordination_calls_ && granted("coordination")) return &coordination;
    if (id == ATRIUM_SERVICE_HTTP && self.http_calls_ && granted("http")) return &http;
    return nullptr;
  }

  static void writeLog(const atrium_host* host, std::uint32_t level, atrium_text event, atrium_text message) {
    const PluginServices& self = of(host);
    const auto known = static_cast<LogLevel>(std::min<std::uint32_t>(level, ATRIUM_LOG_ERROR));
    const std::string what = safeText(event, log_event_max), sentence = safeText(message, log_text_max);
    self.log_.write(known, self.log_event_, {{"plugin_event", what}, {"message", sentence}});
  }
  static void reportFailure(const atrium_host* host, atrium_text hook, atrium_text why) {
    const PluginServices& self = of(host);
    const std::string name = safeText(hook, log_event_max), sentence = safeText(why, log_text_max);
    self.log_.write(LogLevel::error, self.log_event_, {{"plugin_event", "hook_failed"}, {"hook", name}, {"message", sentence}});
  }
  static std::uint64_t monoNs(const atrium_host* host) {
    return static_cast<std::uint64_t>(of(host).clock_.now().mono.time_since_epoch().count());
  }
  static std::uint64_t wallMs(const atrium_host* host) { return toMillis(of(host).clock_.now().wall); }

  static atrium_status fillRandom(const atrium_host* /*host*/, void* out, std::uint64_t size) {
    if (size > ATRIUM_RANDOM_MAX || (!out && size > 0)) return ATRIUM_INVALID;
    return systemRandom(std::span(static_cast<std::byte*>(out), size)) ? ATRIUM_OK : ATRIUM_FAILED;
  }

  static atrium_status getSecret(const atrium_host* host, atrium_text name, atrium_sink out) {
    const auto& secrets = of(host).rights_.secrets;
    if (name.size > secret_name_max || !out.write) return ATRIUM_INVALID;
    const auto found = secrets.find(viewOf(name));
    if (found == secrets.end()) return ATRIUM_NOT_FOUND;
    out.write(out.context, found->second.data(), found->second.size());
    return ATRIUM_OK;
  }

  static std::uint32_t declareMetric(const atrium_host* host, std::uint32_t kind, atrium_text name, atrium_text help) {
    PluginServices& self = of(host);
    const std::uint32_t metric = self.metrics_.declare(kind, viewOf(name), viewOf(help));
    if (metric != 0 && self.parts_.line) self.parts_.line->declareMetric(metric, kind, viewOf(name), viewOf(help));
    return metric;
  }
  static void recordMetric(const atrium_host* host, std::uint32_t metric, double value) {
    PluginServices& self = of(host);
    if (self.parts_.line)
      self.parts_.line->recordMetric(metric, value);
    else
      self.metrics_.record(metric, value);
  }

  static atrium_status postJob(const atrium_host* host, void (*job)(void*), void* context) { return of(host).jobs_->post(job, context); }
  static atrium_status startTimer(const atrium_host* host, std::uint64_t delay_ms, void (*fire)(void*), void* context,
                                  std::uint64_t* timer) {
    return of(host).jobs_->start(delay_ms, fire, context, timer);
  }
  static std::uint32_t cancelTimer(const atrium_host* host, std::uint64_t timer) { return of(host).jobs_->cancel(timer) ? 1 : 0; }

  static atrium_status parseJson(const atrium_host* /*host*/, atrium_text text, void (*each)(void*, const atrium_json*), void* context) {
    if (text.size > ATRIUM_JSON_MAX || !each) return ATRIUM_INVALID;
    const auto document = JsonDocument::parse(viewOf(text));
    if (!document) return ATRIUM_INVALID;
    const atrium_json value = document->root().abi();
    each(context, &value);
    return ATRIUM_OK;
  }
  static void quoteJson(const atrium_host* /*host*/, atrium_text text, atrium_sink out) {
    if (!out.write) return;
    std::string quoted;
    JsonWriter<std::string>(quoted).value(std::string_view(repaired(viewOf(text))));
    out.write(out.context, quoted.data(), quoted.size());
  }

  static void kvGet(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    const PluginServices& self = of(host);
    if (self.parts_.line)
      return carryKv(*self.parts_.line, ServiceMethod::kv_get, self.kv_calls_, {viewOf(tenant), viewOf(key)}, {}, token);
    kv_service::get(*self.parts_.server, self.kv_calls_, self.plugin_id_, {viewOf(tenant), viewOf(key)}, token);
  }
  static void kvPut(const atrium_host* host, atrium_text tenant, atrium_text key, atrium_text value, const atrium_token* token) {
    const PluginServices& self = of(host);
    if (self.parts_.line)
      return carryKv(*self.parts_.line, ServiceMethod::kv_put, self.kv_calls_, {viewOf(tenant), viewOf(key)}, viewOf(value), token);
    kv_service::put(*self.parts_.server, self.kv_calls_, self.plugin_id_, {viewOf(tenant), viewOf(key)}, viewOf(value), token);
  }
  static void kvRemove(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    const PluginServices& self = of(host);
    if (self.parts_.line)
      return carryKv(*self.parts_.line, ServiceMethod::kv_remove, self.kv_calls_, {viewOf(tenant), viewOf(key)}, {}, token);
    kv_service::remove(*self.parts_.server, self.kv_calls_, self.plugin_id_, {viewOf(tenant), viewOf(key)}, token);
  }

  static void publishPost(const atrium_host* host, const atrium_publication* publication, const atrium_token* token) {
    const PluginServices& self = of(host);
    if (self.parts_.line) return carryPublication(*self.parts_.line, self.publish_calls_, publication, token);
    publishMessage(*self.parts_.server, self.publish_calls_, self.plugin_id_, publication, token);
  }

  static void coordinationRequest(const atrium_host* host, const atrium_coordination_request* request, const atrium_token* token) {
    const PluginServices& self = of(host);
    if (self.parts_.line) return carryCoordination(*self.parts_.line, self.coordination_calls_, request, token);
    requestCoordination(*self.parts_.server, self.coordination_calls_, self.plugin_id_, request, token);
  }

  static void httpSend(const atrium_host* host, const atrium_http_call* call, const atrium_token* token) {
    const PluginServices& self = of(host);
    if (self.parts_.line) return carryHttp(*self.parts_.line, self.http_calls_, call, token);
    self.parts_.http->send(self.http_calls_, self.rights_.grants, self.plugin_id_, call, token);
  }

  static constexpr atrium_log_service log{.struct_size = sizeof(atrium_log_service), .write = writeLog};
  static constexpr atrium_failure_service failure{.struct_size = sizeof(atrium_failure_service), .report = reportFailure};
  static constexpr atrium_clock_service clock{.struct_size = sizeof(atrium_clock_service), .mono_ns = monoNs, .wall_ms = wallMs};
  static constexpr atrium_random_service random{.struct_size = sizeof(atrium_random_service), .fill = fillRandom};
  static constexpr atrium_secrets_service secrets{.struct_size = sizeof(atrium_secrets_service), .get = getSecret};
  static constexpr atrium_metrics_service metrics{
      .struct_size = sizeof(atrium_metrics_service), .declare = declareMetric, .record = recordMetric};
  static constexpr atrium_executor_service executor{.struct_size = sizeof(atrium_executor_service), .post = postJob};
  static constexpr atrium_timer_service timer{.struct_size = sizeof(atrium_timer_service), .start = startTimer, .cancel = cancelTimer};
  static constexpr atrium_json_service json{.struct_size = sizeof(atrium_json_service), .parse = parseJson, .quote = quoteJson};
  static constexpr atrium_kv_service kv{.struct_size = sizeof(atrium_kv_service), .get = kvGet, .put = kvPut, .remove = kvRemove};
  static constexpr atrium_publish_service publish{.struct_size = sizeof(atrium_publish_service), .post = publishPost};
  static constexpr atrium_coordination_service coordination{.struct_size = sizeof(atrium_coordination_service),
                                                            .request = coordinationRequest};
  static constexpr atrium_http_service http{.struct_size = sizeof(atrium_http_service), .send = httpSend};
};

PluginServices::PluginServices(std::string plugin_id, PluginRights rights, const ServiceParts& parts, const Clock& clock, Log& log,
                               GuardedCall guarded)
    : plugin_id_(std::move(plugin_id)),
      log_event_("plugin." + plugin_id_),
      rights_(std::move(rights)),
      parts_(parts),
      clock_(clock),
      log_(log),
      host_{.struct_size = sizeof(atrium_host), .context = this, .get_service = Tables::get} {
  if (parts.workers) jobs_ = std::make_shared<PluginJobs>(*parts.workers, plugin_id_, guarded);
  if (!parts.answers) return;
  if (parts.server || parts.line) kv_calls_ = std::make_shared<PendingCalls>(*parts.answers, plugin_id_, ATRIUM_KV_PENDING_MAX, guarded);
  if (parts.server || parts.line)
    publish_calls_ = std::make_shared<PendingCalls>(*parts.answers, plugin_id_, ATRIUM_PUBLISH_PENDING_MAX, guarded);
  if (parts.server || parts.line)
    coordination_calls_ = std::make_shared<PendingCalls>(*parts.answers, plugin_id_, ATRIUM_COORDINATION_PENDING_MAX, guarded);
  if (parts.http || parts.line) http_calls_ = std::make_shared<PendingCalls>(*parts.answers, plugin_id_, ATRIUM_HTTP_PENDING_MAX, guarded);
}

PluginServices::~PluginServices() = default;

bool isAnswered(const Grants& grants) {
  return grants.has("kv") || grants.has("publish") || grants.has("coordination") || grants.has("http");
}
bool needsServer(const Grants& grants) { return isAnswered(grants) || grants.has("metrics"); }

std::unique_ptr<PluginServices> runnerServices(const std::string& plugin_id, const PluginRights& rights, ServiceParts parts,
                                               const Clock& clock, Log& log) {
  parts.workers = nullptr;
  // What comes out of its functions ends here; who called it, and for how long, is counted where the call came from.
  return std::make_unique<PluginServices>(plugin_id, rights, parts, clock, log,
                                          [](std::string_view, std::chrono::nanoseconds, const std::function<void()>& function) {
                                            try {
                                              function();
                                            } catch (...) {  // Nothing of it is kept: its type may live in the plugin's code.
                                            }
                                          });
}

bool PluginServices::hold(std::chrono::milliseconds patience) {
  // Jobs first: one may wait for an answer.
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto left = [until] {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()), std::chrono::milliseconds{0});
  };
  if (jobs_ && !jobs_->hold(left())) return false;
  for (const auto& calls : {kv_calls_, http_calls_, publish_calls_, coordination_calls_})
    if (calls && !calls->hold(left())) return false;
  return true;
}

void PluginServices::letGo() {
  if (jobs_) jobs_->letGo();
  for (const auto& calls : {kv_calls_, http_calls_, publish_calls_, coordination_calls_})
    if (calls) calls->letGo();
}

bool PluginServices::end(std::chrono::milliseconds patience) {
  // Calls first: a job may wait for one. One patience for all of them, by the system's clock, as they wait by it.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto left = [deadline] {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()),
                    std::chrono::milliseconds{0});
  };
  bool over = true;
  for (const auto& calls : {kv_calls_, http_calls_, publish_calls_, coordination_calls_})
    if (calls && !calls->end(left())) over = false;
  return (!jobs_ || jobs_->end(left())) && over;
}

}  // namespace atrium
