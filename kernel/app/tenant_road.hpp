#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ports.hpp"
#include "engine/room_key.hpp"
#include "protocol/errors.hpp"

namespace atrium {

// One loop's way to what belongs to a tenant as a whole, which lives on the tenant's home loop: there is a Desk on every loop, and each
// tenant has its part in one of them. On that loop; what it refers to outlives it.
template <typename Desk>
class TenantRoad {
 public:
  // `desks` has one for each shard, in order, once the server serves.
  TenantRoad(unsigned index, Shards& shards, const std::vector<Desk*>& desks) : index_(index), shards_(shards), desks_(desks) {}

  // Runs f(Desk&, Completion<T>) on the tenant's home loop and `done` here with what it completes with; overloaded when the way is full.
  template <typename T, typename F>
  void ask(std::string_view tenant_id, Completion<T> done, F f) {
    const unsigned home = homeOfTenant(tenant_id, shards_.count());
    if (home == index_) return f(*desks_[home], std::move(done));
    Completion<T> answer = [this, done = std::move(done)](Result<T> result) mutable {
      shards_.postAlways(index_, [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    };
    // The completion has to survive a refused post, so it is held outside the task until that is sure.
    auto held = std::make_shared<Completion<T>>(std::move(answer));
    if (!shards_.post(home, [desk = desks_[home], f = std::move(f), held]() mutable { f(*desk, std::move(*held)); }))
      (*held)(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
  }

  // Runs f(Desk&) there, if its mailbox takes it. False: it did not.
  template <typename F>
  bool tell(std::string_view tenant_id, F f) {
    const unsigned home = homeOfTenant(tenant_id, shards_.count());
    if (home == index_) {
      f(*desks_[home]);
      return true;
    }
    return shards_.post(home, [desk = desks_[home], f = std::move(f)]() mutable { f(*desk); });
  }
  // Runs f(Desk&) there, whatever waits: for what must not be missed, and is bounded by what it tells of.
  template <typename F>
  void tellAlways(std::string_view tenant_id, F f) {
    const unsigned home = homeOfTenant(tenant_id, shards_.count());
    if (home == index_) return f(*desks_[home]);
    shards_.postAlways(home, [desk = desks_[home], f = std::move(f)]() mutable { f(*desk); });
  }

 private:
  unsigned index_;
  Shards& shards_;
  const std::vector<Desk*>& desks_;
};

}  // namespace atrium
