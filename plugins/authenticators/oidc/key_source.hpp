#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <atrium/http.hpp>

#include "key_ring.hpp"
#include "options.hpp"

// Gets the provider's keys and keeps them fresh. Its discovery document (OpenID Connect Discovery 1.0) says where they are; both are
// fetched through the server, without holding anyone up as long as there are keys. Old keys go on being used while the provider does not
// answer, up to jwks_stale_max; whatever tokens ask for, it is asked at most once in jwks_retry. Any thread.
class KeySource {
 public:
  KeySource(atrium::Host host, const OidcOptions& options) : host_(host), http_(host), options_(options) {}

  // The keys, and fresh ones on the way when they are old; where there are none yet, waits for them up to wait_ms. Null: there are none.
  [[nodiscard]] std::shared_ptr<const KeyRing> keys();
  // After `known` lacked a key: newer keys, waiting for them up to wait_ms; null: there are no newer ones now.
  [[nodiscard]] std::shared_ptr<const KeyRing> newer_than(const std::shared_ptr<const KeyRing>& known);
  // Whether newer keys are on their way, so that nobody can tell yet what they are.
  [[nodiscard]] bool fetching();
  // Fetches them unless that is under way or was tried a moment ago. Does not wait.
  void fetch();

 private:
  // Below the 500 ms in which a token is to be judged.
  static constexpr std::uint32_t wait_ms = 400;
  static constexpr std::uint32_t fetch_timeout_ms = 5000;
  // At a time; the others are told to come again. Whoever makes up names of keys must not take all workers from those whose keys are known.
  static constexpr unsigned waiting_max = 2;

  void wait(std::unique_lock<std::mutex>& lock);
  void fetch_keys(const std::string& address);
  void take_discovery(const atrium::HttpResponse& response);
  void take_keys(const atrium::HttpResponse& response);
  void finished(std::shared_ptr<const KeyRing> ring, const std::string& trouble);
  [[nodiscard]] std::uint64_t now_ms() const { return host_.mono_ns() / 1'000'000; }

  atrium::Host host_;
  atrium::Http http_;
  const OidcOptions& options_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const KeyRing> ring_;
  std::uint64_t fetched_ms_ = 0;
  std::uint64_t tried_ms_ = 0;
  unsigned waiting_ = 0;
  bool tried_ = false;
  bool fetching_ = false;
};
