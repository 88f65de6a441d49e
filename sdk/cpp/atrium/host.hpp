#ifndef ATRIUM_HOST_HPP
#define ATRIUM_HOST_HPP
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "atrium/jobs.hpp"
#include "atrium/json.hpp"
#include "atrium/service/clock.h"
#include "atrium/service/failure.h"
#include "atrium/service/log.h"

namespace atrium {
inline namespace sdk {

// The server that loaded the plugin. A value: copy it freely, it lives longer than the plugin. Any thread. The services have C++ clothes of
// their own, each made from a Host: metrics.hpp and services.hpp.
class Host {
 public:
  Host() = default;
  // `jobs` keeps the callbacks given out, and lives as long as the plugin; without it a service that calls back counts as not granted.
  explicit Host(const atrium_host* host, detail::Jobs* jobs = nullptr) : host_(host), jobs_(jobs) {}

  // The table of a service, or nullptr: unknown to this server or not granted to this plugin.
  template <typename Service>
  [[nodiscard]] const Service* service(const char* service_id) const {
    return host_ ? static_cast<const Service*>(host_->get_service(host_, service_id)) : nullptr;
  }
  // For the constructor of a plugin that cannot work without a service: throws the sentence for the operator when it was not granted.
  // `grant` is the service's word: "kv", "timer", "http".
  void require(std::string_view grant) const {
    const std::string id = "atrium." + std::string(grant) + "/1";
    if (!service<void>(id.c_str())) throw std::runtime_error("it needs the grant " + std::string(grant) + ", which it was not given");
  }

  // Writes one line that names the plugin; `event` is a stable word, `message` a sentence. Never a token or a key.
  void log(std::uint32_t level, std::string_view event, std::string_view message) const {
    if (const auto* log = service<atrium_log_service>(ATRIUM_SERVICE_LOG)) log->write(host_, level, text_of(event), text_of(message));
  }
  void debug(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_DEBUG, event, message); }
  void info(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_INFO, event, message); }
  void warning(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_WARNING, event, message); }
  void error(std::string_view event, std::string_view message) const { log(ATRIUM_LOG_ERROR, event, message); }

  // The server's time, 0 when the clock was not granted: for durations, and to be shown or stored.
  [[nodiscard]] std::uint64_t mono_ns() const {
    const auto* clock = service<atrium_clock_service>(ATRIUM_SERVICE_CLOCK);
    return clock ? clock->mono_ns(host_) : 0;
  }
  [[nodiscard]] std::uint64_t wall_ms() const {
    const auto* clock = service<atrium_clock_service>(ATRIUM_SERVICE_CLOCK);
    return clock ? clock->wall_ms(host_) : 0;
  }

  [[nodiscard]] const atrium_host* abi() const { return host_; }
  [[nodiscard]] detail::Jobs* jobs() const { return jobs_; }

 private:
  const atrium_host* host_ = nullptr;
  detail::Jobs* jobs_ = nullptr;
};

namespace detail {

// What an atrium_sink over a std::string writes with.
inline void append_to_string(void* context, const void* data, std::uint64_t size) noexcept {
  try {
    static_cast<std::string*>(context)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
  } catch (...) {  // No memory: the text stays as it was.
  }
}

// Tells the operator what came out of `hook`; needs no grant.
inline void report_failure(const Host& host, std::string_view hook, std::string_view why) noexcept {
  if (const auto* failure = host.service<atrium_failure_service>(ATRIUM_SERVICE_FAILURE))
    failure->report(host.abi(), text_of(hook), text_of(why));
}

// Runs `call`; an exception ends here as a line in the server's log that names `hook`, and as ATRIUM_FAILED, because none may cross the
// border.
template <typename Call>
atrium_status contained(const Host& host, std::string_view hook, Call&& call) noexcept {
  try {
    call();
    return ATRIUM_OK;
  } catch (const std::exception& problem) {
    report_failure(host, hook, problem.what());
  } catch (...) {
    report_failure(host, hook, "an exception that is no std::exception");
  }
  return ATRIUM_FAILED;
}

// A job that calls `call` once: with nothing (timers, the executor), or with the status and text that complete a token.
template <typename Call>
struct CallJob final : Job {
  CallJob(Host its_host, Call its_call) : host(its_host), call(std::move(its_call)) {}

  static void run(void* context) noexcept {
    auto* job = static_cast<CallJob*>(context);
    static_cast<void>(contained(job->host, "a job or timer", [&] { job->call(); }));
    job->jobs->remove(job);
  }
  static void complete(void* context, std::uint64_t /*id*/, atrium_status status, atrium_text result) noexcept {
    auto* job = static_cast<CallJob*>(context);
    static_cast<void>(contained(job->host, "the answer of a service", [&] { job->call(status, view(result)); }));
    job->jobs->remove(job);
  }
  static void progress(void* /*context*/, std::uint64_t /*id*/, atrium_text /*piece*/) noexcept {}

  Host host;
  Call call;
};

template <typename Call>
CallJob<std::decay_t<Call>>* make_job(const Host& host, Call&& call) {
  auto* job = new CallJob<std::decay_t<Call>>(host, std::forward<Call>(call));
  host.jobs()->add(job);
  return job;
}

// A token whose completion calls `call(status, text)`.
template <typename Call>
atrium_token make_token(const Host& host, Call&& call) {
  using Made = CallJob<std::decay_t<Call>>;
  return {.struct_size = sizeof(atrium_token),
          .reserved = 0,
          .context = make_job(host, std::forward<Call>(call)),
          .id = 0,
          .complete = Made::complete,
          .progress = Made::progress};
}

}  // namespace detail
}  // namespace sdk
}  // namespace atrium
#endif
