#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "coaching/redaction.hpp"
#include "engine/ports.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

inline constexpr std::size_t private_fields_max = 200;      // names
inline constexpr std::size_t private_field_name_max = 100;  // bytes

// What a tenant marks private, read from a request: {"redact": ["emails", ...], "redact_fields": ["salary", ...]}; what is left out is not
// marked. Fails with validation_failed.
[[nodiscard]] Result<RedactionRules> readMarks(const JsonView& body, const Principal& caller);

// What no assistant sees of the tenants whose home this loop is: what the operator keeps from all of them, and what a tenant has marked
// private in addition. Marks are kept as documents and take nothing back of the operator's. On the loop's thread.
class Privacy {
 public:
  static constexpr std::size_t tenants_max = 10'000;  // Remembered; at the next one all are forgotten, and read anew.

  // `store` outlives it.
  Privacy(Store& store, RedactionRules always) : store_(store), always_(std::move(always)) {}

  // Completes with all that holds for the tenant. storage_unavailable, also for what is kept and cannot be read: in doubt nothing is shown.
  void rulesOf(const std::string& tenant_id, Completion<RedactionRules> done);
  // Completes with a Privacy of schemas.yaml.
  void read(const std::string& tenant_id, Completion<std::string> done);
  // Puts these marks in the place of the tenant's earlier ones; questions that are under way may have been asked by those. Completes
  // likewise.
  void mark(const std::string& tenant_id, RedactionRules marks, Completion<std::string> done);

 private:
  void marksOf(const std::string& tenant_id, Completion<RedactionRules> done);
  const RedactionRules& remember(const std::string& tenant_id, RedactionRules marks);
  [[nodiscard]] std::string jsonOf(const RedactionRules& marks) const;

  Store& store_;
  const RedactionRules always_;
  std::unordered_map<std::string, RedactionRules> marks_;  // By tenant.
};

}  // namespace atrium
