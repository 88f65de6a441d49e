#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordination/decider.hpp"
#include "coordination/desk.hpp"

namespace atrium {

// The desks of the tenants whose home one loop is. A tenant has none until somebody asks for something, or is found to have agents; until
// then only who of it is present is known. On that loop; what it refers to outlives it.
class Coordination final : public TeamSource {
 public:
  struct Parts {
    Store& store;
    ScorerPanel& panel;
    PolicySource& policies;
    DeskOutlet& outlet;
    TimerWheel& timers;
    const Now& now;
    const Clock& clock;
    MetricSet& metrics;
    Log& log;
    std::uint64_t seed;
    CoordinationRules rules;
  };
  // Tenants known at a time; a further one is refused: overloaded.
  static constexpr std::size_t tenants_max = 10'000;

  explicit Coordination(Parts parts);

  // The desk of a tenant, made when it has none; null: as many tenants are known as may be.
  [[nodiscard]] Desk* of(const std::string& tenant_id);
  // What the engine tells of a user.
  void presenceChanged(const UserKey& user, Status status, std::size_t sessions);
  void posted(const RoomKey& room, const std::string& lead_id, const std::string& sender_id, bool by_client, Wall at);

  void setRules(CoordinationRules rules);

  // Decisions, as they are on record: {"items": […], "next_cursor": …}, oldest first; one, whole; and whether it comes out the same again.
  void decisions(const std::string& tenant_id, Listing query, Completion<std::string> done);
  void decision(const std::string& tenant_id, const std::string& decision_id, Completion<std::string> done);

  [[nodiscard]] std::vector<std::string> tenants() const override;
  bool sample(std::string_view tenant_id, TeamSample& sample) const override;

 private:
  struct Seen {
    Status status;
    std::size_t sessions;
  };
  struct Place {
    std::map<std::string, Seen> present;  // Until there is a desk.
    std::unique_ptr<Desk> desk;
    bool looked = false;  // Whether it has agents was asked.
  };
  Place* place(const std::string& tenant_id);
  Desk& open(const std::string& tenant_id, Place& place);

  Parts parts_;
  Decider decider_;
  IdSource ids_;
  Random random_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace atrium
