#include <utility>

#include "coordination/desk.hpp"
#include "coordination/desk_ready.hpp"
#include "coordination/stored_json.hpp"
#include "protocol/errors.hpp"

// What a desk tells who asks.
namespace atrium {

namespace {

constexpr std::uint32_t looks_max = 1000;  // Stored things one page of a list looks at, of which a filter may want none.

bool fits(const std::string& wanted, const JsonView& value) { return wanted.empty() || value.text() == wanted; }

// Whether a stored lead, offer or handoff is one of those asked for.
bool fits(const Listing& query, const JsonView& stored) {
  return fits(query.state, stored["state"]) && fits(query.queue, stored["queue"]) && fits(query.lead, stored["lead_id"]) &&
         (query.agent.empty() || fits(query.agent, stored["agent_id"]) || fits(query.agent, stored["owner"]) ||
          fits(query.agent, stored["from"]) || fits(query.agent, stored["to"]));
}

// As people are shown it: leads otherwise than they are stored.
std::string shown(const Document& document, Wall now) {
  if (document.key.front() != closed_lead_collection) return document.value;
  const auto lead = decodeLead(document);
  return lead ? leadJson(*lead, now) : document.value;
}

}  // namespace

void Desk::leads(Listing query, Reply done) {
  ready(std::move(done), [this, query = std::move(query)](Reply done) mutable {
    if (query.ended) return list(closed_lead_collection, std::move(query), std::move(done));
    std::string out = R"({"items":[)", next;
    std::uint32_t count = 0;
    for (auto at = leads_.upper_bound(query.cursor); at != leads_.end(); ++at) {
      const Lead& lead = at->second;
      if ((!query.state.empty() && word(lead.state) != query.state) || (!query.queue.empty() && lead.queue != query.queue) ||
          (!query.agent.empty() && lead.owner != query.agent))
        continue;
      if (count == query.limit) {
        next = std::prev(at)->first;
        break;
      }
      if (count++ > 0) out += ',';
      out += leadJson(lead, parts_.now.wall);
    }
    closeList(out, next);
    read(std::move(out), std::move(done));
  });
}

void Desk::lead(std::string lead_id, Reply done) {
  ready(std::move(done), [this, lead_id = std::move(lead_id)](Reply done) mutable {
    if (const auto known = leads_.find(lead_id); known != leads_.end())
      return read(leadJson(known->second, parts_.now.wall), std::move(done));
    fetch(closed_lead_collection, lead_id, [this, lead_id, done = std::move(done)](Result<std::optional<Document>> found) mutable {
      if (!found) return done(fail(found.error()));
      const auto lead = *found ? decodeLead(**found) : std::nullopt;
      if (!lead) return done(fail(unknownLead(lead_id)));
      done(leadJson(*lead, parts_.now.wall));
    });
  });
}

void Desk::offers(Listing query, Reply done) {
  ready(std::move(done), [this, query = std::move(query)](Reply done) mutable {
    if (query.ended) return list(ended_offer_collection, std::move(query), std::move(done));
    std::string out = R"({"items":[)", next;
    std::uint32_t count = 0;
    for (auto at = offers_.upper_bound(query.cursor); at != offers_.end(); ++at) {
      const LeadOffer& offer = at->second;
      if ((!query.state.empty() && word(offer.state) != query.state) || (!query.agent.empty() && offer.agent_id != query.agent) ||
          (!query.lead.empty() && offer.lead_id != query.lead) || (!query.queue.empty() && offer.queue != query.queue))
        continue;
      if (count == query.limit) {
        next = std::prev(at)->first;
        break;
      }
      if (count++ > 0) out += ',';
      out += encodeOffer(offer);
    }
    closeList(out, next);
    read(std::move(out), std::move(done));
  });
}

void Desk::offer(PrincipalPtr caller, std::string offer_id, Reply done) {
  ready(std::move(done), [this, caller = std::move(caller), offer_id = std::move(offer_id)](Reply done) mutable {
    const auto mine = [caller](const LeadOffer& offer) {
      return offer.agent_id == caller->user_id || caller->has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE);
    };
    const Error foreign{Code::forbidden, "This offer is for somebody else.", 0, {}};
    if (const auto known = offers_.find(offer_id); known != offers_.end())
      return mine(known->second) ? read(encodeOffer(known->second), std::move(done)) : done(fail(foreign));
    fetch(ended_offer_collection, offer_id, [mine, foreign, done = std::move(done)](const Result<std::optional<Document>>& found) mutable {
      if (!found) return done(fail(found.error()));
      const auto offer = *found ? decodeOffer(**found) : std::nullopt;
      if (!offer) return done(fail(Code::not_found, "There is no such offer."));
      if (!mine(*offer)) return done(fail(foreign));
      done(encodeOffer(*offer));
    });
  });
}

void Desk::handoff(std::string handoff_id, Reply done) {
  ready(std::move(done), [this, handoff_id = std::move(handoff_id)](Reply done) mutable {
    if (const auto known = handoffs_.find(handoff_id); known != handoffs_.end()) return read(encodeHandoff(known->second), std::move(done));
    stored(ended_handoff_collection, handoff_id, "There is no such handoff.", std::move(done));
  });
}

void Desk::handoffs(Listing query, Reply done) {
  ready(std::move(done), [this, query = std::move(query)](Reply done) mutable {
    list(query.ended ? ended_handoff_collection : handoff_collection, std::move(query), std::move(done));
  });
}

// What is over, once all is stored that was decided before: what has left the desk may be on its way to the store.
void Desk::fetch(std::string_view collection, const std::string& id, Completion<std::optional<Document>> done) {
  if (id.size() > lead_id_max) return done(std::nullopt);  // No id is as long as that.
  ledger_.afterAll(
      [this, key = DocumentKey{std::string(collection), tenant_id_, id}, done = std::move(done)](const Result<void>& all) mutable {
        if (!all) return done(fail(all.error()));
        parts_.store.get(std::move(key), std::move(done));
      });
}

// One thing as it is stored.
void Desk::stored(std::string_view collection, const std::string& id, std::string missing, Reply done) {
  fetch(collection, id, [missing = std::move(missing), done = std::move(done)](Result<std::optional<Document>> found) mutable {
    if (!found) return done(fail(found.error()));
    if (!*found) return done(fail(Code::not_found, std::move(missing)));
    done(std::move((*found)->value));
  });
}

// A page of what is stored.
void Desk::list(std::string_view collection, Listing query, Reply done) {
  const bool filtered = !query.state.empty() || !query.agent.empty() || !query.queue.empty() || !query.lead.empty();
  DocumentKey after;
  if (!query.cursor.empty()) after = {std::string(collection), tenant_id_, query.cursor};
  const std::uint32_t looks = filtered ? looks_max : query.limit + 1;
  parts_.store.scan(
      {std::string(collection), tenant_id_}, std::move(after), looks,
      [query = std::move(query), looks, now = parts_.now.wall, done = std::move(done)](Result<std::vector<Document>> found) mutable {
        if (!found) return done(fail(found.error()));
        std::string out = R"({"items":[)", last;
        std::uint32_t count = 0;
        bool more = found->size() == looks;
        for (const Document& document : *found) {
          const auto parsed = JsonDocument::parse(document.value);
          const bool wanted = parsed && fits(query, parsed->root());
          if (wanted && count == query.limit) {
            more = true;
            break;
          }
          last = document.key.back();
          if (!wanted) continue;
          if (count++ > 0) out += ',';
          out += shown(document, now);
        }
        closeList(out, more ? last : std::string());
        done(std::move(out));
      });
}

}  // namespace atrium
