#include "validator/fake_host.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "atrium/service/clock.h"
#include "atrium/service/coordination.h"
#include "atrium/service/executor.h"
#include "atrium/service/http.h"
#include "atrium/service/json.h"
#include "atrium/service/kv.h"
#include "atrium/service/log.h"
#include "atrium/service/metrics.h"
#include "atrium/service/publish.h"
#include "atrium/service/random.h"
#include "atrium/service/secrets.h"
#include "atrium/service/timer.h"
#include "base/assert.hpp"
#include "base/ids.hpp"
#include "protocol/abi_text.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium::validate {

FakeHost::FakeHost(const Manifest& manifest, Manner manner) : manifest_(manifest), manner_(manner), random_state_(manner.seed) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* pages = ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ATRIUM_ASSERT(pages != MAP_FAILED, "there are addresses for a host");
  pages_ = static_cast<std::byte*>(pages);
  ::mprotect(pages_ + page, page, PROT_NONE);
  std::byte* at = pages_ + (manner.guarded ? page - sizeof(atrium_host) : 0);
  abi_ = new (at) atrium_host{.struct_size = sizeof(atrium_host), .context = this, .get_service = getService};
}

FakeHost::~FakeHost() {
  settle();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  late_wakes_.notify_all();
  if (worker_.joinable()) worker_.join();
  if (answerer_.joinable()) answerer_.join();
  ::munmap(pages_, 2 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

bool FakeHost::granted(std::string_view service) const {
  return manner_.grant && std::ranges::any_of(manifest_.grants, [&](const std::string& grant) {
           return grant == service || (grant.starts_with(service) && grant[service.size()] == ':');
         });
}

void FakeHost::settle() {
  std::unique_lock lock(mutex_);
  settling_ = true;
  std::erase_if(jobs_, [](const Job& job) { return job.timer != 0; });
  settled_.wait(lock, [this] { return jobs_.empty() && !busy_ && late_.empty() && !answering_; });
  settling_ = false;
}

std::set<std::string> FakeHost::secretsAsked() const {
  const std::lock_guard lock(mutex_);
  return secrets_asked_;
}

bool FakeHost::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || settling_ || jobs_.size() >= ATRIUM_TIMERS_MAX || (manner_.failing && ++calls_ % 2 == 0)) return false;
    jobs_.push_back(job);
    if (!worker_.joinable()) worker_ = std::thread([this] { work(); });
  }
  wakes_.notify_one();
  return true;
}

// A timer fires after a millisecond, whatever its delay: a plugin may rely on "or later" alone, and a probe does not wait.
void FakeHost::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wakes_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = jobs_.front();
    jobs_.erase(jobs_.begin());
    busy_ = true;
    lock.unlock();
    if (job.timer != 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    job.run(job.context);
    lock.lock();
    busy_ = false;
    settled_.notify_all();
  }
}

void FakeHost::answer(const atrium_token& token, atrium_status status, std::string_view result) {
  if (manner_.failing) {
    const std::lock_guard lock(mutex_);
    if (settling_) {
      status = ATRIUM_CANCELLED;
    } else if (++calls_ % 3 == 0) {
      late_.push_back(token);
      if (!answerer_.joinable()) answerer_ = std::thread([this] { answerLate(); });
      late_wakes_.notify_one();
      return;
    } else {
      status = ATRIUM_FAILED;
    }
    result = "the validator wants it so";
  }
  token.complete(token.context, token.id, status, {result.data(), result.size()});
}

// Every call is completed, as the services promise, because a plugin may wait for it; but not before the hook that asked has had the time
// to return, so that a plugin which does not wait is answered between its calls.
void FakeHost::answerLate() {
  static constexpr std::string_view late = "the validator did not answer in time";
  std::unique_lock lock(mutex_);
  for (;;) {
    late_wakes_.wait(lock, [this] { return stopping_ || !late_.empty(); });
    if (late_.empty()) return;
    const atrium_token token = late_.front();
    late_.pop_front();
    answering_ = true;
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    token.complete(token.context, token.id, ATRIUM_TIMED_OUT, {late.data(), late.size()});
    lock.lock();
    answering_ = false;
    settled_.notify_all();
  }
}

