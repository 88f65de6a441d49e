#include "sim/offer_watch.hpp"

#include <algorithm>
#include <cstdio>

namespace atrium::sim {

namespace {

constexpr std::size_t remembered_max = 64;  // Comings and goings of one user.
constexpr auto ramp_window = std::chrono::minutes(1);
constexpr std::string_view by_hand = "by hand";  // What a decision has as its policy when somebody named the agent.

Wall timeOf(const JsonView& value) { return parseTime(value.text()).value_or(Wall{}); }

Wall millisOf(const JsonView& value) {
  std::int64_t ms = 0;
  return value.integer(ms) ? Wall{std::chrono::milliseconds(ms)} : Wall{};
}

std::size_t countOf(const JsonView& value, std::size_t absent) {
  std::int64_t count = 0;
  return value.integer(count) && count >= 0 ? static_cast<std::size_t>(count) : absent;
}

bool has(const JsonView& list, std::string_view text) {
  for (JsonView one = list.first(); one.exists(); one = one.sibling(list))
    if (one.text() == text) return true;
  return false;
}

// A list that is empty asks for nothing.
bool admits(const JsonView& list, const std::string& text) { return text.empty() || list.size() == 0 || has(list, text); }

// The hours are read as texts: "09:00" <= "12:30" < "17:00".
bool onShift(const JsonView& shift, Wall at) {
  static constexpr const char* names[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  std::int64_t offset = 0;
  (void)shift["utc_offset_minutes"].integer(offset);
  const std::int64_t minutes = at.time_since_epoch().count() / 60'000 + offset;
  const std::int64_t of_day = minutes % 1440;
  char clock[16];
  std::snprintf(clock, sizeof clock, "%02d:%02d", static_cast<int>(of_day / 60), static_cast<int>(of_day % 60));
  const JsonView spans = shift["days"][names[(minutes / 1440 + 3) % 7]];  // 1970 began on a Thursday.
  for (JsonView span = spans.first(); span.exists(); span = span.sibling(spans)) {
    const JsonView from = span.first();
    if (from.text() <= clock && clock < from.sibling(span).text()) return true;
  }
  return false;
}

// By which policy an offer was decided, as the record says that is stored with it; empty: there is none.
std::string policyOf(const std::vector<DocumentWrite>& batch, const std::string& decision_id) {
  for (const DocumentWrite& write : batch)
    if (write.value && write.key.size() == 3 && write.key[0] == "decision" && write.key[2] == decision_id)
      return JsonDocument::parse(*write.value)->root()["policy"]["name"].text();
  return {};
}

// How a batch has a lead that waits for the answer to that offer; null: it does not.
std::shared_ptr<const JsonDocument> offeredAs(const std::vector<DocumentWrite>& batch, const std::string& lead_id,
                                              const std::string& offer_id) {
  for (const DocumentWrite& write : batch) {
    if (!write.value || write.key.size() != 3 || write.key[0] != "lead" || write.key[2] != lead_id) continue;
    auto lead = std::make_shared<const JsonDocument>(JsonDocument::parse(*write.value).value());
    if (lead->root()["state"].text() == "offered" && lead->root()["offer_id"].text() == offer_id) return lead;
  }
  return nullptr;
}

}  // namespace

void OfferWatch::presence(const std::string& user_id, Status status, std::size_t sessions, Wall at) {
  auto& his = people_[user_id];
  const std::size_t before = his.empty() ? 0 : his.back().sessions;
  his.push_back({at, status, sessions});
  if (his.size() > remembered_max) his.pop_front();
  if (before == 0 && sessions > 0) back_[user_id] = at, made_.erase(user_id);
  if (sessions == 0) back_.erase(user_id);
}

void OfferWatch::allGone(Wall at) {
  for (auto& [user, his] : people_)
    if (his.back().sessions > 0) his.push_back({at, Status::offline, 0});
  back_.clear();
  made_.clear();
}

OfferWatch::Presence OfferWatch::presenceAt(const std::string& user_id, Wall at) const {
  const auto his = people_.find(user_id);
  if (his == people_.end()) return {};
  const auto after = std::ranges::find_if(his->second, [at](const Presence& one) { return one.at > at; });
  return after == his->second.begin() ? Presence{} : *std::prev(after);
}

OfferWatch::Shelf* OfferWatch::shelf(const DocumentKey& key) {
  if (key.size() != 3) return nullptr;
  if (key[0] == "agent") return &agents_;
  if (key[0] == "lead") return &leads_;
  return key[0] == "offer" ? &offers_ : nullptr;
}

void OfferWatch::begin(const std::vector<std::vector<Document>>& documents) {
  agents_.clear(), leads_.clear(), offers_.clear(), undo_.clear();
  for (const auto& collection : documents)
    for (const Document& document : collection)
      if (Shelf* shelf = this->shelf(document.key))
        (*shelf)[document.key[2]] = std::make_shared<const JsonDocument>(JsonDocument::parse(document.value).value());
}

void OfferWatch::take(const std::vector<DocumentWrite>& batch) {
  undo_.clear();
  for (const DocumentWrite& write : batch) {
    Shelf* shelf = this->shelf(write.key);
    if (!shelf) continue;
    const std::string& id = write.key[2];
    Json after = write.value ? std::make_shared<const JsonDocument>(JsonDocument::parse(*write.value).value()) : nullptr;
    const auto known = shelf->find(id);
    if (shelf == &offers_ && after && known == shelf->end()) {
      // The lead as it is in the same change, which may be its first one, else as it stands.
      const std::string lead_id = after->root()["lead_id"].text();
      Json lead = offeredAs(batch, lead_id, id);
      if (const auto stored = leads_.find(lead_id); !lead && stored != leads_.end()) lead = stored->second;
      look(after->root(), lead ? lead->root() : JsonView(), policyOf(batch, after->root()["decision_id"].text()));
    }
    // Who is new on the roster has not come back.
    if (shelf == &agents_ && after && known == shelf->end()) back_.erase(id);
    undo_.push_back({shelf, id, known == shelf->end() ? nullptr : known->second});
    if (after)
      (*shelf)[id] = std::move(after);
    else
      shelf->erase(id);
  }
}

void OfferWatch::takeBack() {
  for (; !undo_.empty(); undo_.pop_back()) {
    if (undo_.back().before)
      (*undo_.back().shelf)[undo_.back().id] = std::move(undo_.back().before);
    else
      undo_.back().shelf->erase(undo_.back().id);
  }
}

void OfferWatch::look(const JsonView& offer, const JsonView& lead, const std::string& policy) {
  ++looked_at_;
  const std::string offer_id = offer["offer_id"].text(), agent_id = offer["agent_id"].text();
  std::string why = offer["state"].text() == "pending" ? objection(offer, lead, policy) : "the offer begins as " + offer["state"].text();
  if (!why.empty() && flaw_.empty())
    flaw_ = offer_id + " of " + offer["lead_id"].text() + " to " + agent_id + ": " + why + " (" + std::string(offer.raw()) + ")";
  auto& made = made_[agent_id];
  made.push_back(timeOf(offer["made_at"]));
  while (made.front() + ramp_window <= made.back()) made.pop_front();
  if (looked_) looked_(offer_id);
}

std::string OfferWatch::objection(const JsonView& offer, const JsonView& lead, const std::string& policy) const {
  const std::string agent_id = offer["agent_id"].text(), kind = offer["kind"].text(), queue = lead["queue"].text();
  const Wall at = timeOf(offer["made_at"]);
  const auto agent = agents_.find(agent_id);
  if (agent == agents_.end()) return "nobody of that id is on the roster";
  if (!lead.exists()) return "there is no such lead";
  if (lead["owner"].text() == agent_id) return "the lead is his already";
  const auto named = std::ranges::find(rules_.queues, queue, &QueueRule::name);
  const QueueRule& rule = named == rules_.queues.end() ? rules_.queues.back() : *named;
  const JsonView his = agent->second->root(), wanted = lead["lead"];

  if (kind == "direct" && offer["by"].isNull()) return toFallback(offer, lead, rule, at);
  if (policy.empty()) return "no decision made it";
  if (policy == by_hand && offer["reason"].text() != "rebalance")
    return kind == "routed" ? "nobody has named him" : toNamed(offer, his, at);
  if (offer["over_cap"].boolean(false)) return "no person has put it above his cap";

  if (his["shift"].exists() && !onShift(his["shift"], at)) return "he is off shift";
  if (std::string why = toPerson(his, agent_id, at); !why.empty()) return why;
  if (presenceAt(agent_id, at).status != Status::online) return "his status is " + std::string(word(presenceAt(agent_id, at).status));
  if (!admits(his["queues"], queue)) return "he takes nothing of " + queue;
  if (const std::string skill = rule.skill_field.empty() ? "" : wanted[rule.skill_field].text(); !skill.empty()) {
    double level = 0;
    (void)his["skills"][skill].number(level);
    const bool relaxed = rule.skill_relax_after.count() > 0 && at >= millisOf(lead["queued"]) + rule.skill_relax_after;
    if (level < rule.skill_min && !relaxed) return "of " + skill + " he knows " + std::to_string(level);
  }
  if (!admits(his["languages"], wanted["language"].text())) return "he does not speak " + wanted["language"].text();
  if (!admits(his["territories"], wanted["territory"].text())) return "he does not work in " + wanted["territory"].text();
  if (at < millisOf(lead["declined"][agent_id])) return "he has let it pass";
  if (std::string why = toPlaces(offer, his); !why.empty()) return why;
  return toRamp(agent_id, rule, at);
}

// By a person, who may overrule all but these.
std::string OfferWatch::toNamed(const JsonView& offer, const JsonView& agent, Wall at) const {
  if (std::string why = toPerson(agent, offer["agent_id"].text(), at); !why.empty()) return why;
  if (offer["over_cap"].boolean(false)) return offer["reason"].isNull() ? "above his cap without a reason" : "";
  return toPlaces(offer, agent);
}

// Who gets what nobody takes, were he offline or at his cap.
std::string OfferWatch::toFallback(const JsonView& offer, const JsonView& lead, const QueueRule& rule, Wall at) const {
  if (offer["agent_id"].text() != rule.fallback_agent) return "nobody has named him";
  return at < millisOf(lead["queued"]) + rule.fallback_after ? "the lead has not waited for that long" : "";
}

std::string OfferWatch::toPerson(const JsonView& agent, const std::string& agent_id, Wall at) const {
  if (agent["paused"].boolean(false) || agent["held_by"].size() > 0) return "he is paused";
  return presenceAt(agent_id, at).sessions == 0 ? "he has no session" : "";
}

std::string OfferWatch::toPlaces(const JsonView& offer, const JsonView& agent) const {
  const std::string agent_id = agent["agent_id"].text(), channel = offer["channel"].text();
  std::size_t taken = 0, in_channel = 0;
  for (const auto& [id, other] : offers_) {
    if (other->root()["agent_id"].text() != agent_id) continue;
    ++taken;
    in_channel += other->root()["channel"].text() == channel ? 1 : 0;
  }
  const std::size_t cap = countOf(agent["capacity"], 0), channel_cap = countOf(agent["channels"][channel], cap);
  if (taken >= cap) return "he has " + std::to_string(taken) + " of " + std::to_string(cap);
  return in_channel >= channel_cap ? "he has " + std::to_string(in_channel) + " of " + std::to_string(channel_cap) + " of " + channel : "";
}

std::string OfferWatch::toRamp(const std::string& agent_id, const QueueRule& rule, Wall at) const {
  const auto back = back_.find(agent_id);
  if (rule.ramp_in.count() == 0 || back == back_.end() || at < back->second || at >= back->second + rule.ramp_in) return {};
  const auto made = made_.find(agent_id);
  if (made == made_.end()) return {};
  const auto recent = std::ranges::count_if(made->second, [&](Wall one) { return one >= back->second && one + ramp_window > at; });
  return recent < static_cast<std::ptrdiff_t>(rule.ramp_in_offers) ? "" : "he came back a moment ago and was offered enough";
}

}  // namespace atrium::sim
