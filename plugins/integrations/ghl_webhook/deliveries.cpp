#include "deliveries.hpp"

#include <algorithm>
#include <cstdint>

#include "timed_wait.hpp"

// FNV-1a: which place an id falls into must be the same in every build.
std::string Deliveries::place_of(std::string_view id) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return "taken/" + std::to_string(hash % places);
}

std::string Deliveries::read(const std::string& place) const {
  if (!kv_) return {};
  const auto answer = wait_at_most<atrium::Answer>(patience_ms, [&](auto done) { kv_.get(tenant_, place, std::move(done)); });
  return answer && answer->ok() ? answer->text : std::string();
}

bool Deliveries::knows(std::string_view id) const {
  const std::string kept = "\n" + read(place_of(id));
  return kept.find("\n" + std::string(id) + "\n") != std::string::npos;
}

void Deliveries::remember(std::string_view id) const {
  if (!kv_) return;
  const std::string place = place_of(id);
  std::string kept = read(place);
  while (std::count(kept.begin(), kept.end(), '\n') >= static_cast<std::ptrdiff_t>(ids_max)) kept.erase(0, kept.find('\n') + 1);
  kept.append(id).push_back('\n');
  static_cast<void>(wait_at_most<atrium::Answer>(patience_ms, [&](auto done) { kv_.put(tenant_, place, kept, std::move(done)); }));
}
