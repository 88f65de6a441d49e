#include "sim/desk_storm.hpp"

#include "sim/desk_flaw.hpp"

namespace atrium::sim {

namespace {

constexpr std::uint64_t look_every = 32;  // Steps.
constexpr std::uint64_t changes_a_life = 1'000'000'000;
constexpr std::string_view plugin_that_pauses = "storm.calendar";

}  // namespace

CoordinationRules DeskStorm::rulesOf(std::uint64_t seed) {
  CoordinationRules rules = DeskWorld::someRules();
  rules.queues = {{.name = "flats",
                   .match = {{.field = "property_type", .one_of = {"flat"}}},
                   .skill_min = 0.5,
                   .declined_for = std::chrono::seconds(60),
                   .wrap_up = std::chrono::seconds(seed % 3 == 0 ? 5 : 0),
                   .ramp_in_offers = 3,
                   .ramp_in = std::chrono::seconds(seed % 2 == 0 ? 30 : 0),
                   .overflow_after = std::chrono::seconds(90),
                   .overflow_to = "rest"},
                  {.name = "houses",
                   .match = {{.field = "property_type", .one_of = {"house"}}},
                   .skill_min = 0.5,
                   .skill_relax_after = std::chrono::seconds(seed % 2 == 0 ? 20 : 0),
                   .ramp_in = std::chrono::seconds(0)},
                  {.name = "rest", .channel = "chat", .skill_field = "", .ramp_in = std::chrono::seconds(0)}};
  if (seed % 5 == 0) {
    rules.queues.back().fallback_agent = agentId(0);
    rules.queues.back().fallback_after = std::chrono::seconds(120);
  }
  rules.lost_active = seed % 2 == 0;
  rules.rebalance_auto = seed % 4 == 1;
  return rules;
}

DeskStorm::DeskStorm(std::uint64_t seed, const StormPlace& place)
    : place_(place),
      witness_(place.witness ? *place.witness : told_),
      world_(std::make_unique<DeskWorld>(seed + place.life * 1'000'003, rulesOf(seed), StoreOptions{.turns_max = 2}, place.store,
                                         place.begins)),
      watch_(world_->rules),
      changes_(place.life * changes_a_life),
      time_(place.begins) {
  world_->audience.witness = &witness_;
  lookAtStore();
  world_->under().taken = [this](const std::vector<DocumentWrite>& batch) { watch_.take(batch); };
  watch_.onOffer([this](const std::string& offer_id) { witness_.checked(offer_id); });
  world_->under().refused = [this] { watch_.takeBack(); };
  for (unsigned agent = 0; agent < agents; ++agent) put(agentId(agent));
  world_->settle();
  if (place.life > 0) mostCome();
}

void DeskStorm::lookAtStore() {
  std::vector<std::vector<Document>> stored;
  for (const char* collection : {"agent", "lead", "offer"}) stored.push_back(world_->under().documents({collection, "acme"}));
  watch_.begin(stored);
}

std::string DeskStorm::anyLead() {
  const std::uint64_t number = world_->random.below(leads_ + 1);
  return "lead_" + std::to_string(place_.life) + "_" + std::to_string(number);
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

JsonDocument DeskStorm::anyFields() {
  static constexpr const char* kinds[] = {"flat", "flat", "house", "boat"};
  static constexpr const char* languages[] = {"", "", R"(,"language":"en")", R"(,"language":"es")"};
  static constexpr const char* territories[] = {"", "", R"(,"territory":"north")", R"(,"territory":"south")"};
  Random& random = world_->random;
  std::string fields = R"({"name":"A","property_type":")" + std::string(kinds[random.below(4)]) + "\"";
  fields.append(languages[random.below(4)]).append(territories[random.below(4)]).append("}");
  return *JsonDocument::parse(fields);
}

void DeskStorm::arrive() {
  if (world_->audience.leads.size() >= leads_max) return;
  RouteLead command;
  if (world_->random.below(4) == 0) {
    command.lead_id = anyLead();
  } else {
    command.lead_id = "lead_" + std::to_string(place_.life) + "_" + std::to_string(++leads_);
  }
  command.fields = anyFields();
  if (world_->random.below(6) == 0) command.channel = "chat";
  world_->desk().route(std::move(command), world_->now.mono, [](const Result<std::string>&) {});
}

void DeskStorm::answer() {
  const std::string row = anyOffer("pending");
  if (row.empty()) return;
  const auto offer = JsonDocument::parse(row);
  const std::string id = offer->root()["offer_id"].text(), agent = offer->root()["agent_id"].text();
  if (world_->random.below(4) == 0)
    return world_->desk().reject(DeskWorld::user(agent), id, {.reason = "no"}, [](const Result<std::string>&) {});
  // Twice at once, as a nervous finger does; and somebody else, too.
  for (int press = 0; press < 2; ++press)
    world_->desk().accept(DeskWorld::user(agent), id, [this, id](const Result<std::string>& done) {
      if (done) witness_.offer(id, "active");
    });
  world_->desk().accept(DeskWorld::user(anyAgent()), id, [](const Result<std::string>&) {});
}

void DeskStorm::finish() {
  const std::string row = anyOffer("active");
  if (row.empty()) return;
  const auto offer = JsonDocument::parse(row);
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
  const std::string lead = anyLead();
  const PrincipalPtr sue = DeskWorld::user("sue", ATRIUM_ROLE_SUPERVISOR);
  switch (world_->random.below(4)) {
    case 0: return world_->desk().withdraw(sue, lead, "gone", [](const Result<std::string>&) {});
    case 1: return world_->desk().rebalance(sue, false, [](const Result<std::string>&) {});
    default:
      AssignLead command{.agent_id = anyAgent()};
      if (world_->random.below(8) == 0) command.reason = "she asked for him", command.over_cap = true;
      return world_->desk().assign(sue, lead, std::move(command), [](const Result<std::string>&) {});
  }
}

// ---- Agents

// Hours that end in a moment, or begin in one.
Shift DeskStorm::shortShift() {
  const auto minute =
      static_cast<unsigned>(std::chrono::duration_cast<std::chrono::minutes>(world_->now.wall.time_since_epoch()).count() % (24 * 60));
  const auto from = static_cast<std::uint16_t>(std::min<std::uint64_t>(minute + world_->random.below(2), 24 * 60 - 1));
  const auto to = static_cast<std::uint16_t>(std::min<std::uint64_t>(from + 1 + world_->random.below(3), 24 * 60));
  Shift shift;
  for (auto& day : shift.days) day.push_back({from, to});
  return shift;
}

AgentProfile DeskStorm::anyProfile(const std::string& agent_id) {
  Random& random = world_->random;
  AgentProfile profile;
  profile.agent_id = agent_id;
  profile.name = agent_id + " " + std::to_string(++changes_);
  // The others keep theirs.
  profile.capacity = static_cast<std::uint32_t>(shrinks(agent_id) ? 1 + random.below(4) : 1 + agent_id.back() % 4);
  profile.paused = random.below(12) == 0;
  const double flat[] = {0, 0.3, 0.9, 0.9}, house[] = {0, 0.3, 0.6, 1};
  profile.skills = {{"flat", flat[random.below(4)]}, {"house", house[random.below(4)]}};
  if (random.below(4) == 0) profile.channels = {{"chat", static_cast<std::uint32_t>(random.below(2))}};
  if (random.below(3) == 0) profile.languages = {random.below(2) == 0 ? "en" : "es"};
  if (random.below(3) == 0) profile.territories = {random.below(2) == 0 ? "north" : "south"};
  if (random.below(5) == 0) profile.queues = {random.below(2) == 0 ? "flats" : "rest"};
  if (random.below(5) == 0) profile.shift = shortShift();
  return profile;
}

void DeskStorm::put(const std::string& agent_id) {
  AgentProfile profile = anyProfile(agent_id);
  world_->desk().putAgent(std::move(profile),
                          [this, agent_id, change = changes_, removals = removals_[agent_id]](const Result<std::string>& done) {
                            if (done && removals_[agent_id] == removals) witness_.agent(agent_id, change);
                          });
}

void DeskStorm::changeAgent() {
  const std::string agent = anyAgent();
  const auto heard = [](const Result<std::string>&) {};
  Workload workload;
  switch (world_->random.below(10)) {
    case 0: return world_->desk().pauseAgent(agent, true, world_->random.below(2) == 0 ? "" : std::string(plugin_that_pauses), heard);
    case 1:
    case 2: return world_->desk().pauseAgent(agent, false, {}, heard);
    case 3:
      if (!shrinks(agent)) return;
      workload.capacity = static_cast<std::uint32_t>(1 + world_->random.below(4));
      return world_->desk().putWorkload(agent, std::move(workload), heard);
    case 4:
      if (!shrinks(agent)) return;
      ++removals_[agent];
      witness_.agentMayGo(agent);
      return world_->desk().removeAgent(agent, heard);
    case 5:
    case 6:
    case 7: {
      static constexpr Status words[] = {Status::online, Status::online,  Status::online,  Status::away,
                                         Status::busy,   Status::in_call, Status::offline, Status::do_not_disturb};
      if (const auto here = world_->sessions.find(agent); here != world_->sessions.end())
        stand(agent, words[world_->random.below(8)], here->second);
      return;
    }
    default: return put(agent);
  }
}

// Each at a time of its own, so that the watch knows what was so when an offer was made.
void DeskStorm::stand(const std::string& agent_id, Status status, std::size_t sessions) {
  time_ += std::chrono::milliseconds(1);
  witness_.time(time_);
  world_->tick();
  watch_.presence(agent_id, status, sessions, world_->now.wall);
  world_->desk().presenceChanged(agent_id, status, sessions);
}

void DeskStorm::comeOrGo() {
  const std::string agent = anyAgent();
  if (world_->sessions.erase(agent) > 0) return stand(agent, Status::online, 0);
  stand(agent, Status::online, ++world_->sessions[agent]);
}

// ---- Time and trouble

void DeskStorm::pass(std::chrono::milliseconds time) {
  time_ += time;
  witness_.time(time_);
  world_->pass(time);
}

// The store and the scorers have good days and bad ones.
void DeskStorm::stir() {
  world_->panel.fail_per_mille = world_->random.below(3) == 0 ? 300 : 0;
  world_->panel.late = world_->random.below(2) == 0;
  world_->store.options.refuse_write = world_->random.below(4) == 0 ? 50 : 0;
  world_->store.options.refuse_read = world_->random.below(8) == 0 ? 50 : 0;
}

void DeskStorm::kill() {
  if (place_.store) return;  // Somebody else does it, and in earnest.
  ++kills_;
  pass(std::chrono::milliseconds(1));
  watch_.allGone(world_->now.wall);
  world_->restart(world_->random.below(2) == 0);
  lookAtStore();
  if (flaw_.empty())
    flaw_ = told_.missing([this](const DocumentKey& key) -> std::optional<std::string> {
      const Document* document = world_->store.document(key);
      return document ? std::optional(document->value) : std::nullopt;
    });
  mostCome();
}

// As clients do when a server is there again.
void DeskStorm::mostCome() {
  for (unsigned agent = 0; agent < agents; ++agent)
    if (world_->random.below(3) > 0) stand(agentId(agent), Status::online, ++world_->sessions[agentId(agent)]);
}

void DeskStorm::step() {
  const std::uint64_t die = world_->random.below(1000);
  if (die < 260)
    arrive();
  else if (die < 540)
    answer();
  else if (die < 710)
    finish();
  else if (die < 760)
    handOver();
  else if (die < 790)
    assign();
  else if (die < 850)
    comeOrGo();
  else if (die < 910)
    changeAgent();
  else if (die < 980)
    pass(std::chrono::milliseconds(world_->random.below(4000)));
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
  if (flaw_.empty() && !place_.store)
    flaw_ = deskFlaw([this](const DocumentKey& prefix) { return world_->store.documents(prefix); }, "acme", shrinks);
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
  pass(std::chrono::seconds(2));  // A desk that could not read tries again.
  world_->settle();
  look();
  if (!flaw().empty()) return flaw();
  // What was told is what is stored.
  const auto& shown_leads = world_->audience.leads;
  for (const Document& document : world_->store.documents({"lead", "acme"})) {
    const auto lead = decodeLead(document);
    const auto shown = shown_leads.find(lead->lead_id);
    if (shown == shown_leads.end()) return lead->lead_id + " is stored, and nobody was told";
    const std::string owner = JsonDocument::parse(shown->second)->root()["owner"].text();
    if (owner != lead->owner) return lead->lead_id + " was told to be with \"" + owner + "\" and is with \"" + lead->owner + "\"";
  }
  if (world_->events.wanted != 0)
    if (std::string untold = retell(); !untold.empty()) return untold;
  std::string missing = told_.missingInTheEnd([this](const DocumentKey& key) -> std::optional<std::string> {
    const Document* document = world_->store.document(key);
    return document ? std::optional(document->value) : std::nullopt;
  });
  return missing.empty() ? forgotten() : missing;
}

// Somebody who may take a lead is asked at once: whoever asks again finds nobody.
std::string DeskStorm::forgotten() {
  for (const Document& document : world_->store.documents({"lead", "acme"})) {
    const auto lead = decodeLead(document);
    if (lead->state != LeadState::waiting) continue;
    const auto again = world_->route(lead->lead_id);
    const std::string name = again ? JsonDocument::parse(*again)->root()["agent_name"].text() : std::string();
    if (!name.empty()) return lead->lead_id + " waits though " + name + " may take it";
  }
  return {};
}

}  // namespace atrium::sim
