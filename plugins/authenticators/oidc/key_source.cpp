#include "key_source.hpp"

#include <chrono>
#include <string_view>
#include <utility>

#include <atrium/services.hpp>

#include "jwt.hpp"

namespace {

constexpr std::size_t shown_max = 200;  // bytes of what somebody else wrote

std::string answer_of(const atrium::HttpResponse& response) {
  if (response.outcome != ATRIUM_OK) return response.why.substr(0, shown_max);
  return "it answered with status " + std::to_string(response.status);
}

}  // namespace

std::shared_ptr<const KeyRing> KeySource::keys() {
  std::unique_lock lock(mutex_);
  const bool old = !ring_ || now_ms() - fetched_ms_ >= options_.jwks_refresh_ms;
  if (old) {
    lock.unlock();
    fetch();
    lock.lock();
  }
  if (ring_ && now_ms() - fetched_ms_ >= options_.jwks_stale_max_ms + options_.jwks_refresh_ms) ring_.reset();
  if (!ring_) wait(lock);
  return ring_;
}

std::shared_ptr<const KeyRing> KeySource::newer_than(const std::shared_ptr<const KeyRing>& known) {
  fetch();
  std::unique_lock lock(mutex_);
  wait(lock);
  return ring_ == known ? nullptr : ring_;
}

bool KeySource::fetching() {
  const std::scoped_lock lock(mutex_);
  return fetching_;
}

void KeySource::wait(std::unique_lock<std::mutex>& lock) {
  if (!fetching_ || waiting_ == waiting_max) return;
  ++waiting_;
  changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return !fetching_; });
  --waiting_;
}

void KeySource::fetch() {
  {
    const std::scoped_lock lock(mutex_);
    if (fetching_ || (tried_ && now_ms() - tried_ms_ < options_.jwks_retry_ms)) return;
    fetching_ = true;
    tried_ = true;
    tried_ms_ = now_ms();
  }
  if (!options_.jwks_uri.empty()) return fetch_keys(options_.jwks_uri);
  std::string address = options_.issuer;
  while (!address.empty() && address.back() == '/') address.pop_back();
  address += "/.well-known/openid-configuration";
  http_.send({.url = address, .headers = {{"accept", "application/json"}}, .timeout_ms = fetch_timeout_ms},
             [this](atrium::HttpResponse response) { take_discovery(response); });
}

void KeySource::take_discovery(const atrium::HttpResponse& response) {
  if (!response.ok()) return finished(nullptr, "its discovery document: " + answer_of(response));
  std::string address;
  bool own = false;
  const bool sound = atrium::JsonTexts(host_).parse(response.body, [&](atrium::Json document) {
    own = document["issuer"] == std::string_view(options_.issuer);
    address = document["jwks_uri"].as_text().value_or("");
  });
  // OpenID Connect Discovery 1.0, 4.3: else a provider could speak for another one.
  if (!sound || !own) return finished(nullptr, "its discovery document is not that of the configured issuer");
  constexpr std::string_view secure = "https://";
  const bool issuer_is_secure = options_.issuer.compare(0, secure.size(), secure) == 0;
  if (address.empty() || (issuer_is_secure && address.compare(0, secure.size(), secure) != 0))
    return finished(nullptr, "its discovery document names no address of keys with https");
  fetch_keys(address);
}

void KeySource::fetch_keys(const std::string& address) {
  http_.send({.url = address, .headers = {{"accept", "application/json"}}, .timeout_ms = fetch_timeout_ms},
             [this](atrium::HttpResponse response) { take_keys(response); });
}

void KeySource::take_keys(const atrium::HttpResponse& response) {
  if (!response.ok()) return finished(nullptr, "its keys: " + answer_of(response));
  auto ring = std::make_shared<KeyRing>();
  const bool sound = atrium::JsonTexts(host_).parse(response.body, [&](atrium::Json document) { *ring = KeyRing::read(document["keys"]); });
  if (!sound || ring->size() == 0) return finished(nullptr, "its key set holds no key that could verify a token");
  finished(std::move(ring), {});
}

void KeySource::finished(std::shared_ptr<const KeyRing> ring, const std::string& trouble) {
  if (ring)
    host_.info("keys_fetched", "The provider has " + std::to_string(ring->size()) + " keys.");
  else
    host_.warning("keys_not_fetched", "The provider's keys could not be fetched: " + trouble + ".");
  const std::scoped_lock lock(mutex_);
  fetching_ = false;
  if (ring) {
    ring_ = std::move(ring);
    fetched_ms_ = now_ms();
  }
  changed_.notify_all();
}
