#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.hpp"
#include "coordination/policy_book.hpp"

namespace atrium {

// The policies of all tenants whose home one loop is. On that loop; what it refers to outlives it.
class PolicyBooks {
 public:
  // Tenants in memory. One more takes the place of the one that was not used for longest, which is loaded again when it is needed; while
  // something is under way for all of them, there are so many more.
  static constexpr std::size_t tenants_max = 10'000;

  PolicyBooks(Store& store, Log& log, MetricSet& metrics, PolicyBasePtr base)
      : store_(store), log_(log), metrics_(metrics), base_(std::move(base)) {}

  // Valid until the next call of this function.
  [[nodiscard]] PolicyBook& of(std::string_view tenant_id);

  // The configuration has changed: holds from now on, for all tenants.
  void setBase(PolicyBasePtr base);

 private:
  void makeRoom();

  Store& store_;
  Log& log_;
  MetricSet& metrics_;
  PolicyBasePtr base_;
  std::list<PolicyBook> books_;  // The last used one first.
  std::unordered_map<std::string_view, std::list<PolicyBook>::iterator> by_tenant_;
};

}  // namespace atrium
