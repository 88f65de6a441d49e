#include "enrichment.hpp"

#include <algorithm>

#include "timed_wait.hpp"

namespace {

constexpr std::size_t value_max = 1000;  // bytes of one field's JSON

std::string percent_encoded(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain)
      out += static_cast<char>(c);
    else
      out.append({'%', hex[c >> 4], hex[c & 15]});
  }
  return out;
}

}  // namespace

Enrichment::Enrichment(atrium::Host host, const GhlOptions& options)
    : host_(host), http_(host), json_(host), options_(options), key_(atrium::Secrets(host).get("crm_key").value_or("")) {}

bool Enrichment::resting() const { return failures_ >= failures_max && now_ms() < rests_until_ms_; }

std::string Enrichment::address_for(const std::string& email, const std::string& phone) const {
  std::string url = options_.enrich_url;
  char joint = url.find('?') == std::string::npos ? '?' : '&';
  for (const auto& [name, value] : {std::pair<std::string_view, const std::string&>{"email=", email}, {"phone=", phone}}) {
    if (value.empty()) continue;
    url.append(1, joint).append(name).append(percent_encoded(value));
    joint = '&';
  }
  return url;
}

Enrichment::Found Enrichment::read(const atrium::HttpResponse& response) const {
  if (response.outcome == ATRIUM_OK && response.status == 404) return {.state = "none", .fields = {}};
  Found found{.state = "failed", .fields = {}, .why = {}};
  if (!response.ok()) {
    found.why = response.outcome == ATRIUM_OK ? "It answered " + std::to_string(response.status) + "." : response.why;
    return found;
  }
  found.why = "Its answer is no JSON object.";
  static_cast<void>(json_.parse(response.body, [&](atrium::Json answer) {
    if (!answer.is_object()) return;
    found.state = "done";
    for (const std::string& name : options_.enrich_fields) {
      const atrium::Json value = answer[name];
      if ((value.is_text() || value.is_number() || value.is_bool()) && value.raw().size() <= value_max)
        found.fields.emplace_back(name, value.raw());
    }
  }));
  return found;
}

void Enrichment::note(const std::string& key, const Found& found) {
  const std::lock_guard lock(mutex_);
  if (found.state == "failed") {
    if (++failures_ == 1) host_.warning("crm_failed", found.why.empty() ? "It did not answer in time." : found.why);
    if (failures_ < failures_max) return;
    rests_until_ms_ = now_ms() + rest_ms;
    if (failures_ == failures_max) host_.warning("crm_rests", "The CRM failed three times in a row and is left alone for half a minute.");
    return;
  }
  failures_ = 0;
  if (options_.enrich_cache_ms == 0) return;
  if (remembered_.size() >= remembered_max)
    remembered_.erase(std::min_element(remembered_.begin(), remembered_.end(),
                                       [](const auto& a, const auto& b) { return a.second.until_ms < b.second.until_ms; }));
  remembered_[key] = {found, now_ms() + options_.enrich_cache_ms};
}

Enrichment::Found Enrichment::ask(const std::string& email, const std::string& phone) {
  if (options_.enrich_url.empty() || (email.empty() && phone.empty())) return {.state = "off", .fields = {}};
  const std::string key = email + '\n' + phone;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = remembered_.find(key); known != remembered_.end()) {
      if (now_ms() < known->second.until_ms) return known->second.found;
      remembered_.erase(known);
    }
    if (resting()) return {.state = "failed", .fields = {}};
  }
  atrium::HttpRequest request{.url = address_for(email, phone),
                              .headers = {{"accept", "application/json"}},
                              .timeout_ms = static_cast<std::uint32_t>(options_.enrich_timeout_ms)};
  if (!key_.empty()) request.headers.emplace_back("authorization", "Bearer " + key_);
  // The request has the same time as a limit, but may have to wait for its turn first.
  const auto response =
      wait_at_most<atrium::HttpResponse>(options_.enrich_timeout_ms, [&](auto done) { http_.send(request, std::move(done)); });
  const Found found = response ? read(*response) : Found{.state = "failed", .fields = {}};
  note(key, found);
  return found;
}
