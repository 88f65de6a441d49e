#include "coaching/tip_book.hpp"

#include <algorithm>
#include <utility>

#include "coaching/assist_request.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr unsigned judge_attempts = 3;
constexpr std::uint32_t removed_at_once = 20;

Error noTip() { return {Code::not_found, "There is no such tip.", 0, {}}; }

std::string pageOf(const std::vector<Document>& documents, const TipQuery& query, Wall oldest) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("items").begin('[');
  bool all_young = true;
  for (const Document& document : documents) {
    const auto tip = decodeTip(document.value);
    if (!tip) continue;
    all_young = tip->created_at >= oldest;
    if (!all_young) break;
    if (query.agent_id.empty() || tip->agent_id == query.agent_id) writeTip(json, *tip);
  }
  json.end(']').key("next_cursor");
  if (documents.size() < query.limit || !all_young)
    json.null();
  else
    json.value(std::string_view(documents.back().key.back()));
  json.end('}');
  return text;
}

}  // namespace

void TipBook::add(const std::string& tenant_id, const Tip& tip, std::vector<DocumentWrite> also, Completion<void> done) {
  also.push_back({tipKey(tenant_id, tip.id), ATRIUM_VERSION_ANY, encodeTip(tip)});
  store_.write(std::move(also), std::move(done));
  removeOld(tenant_id);
}

void TipBook::judge(PrincipalPtr caller, const std::string& tip_id, TipState verdict, Completion<Tip> done) {
  const auto id = parseId(tip_prefix, tip_id);
  if (!id) return done(fail(noTip()));
  judgeFound(caller, *id, verdict, 1, std::move(done));
}

void TipBook::judgeFound(const PrincipalPtr& caller, const Id& id, TipState verdict, unsigned attempt, Completion<Tip> done) {
  store_.get(tipKey(caller->tenant_id, id),
             [this, caller, id, verdict, attempt, done = std::move(done)](Result<std::optional<Document>> found) mutable {
               if (!found) return done(fail(found.error()));
               auto tip = *found ? decodeTip((*found)->value) : std::nullopt;
               if (!tip || tip->created_at < oldest() || (tip->agent_id != caller->user_id && !supervises(*caller)))
                 return done(fail(noTip()));
               if (tip->state == verdict) return done(*std::move(tip));
               if (tip->state != TipState::shown)
                 return done(fail(Code::tip_judged,
                                  tip->judged_by + " has " + std::string(word(tip->state)) + " it at " + formatTime(tip->judged_at) + "."));
               tip->state = verdict;
               tip->judged_by = caller->user_id;
               tip->judged_at = now_.wall;
               std::vector<DocumentWrite> writes;
               writes.push_back({tipKey(caller->tenant_id, id), (*found)->version, encodeTip(*tip)});
               store_.write(std::move(writes),
                            [this, caller, id, verdict, attempt, tip = *std::move(tip), done = std::move(done)](Result<void> kept) mutable {
                              if (kept) return done(std::move(tip));
                              // Somebody else was faster: what he said is read first.
                              if (kept.error().code == Code::conflict && attempt < judge_attempts)
                                return judgeFound(caller, id, verdict, attempt + 1, std::move(done));
                              done(fail(kept.error()));
                            });
             });
}

void TipBook::list(const Principal& caller, const TipQuery& asked, Completion<std::string> done) {
  TipQuery query = asked;
  if (!supervises(caller)) {
    if (!query.agent_id.empty() && query.agent_id != caller.user_id)
      return done(fail(Code::forbidden, "Only supervisors, admins and services see the tips of others."));
    query.agent_id = caller.user_id;
  }
  if (!query.cursor.empty() && (query.cursor.size() != 32 || query.cursor.find_first_not_of("0123456789abcdef") != std::string::npos))
    return done(fail(Error{Code::validation_failed, "The query has wrong parameters.", 0, {{"/cursor", "must be a next_cursor"}}}));
  DocumentKey after;
  if (!query.cursor.empty()) after = {"tip", caller.tenant_id, query.cursor};
  store_.scan({"tip", caller.tenant_id}, std::move(after), query.limit,
              [this, query = std::move(query), done = std::move(done)](Result<std::vector<Document>> page) mutable {
                if (!page) return done(fail(page.error()));
                done(pageOf(*page, query, oldest()));
              });
}

// What could not be removed now is so with a later tip.
void TipBook::removeOld(const std::string& tenant_id) {
  store_.scan({"tip", tenant_id}, tipKeyBefore(tenant_id, oldest()), removed_at_once, [this](const Result<std::vector<Document>>& old) {
    if (!old || old->empty()) return;
    std::vector<DocumentWrite> removals;
    for (const Document& document : *old) removals.push_back({document.key, ATRIUM_VERSION_ANY, std::nullopt});
    store_.write(std::move(removals), [](const Result<void>&) {});
  });
}

}  // namespace atrium