struct FakeHost::Tables {
  static void log(const atrium_host*, std::uint32_t, atrium_text, atrium_text) {}
  static std::uint64_t monoNs(const atrium_host* host) { return of(host).mono_ns; }
  static std::uint64_t wallMs(const atrium_host* host) { return of(host).wall_ms; }
  static atrium_status fill(const atrium_host* host, void* out, std::uint64_t size) {
    FakeHost& self = of(host);
    if (size > ATRIUM_RANDOM_MAX) return ATRIUM_INVALID;
    const std::lock_guard lock(self.mutex_);
    Random random(self.random_state_++);
    for (std::uint64_t n = 0; n < size; ++n) static_cast<unsigned char*>(out)[n] = static_cast<unsigned char>(random.next());
    return ATRIUM_OK;
  }
  static atrium_status parse(const atrium_host*, atrium_text text, void (*each)(void*, const atrium_json*), void* context) {
    if (text.size > ATRIUM_JSON_MAX) return ATRIUM_INVALID;
    const auto document = JsonDocument::parse(viewOf(text));
    if (!document) return ATRIUM_INVALID;
    each(context, &document->root().abi());
    return ATRIUM_OK;
  }
  static void quote(const atrium_host*, atrium_text text, atrium_sink out) {
    std::string quoted;
    JsonWriter(quoted).value(viewOf(text));
    out.write(out.context, quoted.data(), quoted.size());
  }
  static std::uint32_t declare(const atrium_host* host, std::uint32_t, atrium_text, atrium_text) {
    FakeHost& self = of(host);
    return self.manner_.failing || self.metrics_ == ATRIUM_METRICS_MAX ? 0 : ++self.metrics_;
  }
  static void record(const atrium_host*, std::uint32_t, double) {}
  static std::string keyOf(atrium_text tenant, atrium_text key) { return std::string(viewOf(tenant)) + '\0' + std::string(viewOf(key)); }
  static void get(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    FakeHost& self = of(host);
    std::string value;
    bool found = false;
    {
      const std::lock_guard lock(self.mutex_);
      const auto at = self.values_.find(keyOf(tenant, key));
      found = at != self.values_.end();
      if (found) value = at->second;
    }
    self.answer(*token, found ? ATRIUM_OK : ATRIUM_NOT_FOUND, value);
  }
  static void put(const atrium_host* host, atrium_text tenant, atrium_text key, atrium_text value, const atrium_token* token) {
    FakeHost& self = of(host);
    const bool fits = key.size <= ATRIUM_KV_KEY_MAX && value.size <= ATRIUM_KV_VALUE_MAX;
    if (fits) {
      const std::lock_guard lock(self.mutex_);
      self.values_[keyOf(tenant, key)] = viewOf(value);
    }
    self.answer(*token, fits ? ATRIUM_OK : ATRIUM_INVALID, {});
  }
  static void remove(const atrium_host* host, atrium_text tenant, atrium_text key, const atrium_token* token) {
    FakeHost& self = of(host);
    {
      const std::lock_guard lock(self.mutex_);
      self.values_.erase(keyOf(tenant, key));
    }
    self.answer(*token, ATRIUM_OK, {});
  }
  static atrium_status post(const atrium_host* host, void (*job)(void*), void* context) {
    return of(host).enqueue({job, context, 0}) ? ATRIUM_OK : ATRIUM_FULL;
  }
  static atrium_status start(const atrium_host* host, std::uint64_t delay_ms, void (*fire)(void*), void* context, std::uint64_t* timer) {
    FakeHost& self = of(host);
    if (delay_ms > ATRIUM_TIMER_DELAY_MS_MAX) return ATRIUM_INVALID;
    std::uint64_t name = 0;
    {
      const std::lock_guard lock(self.mutex_);
      name = ++self.last_timer_;
    }
    *timer = name;
    return self.enqueue({fire, context, name}) ? ATRIUM_OK : ATRIUM_FULL;
  }
  static std::uint32_t cancel(const atrium_host* host, std::uint64_t timer) {
    FakeHost& self = of(host);
    const std::lock_guard lock(self.mutex_);
    return std::erase_if(self.jobs_, [timer](const Job& job) { return job.timer == timer; }) > 0 ? 1 : 0;
  }
  static void send(const atrium_host* host, const atrium_http_call*, const atrium_token* token) {
    of(host).answer(*token, ATRIUM_OK, R"({"status":200,"headers":{"content-type":"application/json"},"body":"{}"})");
  }
  static void publish(const atrium_host* host, const atrium_publication*, const atrium_token* token) {
    of(host).answer(*token, ATRIUM_OK, R"({"message_id":"msg_00000000000000000000000001","seq":1})");
  }
  static void coordinate(const atrium_host* host, const atrium_coordination_request*, const atrium_token* token) {
    of(host).answer(*token, ATRIUM_OK, "{}");
  }
  static atrium_status secret(const atrium_host* host, atrium_text name, atrium_sink out) {
    FakeHost& self = of(host);
    {
      const std::lock_guard lock(self.mutex_);
      self.secrets_asked_.emplace(viewOf(name));
    }
    if (self.manner_.failing) return ATRIUM_NOT_FOUND;
    out.write(out.context, secret_value.data(), secret_value.size());
    return ATRIUM_OK;
  }
};

