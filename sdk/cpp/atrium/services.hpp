#ifndef ATRIUM_SERVICES_HPP
#define ATRIUM_SERVICES_HPP
// What the server does for a plugin, each a value made from a Host, to be used from any thread: Timers, Executor, Kv, Http, Publisher,
// CoordinationDesk, Secrets, Random, and JSON from elsewhere. Where something was not granted, an object is false, and a call answers
// ATRIUM_DENIED with a sentence that names the grant, in the way in which it answers anything.
//
// Callbacks are lambdas; they are called once, on a thread of the host's, and what they throw ends in the log. They may use the plugin: the
// host ends them all before it ends the plugin. wait_for() turns a call into one that blocks, for hooks on a worker.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "atrium/completion.hpp"
#include "atrium/host.hpp"
#include "atrium/room.h"
#include "atrium/service/coordination.h"
#include "atrium/service/executor.h"
#include "atrium/service/http.h"
#include "atrium/service/json.h"
#include "atrium/service/kv.h"
#include "atrium/service/publish.h"
#include "atrium/service/random.h"
#include "atrium/service/secrets.h"
#include "atrium/service/timer.h"

namespace atrium {
inline namespace sdk {

// How a call to a service ended. `text` is the result, or with another status than ATRIUM_OK a sentence.
struct Answer {
  atrium_status status = ATRIUM_FAILED;
  std::string text;
  [[nodiscard]] bool ok() const { return status == ATRIUM_OK; }
};

// Calls `start(done)`, which begins a call to a service with the callback `done`, and waits for what that brings. For hooks on a worker:
// another thread of the host completes every call, so that it ends.
template <typename Result, typename Start>
[[nodiscard]] Result wait_for(Start&& start) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Result> result;
  start([&](Result came) {
    const std::lock_guard lock(mutex);
    result.emplace(std::move(came));
    arrived.notify_one();  // Under the lock: the waiting side takes all of this away as soon as it has it.
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return result.has_value(); });
  return *std::move(result);
}

namespace detail {

// A service as one Host has it.
template <typename Table>
class Service {
 public:
  // Whether it was granted.
  [[nodiscard]] explicit operator bool() const { return table_ != nullptr; }

