#include "coordination/coordination.hpp"

#include <algorithm>
#include <utility>

#include "coordination/decision_record.hpp"
#include "coordination/desk_ready.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr auto sweep_every = std::chrono::hours(1);

}  // namespace

Coordination::Coordination(Parts parts)
    : parts_(std::move(parts)),
      decider_(parts_.panel, parts_.clock),
      ended_(parts_.store, parts_.timers, parts_.now, parts_.metrics, parts_.log),
      sweep_timer_([this] { begin(); }),
      ids_(Random(parts_.seed)),
      random_(parts_.seed ^ 0xC0'0D1) {}

Coordination::Place* Coordination::place(const std::string& tenant_id) {
  if (const auto known = places_.find(tenant_id); known != places_.end()) return &known->second;
  if (places_.size() >= tenants_max) {
    // Of whom nobody is here is known again when he comes. A desk stays: answers of the store may be on their way to it.
    std::erase_if(places_, [](const auto& one) { return !one.second.desk && one.second.present.empty(); });
    if (places_.size() >= tenants_max) {
      parts_.metrics.add(Metric::coordination_refused);
      return nullptr;
    }
  }
  return &places_[tenant_id];
}

Desk* Coordination::of(const std::string& tenant_id) {
  Place* known = place(tenant_id);
  return known ? &open(tenant_id, *known) : nullptr;
}

Desk& Coordination::open(const std::string& tenant_id, Place& place) {
  if (place.desk) return *place.desk;
  place.looked = true;
  place.desk = std::make_unique<Desk>(DeskParts{.store = parts_.store,
                                                .decider = decider_,
                                                .explainer = explainer_,
                                                .shadows = shadows_,
                                                .policies = parts_.policies,
                                                .outlet = parts_.outlet,
                                                .events = parts_.events,
                                                .timers = parts_.timers,
                                                .now = parts_.now,
                                                .ids = ids_,
                                                .random = random_,
                                                .metrics = parts_.metrics,
                                                .log = parts_.log,
                                                .rules = parts_.rules},
                                      tenant_id);
  for (const auto& [user, seen] : std::exchange(place.present, {})) place.desk->presenceChanged(user, seen.status, seen.sessions);
  return *place.desk;
}

void Coordination::presenceChanged(const UserKey& user, Status status, std::size_t sessions) {
  Place* known = place(user.tenant_id);
  if (!known) return;
  if (known->desk) return known->desk->presenceChanged(user.user_id, status, sessions);
  if (sessions == 0 && status == Status::offline)
    known->present.erase(user.user_id);
  else
    known->present.insert_or_assign(user.user_id, Seen{status, sessions});
  if (std::exchange(known->looked, true)) return;
  // Leads may wait for this very agent since before the server started.
  parts_.store.scan({std::string(agent_collection), user.tenant_id}, {}, 1,
                    [this, tenant = user.tenant_id](const Result<std::vector<Document>>& found) {
                      const auto asked = places_.find(tenant);
                      if (asked == places_.end()) return;
                      if (!found)
                        asked->second.looked = false;  // Asked again when the next one comes.
                      else if (!found->empty())
                        open(tenant, asked->second);
                    });
}

void Coordination::posted(const RoomKey& room, const std::string& lead_id, const std::string& sender_id, bool by_client, Wall at) {
  const auto known = places_.find(room.tenant_id);
  if (known != places_.end() && known->second.desk)
    known->second.desk->posted(formatId(room_prefix, room.room), lead_id, sender_id, by_client, at);
}

void Coordination::setRules(CoordinationRules rules) {
  parts_.rules = std::move(rules);
  for (auto& [tenant, place] : places_)
    if (place.desk) place.desk->rulesChanged();
}

void Coordination::decisions(const std::string& tenant_id, Listing query, Completion<std::string> done) {
  DocumentKey after;
  if (!query.cursor.empty()) after = {std::string(decision_collection), tenant_id, query.cursor};
  parts_.store.scan({std::string(decision_collection), tenant_id}, std::move(after), query.limit + 1,
                    [limit = query.limit, done = std::move(done)](const Result<std::vector<Document>>& found) mutable {
                      if (!found) return done(fail(found.error()));
                      std::string out = R"({"items":[)";
                      const std::size_t shown = std::min<std::size_t>(found->size(), limit);
                      for (std::size_t at = 0; at < shown; ++at) {
                        if (at > 0) out += ',';
                        out += (*found)[at].value;
                      }
                      closeList(out, found->size() > limit ? (*found)[limit - 1].key.back() : std::string());
                      done(std::move(out));
                    });
}

void Coordination::decision(const std::string& tenant_id, const std::string& decision_id, Completion<std::string> done) {
  if (!parseId(decision_prefix, decision_id)) return done(fail(Code::not_found, "There is no such decision."));
  parts_.store.get({std::string(decision_collection), tenant_id, decision_id}, [this, tenant_id, decision_id, done = std::move(done)](
                                                                                   Result<std::optional<Document>> found) mutable {
    if (!found) return done(fail(found.error()));
    if (!*found) return done(fail(Code::not_found, "There is no such decision."));
    parts_.store.scan({std::string(decision_inputs_collection), tenant_id, decision_id}, {}, decision_parts_max,
                      [summary = std::move((*found)->value), done = std::move(done)](const Result<std::vector<Document>>& parts) mutable {
                        if (!parts) return done(fail(parts.error()));
                        const auto inputs = readInputs(*parts);
                        done(decisionJson(summary, inputs ? &*inputs : nullptr));
                      });
  });
}

void Coordination::begin() {
  ended_.sweep(tenants(), parts_.rules.closed_kept);
  parts_.timers.arm(sweep_timer_, parts_.now.mono + sweep_every);
}

// ---- Decisions of the past, made again

void Coordination::policyNamed(const std::string& tenant_id, std::string name, Completion<Policy> done) {
  parts_.policies.find(tenant_id, std::move(name), [done = std::move(done)](const Result<PolicyInForce>& found) mutable {
    if (!found) return done(fail(found.error()));
    if (found->policy) return done(found->policy);
    Error error{Code::validation_failed, "There is no such policy.", 0, {}};
    error.fields.push_back({"/policy", "must name a policy; GET /coordination/policies has them"});
    done(fail(std::move(error)));
  });
}

void Coordination::recorded(const std::string& tenant_id, const std::string& decision_id, Completion<Decision> done) {
  if (!parseId(decision_prefix, decision_id)) return done(fail(Code::not_found, "There is no such decision."));
  parts_.store.scan({std::string(decision_inputs_collection), tenant_id, decision_id}, {}, decision_parts_max,
                    [done = std::move(done)](const Result<std::vector<Document>>& parts) mutable {
                      if (!parts) return done(fail(parts.error()));
                      auto inputs = readInputs(*parts);
                      if (!inputs) return done(fail(Code::not_found, "There is no such decision, or its inputs are no longer kept."));
                      done(*std::move(inputs));
                    });
}

void Coordination::replay(const std::string& tenant_id, const std::string& decision_id, std::string policy, Completion<std::string> done) {
  const auto decideAgain = [this, tenant_id, decision_id](Policy other, Completion<std::string> answer) {
    recorded(tenant_id, decision_id, [this, other = std::move(other), answer = std::move(answer)](Result<Decision> found) mutable {
      if (!found) return answer(fail(found.error()));
      const auto then = std::make_shared<const Decision>(*std::move(found));
      auto tell = [then, answer = std::move(answer)](const ReplayReport& report) mutable { answer(replayJson(*then, report)); };
      if (other)
        replayWith(*then, std::move(other), decider_, std::move(tell));
      else
        atrium::replay(*then, decider_, std::move(tell));
    });
  };
  if (policy.empty()) return decideAgain(nullptr, std::move(done));
  policyNamed(tenant_id, std::move(policy), [decideAgain, done = std::move(done)](Result<Policy> other) mutable {
    if (!other) return done(fail(other.error()));
    decideAgain(*std::move(other), std::move(done));
  });
}

// Recorded decisions of one tenant, the next one last.
struct Coordination::Page {
  std::string tenant_id;
  std::vector<std::string> ids;
};

void Coordination::replayTraffic(const std::string& tenant_id, std::string policy, const Listing& query, Completion<std::string> done) {
  policyNamed(tenant_id, std::move(policy), [this, tenant_id, query, done = std::move(done)](Result<Policy> named) mutable {
    if (!named) return done(fail(named.error()));
    DocumentKey after;
    if (!query.cursor.empty()) after = {std::string(decision_collection), tenant_id, query.cursor};
    parts_.store.scan(
        {std::string(decision_collection), tenant_id}, std::move(after), query.limit,
        [this, tenant_id, named = *std::move(named), done = std::move(done)](const Result<std::vector<Document>>& found) mutable {
          if (!found) return done(fail(found.error()));
          const auto page = std::make_shared<Page>(Page{tenant_id, {}});
          for (auto at = found->rbegin(); at != found->rend(); ++at) page->ids.push_back(at->key.back());
          atrium::replayTraffic([this, page](auto take) { nextOf(page, std::move(take)); }, std::move(named), decider_,
                                [done = std::move(done)](const TrafficReport& report) mutable { done(trafficJson(report)); });
        });
  });
}

// One whose inputs are too large or gone is not among those compared, nor what no policy has decided.
void Coordination::nextOf(std::shared_ptr<Page> page, std::move_only_function<void(std::optional<RecordedDecision>)> take) {
  if (page->ids.empty()) return take(std::nullopt);
  std::string id = std::move(page->ids.back());
  page->ids.pop_back();
  recorded(page->tenant_id, id, [this, page, id, take = std::move(take)](Result<Decision> found) mutable {
    if (!found || found->question->policy->name == by_hand) return nextOf(page, std::move(take));
    take(RecordedDecision{id, *std::move(found)});
  });
}

std::vector<std::string> Coordination::tenants() const {
  std::vector<std::string> names;
  for (const auto& [tenant, place] : places_)
    if (place.desk) names.push_back(tenant);
  return names;
}

bool Coordination::sample(std::string_view tenant_id, TeamSample& sample) const {
  const auto known = places_.find(tenant_id);
  return known != places_.end() && known->second.desk && known->second.desk->sample(sample);
}

}  // namespace atrium
