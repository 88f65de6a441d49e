#include "coordination/team.hpp"

#include <algorithm>
#include <cmath>

#include "coordination/stored_json.hpp"

namespace atrium {

namespace {

constexpr auto talk_window = std::chrono::minutes(30);  // For so long after its last message a conversation is an active one.
constexpr std::size_t rooms_max = 200;                  // Of them remembered for one agent.
constexpr double response_weight = 0.1;                 // Of the newest response in the moving mean.
constexpr auto fields_last = std::chrono::minutes(5);   // After which what decays in them is reckoned anew.
constexpr auto ramp_minute = std::chrono::minutes(1);

bool contains(const std::vector<std::string>& list, std::string_view text) { return std::ranges::find(list, text) != list.end(); }

std::optional<Exclusion> presenceRule(const Seat& seat) {
  if (seat.sessions == 0 || seat.presence == Status::offline) return Exclusion::offline;
  switch (seat.presence) {
    case Status::away: return Exclusion::away;
    case Status::in_call: return Exclusion::in_call;
    case Status::busy:
    case Status::do_not_disturb: return Exclusion::busy;
    case Status::online:
    case Status::offline: break;
  }
  return std::nullopt;
}

// Whether the skill that the lead needs is there; after a while its queue may ask for less.
std::optional<Hindrance> skillRule(const Seat& seat, const Lead& lead, const QueueRule& rule, Wall now) {
  if (rule.skill_field.empty()) return std::nullopt;
  const std::string needed = lead.text(rule.skill_field);
  if (needed.empty() || seat.profile->skill(needed) >= rule.skill_min) return std::nullopt;
  if (rule.skill_relax_after.count() == 0) return Hindrance{Exclusion::lacks_skill};
  const Wall relaxed = lead.queued + rule.skill_relax_after;
  return now >= relaxed ? std::nullopt : std::optional(Hindrance{Exclusion::lacks_skill, relaxed});
}

std::optional<Hindrance> rampRule(const Seat& seat, const QueueRule& rule, Wall now) {
  if (rule.ramp_in.count() == 0 || seat.back == Wall{} || now >= seat.back + rule.ramp_in) return std::nullopt;
  const auto recent = std::ranges::count_if(seat.lately, [now](Wall at) { return at + ramp_minute > now; });
  if (recent < static_cast<std::ptrdiff_t>(rule.ramp_in_offers)) return std::nullopt;
  const Wall oldest = seat.lately[seat.lately.size() - rule.ramp_in_offers];  // They are in order of time.
  return Hindrance{Exclusion::ramping_in, std::min(oldest + ramp_minute, seat.back + rule.ramp_in)};
}

// What scorers see of an agent beside his figures.
std::shared_ptr<const JsonDocument> fieldsOf(const Seat& seat, Wall now) {
  const AgentProfile& profile = *seat.profile;
  std::string text;
  JsonText json(text);
  json.begin('{').key("name").value(profile.name).key("skills");
  writeSkills(json, profile);
  textList(json, "languages", profile.languages);
  textList(json, "territories", profile.territories);
  textList(json, "queues", profile.queues);
  exact(json.key("value_received"), seat.record.valueAt(now) / profile.capacity);
  json.key("outcomes").begin('{');
  for (const auto& [kind, outcomes] : seat.record.outcomes)
    memberKey(json, kind).begin('{').key("won").value(outcomes.won).key("closed").value(outcomes.closed).end('}');
  json.end('}').end('}');
  return std::make_shared<const JsonDocument>(*JsonDocument::parse(text));
}

}  // namespace

double AgentRecord::valueAt(Wall now) const {
  if (value_received <= 0) return 0;
  const double passed = std::chrono::duration<double>(now - value_at) / std::chrono::duration<double>(half_life);
  return value_received * std::exp2(-std::max(passed, 0.0));
}

void AgentRecord::receive(double value, Wall now) {
  value_received = valueAt(now) + value;
  value_at = now;
  last_assigned = now;
}

void AgentRecord::respond(double minutes) {
  response_minutes = response_minutes < 0 ? minutes : response_minutes + response_weight * (minutes - response_minutes);
}

void AgentRecord::close(const std::string& kind, bool won) {
  auto known = outcomes.find(kind);
  if (known == outcomes.end()) {
    if (kind.empty() || outcomes.size() >= kinds_max) return;
    known = outcomes.emplace(kind, Outcomes{}).first;
  }
  ++known->second.closed;
  known->second.won += won ? 1 : 0;
}

AgentStatus Seat::status() const {
  if (const auto rule = presenceRule(*this)) {
    if (*rule == Exclusion::offline) return AgentStatus::offline;
    if (*rule == Exclusion::away) return AgentStatus::away;
    return *rule == Exclusion::in_call ? AgentStatus::in_call : AgentStatus::busy;
  }
  return places() >= profile->capacity || profile->isPaused() ? AgentStatus::busy : AgentStatus::available;
}

std::uint32_t Seat::conversations(Wall now) const {
  return static_cast<std::uint32_t>(std::ranges::count_if(rooms, [now](const auto& room) { return room.second + talk_window > now; }));
}

void Seat::talked(const std::string& room, Wall now) {
  rooms.insert_or_assign(room, now);
  if (rooms.size() > rooms_max) rooms.erase(std::ranges::min_element(rooms, {}, [](const auto& one) { return one.second; }));
}

Seat* Team::find(std::string_view agent_id) {
  const auto found = seats_.find(agent_id);
  return found == seats_.end() ? nullptr : &found->second;
}

const Seat* Team::find(std::string_view agent_id) const {
  const auto found = seats_.find(agent_id);
  return found == seats_.end() ? nullptr : &found->second;
}

Seat& Team::put(AgentProfile profile) {
  const std::string id = profile.agent_id;
  const auto [at, fresh] = seats_.try_emplace(id);
  Seat& seat = at->second;
  seat.profile = std::make_shared<const AgentProfile>(std::move(profile));
  seat.fields = nullptr;
  if (const auto seen = present_.find(id); fresh && seen != present_.end()) {
    seat.presence = seen->second.status;
    seat.sessions = seen->second.sessions;
    seat.back = seen->second.back;
  }
  return seat;
}

void Team::remove(std::string_view agent_id) {
  if (const auto at = seats_.find(agent_id); at != seats_.end()) seats_.erase(at);
}

void Team::presence(const std::string& user_id, Status status, std::size_t sessions, Wall now) {
  if (sessions == 0 && status == Status::offline) {
    present_.erase(user_id);
  } else {
    Seen& seen = present_[user_id];
    if (sessions == 0 || seen.sessions == 0) seen.back = sessions > 0 ? now : Wall{};
    seen.status = status;
    seen.sessions = sessions;
  }
  Seat* seat = find(user_id);
  if (!seat) return;
  if (seat->sessions == 0 && sessions > 0) seat->back = now, seat->lost = {};
  if (seat->sessions > 0 && sessions == 0) seat->lost = now, seat->back = {};
  seat->presence = status;
  seat->sessions = sessions;
}

void Team::take(Seat& seat, const LeadOffer& offer, Wall now) {
  if (!seat.offers.insert(offer.offer_id).second) return;
  ++seat.taken[offer.channel];
  if (offer.state != OfferState::pending || offer.made != now) return;  // It was made by an earlier process.
  while (!seat.lately.empty() && seat.lately.front() + ramp_minute <= now) seat.lately.pop_front();
  seat.lately.push_back(now);
}

void Team::free(Seat& seat, const LeadOffer& offer) {
  if (seat.offers.erase(offer.offer_id) == 0) return;
  const auto at = seat.taken.find(offer.channel);
  if (--at->second == 0) seat.taken.erase(at);
}

std::optional<Hindrance> Team::hindrance(const Seat& seat, Wall now) {
  const AgentProfile& profile = *seat.profile;
  if (profile.isPaused()) return Hindrance{Exclusion::paused};
  if (profile.shift && !profile.shift->covers(now))
    return Hindrance{Exclusion::off_shift, std::chrono::floor<std::chrono::minutes>(now) + std::chrono::minutes(1)};
  if (const auto presence = presenceRule(seat)) return Hindrance{*presence};
  return std::nullopt;
}

std::optional<Hindrance> Team::hindrance(const Seat& seat, const Lead& lead, const QueueRule& rule, Wall now) {
  if (const auto whole = hindrance(seat, now)) return whole;
  const AgentProfile& profile = *seat.profile;
  if (!profile.queues.empty() && !contains(profile.queues, lead.queue)) return Hindrance{Exclusion::other_queue};
  if (const auto skill = skillRule(seat, lead, rule, now)) return skill;
  if (const std::string language = lead.text("language");
      !language.empty() && !profile.languages.empty() && !contains(profile.languages, language))
    return Hindrance{Exclusion::lacks_language};
  if (const std::string territory = lead.text("territory");
      !territory.empty() && !profile.territories.empty() && !contains(profile.territories, territory))
    return Hindrance{Exclusion::other_territory};
  const auto declined = std::ranges::find(lead.declined, profile.agent_id, &std::pair<std::string, Wall>::first);
  if (declined != lead.declined.end() && now < declined->second) return Hindrance{Exclusion::declined, declined->second};
  if (full(seat, lead.channel)) return Hindrance{seat.places() >= profile.capacity ? Exclusion::at_cap : Exclusion::channel_full};
  return rampRule(seat, rule, now);
}

bool Team::full(const Seat& seat, const std::string& channel) {
  const auto taken = seat.taken.find(channel);
  return seat.places() >= seat.profile->capacity || (taken == seat.taken.end() ? 0 : taken->second) >= seat.profile->capacityIn(channel);
}

AgentView Team::view(Seat& seat, Wall now) {
  if (!seat.fields || now >= seat.fields_at + fields_last) {
    seat.fields = fieldsOf(seat, now);
    seat.fields_at = now;
  }
  const Wall idle_since = std::max(seat.record.last_assigned, seat.back);
  return {.profile = seat.profile,
          .fields = seat.fields,
          .status = seat.status(),
          .active_leads = seat.places(),
          .capacity = seat.profile->capacity,
          .avg_response_minutes = seat.record.response_minutes,
          .conversion_rate = seat.profile->conversion_rate,
          .satisfaction = seat.profile->satisfaction,
          .idle_ms = idle_since == Wall{} ? 0 : static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - idle_since).count()))};
}

