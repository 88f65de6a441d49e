#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordination/counterfactual.hpp"
#include "coordination/decider.hpp"
#include "coordination/desk.hpp"
#include "coordination/ended_records.hpp"
#include "coordination/replay.hpp"
#include "coordination/shadow_policies.hpp"

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
    EventOutbox& events;
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

  // Begins to delete, once an hour, what has been over for long enough.
  void begin();

  // Decisions, as they are on record: {"items": […], "next_cursor": …}, oldest first; one, whole; and whether it comes out the same again.
  void decisions(const std::string& tenant_id, Listing query, Completion<std::string> done);
  void decision(const std::string& tenant_id, const std::string& decision_id, Completion<std::string> done);

  // Decides it again with the scorers of now, by its own policy or, where `policy` names one, by that.
  void replay(const std::string& tenant_id, const std::string& decision_id, std::string policy, Completion<std::string> done);
  // What another policy would have made of a page of recorded decisions, behind `query.cursor`.
  void replayTraffic(const std::string& tenant_id, std::string policy, const Listing& query, Completion<std::string> done);
  // How the policies that decide along have done.
  [[nodiscard]] std::string shadows(const std::string& tenant_id) const { return shadows_.json(tenant_id); }

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
  using Policy = std::shared_ptr<const RoutingPolicy>;
  // The policy of that name; validation_failed.
  void policyNamed(const std::string& tenant_id, std::string name, Completion<Policy> done);
  // A decision's inputs from the store.
  void recorded(const std::string& tenant_id, const std::string& decision_id, Completion<Decision> done);
  struct Page;
  void nextOf(std::shared_ptr<Page> page, std::move_only_function<void(std::optional<RecordedDecision>)> take);

  Decider decider_;
  Explainer explainer_{decider_};
  ShadowPolicies shadows_{decider_};
  EndedRecords ended_;
  Timer sweep_timer_;
  IdSource ids_;
  Random random_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace atrium