 protected:
  Service(Host host, const char* id, bool calls_back) : host_(host) {
    if (!calls_back || host.jobs()) table_ = host.service<Table>(id);
  }
  // Hands `use` a token whose completion calls `done(Answer)`.
  template <typename Done, typename Use>
  void call(std::string_view grant, Done&& done, Use&& use) const {
    if (!table_) return done(Answer{ATRIUM_DENIED, "The grant " + std::string(grant) + " was not given."});
    const atrium_token token = make_token(host_, [done = std::forward<Done>(done)](atrium_status status, std::string_view text) mutable {
      done(Answer{status, std::string(text)});
    });
    use(*table_, token);
  }
  Host host_;
  const Table* table_ = nullptr;
};

}  // namespace detail

// One call at a later time. A value that names it.
struct Timer {
  std::uint64_t id = 0;
  detail::Job* job = nullptr;
};

class Timers : public detail::Service<atrium_timer_service> {
 public:
  explicit Timers(Host host) : Service(host, ATRIUM_SERVICE_TIMER, true) {}
  // Calls `fire()` once, on a worker, `delay_ms` from now or later. Nothing: not granted, ATRIUM_TIMERS_MAX are waiting, or too long a
  // delay.
  template <typename Fire>
  [[nodiscard]] std::optional<Timer> start(std::uint64_t delay_ms, Fire&& fire) const {
    if (!table_) return std::nullopt;
    auto* job = detail::make_job(host_, std::forward<Fire>(fire));
    Timer timer{0, job};
    if (table_->start(host_.abi(), delay_ms, job->run, job, &timer.id) == ATRIUM_OK) return timer;
    host_.jobs()->remove(job);
    return std::nullopt;
  }
  // True: it will not fire.
  bool cancel(const Timer& timer) const {
    if (!table_ || table_->cancel(host_.abi(), timer.id) != 1) return false;
    host_.jobs()->remove(timer.job);
    return true;
  }
};

class Executor : public detail::Service<atrium_executor_service> {
 public:
  explicit Executor(Host host) : Service(host, ATRIUM_SERVICE_EXECUTOR, true) {}
  // Runs `job()` once on a worker. False: not granted, or ATRIUM_JOBS_MAX are waiting.
  template <typename Work>
  [[nodiscard]] bool post(Work&& work) const {
    if (!table_) return false;
    auto* job = detail::make_job(host_, std::forward<Work>(work));
    if (table_->post(host_.abi(), job->run, job) == ATRIUM_OK) return true;
    host_.jobs()->remove(job);
    return false;
  }
};

// Small values that outlive the process. `tenant` may be empty. done(Answer) is called for each.
class Kv : public detail::Service<atrium_kv_service> {
 public:
  explicit Kv(Host host) : Service(host, ATRIUM_SERVICE_KV, true) {}
  // The answer's text is the value; ATRIUM_NOT_FOUND.
  template <typename Done>
  void get(std::string_view tenant, std::string_view key, Done&& done) const {
    call("kv", std::forward<Done>(done),
         [&](const auto& table, const atrium_token& token) { table.get(host_.abi(), text_of(tenant), text_of(key), &token); });
  }
  template <typename Done>
  void put(std::string_view tenant, std::string_view key, std::string_view value, Done&& done) const {
    call("kv", std::forward<Done>(done), [&](const auto& table, const atrium_token& token) {
      table.put(host_.abi(), text_of(tenant), text_of(key), text_of(value), &token);
    });
  }
  template <typename Done>
  void remove(std::string_view tenant, std::string_view key, Done&& done) const {
    call("kv", std::forward<Done>(done),
         [&](const auto& table, const atrium_token& token) { table.remove(host_.abi(), text_of(tenant), text_of(key), &token); });
  }
};

// A plugin's message in a room; see atrium_publication. It owns its texts.
struct Publication {
  std::string tenant_id;
  std::string room_id;
  std::string content;
  std::string message_type = {};  // Empty: "system".
  std::string metadata = {};      // A JSON object, or empty.
  std::string client_message_id = {};
  std::uint32_t priority = ATRIUM_PRIORITY_NORMAL;
};

class Publisher : public detail::Service<atrium_publish_service> {
 public:
  explicit Publisher(Host host) : Service(host, ATRIUM_SERVICE_PUBLISH, true) {}
  // The answer's text is the confirmation as clients get it.
  template <typename Done>
  void post(const Publication& publication, Done&& done) const {
    const atrium_publication out{.struct_size = sizeof out,
                                 .priority = publication.priority,
                                 .tenant_id = text_of(publication.tenant_id),
                                 .room_id = text_of(publication.room_id),
                                 .message_type = text_of(publication.message_type),
                                 .content = text_of(publication.content),
                                 .metadata = text_of(publication.metadata),
                                 .client_message_id = text_of(publication.client_message_id)};
    call("publish", std::forward<Done>(done), [&](const auto& table, const atrium_token& token) { table.post(host_.abi(), &out, &token); });
  }
};

// Leads and agents of a tenant; see atrium_coordination_service. `body` is a JSON object. The answer's text is what REST answers.
class CoordinationDesk : public detail::Service<atrium_coordination_service> {
 public:
  explicit CoordinationDesk(Host host) : Service(host, ATRIUM_SERVICE_COORDINATION, true) {}
  // One of ATRIUM_COORDINATION_..., for those that have no function of their own here.
  template <typename Done>
  void request(std::uint32_t operation, std::string_view tenant, std::string_view id, std::string_view body, Done&& done) const {
    const atrium_coordination_request out{
        .struct_size = sizeof out, .operation = operation, .tenant_id = text_of(tenant), .id = text_of(id), .body = text_of(body)};
    call("coordination", std::forward<Done>(done),
         [&](const auto& table, const atrium_token& token) { table.request(host_.abi(), &out, &token); });
  }
  // {"lead_id": "...", "lead": {"name": "..."}}
  template <typename Done>
  void route_lead(std::string_view tenant, std::string_view body, Done&& done) const {
    request(ATRIUM_COORDINATION_ROUTE_LEAD, tenant, {}, body, std::forward<Done>(done));
  }
  template <typename Done>
  void read_agent(std::string_view tenant, std::string_view agent, Done&& done) const {
    request(ATRIUM_COORDINATION_READ_AGENT, tenant, agent, {}, std::forward<Done>(done));
  }
  // The agent is offered nothing until this plugin resumes him, or a person does. Again is harmless.
  template <typename Done>
  void pause_agent(std::string_view tenant, std::string_view agent, Done&& done) const {
    request(ATRIUM_COORDINATION_PAUSE_AGENT, tenant, agent, {}, std::forward<Done>(done));
  }
  // Takes back this plugin's own pause, and nobody else's.
  template <typename Done>
  void resume_agent(std::string_view tenant, std::string_view agent, Done&& done) const {
    request(ATRIUM_COORDINATION_RESUME_AGENT, tenant, agent, {}, std::forward<Done>(done));
  }
};

class Secrets : public detail::Service<atrium_secrets_service> {
 public:
  explicit Secrets(Host host) : Service(host, ATRIUM_SERVICE_SECRETS, false) {}
  // What the operator gave under that name; nothing when he did not, or the grant is missing.
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
    std::string secret;
    const atrium_sink out{.context = &secret, .write = detail::append_to_string};
    if (!table_ || table_->get(host_.abi(), text_of(name), out) != ATRIUM_OK) return std::nullopt;
    return secret;
  }
};

class Random : public detail::Service<atrium_random_service> {
 public:
  explicit Random(Host host) : Service(host, ATRIUM_SERVICE_RANDOM, false) {}
  // False, and nothing filled: not granted, or more than ATRIUM_RANDOM_MAX.
  [[nodiscard]] bool fill(void* out, std::size_t size) const { return table_ && table_->fill(host_.abi(), out, size) == ATRIUM_OK; }
};

// JSON that did not come from the host.
class JsonTexts : public detail::Service<atrium_json_service> {
 public:
  explicit JsonTexts(Host host) : Service(host, ATRIUM_SERVICE_JSON, false) {}
  // Calls `each(Json)` with the value, which is valid until that returns. False: not well-formed, or too long. `each` may throw.
  template <typename Each>
  [[nodiscard]] bool parse(std::string_view text, Each&& each) const {
    struct Call {
      Each& each;
      std::exception_ptr thrown;
    } call{each, nullptr};
    const auto receive = [](void* context, const atrium_json* value) {
      auto& to = *static_cast<Call*>(context);
      try {
        to.each(Json(*value));
      } catch (...) {
        to.thrown = std::current_exception();  // Goes around the host, not through it.
      }
    };
    const bool sound = table_ && table_->parse(host_.abi(), text_of(text), receive, &call) == ATRIUM_OK;
    if (call.thrown) std::rethrow_exception(call.thrown);
    return sound;
  }
  // `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD. Without the service `text` must be UTF-8.
  [[nodiscard]] std::string quote(std::string_view text) const {
    if (!table_) return json_quoted(text);
    std::string out;
    table_->quote(host_.abi(), text_of(text), {.context = &out, .write = detail::append_to_string});
    return out;
  }
};

}  // namespace sdk
}  // namespace atrium
#endif
