#include "coordination/change.hpp"

#include <utility>

#include "coordination/stored_json.hpp"

namespace atrium {

void Change::write(std::string_view collection, const std::string& id, std::optional<std::string> value) {
  writes_.push_back({.key = {std::string(collection), tenant_id_, id}, .value = std::move(value)});
}

void Change::put(Lead& lead) {
  if (!std::exchange(lead.kept, true)) tell(EventType::lead_created, lead);
  const bool over = lead.state == LeadState::closed;
  write(over ? closed_lead_collection : lead_collection, lead.lead_id, encodeLead(lead));
  if (over) write(lead_collection, lead.lead_id, std::nullopt);
  then([outlet = &outlet_, tenant = tenant_id_, id = lead.lead_id, json = over ? std::string() : leadJson(lead, now_)]() mutable {
    outlet->lead(tenant, id, std::move(json));
  });
}

void Change::put(const LeadOffer& offer) {
  std::string json = encodeOffer(offer);
  write(offer.open() ? offer_collection : ended_offer_collection, offer.offer_id, json);
  if (!offer.open()) write(offer_collection, offer.offer_id, std::nullopt);
  then([outlet = &outlet_, tenant = tenant_id_, id = offer.offer_id, agent = offer.agent_id, open = offer.open(),
        json = std::move(json)]() mutable {
    outlet->offer(tenant, agent, json);
    outlet->offerRow(tenant, id, open ? std::move(json) : std::string());
  });
}

void Change::put(const Handoff& handoff) {
  const bool over = handoff.state != HandoffState::pending;
  write(over ? ended_handoff_collection : handoff_collection, handoff.handoff_id, encodeHandoff(handoff));
  if (over) write(handoff_collection, handoff.handoff_id, std::nullopt);
}

void Change::put(const AgentProfile& profile) { write(agent_collection, profile.agent_id, encodeAgent(profile)); }

void Change::putRecord(const Seat& seat) { write(agent_record_collection, seat.profile->agent_id, encodeRecord(seat.record)); }

void Change::removeAgent(const std::string& agent_id) {
  write(agent_collection, agent_id, std::nullopt);
  write(agent_record_collection, agent_id, std::nullopt);
  then([outlet = &outlet_, tenant = tenant_id_, agent_id] { outlet->agent(tenant, agent_id, {}); });
}

void Change::add(std::vector<DocumentWrite> writes) {
  writes_.insert(writes_.end(), std::make_move_iterator(writes.begin()), std::make_move_iterator(writes.end()));
}

void Change::show(const Seat& seat) {
  then([outlet = &outlet_, tenant = tenant_id_, id = seat.profile->agent_id, json = agentJson(seat, now_)]() mutable {
    outlet->agent(tenant, id, std::move(json));
  });
}

void Change::showDecision(const std::string& decision_id, std::string summary) {
  if (events_.wants(EventType::decision_made)) happened(EventType::decision_made, summary);
  then([outlet = &outlet_, tenant = tenant_id_, decision_id, json = std::move(summary)]() mutable {
    outlet->decision(tenant, decision_id, std::move(json));
  });
}

// ---- Event sinks

void Change::happened(EventType type, std::string data) {
  then([events = &events_, event = events_.addTo(writes_, {type, tenant_id_, std::move(data)})]() mutable {
    events->publish(std::move(event));
  });
}

void Change::tell(EventType type, const Lead& lead, const LeadNews& news) {
  if (!events_.wants(type)) return;
  std::string data;
  JsonText json(data);
  json.begin('{');
  writeLead(json, lead, now_);
  const auto text = [&json](std::string_view name, std::string_view value) {
    if (!value.empty()) json.key(name).value(value);
  };
  text("from", news.from);
  text("by", news.by);
  text("reason", news.reason);
  text("outcome", news.outcome);
  if (news.value) exact(json.key("value"), *news.value);
  json.end('}');
  happened(type, std::move(data));
}

void Change::tell(EventType type, const LeadOffer& offer) {
  if (events_.wants(type)) happened(type, encodeOffer(offer));
}

void Change::tell(EventType type, const Handoff& handoff) {
  if (events_.wants(type)) happened(type, encodeHandoff(handoff));
}

void Change::note(Fact fact, std::string agent_id, std::string queue, std::string lead_kind) {
  then([outlet = &outlet_, tenant = tenant_id_, fact, agent_id = std::move(agent_id), queue = std::move(queue),
        lead_kind = std::move(lead_kind)]() mutable {
    fact.agent_id = agent_id;
    fact.queue = queue;
    fact.lead_kind = lead_kind;
    outlet->note(tenant, fact);
  });
}

}  // namespace atrium
