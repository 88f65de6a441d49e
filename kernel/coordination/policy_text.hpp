#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "coordination/policy_book.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"
#include "routing/policy.hpp"

// Policies as JSON, in storage and on the wire:
//   {"agents": {"match": 1}, "queue": {}, "ageing_guard_ms": 1200000}
namespace atrium {

inline constexpr std::size_t policy_scorers_max = 32;  // A side.
inline constexpr double policy_weight_max = 1e6;

// A client's `PUT /coordination/policies/{name}`. validation_failed names every wrong field: weights that are negative or no numbers, a
// side whose weights are all 0, scorers that are none of `scorers`.
[[nodiscard]] Result<RoutingPolicy> readPolicy(std::string_view name, const JsonView& body, const Principal& caller,
                                               std::span<const std::string> scorers);

// The stored form and back; nothing for one that is damaged.
[[nodiscard]] std::string encodePolicy(const RoutingPolicy& policy, std::uint64_t version);
[[nodiscard]] std::optional<PolicyEntry> decodePolicy(std::string_view name, std::string_view stored);

// A Policy and a PolicyList of schemas.yaml.
[[nodiscard]] std::string policyJson(const PolicyEntry& entry);
[[nodiscard]] std::string policyListJson(std::span<const PolicyEntry> entries);

}  // namespace atrium
