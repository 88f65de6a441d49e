#include <utility>

#include "coordination/decision_record.hpp"
#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"

// What people with an overview do by hand.
namespace atrium {

void Desk::assign(PrincipalPtr caller, std::string lead_id, AssignLead command, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), lead_id = std::move(lead_id), command = std::move(command)](Reply done) {
    const auto found = leads_.find(lead_id);
    if (found == leads_.end()) return done(fail(unknownLead(lead_id)));
    Seat* seat = team_.find(command.agent_id);
    if (!seat) return done(fail(Code::agent_unknown, "\"" + command.agent_id + "\" is not on the roster."));
    if (found->second.state == LeadState::active || found->second.state == LeadState::wrapping)
      return done(fail(takenError(found->second)));
    Lead& lead = found->second;
    const auto pending = offers_.find(lead.offer_id);
    if (pending != offers_.end() && pending->second.agent_id == command.agent_id)
      return read(encodeOffer(pending->second), std::move(done));  // He is being asked.
    if (auto refusal = unfit(*seat, lead, command.over_cap)) return done(fail(*std::move(refusal)));
    Change change = this->change();
    if (pending != offers_.end()) rescind(change, pending->second, "assigned by " + caller->user_id);
    LeadOffer offer = makeOffer(lead, *seat, OfferKind::direct, ruleOf(lead.queue).lease);
    offer.by = caller->user_id;
    offer.reason = command.reason;
    offer.over_cap = Team::full(*seat, lead.channel);
    if (offer.over_cap)
      parts_.log.warning(
          "coordination.over_cap",
          {{"tenant", tenant_id_}, {"lead", lead_id}, {"agent", offer.agent_id}, {"by", offer.by}, {"reason", offer.reason}});
    takeOffer(change, lead, *seat, offer);
    keep(change, byHand(lead, *seat, Trigger::manual),
         {.decision_id = offer.decision_id, .offer_id = offer.offer_id, .note = "Assigned by " + because(offer.by, offer.reason)});
    commit(std::move(change), std::move(done), encodeOffer(offer));
    lookAround();
  });
}

// Why an agent cannot be offered a lead although somebody wants it so; his skills are that somebody's matter.
std::optional<Error> Desk::unfit(const Seat& seat, const Lead& lead, bool over_cap) const {
  if (seat.sessions == 0 || seat.profile->isPaused())
    return Error{
        Code::agent_unavailable, "\"" + seat.profile->agent_id + "\" is " + (seat.profile->isPaused() ? "paused." : "offline."), 0, {}};
  if (Team::full(seat, lead.channel) && !over_cap) {
    const bool all = seat.places() >= seat.profile->capacity;
    const std::uint32_t most = all ? seat.profile->capacity : seat.profile->capacityIn(lead.channel);
    const std::uint32_t has = all ? seat.places() : seat.taken.contains(lead.channel) ? seat.taken.at(lead.channel) : 0;
    return Error{Code::at_cap,
                 "\"" + seat.profile->agent_id + "\" has " + std::to_string(has) + " of " + std::to_string(most) + " leads" +
                     (all ? std::string() : " of the channel \"" + lead.channel + "\"") + "; over_cap with a reason overrides that.",
                 0,
                 {}};
  }
  return std::nullopt;
}

Error Desk::unknownLead(const std::string& lead_id) { return {Code::lead_unknown, "No lead \"" + lead_id + "\" is open.", 0, {}}; }

void Desk::withdraw(PrincipalPtr caller, std::string lead_id, std::string reason, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), lead_id = std::move(lead_id), reason = std::move(reason)](Reply done) {
    const auto found = leads_.find(lead_id);
    if (found == leads_.end()) return done(fail(unknownLead(lead_id)));
    if (found->second.state == LeadState::active || found->second.state == LeadState::wrapping)
      return done(fail(takenError(found->second)));
    if (held_.contains(lead_id)) return done(fail(takenError(found->second)));
    Change change = this->change();
    if (const auto offer = offers_.find(found->second.offer_id); offer != offers_.end())
      rescind(change, offer->second, "the lead was withdrawn");
    Lead lead = std::move(leads_.extract(found).mapped());
    queue_.erase({lead.arrived, lead.lead_id});
    spoken_.erase(lead_id);
    lead.state = LeadState::closed;
    lead.queued = parts_.now.wall;
    change.put(lead);
    change.tell(EventType::lead_withdrawn, lead, {.by = caller->user_id, .reason = reason});
    change.note({.kind = Fact::Kind::abandoned, .milliseconds = static_cast<double>((parts_.now.wall - lead.arrived).count())}, {},
                lead.queue, lead.text(ruleOf(lead.queue).skill_field));
    parts_.log.info("coordination.withdrawn", {{"tenant", tenant_id_}, {"lead", lead_id}, {"by", caller->user_id}, {"reason", reason}});
    commit(std::move(change), std::move(done), leadJson(lead, parts_.now.wall));
    lookAround();
  });
}

Result<AssignLead> readAssignLead(const JsonView& body, const Principal& caller) {
  BodyReader in(body, caller);
  AssignLead command;
  command.agent_id = in.text("agent_id", 1, user_id_max).value_or("");
  in.needed("agent_id", !command.agent_id.empty());
  command.reason = in.text("reason", 1, 500).value_or("");
  command.over_cap = in.flag("over_cap").value_or(false);
  if (command.over_cap) in.needed("reason", !command.reason.empty());
  return in.finish(std::move(command));
}

}  // namespace atrium
