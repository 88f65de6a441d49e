#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordination/desk_parts.hpp"
#include "coordination/offer.hpp"
#include "coordination/team.hpp"
#include "engine/event_outbox.hpp"

namespace atrium {

// What a lead's event says beside the lead; what is empty is left out.
struct LeadNews {
  std::string_view from = {};  // The queue or the agent it was with before.
  std::string_view by = {};
  std::string_view reason = {};
  std::string_view outcome = {};
  std::optional<double> value = {};
};

// One change of a desk on its way to the store, and what is told once it is there. What is put in is what is stored and told, whatever
// becomes of the thing itself meanwhile.
class Change {
 public:
  Change(const std::string& tenant_id, DeskOutlet& outlet, EventOutbox& events, Wall now)
      : tenant_id_(tenant_id), outlet_(outlet), events_(events), now_(now) {}

  // A closed lead, an offer that has ended and a handoff that is over move to collections of their own. Event sinks are told of a lead that
  // is put for the first time, and of every decision; of what else happens by tell().
  void put(Lead& lead);
  void put(const LeadOffer& offer);
  void put(const Handoff& handoff);
  void put(const AgentProfile& profile);
  void putRecord(const Seat& seat);
  void removeAgent(const std::string& agent_id);
  void add(std::vector<DocumentWrite> writes);
  // Told, not stored.
  void show(const Seat& seat);
  void showDecision(const std::string& decision_id, std::string summary);
  // `fact` keeps its texts until then: they live in `keep`.
  void note(Fact fact, std::string agent_id, std::string queue, std::string lead_kind);
  void then(std::move_only_function<void()> told) { told_.push_back(std::move(told)); }
  // Event sinks are told, by an event in the same batch: of the thing as it is now.
  void tell(EventType type, const Lead& lead, const LeadNews& news = {});
  void tell(EventType type, const LeadOffer& offer);
  void tell(EventType type, const Handoff& handoff);

  [[nodiscard]] std::size_t size() const { return writes_.size(); }
  [[nodiscard]] std::vector<DocumentWrite> writes() { return std::move(writes_); }
  [[nodiscard]] std::vector<std::move_only_function<void()>> told() { return std::move(told_); }

 private:
  void write(std::string_view collection, const std::string& id, std::optional<std::string> value);
  void happened(EventType type, std::string data);

  const std::string& tenant_id_;
  DeskOutlet& outlet_;
  EventOutbox& events_;
  const Wall now_;
  std::vector<DocumentWrite> writes_;
  std::vector<std::move_only_function<void()>> told_;
};

// The collections of coordination; the second part of a key is the tenant, the third the thing's id.
inline constexpr std::string_view agent_collection = "agent", agent_record_collection = "agent_record", lead_collection = "lead",
                                  closed_lead_collection = "lead_closed", offer_collection = "offer",
                                  ended_offer_collection = "offer_ended", handoff_collection = "handoff",
                                  ended_handoff_collection = "handoff_ended";

}  // namespace atrium
