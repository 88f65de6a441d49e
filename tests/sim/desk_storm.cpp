#include "sim/desk_storm.hpp"

namespace atrium::sim {

namespace {

constexpr std::uint64_t look_every = 32;  // Steps.

CoordinationRules stormRules(std::uint64_t seed) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats",
                   .match = {{.field = "property_type", .one_of = {"flat"}}},
                   .wrap_up = std::chrono::seconds(seed % 3 == 0 ? 5 : 0),
                   .overflow_after = std::chrono::seconds(90),
                   .overflow_to = "rest"},
                  {.name = "rest", .skill_field = ""}};
  rules.lost_active = seed % 2 == 0;
  rules.rebalance_auto = seed % 4 == 1;
  return rules;
}

}  // namespace

DeskStorm::DeskStorm(std::uint64_t seed) : world_(std::make_unique<DeskWorld>(seed, stormRules(seed), StoreOptions{.turns_max = 2})) {
  for (unsigned agent = 0; agent < agents; ++agent)
    world_->hire(
        "agent_" + std::to_string(agent), 1 + agent % 4,
        agent % 3 == 0 ? std::vector<std::pair<std::string, double>>{} : std::vector<std::pair<std::string, double>>{{"flat", 0.9}});
}

std::string DeskStorm::anyOffer(std::string_view state) {
  const auto& rows = world_->audience.rows;
  if (rows.empty()) return {};
  auto at = rows.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(world_->random.below(rows.size())));
  for (std::size_t tries = 0; tries < rows.size(); ++tries, ++at) {
    if (at == rows.end()) at = rows.begin();
    if (at->second.find("\"state\":\"" + std::string(state)) != std::string::npos) return at->second;
  }
  return {};
}

void DeskStorm::arrive() {
  if (world_->audience.leads.size() >= leads_max) return;
  RouteLead command;
  command.lead_id = "lead_" + std::to_string(world_->random.below(4) == 0 ? world_->random.below(leads_ + 1) : ++leads_);
  command.fields = *JsonDocument::parse(world_->random.below(2) == 0 ? R"({"name":"A","property_type":"flat"})"
                                                                     : R"({"name":"B","property_type":"house"})");
  world_->desk().route(std::move(command), world_->now.mono, [](const Result<std::string>&) {});
}

void DeskStorm::answer() {
  const std::string row = anyOffer("pending");
  if (row.empty()) return;
  const auto offer = JsonDocument::parse(row);
  const std::string id = offer->root()["offer_id"].text(), agent = offer->root()["agent_id"].text(), lead = offer->root()["lead_id"].text();
  if (world_->random.below(4) == 0)
    return world_->desk().reject(DeskWorld::user(agent), id, {.reason = "no"}, [](const Result<std::string>&) {});
  // Twice at once, as a nervous finger does; and somebody else, too.
  for (int press = 0; press < 2; ++press)
    world_->desk().accept(DeskWorld::user(agent), id, [this, lead, agent](const Result<std::string>& done) {
      if (!done) return;
      ++accepted_;
      owners_[lead] = agent;
    });
  world_->desk().accept(DeskWorld::user(anyAgent()), id, [](const Result<std::string>&) {});
}

void DeskStorm::finish() {
  const std::string row = anyOffer("active");
  if (row.empty()) return;
  const auto offer = JsonDocument::parse(row);
  const std::string lead = offer->root()["lead_id"].text();
  owners_.erase(lead);
  world_->desk().complete(DeskWorld::user(offer->root()["agent_id"].text()), offer->root()["offer_id"].text(), {.outcome = "won"},
                          [](const Result<std::string>&) {});
}

void DeskStorm::handOver() {
  const std::string row = anyOffer("active");
  if (row.empty()) return;
  const auto offer = JsonDocument::parse(row);
  BeginHandoff command{.lead_id = offer->root()["lead_id"].text(),
                       .to = world_->random.below(2) == 0 ? std::string() : anyAgent(),
                       .reason = {},
                       .summary = "s",
                       .commitments = {},
                       .room_id = {},
                       .patience = {},
                       .fallback = world_->random.below(2) == 0 ? HandoffFallback::back : HandoffFallback::next};
  world_->desk().beginHandoff(DeskWorld::user(offer->root()["agent_id"].text()), std::move(command), [](const Result<std::string>&) {});
}

void DeskStorm::assign() {
  const std::string lead = "lead_" + std::to_string(world_->random.below(leads_ + 1));
  const PrincipalPtr sue = DeskWorld::user("sue", ATRIUM_ROLE_SUPERVISOR);
  switch (world_->random.below(4)) {
    case 0: return world_->desk().withdraw(sue, lead, "gone", [](const Result<std::string>&) {});
    case 1: return world_->desk().rebalance(sue, false, [](const Result<std::string>&) {});
    default: return world_->desk().assign(sue, lead, {.agent_id = anyAgent()}, [](const Result<std::string>&) {});
  }
}

