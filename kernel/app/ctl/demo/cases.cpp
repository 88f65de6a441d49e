#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ctl/demo/play.hpp"

// A lead's way through the play: it arrives with a client who writes, is offered, taken or rejected, talked about, perhaps handed over, and
// completed; or its client loses heart.

namespace atrium::demo {

namespace {

using simulation::Seconds;

constexpr Seconds full_pause = 30;  // Before another lead comes when as many are open as may be.
constexpr Seconds thinking_least = 2, thinking_most = 8;
constexpr std::chrono::seconds thinking_longest{12};  // Of our time: well within an offer's lease, however slow the simulation.
constexpr Seconds typing = 5;
constexpr unsigned handed_over_one_in = 9, learnt_from_one_in = 3, coached_one_in = 4;
constexpr double tips_taken = .7;
constexpr double won_at_best = .7;
constexpr std::chrono::seconds retry_pause{2};

double chanceOf(Random& random) { return static_cast<double>(random.next() >> 11) * 0x1.0p-53; }

std::string path(std::string_view collection, const std::string& id, std::string_view verb) {
  return fmt::format("/coordination/{}/{}/{}", collection, id, verb);
}

}  // namespace

void Play::awaitLead() {
  if (settings_.leads && leads_ >= *settings_.leads) return;
  if (next_lead_ == world_.leads.size()) beginWorld();
  const Seconds before = next_lead_ == 0 ? 0 : world_.leads[next_lead_ - 1].at;
  after(world_.leads[next_lead_].at - before, [this] { arrive(); });
}

void Play::arrive() {
  if (cases_.size() >= open_max) return after(full_pause, [this] { arrive(); });
  Case one{.number = ++leads_, .model = world_.leads[next_lead_++], .lead_id = {}, .room_id = {}, .client = {}};
  one.client = clientActor(one.number);
  one.lead_id = fmt::format("demo-{}-{}", run_, one.number);
  const auto room =
      api_.ask(hostActor(), "POST", "/collaboration/rooms",
               roomRequest("client_session", "Chat with " + one.client.name, simulation_notice, {one.client.user_id}, one.lead_id));
  if (room && room->done()) {
    one.room_id = room->body.root()["room_id"].text();
    say(hostActor(), one.room_id, simulation_notice);
    say(one.client, one.room_id, clientLine(one.model, 0));
  }
  const auto routed = api_.ask(hostActor(), "POST", "/coordination/leads/route",
                               routeRequest(one.lead_id, one.room_id, one.client, one.model, random_.next()));
  awaitLead();
  const bool came = routed && (routed->done() || routed->code() == "lead_taken");  // Taken: asked twice, as the first answer got lost.
  if (!came) {
    if (routed) tell(fmt::format("{} could not be routed: {} {}", one.client.name, routed->status, routed->code()));
    return end(one);
  }
  if (const std::string agent = routed->body.root()["agent_name"].text(); agent.empty())
    tell(fmt::format("{} asks for: {}; nobody is free", one.client.name, lead_kinds[one.model.type]));
  else
    tell(fmt::format("{} asks for: {}; offered to {}", one.client.name, lead_kinds[one.model.type], agent));
  if (isUrgent(one.model))
    say(hostActor(), rooms_[urgent_leads], fmt::format("{} cannot wait: {}", one.client.name, lead_kinds[one.model.type]));
  if (std::isfinite(one.model.patience)) onCase(one.model.patience, one.lead_id, [this](Case& waiting) { loseHeart(waiting); });
  cases_.emplace(one.lead_id, std::move(one));
}

// ---- Offers

void Play::consider(std::size_t index, const JsonView& offer) {
  const auto found = cases_.find(offer["lead_id"].text());
  if (found == cases_.end() || offer["state"].text() != "pending") return;
  Case& one = found->second;
  const std::string offer_id = offer["offer_id"].text();
  if (!one.offers.insert(offer_id).second) return;
  const bool passes = offer["kind"].text() == "routed" && (one.model.expiries >> (one.offered++ % 64) & 1);
  if (passes && one.number % 2 == 0) return tell(fmt::format("{} lets {} pass", agents_[index].actor.name, one.client.name));
  const Seconds thinking = thinking_least + (thinking_most - thinking_least) * (1 - agents_[index].model.responsiveness);
  const Seconds longest = settings_.speed * static_cast<double>(thinking_longest.count());
  onCase(std::min(thinking, longest), one.lead_id, [this, index, offer_id, passes](Case& offered) {
    if (passes)
      reject(offered, index, offer_id);
    else
      accept(offered, index, offer_id);
  });
}

void Play::reject(Case& one, std::size_t index, const std::string& offer_id) {
  const std::string_view reason = rejectionReason(random_.next());
  (void)api_.ask(agents_[index].actor, "POST", path("offers", offer_id, "reject"), fmt::format(R"({{"reason":"{}"}})", reason));
  tell(fmt::format("{} rejects {}: {}", agents_[index].actor.name, one.client.name, reason));
}

void Play::accept(Case& one, std::size_t index, const std::string& offer_id) {
  const auto answer = api_.ask(agents_[index].actor, "POST", path("offers", offer_id, "accept"));
  if (!answer || !answer->done()) return;  // Too late, or taken back: the lead is offered to somebody else.
  const bool first = one.offer_id.empty();
  one.offer_id = offer_id;
  one.agent = index;
  Agent& agent = agents_[index];
  tell(fmt::format("{} takes {}", agent.actor.name, one.client.name));
  if (!one.room_id.empty()) {
    (void)api_.ask(hostActor(), "POST", "/collaboration/rooms/" + one.room_id + "/members", memberRequest(agent.actor.user_id));
    agent.session.send(fmt::format(R"({{"event_type":"join_room","room_id":"{}"}})", one.room_id));
  }
  if (first) return converse(one);
  talk(one, 0);
}

// ---- The conversation

void Play::converse(Case& one) {
  const simulation::AgentModel& model = agents_[one.agent].model;
  const Seconds reply = typing + one.model.reply * (1 - model.responsiveness),
                work = std::max(simulation::serviceTime(model, one.model), reply);
  onCase(reply, one.lead_id, [this](Case& open) { talk(open, 0); });
  const unsigned rounds = 1 + one.number % 4;
  for (unsigned round = 1; round <= rounds; ++round)
    onCase(reply + (work - reply) * round / (rounds + 1), one.lead_id, [this, round, reply](Case& open) {
      if (!open.room_id.empty()) say(open.client, open.room_id, clientLine(open.model, round));
      onCase(reply / 2, open.lead_id, [this, round](Case& asked) { talk(asked, round); });
    });
  if (one.number % coached_one_in == 0) onCase(work * .9, one.lead_id, [this](Case& open) { coach(open); });
  if (one.number % handed_over_one_in == 0) onCase(reply + (work - reply) / 2, one.lead_id, [this](Case& open) { handOver(open); });
  onCase(work, one.lead_id, [this](Case& open) { complete(open); });
}

void Play::talk(Case& one, unsigned round) {
  if (!one.room_id.empty()) say(agents_[one.agent], one.room_id, agentLine(agents_[one.agent].actor, round));
}

// The client has an objection, and the agent asks the assistant what to say.
void Play::coach(Case& one) {
  if (one.room_id.empty()) return;
  const Agent& agent = agents_[one.agent];
  say(one.client, one.room_id, objection);
  // Once: no assistant may be switched on, and the tip is of no use later.
  const auto tip =
      api_.askOnce(agent.actor, "POST", "/coordination/coaching",
                   fmt::format(R"({{"prospect_message":"{}","conversation_stage":"negotiation","room_id":"{}"}})", objection, one.room_id));
  if (!tip || !tip->done()) return;
  const bool taken = chanceOf(random_) < tips_taken;
  const std::string tip_id = tip->body.root()["tip_id"].text();
  (void)api_.ask(agent.actor, "POST", path("coaching", tip_id, taken ? "accepted" : "dismissed"));
  tell(fmt::format("{} {} a tip about {}", agent.actor.name, taken ? "takes" : "dismisses", one.client.name));
}

// Told in a room of the team: the client would read it in the lead's own.
void Play::handOver(Case& one) {
  const Agent& agent = agents_[one.agent];
  const auto begun = api_.ask(
      agent.actor, "POST", "/coordination/handoffs",
      fmt::format(
          R"({{"lead_id":"{}","summary":"{} asks for: {}","commitments":["a call today"],"reason":"a simulated handoff","room_id":"{}"}})",
          one.lead_id, one.client.name, lead_kinds[one.model.type], rooms_[handoffs]));
  if (begun && begun->done()) tell(fmt::format("{} hands {} over", agent.actor.name, one.client.name));
}

// ---- The end

void Play::complete(Case& one) {
  Agent& agent = agents_[one.agent];
  const double fit = agent.model.proficiency[one.model.type] * agent.model.performance;
  const bool won = chanceOf(random_) < won_at_best * fit;
  const auto answer = api_.ask(
      agent.actor, "POST", path("offers", one.offer_id, "complete"),
      fmt::format(R"({{"outcome":"{}","value":{:.0f},"note":"simulated"}})", won ? "won" : "lost", won ? dealValue(one.model) : 0));
  if (!answer) return;
  if (!answer->done()) return completionRefused(one);
  tell(fmt::format("{} {} {}", agent.actor.name, won ? "wins" : "loses", one.client.name));
  if (won)
    say(agent, rooms_[wins], fmt::format("{} has signed, for a simulated {:.0f}.", one.client.name, dealValue(one.model)));
  else if (one.number % learnt_from_one_in == 0)
    say(hostActor(), rooms_[training], fmt::format("{} lost {}. What would you have asked first?", agent.actor.name, one.client.name));
  end(one);
}

// A handoff is under way, or somebody else has had a hand in it: a supervisor who moves a lead of the demo, or ends it.
void Play::completionRefused(Case& one) {
  schedule_.at(SystemClock().now().mono + retry_pause, [this, lead_id = one.lead_id] {
    if (const auto found = cases_.find(lead_id); found != cases_.end()) lookWhatBecame(found->second);
  });
}

void Play::lookWhatBecame(Case& one) {
  const auto lead = api_.ask(hostActor(), "GET", "/coordination/leads/" + one.lead_id);
  if (!lead) return;
  const std::string state = lead->body.root()["state"].text();
  if (lead->status == 404 || state == "closed" || state == "wrapping") return end(one);
  if (state != "active") return completionRefused(one);  // Somebody is going to take it.
  one.offer_id = lead->body.root()["offer_id"].text();
  const auto owner = std::ranges::find(agents_, lead->body.root()["owner"].text(), [](const Agent& agent) { return agent.actor.user_id; });
  if (owner == agents_.end()) return end(one);  // A person has it now.
  one.agent = static_cast<std::size_t>(owner - agents_.begin());
  complete(one);
}

void Play::loseHeart(Case& one) {
  if (!one.offer_id.empty()) return;
  const auto answer =
      api_.ask(hostActor(), "POST", path("leads", one.lead_id, "withdraw"), R"({"reason":"the simulated client lost heart"})");
  if (!answer || (!answer->done() && answer->status != 404)) return;
  tell(one.client.name + " has lost heart");
  end(one);
}

void Play::end(Case& one) {
  if (!one.room_id.empty()) (void)api_.ask(hostActor(), "DELETE", "/collaboration/rooms/" + one.room_id);
  cases_.erase(std::string(one.lead_id));
}

}  // namespace atrium::demo
