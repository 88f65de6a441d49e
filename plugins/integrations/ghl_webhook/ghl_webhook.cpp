#include "ghl_webhook.hpp"

#include "timed_wait.hpp"

namespace {

constexpr std::uint32_t overseers = ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE;

std::string object_of(const LeadFields& fields) {
  std::string object = "{";
  for (const auto& [name, value] : fields) object += (object.size() > 1 ? "," : "") + atrium::json_quoted(name) + ":" + value;
  return object + "}";
}

void problem(atrium::UiResponse& response, std::uint32_t status, std::string_view code, std::string_view detail,
             const std::vector<GhlLead::Problem>& problems = {}) {
  std::string body = R"({"code":)" + atrium::json_quoted(code) + R"(,"detail":)" + atrium::json_quoted(detail) + R"(,"errors":[)";
  for (const auto& [path, message] : problems) {
    if (!body.ends_with('[')) body += ',';
    body += R"({"path":)" + atrium::json_quoted(path) + R"(,"message":)" + atrium::json_quoted(message) + "}";
  }
  response.status(status);
  response.json(body + "]}");
}

void tell(atrium::UiResponse& response, const std::string& lead_id, std::string_view state, const std::string& enrichment = {}) {
  std::string body =
      R"({"lead_id":)" + (lead_id.empty() ? "null" : atrium::json_quoted(lead_id)) + R"(,"state":)" + atrium::json_quoted(state);
  if (!enrichment.empty()) body += R"(,"enrichment":)" + atrium::json_quoted(enrichment);
  response.json(body + "}");
}

}  // namespace

GhlWebhook::GhlWebhook(atrium::Host host, atrium::Json options)
    : host_(host),
      json_(host),
      desk_(host),
      options_(GhlOptions::read(options)),
      deliveries_(host, options_.tenant),
      enrichment_(host, options_),
      routed_(host, "leads_routed", "Leads that came from GoHighLevel and were routed."),
      repeated_(host, "leads_repeated", "Deliveries that had come before."),
      refused_(host, "leads_refused", "Deliveries that were no sound lead, or not signed by GoHighLevel."),
      unenriched_(host, "enrichments_failed", "Leads of which the CRM told nothing in time.") {
  host.require("coordination");
  if (!options_.public_key.empty()) key_.emplace(PublicKey::Kind::ed25519, options_.public_key, "public_key");
  if (!options_.legacy_public_key.empty())
    legacy_key_.emplace(PublicKey::Kind::rsa_sha256, options_.legacy_public_key, "legacy_public_key");
  http_ui.name = "ghl";
  http_ui.hooks.push_back({.path = "/signed", .header = "x-signature", .secret = "signing"});
  if (key_ || legacy_key_) http_ui.hooks.push_back({.path = "/events", .signature = ATRIUM_SIGNATURE_NONE, .header = {}});
}

void GhlWebhook::handle(const atrium::UiRequest& request, atrium::UiResponse& response) {
  if (!request.is_hook()) return enrich(request, response);
  if (request.path() == "/events" && !signed_by_ghl(request)) {
    refused_.add();
    return problem(response, 403, "forbidden", "The signature is missing, or not GoHighLevel's over this body.");
  }
  take(request, response);
}

bool GhlWebhook::signed_by_ghl(const atrium::UiRequest& request) const {
  // The newer one decides where it is there: whoever could choose would choose the weaker.
  if (const auto signature = request.header("x-ghl-signature"); key_ && signature) return key_->signed_by(request.body(), *signature);
  const auto signature = request.header("x-wh-signature");
  return legacy_key_ && signature && legacy_key_->signed_by(request.body(), *signature);
}

void GhlWebhook::take(const atrium::UiRequest& request, atrium::UiResponse& response) {
  GhlLead lead;
  bool object = false;
  const bool sound = json_.parse(request.body(), [&](atrium::Json payload) {
    object = payload.is_object();
    if (object) lead = read_ghl_lead(payload, options_);
  });
  if (!sound || !object) {
    refused_.add();
    return problem(response, 400, "malformed_json", "The body is no JSON object.");
  }
  if (lead.what == GhlLead::What::other) return tell(response, {}, "ignored");
  if (!lead.problems.empty()) {
    refused_.add();
    return problem(response, 422, "validation_failed", "This is no lead.", lead.problems);
  }
  if (deliveries_.knows(lead.delivery_id)) {
    repeated_.add();
    return tell(response, lead.lead_id, "known");
  }
  route(lead, response);
}

void GhlWebhook::route(GhlLead& lead, atrium::UiResponse& response) {
  const Enrichment::Found found = enrichment_.ask(lead.email, lead.phone);
  if (found.state == "failed") unenriched_.add();
  for (const auto& [name, value] : found.fields)
    if (!has_field(lead.fields, name)) lead.fields.emplace_back(name, value);
  if (found.state != "off") lead.fields.emplace_back("enrichment", atrium::json_quoted(found.state));

  LeadFields request{{"lead_id", atrium::json_quoted(lead.lead_id)}, {"lead", object_of(lead.fields)}};
  if (!options_.queue.empty()) request.emplace_back("queue", atrium::json_quoted(options_.queue));
  if (!options_.channel.empty()) request.emplace_back("channel", atrium::json_quoted(options_.channel));
  const auto answer = wait_at_most<atrium::Answer>(
      route_patience_ms, [&](auto done) { desk_.route_lead(options_.tenant, object_of(request), std::move(done)); });
  if (answer && (answer->ok() || answer->status == ATRIUM_CONFLICT)) {  // A conflict: somebody has it already.
    deliveries_.remember(lead.delivery_id);
    (answer->ok() ? routed_ : repeated_).add();
    return tell(response, lead.lead_id, answer->ok() ? "routed" : "known", found.state);
  }
  if (answer && answer->status == ATRIUM_INVALID) {
    refused_.add();
    return problem(response, 422, "validation_failed", answer->text);
  }
  // It comes again, and is known then if it was routed after all.
  host_.warning("lead_not_routed", answer ? answer->text : "The desk did not answer in time.");
  problem(response, 503, "overloaded", "The lead could not be routed now; send it again.");
}

// What the CRM says of somebody, for those who look after its connection.
void GhlWebhook::enrich(const atrium::UiRequest& request, atrium::UiResponse& response) {
  if (request.tenant_id() != options_.tenant || request.path() != "/enrich")
    return problem(response, 404, "not_found", "There is no such page.");
  if (const auto caller = request.caller(); !caller || !caller->has(overseers))
    return problem(response, 403, "forbidden", "This is for supervisors, admins and services.");
  if (request.method() != "POST") return problem(response, 405, "method_not_allowed", "Ask by POST.");
  std::string email, phone;
  static_cast<void>(json_.parse(request.body(), [&](atrium::Json body) {
    email = body["email"].as_text().value_or("");
    phone = body["phone"].as_text().value_or("");
  }));
  if (email.size() + phone.size() > 500 || (email.empty() && phone.empty()))
    return problem(response, 422, "validation_failed", "Say whom to ask for.",
                   {{"/email", "or phone is needed, together up to 500 bytes"}});
  const Enrichment::Found found = enrichment_.ask(email, phone);
  response.json(R"({"enrichment":)" + atrium::json_quoted(found.state) + R"(,"fields":)" + object_of(found.fields) + "}");
}
