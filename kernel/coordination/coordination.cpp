#include "coordination/coordination.hpp"

#include <utility>

#include "coordination/decision_record.hpp"
#include "coordination/desk_ready.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

Coordination::Coordination(Parts parts)
    : parts_(std::move(parts)), decider_(parts_.panel, parts_.clock), ids_(Random(parts_.seed)), random_(parts_.seed ^ 0xC0'0D1) {}

Coordination::Place* Coordination::place(const std::string& tenant_id) {
  if (const auto known = places_.find(tenant_id); known != places_.end()) return &known->second;
  if (places_.size() >= tenants_max) {
    // Whoever has neither agents nor leads is known again when he comes.
    std::erase_if(places_, [](const auto& one) { return one.second.desk ? one.second.desk->idle() : one.second.present.empty(); });
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
                                                .panel = parts_.panel,
                                                .decider = decider_,
                                                .policies = parts_.policies,
                                                .outlet = parts_.outlet,
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
  if (!query.cursor.empty()) after = {"decision", tenant_id, query.cursor};
  parts_.store.scan({"decision", tenant_id}, std::move(after), query.limit + 1,
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
  parts_.store.get({"decision", tenant_id, decision_id}, [this, tenant_id, decision_id,
                                                          done = std::move(done)](Result<std::optional<Document>> found) mutable {
    if (!found) return done(fail(found.error()));
    if (!*found) return done(fail(Code::not_found, "There is no such decision."));
    parts_.store.scan({"decision_inputs", tenant_id, decision_id}, {}, decision_parts_max,
                      [summary = std::move((*found)->value), done = std::move(done)](const Result<std::vector<Document>>& parts) mutable {
                        if (!parts) return done(fail(parts.error()));
                        const auto inputs = readInputs(*parts);
                        done(decisionJson(summary, inputs ? &*inputs : nullptr));
                      });
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
