#include "analytics/upkeep.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t drops_at_once = 500;
constexpr std::uint32_t drops_page = 32;  // Mostly it is to find out that nothing is old.
constexpr std::array<std::string_view, 4> dropped_collections{"minute", "minute_agents", "hour", "hour_agents"};

// The key behind which the documents of `at` and later begin.
DocumentKey before(std::string_view collection, const std::string& tenant_id, Wall at) {
  // No agent's id follows this part in a key of three, and none sorts behind it in one of four: ids are UTF-8.
  DocumentKey key{std::string(collection), tenant_id, stepText(at - std::chrono::minutes(1))};
  if (collection.ends_with("_agents")) key.push_back("\xFF");
  return key;
}

}  // namespace

void Upkeep::look(const std::string& tenant_id) {
  if (std::ranges::find(waiting_, tenant_id) != waiting_.end()) return;
  waiting_.push_back(tenant_id);
  next();
}

// A loop, and no recursion from end(): a store that answers at once would make it as deep as there are tenants.
void Upkeep::next() {
  if (std::exchange(pumping_, true)) return;
  while (!busy_ && !waiting_.empty()) {
    busy_ = true;
    findMark();
  }
  pumping_ = false;
}

void Upkeep::findMark() {
  mark_ = Wall{};
  marked_ = false;
  store_.get({std::string(analytics_collection), tenant()}, [this](Result<std::optional<Document>> found) {
    if (!found) return end(false);
    marked_ = found->has_value();
    if (marked_)
      if (const auto parsed = JsonDocument::parse((*found)->value))
        if (const auto until = stepTime(parsed->root()["hours_until"].text())) mark_ = *until;
    rollOn();
  });
}

// Collects the team's minutes of the first hour from the mark on that is over and has any.
void Upkeep::rollOn() {
  hour_ = {};
  const Wall over = startOf(Span::hour, now_.wall);
  walkDocuments(store_, {.prefix = {"minute", tenant()},
                         .after = mark_ == Wall{} ? DocumentKey{} : before("minute", tenant(), mark_),
                         .each =
                             [this, over](const Document& document) {
                               const auto at = document.key.size() == 3 ? stepTime(document.key[2]) : std::nullopt;
                               if (!at) return true;
                               if (*at >= over || (hour_.found && startOf(Span::hour, *at) != hour_.rollup.from)) return false;
                               hour_.found = true;
                               hour_.rollup.from = startOf(Span::hour, *at);
                               if (!addDocument(document, hour_.rollup))
                                 log_.warning("analytics.unreadable", {{"tenant_id", tenant()}, {"at", document.key[2]}});
                               return true;
                             },
                         .done =
                             [this](Result<void> walked) {
                               if (!walked) return end(false);
                               if (hour_.found) return readAgents();
                               drop();
                             }});
}

void Upkeep::readAgents() {
  const Wall from = hour_.rollup.from, until = from + std::chrono::hours(1);
  walkDocuments(store_, {.prefix = {"minute_agents", tenant()},
                         .after = before("minute_agents", tenant(), from),
                         .each =
                             [this, until](const Document& document) {
                               const auto at = document.key.size() == 4 ? stepTime(document.key[2]) : std::nullopt;
                               if (at && *at >= until) return false;
                               if (at) std::ignore = addDocument(document, hour_.rollup);
                               return true;
                             },
                         .done =
                             [this](Result<void> walked) {
                               if (!walked) return end(false);
                               writeHour();
                             }});
}

void Upkeep::writeHour() {
  std::vector<DocumentWrite> writes = toDocuments(Span::hour, tenant(), hour_.rollup);
  mark_ = hour_.rollup.from + std::chrono::hours(1);
  writes.push_back(markAt(mark_));
  marked_ = true;
  store_.write(std::move(writes), [this](Result<void> written) {
    if (!written) return end(false);
    rollOn();
  });
}

DocumentWrite Upkeep::markAt(Wall until) const {
  return {.key = {std::string(analytics_collection), tenant()}, .value = R"({"hours_until":")" + stepText(until) + "\"}"};
}

void Upkeep::drop() {
  if (marked_) return dropFrom(0);
  // The first time, so that the tenant is found by its mark even if it is never heard of again.
  mark_ = startOf(Span::hour, now_.wall);
  store_.write({markAt(mark_)}, [this](Result<void> written) {
    if (!written) return end(false);
    dropFrom(0);
  });
}

void Upkeep::dropFrom(std::size_t collection) {
  if (collection == dropped_collections.size()) return end(true);
  const std::string name(dropped_collections[collection]);
  const bool minutes = name.starts_with("minute");
  const Wall old = minutes ? std::min(Wall(now_.wall - keep_.minutes), mark_) : Wall(now_.wall - keep_.hours);
  drops_.clear();
  walkDocuments(store_, {.prefix = {name, tenant()},
                         .page = drops_page,
                         .each =
                             [this, old](const Document& document) {
                               const auto at = document.key.size() >= 3 ? stepTime(document.key[2]) : std::nullopt;
                               if (at && *at >= old) return false;
                               drops_.push_back({.key = document.key, .value = std::nullopt});
                               return drops_.size() < drops_at_once;
                             },
                         .done =
                             [this, collection](Result<void> walked) {
                               if (!walked) return end(false);
                               if (drops_.empty()) return dropFrom(collection + 1);
                               // As many as there may be in a batch: the rest is found again.
                               const bool more = drops_.size() == drops_at_once;
                               store_.write(std::exchange(drops_, {}), [this, collection, more](Result<void> written) {
                                 if (!written) return end(false);
                                 dropFrom(more ? collection : collection + 1);
                               });
                             }});
}

void Upkeep::end(bool well) {
  const std::string tenant_id = std::move(waiting_.front());
  waiting_.pop_front();
  busy_ = false;
  ended_(tenant_id, well);
  next();
}

}  // namespace atrium
