#include "coordination/ended_records.hpp"

#include <array>
#include <utility>

#include "coordination/change.hpp"
#include "coordination/decision_record.hpp"
#include "coordination/stored_json.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t swept_page = 200;
constexpr auto breath = std::chrono::milliseconds(20);  // Between two pages.

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> swept{{{closed_lead_collection, {}},
                                                                              {ended_offer_collection, offer_prefix},
                                                                              {ended_handoff_collection, handoff_prefix},
                                                                              {decision_collection, decision_prefix},
                                                                              {decision_inputs_collection, decision_prefix}}};

Wall madeAt(const Id& id) {
  std::uint64_t ms = 0;
  for (std::size_t at = 0; at < 6; ++at) ms = ms << 8 | id.bytes[at];
  return fromMillis(ms);
}

}  // namespace

void EndedRecords::sweep(std::vector<std::string> tenants, std::chrono::hours kept) {
  ++round_;
  errands_.clear();
  after_.clear();
  before_ = now_.wall - kept;
  for (const std::string& tenant : tenants)
    for (const auto& [collection, prefix] : swept) errands_.push_back({tenant, collection, prefix});
  timers_.arm(timer_, now_.mono + breath);
}

void EndedRecords::step() {
  if (errands_.empty()) return;
  const Errand& errand = errands_.front();
  store_.scan({std::string(errand.collection), errand.tenant_id}, after_, swept_page,
              [this, round = round_](const Result<std::vector<Document>>& found) {
                if (round != round_) return;
                if (found) return take(errands_.front(), *found);
                log_.warning("coordination.unswept", {{"tenant", errands_.front().tenant_id}, {"reason", found.error().detail}});
                next();
              });
}

// Ids grow with time, so that all that follow one made within that time are younger, too. What was made before may have ended within it.
EndedRecords::Age EndedRecords::ageOf(const Errand& errand, const Document& document) const {
  if (errand.prefix.empty()) {
    const auto lead = decodeLead(document);
    return lead && lead->queued < before_ ? Age::over : Age::kept;
  }
  const auto id = parseId(errand.prefix, document.key[2]);
  if (!id) return Age::kept;
  if (madeAt(*id) >= before_) return Age::young;
  if (errand.prefix == decision_prefix) return Age::over;
  const auto parsed = JsonDocument::parse(document.value);
  return parsed && storedTime(parsed->root()["ended_at"]) >= before_ ? Age::kept : Age::over;
}

void EndedRecords::take(const Errand& errand, const std::vector<Document>& found) {
  std::vector<DocumentWrite> writes;
  bool more = found.size() == swept_page;
  for (const Document& document : found) {
    const Age age = ageOf(errand, document);
    if (age == Age::over) writes.push_back({.key = document.key, .value = std::nullopt});
    if (age == Age::young) {
      more = false;
      break;
    }
  }
  if (!found.empty()) after_ = found.back().key;
  remove(errand, std::move(writes), more);
}

void EndedRecords::remove(const Errand& errand, std::vector<DocumentWrite> writes, bool more) {
  const auto go_on = [this, more] {
    if (!more) return next();
    timers_.arm(timer_, now_.mono + breath);
  };
  if (writes.empty()) return go_on();
  metrics_.add(Metric::coordination_swept, static_cast<std::int64_t>(writes.size()));
  store_.write(std::move(writes), [this, round = round_, go_on, tenant = errand.tenant_id](const Result<void>& gone) {
    if (!gone) log_.warning("coordination.unswept", {{"tenant", tenant}, {"reason", gone.error().detail}});
    if (round == round_) go_on();
  });
}

void EndedRecords::next() {
  errands_.pop_front();
  after_.clear();
  if (!errands_.empty()) timers_.arm(timer_, now_.mono + breath);
}

}  // namespace atrium
