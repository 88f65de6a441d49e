#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "coaching/tip.hpp"
#include "engine/ports.hpp"
#include "engine/shard.hpp"

namespace atrium {

// Which of a tenant's tips are asked for. A value.
struct TipQuery {
  std::string agent_id;      // Empty: everyone's.
  std::string cursor;        // A next_cursor; empty: from the newest.
  std::uint32_t limit = 50;  // 1 to tip_page_max.
};
inline constexpr std::uint32_t tip_page_max = 200;

// The tips of the tenants whose home this loop is: kept as documents, shown and judged. One that is older than `kept` is shown no more, and
// is removed when its tenant gets a new one, a page of them at most each time. On the loop's thread.
class TipBook {
 public:
  // Both outlive it.
  TipBook(Store& store, const Now& now, std::chrono::seconds kept) : store_(store), now_(now), kept_(kept) {}

  // Keeps it, together with `also`. storage_unavailable, overloaded.
  void add(const std::string& tenant_id, const Tip& tip, std::vector<DocumentWrite> also, Completion<void> done);
  // Says what became of it: its agent or a supervisor may. Saying the same again changes nothing. Completes with the tip; not_found for one
  // that is not there or not his, tip_judged when the opposite was said before.
  void judge(PrincipalPtr caller, const std::string& tip_id, TipState verdict, Completion<Tip> done);
  // {"items": [...], "next_cursor"}: newest first. An agent sees his own. A page looks at so many tips as it may hold, so that one with an
  // agent may hold less, and still not be the last. validation_failed, forbidden.
  void list(const Principal& caller, const TipQuery& query, Completion<std::string> done);

 private:
  void judgeFound(const PrincipalPtr& caller, const Id& id, TipState verdict, unsigned attempt, Completion<Tip> done);
  void removeOld(const std::string& tenant_id);
  [[nodiscard]] Wall oldest() const { return now_.wall - std::chrono::duration_cast<std::chrono::milliseconds>(kept_); }

  Store& store_;
  const Now& now_;
  const std::chrono::seconds kept_;
};

}  // namespace atrium
