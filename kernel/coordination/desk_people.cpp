#include <algorithm>
#include <utility>

#include "coordination/desk.hpp"

// What the engine tells of the team: who is here, and who has written to whom. And how the team stands.
namespace atrium {

void Desk::presenceChanged(const std::string& user_id, Status status, std::size_t sessions) {
  const Wall now = parts_.now.wall;
  Seat* seat = team_.find(user_id);
  const bool was_here = seat && seat->sessions > 0;
  team_.presence(user_id, status, sessions, now);
  if (!seat || loading_) return;
  Change shown = change();
  shown.show(*seat);
  commit(std::move(shown));
  if (sessions > 0) return lookWhatHeTakes(user_id, was_here ? Trigger::slot_freed : Trigger::agent_online);
  if (was_here) alarm(now + parts_.rules.lost_after, Alarm::Kind::lost, user_id);
}

void Desk::posted(const std::string& room_id, const std::string& lead_id, const std::string& sender_id, bool by_client, Wall at) {
  if (loading_) return;
  const auto lead = leads_.find(lead_id);
  if (by_client) {
    if (lead == leads_.end() || lead->second.owner.empty()) return;
    spoken_.try_emplace(lead_id, at);
    if (Seat* seat = team_.find(lead->second.owner)) seat->talked(room_id, at);
    return;
  }
  Seat* seat = team_.find(sender_id);
  if (!seat) return;
  seat->talked(room_id, at);
  if (lead == leads_.end() || lead->second.owner != sender_id) return;
  answered(lead->second, *seat, at);
}

// The owner of a lead has written to it: his first response, or one to what its client said.
void Desk::answered(Lead& lead, Seat& seat, Wall at) {
  const auto offer = offers_.find(lead.offer_id);
  const bool first = offer != offers_.end() && offer->second.first_response == Wall{};
  const auto asked = spoken_.find(lead.lead_id);
  if (!first && asked == spoken_.end()) return;
  const Wall since = first ? offer->second.accepted : asked->second;
  if (at < since) return;  // It was on its way when he accepted, and answers nothing.
  const double ms = static_cast<double>((at - since).count());
  if (asked != spoken_.end()) spoken_.erase(asked);
  Change change = this->change();
  if (first) {
    offer->second.first_response = at;
    change.put(offer->second);
  }
  seat.record.respond(ms / 60'000);
  change.putRecord(seat);
  change.show(seat);
  change.note({.kind = first ? Fact::Kind::first_response : Fact::Kind::response, .milliseconds = ms}, lead.owner, lead.queue,
              lead.text(ruleOf(lead.queue).skill_field));
  commit(std::move(change));
}

bool Desk::sample(TeamSample& sample) const {
  if (loading_ || (team_.seats().empty() && leads_.empty())) return false;
  const Wall now = parts_.now.wall;
  sample.agents.clear();
  sample.active_leads = static_cast<std::uint32_t>(leads_.size() - queue_.size());
  sample.queue_length = static_cast<std::uint32_t>(queue_.size());
  sample.oldest_wait_seconds = queue_.empty() ? 0 : std::chrono::duration<double>(now - queue_.begin()->first.first).count();
  for (const auto& [id, seat] : team_.seats())
    sample.agents.push_back({.agent_id = id,
                             .name = seat.profile->name,
                             .status = word(seat.status()),
                             .active_leads = seat.places(),
                             .active_conversations = seat.conversations(now),
                             .capacity = seat.profile->capacity,
                             .utilisation = seat.utilisation(),
                             .satisfaction = std::max(seat.profile->satisfaction, 0.0)});
  return true;
}

}  // namespace atrium