std::string encodeRecord(const AgentRecord& record) {
  std::string out;
  JsonText json(out);
  json.begin('{');
  exact(json.key("value_received"), record.value_received);
  json.key("value_at").value(toMillis(record.value_at)).key("last_assigned").value(toMillis(record.last_assigned));
  exact(json.key("response_minutes"), record.response_minutes);
  json.key("outcomes").begin('{');
  for (const auto& [kind, outcomes] : record.outcomes) memberKey(json, kind).begin('[').value(outcomes.won).value(outcomes.closed).end(']');
  json.end('}').end('}');
  return out;
}

std::optional<AgentRecord> decodeRecord(const Document& document) {
  const auto parsed = JsonDocument::parse(document.value);
  if (!parsed || !parsed->root().isObject()) return std::nullopt;
  const JsonView stored = parsed->root();
  AgentRecord record;
  record.value_received = numberOf(stored["value_received"], 0);
  record.value_at = wallOf(stored["value_at"]);
  record.last_assigned = wallOf(stored["last_assigned"]);
  record.response_minutes = numberOf(stored["response_minutes"], -1);
  const JsonView kinds = stored["outcomes"];
  std::string scratch;
  for (JsonView kind = kinds.first(); kind.exists(); kind = kind.sibling(kinds)) {
    const JsonView won = kind.first();
    record.outcomes.emplace(kind.key(scratch), AgentRecord::Outcomes{static_cast<std::uint32_t>(integerOf(won, 0)),
                                                                     static_cast<std::uint32_t>(integerOf(won.sibling(kind), 0))});
  }
  return record;
}

std::string agentJson(const Seat& seat, Wall now) {
  const AgentProfile& profile = *seat.profile;
  const std::string stored = encodeAgent(profile);
  std::string out(stored, 0, stored.size() - 1);  // Without its bracket: what is live follows.
  const auto number = [&out](std::string_view name, double value) {
    out.append(",\"").append(name).append("\":");
    JsonText json(out);
    if (value < 0)
      json.null();
    else
      exact(json, value);
  };
  const auto add = [&out](std::string_view name, auto value) {
    out.append(",\"").append(name).append("\":");
    JsonText(out).value(value);
  };
  add("status", word(seat.status()));
  add("presence", word(seat.presence));
  add("sessions", seat.sessions);
  add("active_leads", seat.places());
  add("active_conversations", seat.conversations(now));
  number("capacity_utilization", seat.utilisation());
  number("avg_response_time", seat.record.response_minutes);
  if (profile.conversion_rate < 0) number("conversion_rate", -1);
  if (profile.satisfaction < 0) number("satisfaction", -1);
  number("value_received", seat.record.valueAt(now));
  add("version", profile.version);
  out += '}';
  return out;
}

}  // namespace atrium