const void* FakeHost::getService(const atrium_host* host, const char* service_id) {
  static constexpr atrium_log_service log{sizeof(log), Tables::log};
  static constexpr atrium_clock_service clock{sizeof(clock), Tables::monoNs, Tables::wallMs};
  static constexpr atrium_random_service random{sizeof(random), Tables::fill};
  static constexpr atrium_json_service json{sizeof(json), Tables::parse, Tables::quote};
  static constexpr atrium_metrics_service metrics{sizeof(metrics), Tables::declare, Tables::record};
  static constexpr atrium_kv_service kv{sizeof(kv), Tables::get, Tables::put, Tables::remove};
  static constexpr atrium_executor_service executor{sizeof(executor), Tables::post};
  static constexpr atrium_timer_service timer{sizeof(timer), Tables::start, Tables::cancel};
  static constexpr atrium_http_service http{sizeof(http), Tables::send};
  static constexpr atrium_publish_service publish{sizeof(publish), Tables::publish};
  static constexpr atrium_coordination_service coordination{sizeof(coordination), Tables::coordinate};
  static constexpr atrium_secrets_service secrets{sizeof(secrets), Tables::secret};
  static constexpr std::pair<std::string_view, const void*> services[] = {
      {ATRIUM_SERVICE_LOG, &log},         {ATRIUM_SERVICE_CLOCK, &clock}, {ATRIUM_SERVICE_RANDOM, &random},
      {ATRIUM_SERVICE_METRICS, &metrics}, {ATRIUM_SERVICE_KV, &kv},       {ATRIUM_SERVICE_EXECUTOR, &executor},
      {ATRIUM_SERVICE_TIMER, &timer},     {ATRIUM_SERVICE_HTTP, &http},   {ATRIUM_SERVICE_PUBLISH, &publish},
      {ATRIUM_SERVICE_SECRETS, &secrets}, {ATRIUM_SERVICE_JSON, &json},   {ATRIUM_SERVICE_COORDINATION, &coordination}};
  const std::string_view id = service_id ? service_id : "";
  const FakeHost& self = of(host);
  for (const auto& [name, table] : services) {
    if (id != name) continue;
    // "atrium.kv/1" is granted as "kv".
    const std::string_view grant = name.substr(7, name.find('/') - 7);
    return (name == ATRIUM_SERVICE_JSON && self.manner_.grant) || self.granted(grant) ? table : nullptr;
  }
  return nullptr;
}

}  // namespace atrium::validate
