#include "coordination/policy_books.hpp"

#include <iterator>
#include <utility>

#include "protocol/metrics.hpp"

namespace atrium {

PolicyBook& PolicyBooks::of(std::string_view tenant_id) {
  if (const auto known = by_tenant_.find(tenant_id); known != by_tenant_.end()) {
    books_.splice(books_.begin(), books_, known->second);
    return books_.front();
  }
  makeRoom();
  books_.emplace_front(std::string(tenant_id), store_, log_, base_);
  by_tenant_.emplace(books_.front().tenant(), books_.begin());
  metrics_.set(Metric::policy_books, static_cast<std::int64_t>(books_.size()));
  return books_.front();
}

void PolicyBooks::makeRoom() {
  for (auto last = books_.end(); books_.size() >= tenants_max && last != books_.begin();) {
    --last;
    if (!last->idle()) continue;
    by_tenant_.erase(last->tenant());
    last = books_.erase(last);
  }
}

void PolicyBooks::setBase(PolicyBasePtr base) {
  base_ = std::move(base);
  for (PolicyBook& book : books_) book.setBase(base_);
}

}  // namespace atrium