void DeskStorm::comeOrGo() {
  const std::string agent = anyAgent();
  if (world_->sessions.contains(agent))
    world_->go(agent);
  else
    world_->come(agent);
}

// The store and the scorers have good days and bad ones.
void DeskStorm::stir() {
  world_->store.options.refuse_write = world_->random.below(4) == 0 ? 50 : 0;
  world_->store.options.refuse_read = world_->random.below(8) == 0 ? 50 : 0;
  world_->panel.fail_per_mille = world_->random.below(3) == 0 ? 300 : 0;
  world_->panel.late = world_->random.below(2) == 0;
}

void DeskStorm::kill() {
  ++kills_;
  world_->restart();
  for (unsigned agent = 0; agent < agents; ++agent)
    if (world_->random.below(3) > 0) world_->come("agent_" + std::to_string(agent));
}

void DeskStorm::step() {
  const std::uint64_t die = world_->random.below(1000);
  if (die < 260)
    arrive();
  else if (die < 560)
    answer();
  else if (die < 740)
    finish();
  else if (die < 790)
    handOver();
  else if (die < 820)
    assign();
  else if (die < 900)
    comeOrGo();
  else if (die < 980)
    world_->pass(std::chrono::milliseconds(world_->random.below(4000)));
  else if (die < 997)
    stir();
  else
    kill();
  if (world_->random.below(3) > 0) world_->turn();
  if (++steps_ % look_every == 0) look();
  // What was said is not what is looked at.
  if (steps_ % 1024 == 0) world_->audience.offers.clear(), world_->audience.decisions.clear(), world_->audience.handoffs.clear();
}

void DeskStorm::look() {
  if (flaw_.empty()) flaw_ = world_->flaw();
}

// Whoever hears nothing but the events knows who has which lead, and how every offer stands.
std::string DeskStorm::retell() const {
  std::map<std::string, std::string> owners, offers, handoffs;
  for (const Happening& event : world_->events.stored()) {
    const auto data = JsonDocument::parse(event.data);
    const std::string type(word(event.type)), family = type.substr(0, type.find('.'));
    const std::string id = data->root()[family + "_id"].text(), state = data->root()["state"].text();
    if (family == "decision") continue;
    const bool begins = type == "lead.created" || type == "offer.made" || type == "handoff.started";
    auto& known = family == "lead" ? owners : family == "offer" ? offers : handoffs;
    if (begins == known.contains(id)) return type + " of " + id + (begins ? " again" : ", which never began");
    if (family != "lead")
      known[id] = state;
    else if (type == "lead.completed" || type == "lead.withdrawn")
      owners.erase(id);
    else
      owners[id] = data->root()["owner"].text();
  }
  for (const Document& document : world_->store.documents({"lead", "acme"})) {
    const auto lead = decodeLead(document);
    if (lead->state == LeadState::wrapping) continue;
    const auto told = owners.extract(lead->lead_id);
    if (!told) return lead->lead_id + " is stored, and no sink heard of it";
    if (told.mapped() != lead->owner) return lead->lead_id + " was told to be with \"" + told.mapped() + "\"";
  }
  if (!owners.empty()) return owners.begin()->first + " was told to be open";
  for (const std::string collection : {"offer", "offer_ended"})
    for (const Document& document : world_->store.documents({collection, "acme"})) {
      const auto offer = decodeOffer(document);
      const auto told = offers.extract(offer->offer_id);
      if (!told) return offer->offer_id + " is stored, and no sink heard of it";
      if (offer->state != OfferState::wrapping && told.mapped() != word(offer->state))
        return offer->offer_id + " was told to be " + told.mapped() + " and is " + std::string(word(offer->state));
    }
  for (const std::string collection : {"handoff", "handoff_ended"})
    for (const Document& document : world_->store.documents({collection, "acme"})) {
      const auto handoff = decodeHandoff(document);
      const auto told = handoffs.extract(handoff->handoff_id);
      if (!told || told.mapped() != word(handoff->state)) return handoff->handoff_id + " is not what sinks were told";
    }
  return offers.empty() ? world_->events.flaw : offers.begin()->first + " was told, and is not stored";
}

std::string DeskStorm::end() {
  world_->store.options.refuse_write = world_->store.options.refuse_read = 0;
  world_->panel.late = false;
  world_->settle();
  world_->pass(std::chrono::seconds(2));  // A desk that could not read tries again.
  world_->settle();
  look();
  if (!flaw_.empty()) return flaw_;
  // What was told is what is stored.
  const auto& told = world_->audience.leads;
  for (const Document& document : world_->store.documents({"lead", "acme"})) {
    const auto lead = decodeLead(document);
    const auto shown = told.find(lead->lead_id);
    if (shown == told.end()) return lead->lead_id + " is stored, and nobody was told";
    const std::string owner = JsonDocument::parse(shown->second)->root()["owner"].text();
    if (owner != lead->owner) return lead->lead_id + " was told to be with \"" + owner + "\" and is with \"" + lead->owner + "\"";
  }
  if (world_->events.wanted != 0) return retell();
  return {};
}

}  // namespace atrium::sim
