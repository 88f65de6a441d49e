#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "atrium/completion.h"
#include "atrium/host.h"
#include "plugin/manifest.hpp"

namespace atrium::validate {

// A server's services as far as a plugin sees them, without a server: time that the probe sets, randomness from a seed, a key-value
// store in memory, one thread for jobs and timers, and other systems that answer 200 with "{}".
class FakeHost {
 public:
  // How the services behave; a probe chooses before the instance is made.
  struct Manner {
    bool grant = true;     // False: get_service answers NULL to everything.
    bool guarded = false;  // Reading beyond the host's struct crashes.
    bool failing = false;  // Services fail: FULL, FAILED, NOT_FOUND; every third asynchronous call is answered late, from another thread.
    std::uint64_t seed = 1;
  };
  FakeHost(const Manifest& manifest, Manner manner);
  ~FakeHost();  // Ends the threads, after what runs.
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const atrium_host* abi() const { return abi_; }
  // Drops the timers and waits for the jobs that were taken and for the answers that are late. Before destroy().
  void settle();

  // The names of the secrets that the plugin asked for so far. Any thread.
  [[nodiscard]] std::set<std::string> secretsAsked() const;

  static constexpr std::string_view secret_value = "a secret of the validator";  // Of every name.
  static constexpr std::uint64_t wall_start_ms = 1'750'000'000'000;
  std::atomic<std::uint64_t> wall_ms{wall_start_ms};
  std::atomic<std::uint64_t> mono_ns{1'000'000'000};

 private:
  struct Tables;
  struct Job {
    void (*run)(void*);
    void* context;
    std::uint64_t timer;  // 0: a job.
  };
  static FakeHost& of(const atrium_host* host) { return *static_cast<FakeHost*>(host->context); }
  static const void* getService(const atrium_host* host, const char* service_id);
  [[nodiscard]] bool granted(std::string_view service) const;
  bool enqueue(Job job);
  void answer(const atrium_token& token, atrium_status status, std::string_view result);
  void work();
  void answerLate();

  const Manifest& manifest_;
  const Manner manner_;
  std::byte* pages_ = nullptr;  // Two, the second of which nobody may touch.
  atrium_host* abi_ = nullptr;
  mutable std::mutex mutex_;
  std::condition_variable wakes_, late_wakes_, settled_;
  std::vector<Job> jobs_;
  std::deque<atrium_token> late_;
  std::map<std::string, std::string> values_;
  std::set<std::string> secrets_asked_;
  std::uint64_t last_timer_ = 0, random_state_ = 0;
  std::uint32_t metrics_ = 0, calls_ = 0;
  bool busy_ = false, answering_ = false, settling_ = false, stopping_ = false;
  std::thread worker_;    // Started with the first job.
  std::thread answerer_;  // Started with the first late answer; apart from the worker, whose jobs may wait for it.
};

}  // namespace atrium::validate
