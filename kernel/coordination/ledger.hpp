#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports.hpp"

namespace atrium {

// How one tenant's desk keeps what it does: changes are stored in the order they are handed over, one batch at a time, and what comes while
// a batch is under way shares the next one. A batch that fails takes all that came behind it along, so that what is stored is always what
// the desk was at some moment; the desk then begins anew from there. On the tenant's home loop.
//
// Each batch also moves a document of the tenant's own, ("coordination", tenant), on by one version: what somebody else wrote meanwhile, or
// a write of ours that was given up and arrives late, is found out and never mixed in.
class Ledger {
 public:
  using Then = std::move_only_function<void(const Result<void>&)>;
  // `broken` runs after everybody was told of a failure, once until the next renew(), possibly within commit(). The store outlives it.
  Ledger(Store& store, std::string tenant_id, std::move_only_function<void()> broken)
      : store_(store), tenant_id_(std::move(tenant_id)), broken_(std::move(broken)) {}

  // Stores the writes, fewer than ATRIUM_BATCH_MAX, all or none; `then` runs when they and all that was handed over before are stored, or
  // with why not. Possibly before this returns.
  void commit(std::vector<DocumentWrite> writes, Then then);
  // Changes nothing: `then` runs when all that was handed over before is stored; overloaded when as much waits as may.
  void afterAll(Then then);
  // Makes sure that nothing of before is still on its way, and that the ledger is this one's from now on. Before the first commit, and
  // after each failure.
  void renew(Completion<void> done);
  [[nodiscard]] bool sound() const { return sound_; }

  // Commits that may wait while the store is slow; one more counts as a failure of it.
  static constexpr std::size_t waiting_max = 10'000;

 private:
  struct Commit {
    std::vector<DocumentWrite> writes;
    Then then;
  };
  void flush();
  void stored(std::vector<Then> told, const Result<void>& result);
  void fail(const Error& error, std::vector<Then> told);

  Store& store_;
  const std::string tenant_id_;
  std::move_only_function<void()> broken_;
  std::uint64_t version_ = 0;  // Of the tenant's document.
  std::uint64_t term_ = 0;     // Grows with renew(): what comes of a batch of before is of no more consequence.
  bool sound_ = false;
  bool flying_ = false;
  std::deque<Commit> waiting_;
};

}  // namespace atrium
