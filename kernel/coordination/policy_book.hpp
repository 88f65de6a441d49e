#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "engine/ports.hpp"
#include "engine/serial.hpp"
#include "routing/policy.hpp"

namespace atrium {

// Where a policy comes from. A later one takes the place of an earlier one of its name.
enum class PolicyOrigin : std::uint8_t { built_in, configuration, tenant };
[[nodiscard]] std::string_view word(PolicyOrigin origin);

// A policy as it is at present. A value.
struct PolicyEntry {
  std::shared_ptr<const RoutingPolicy> policy;  // Never null.
  // Grows with what the tenant changes of it while the server runs; 0: nothing ever was. What the configuration changes is not counted.
  std::uint64_t version = 0;
  PolicyOrigin origin{};
  bool chosen = false;  // The tenant's default: queues that name no policy use it.
};

// The policies of all tenants: the platform's and the configuration's. Never changed; another one takes its place.
struct PolicyBase {
  std::map<std::string, PolicyEntry, std::less<>> policies;  // By name.
  std::string default_policy;                                // One of them.
};
using PolicyBasePtr = std::shared_ptr<const PolicyBase>;
// `default_policy` is one of the platform's or of `configured`.
[[nodiscard]] PolicyBasePtr makePolicyBase(std::string default_policy, std::vector<RoutingPolicy> configured);

// The policies of one tenant: those of all tenants and, above them, what the tenant has changed while the server ran, which is stored as
//
//   ("policy", tenant, name)    {"version", "agents", "queue", "ageing_guard_ms"}
//   ("policies", tenant)        {"version", "base_version", "default"}
//
// `version` counts the tenant's changes, so that no version of a policy comes twice, not even after its removal; `base_version` is the
// count at the last removal, and the version of what is not changed. Nothing holds before it is stored; it is loaded on first use, and
// again after a write that failed, since nobody knows what became of it. On the tenant's home loop. Completes possibly before it returns.
class PolicyBook {
 public:
  static constexpr std::size_t changed_max = 100;  // Policies of a tenant's own; one more is refused: conflict.
  static constexpr std::size_t waiting_max = 64;   // Changes, and reads before the first load; one more is refused: overloaded.

  // What is referred to outlives it.
  PolicyBook(std::string tenant_id, Store& store, Log& log, PolicyBasePtr base)
      : tenant_id_(std::move(tenant_id)), store_(store), log_(log), base_(std::move(base)) {}
  PolicyBook(const PolicyBook&) = delete;
  PolicyBook& operator=(const PolicyBook&) = delete;

  // The policy of that name or, with an empty one, the default; not_found.
  void get(std::string name, Completion<PolicyEntry> done);
  // All of them, in the order of their names.
  void list(Completion<std::vector<PolicyEntry>> done);
  // `policy` is sound (readPolicy()) and takes the place of what there was under its name.
  void put(RoutingPolicy policy, Completion<PolicyEntry> done);
  // Back to what all tenants have; nothing to do is no failure. not_found; conflict for the default, when nothing would be left of it.
  void remove(std::string name, Completion<void> done);
  // not_found when there is none of that name.
  void setDefault(std::string name, Completion<PolicyEntry> done);

  void setBase(PolicyBasePtr base) { base_ = std::move(base); }
  // Whether nothing is under way, so that it may be destroyed.
  [[nodiscard]] bool idle() const { return serial_.size() == 0; }
  [[nodiscard]] const std::string& tenant() const { return tenant_id_; }

 private:
  struct Head {
    std::uint64_t version = 0;
    std::uint64_t base_version = 0;
    std::string default_policy;  // Empty: what the configuration says.
  };

  // Runs `then` once what is stored is known, one after the other; with `old_will_do` also when it cannot be read and once was.
  template <typename T>
  void whenLoaded(bool old_will_do, Completion<T> done, std::move_only_function<void(Completion<T>)> then);
  void load(Completion<void> done);
  void takeStored(const std::vector<Document>& documents);
  void write(const Head& head, DocumentWrite policy, std::move_only_function<void()> apply, Completion<void> done);

  [[nodiscard]] std::optional<PolicyEntry> find(std::string_view name) const;
  [[nodiscard]] Result<PolicyEntry> found(std::string_view name) const;
  [[nodiscard]] std::string_view defaultName() const;
  [[nodiscard]] std::vector<PolicyEntry> listed() const;

  const std::string tenant_id_;
  Store& store_;
  Log& log_;
  PolicyBasePtr base_;
  Head head_;
  std::map<std::string, PolicyEntry, std::less<>> changed_;
  Serial serial_;
  bool known_ = false;  // What is stored was read once...
  bool fresh_ = false;  // ...and is what is held here.
};

}  // namespace atrium
