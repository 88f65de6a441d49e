#include "coordination/ledger.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "base/assert.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {
constexpr std::string_view ledger_collection = "coordination";

Error tooSlow() { return {Code::overloaded, "Storage is too slow for what comes.", 1000, {}}; }

}  // namespace

void Ledger::commit(std::vector<DocumentWrite> writes, Then then) {
  ATRIUM_ASSERT(writes.size() < ATRIUM_BATCH_MAX, "a change fits into one batch");
  if (!sound_) return then(atrium::fail(Code::storage_unavailable, "Storage has failed; what the desk knows is being read anew.", 1000));
  waiting_.push_back({std::move(writes), std::move(then)});
  if (waiting_.size() > waiting_max) return fail(tooSlow(), {});
  if (!flying_) flush();
}

void Ledger::afterAll(Then then) {
  if (sound_ && waiting_.size() >= waiting_max) return then(atrium::fail(tooSlow()));
  commit({}, std::move(then));
}

void Ledger::flush() {
  std::vector<DocumentWrite> writes;
  std::vector<Then> told;
  // One place is kept for the tenant's own document.
  while (!waiting_.empty() && writes.size() + waiting_.front().writes.size() < ATRIUM_BATCH_MAX) {
    std::ranges::move(waiting_.front().writes, std::back_inserter(writes));
    told.push_back(std::move(waiting_.front().then));
    waiting_.pop_front();
  }
  if (told.empty()) return;
  if (writes.empty()) return stored(std::move(told), {});
  flying_ = true;
  writes.push_back({.key = {std::string(ledger_collection), tenant_id_}, .expected_version = version_, .value = "{}"});
  store_.write(std::move(writes), [this, term = term_, told = std::move(told)](const Result<void>& result) mutable {
    if (term != term_) {
      for (Then& then : told) then(result);
      return;
    }
    flying_ = false;
    if (result) ++version_;
    stored(std::move(told), result);
  });
}

void Ledger::stored(std::vector<Then> told, const Result<void>& result) {
  if (!result) return fail(result.error(), std::move(told));
  for (Then& then : told) then({});
  if (!flying_ && sound_) flush();
}

void Ledger::fail(const Error& error, std::vector<Then> told) {
  const bool known = !std::exchange(sound_, false);
  const Result<void> refused = atrium::fail(error);
  for (Commit& behind : std::exchange(waiting_, {})) told.push_back(std::move(behind.then));
  for (Then& then : told) then(refused);
  if (!known) broken_();
}

void Ledger::renew(Completion<void> done) {
  ++term_;
  flying_ = false;
  DocumentKey key{std::string(ledger_collection), tenant_id_};
  // Writes reach the store in the order they are handed over: once this one is answered, none of before is on its way.
  store_.write({{.key = key, .expected_version = ATRIUM_VERSION_ANY, .value = "{}"}},
               [this, key, done = std::move(done)](const Result<void>& written) mutable {
                 if (!written) return done(atrium::fail(written.error()));
                 store_.get(std::move(key), [this, done = std::move(done)](Result<std::optional<Document>> found) mutable {
                   if (!found) return done(atrium::fail(found.error()));
                   if (!*found) return done(atrium::fail(Code::storage_unavailable, "Storage does not have what it has just taken.", 1000));
                   version_ = (*found)->version;
                   sound_ = true;
                   done({});
                 });
               });
}

}  // namespace atrium
