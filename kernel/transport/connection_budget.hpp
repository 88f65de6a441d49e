#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace atrium {

// How many connections the process may have, over all loops. Any thread.
class ConnectionBudget {
 public:
  explicit ConnectionBudget(std::size_t max) : max_(max) {}
  ConnectionBudget(const ConnectionBudget&) = delete;
  ConnectionBudget& operator=(const ConnectionBudget&) = delete;

  // One place within the budget; given back when destroyed. False: there was none left.
  class Place {
   public:
    Place() = default;
    explicit Place(ConnectionBudget* budget) : budget_(budget) {}
    Place(Place&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(budget_, other.budget_);
      return *this;
    }
    ~Place() {
      if (budget_) budget_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    explicit operator bool() const { return budget_ != nullptr; }

   private:
    ConnectionBudget* budget_ = nullptr;
  };

  // The place must not outlive the budget.
  [[nodiscard]] Place take() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < max_) return Place(this);
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return Place{};
  }
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  std::size_t max_;
  std::atomic<std::size_t> taken_{0};
};

}  // namespace atrium
