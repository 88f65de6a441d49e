#include "ctl/demo/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "protocol/json_writer.hpp"

namespace atrium::demo {

namespace {

using simulation::AgentModel;
using simulation::LeadModel;

using Json = JsonWriter<std::string>;

constexpr double price_usual = 400'000, commission = .025;
constexpr double urgent_value = 2.2;  // Leads of so many times the usual value cannot wait: one in ten.
constexpr std::array<std::string_view, 4> places = {"North Side", "South Side", "Old Town", "Lakeside"};
constexpr std::array<std::string_view, 3> reasons = {"in another conversation", "on the way to a viewing", "not my area"};
constexpr std::array<std::string_view, 4> wishes = {"Is it still to be had, and when could I see it?", "What would it cost each month?",
                                                    "Is there a school nearby?", "Thank you. What would be the next step?"};
constexpr std::array<std::string_view, 4> answers = {"It is, and I would be glad to show you around.",
                                                     "I have put together the figures for you.", "There is, ten minutes on foot.",
                                                     "I will send you what is needed today."};

std::string_view urgencyOf(const LeadModel& lead) {
  if (isUrgent(lead)) return "critical";
  return lead.value > 1.2 ? "high" : lead.value > .6 ? "medium" : "low";
}

std::string plural(std::string_view kind) { return kind == "land" ? std::string(kind) : std::string(kind) + "s"; }

}  // namespace

Actor hostActor() { return {"demo-host", "Demo Host (simulation)", "supervisor"}; }

Actor agentActor(unsigned number, const AgentModel& model) {
  const auto best = static_cast<std::size_t>(std::ranges::max_element(model.proficiency) - model.proficiency.begin());
  return {fmt::format("{}{}", agent_id_prefix, number), fmt::format("Demo Agent {} ({})", number, plural(lead_kinds[best])), "agent"};
}

Actor clientActor(unsigned number) {
  return {fmt::format("demo-client-{}", number), fmt::format("Demo Client {} (simulated)", number), "client"};
}

std::string rosterEntry(const Actor& actor, const AgentModel& model) {
  std::string body;
  Json json(body);
  json.begin('{').key("name").value(actor.name).key("capacity").value(model.places).key("skills").begin('{');
  for (std::size_t type = 0; type < lead_kinds.size(); ++type)
    if (model.proficiency[type] > 0) json.key(lead_kinds[type]).value(model.proficiency[type]);
  json.end('}').key("languages").begin('[').value("en").end(']');
  json.key("conversion_rate").value(model.performance / 2).key("satisfaction").value(model.performance * 5).end('}');
  return body;
}

bool isUrgent(const LeadModel& lead) { return lead.value > urgent_value; }
double dealValue(const LeadModel& lead) { return std::round(lead.value * price_usual * commission); }

std::string routeRequest(const std::string& lead_id, const std::string& room_id, const Actor& client, const LeadModel& lead,
                         std::uint64_t chance) {
  std::string body;
  Json json(body);
  json.begin('{').key("lead_id").value(lead_id).key("room_id").value(room_id).key("lead").begin('{');
  json.key("name").value(client.name).key("property_type").value(lead_kinds[lead.type]);
  json.key("budget").value(std::round(lead.value * price_usual / 1000) * 1000).key("urgency").value(urgencyOf(lead));
  json.key("location").value(places[chance % places.size()]);
  json.key("score").value(std::round(100 * lead.value / (1 + lead.value))).key("value").value(dealValue(lead));
  json.key("simulated").value(true).end('}').end('}');
  return body;
}

std::string memberRequest(std::string_view user_id) {
  std::string body;
  Json(body).begin('{').key("user_id").value(user_id).end('}');
  return body;
}

std::string roomRequest(std::string_view type, const std::string& name, std::string_view about, const std::vector<std::string>& members,
                        std::string_view lead_id) {
  std::string body;
  Json json(body);
  json.begin('{').key("room_type").value(type).key("name").value(name).key("description").value(about);
  json.key("initial_members").begin('[');
  for (const std::string& member : members) json.value(member);
  json.end(']').key("settings").begin('{').key("message_retention_days").value(1).end('}');
  json.key("context").begin('{').key("simulated").value(true);
  if (!lead_id.empty()) json.key("lead_id").value(lead_id);
  json.end('}').end('}');
  return body;
}

std::string messageRequest(const std::string& room_id, std::string_view content, std::string_view message_id, std::string_view event_type) {
  std::string body;
  Json json(body);
  json.begin('{');
  if (!event_type.empty()) json.key("event_type").value(event_type);
  json.key("room_id").value(room_id).key("content").value(content).key("client_message_id").value(message_id);
  json.key("metadata").begin('{').key("simulated").value(true).end('}').end('}');
  return body;
}

std::string clientLine(const LeadModel& lead, unsigned round) {
  const std::string_view kind = lead_kinds[lead.type];
  if (round == 0) return fmt::format("Hello, I am looking for {} {}.", kind == "apartment" ? "an" : kind == "land" ? "some" : "a", kind);
  return std::string(wishes[(round - 1) % wishes.size()]);
}

std::string agentLine(const Actor& agent, unsigned round) {
  if (round == 0) return fmt::format("Welcome, {} here. Tell me what matters to you.", agent.name);
  return std::string(answers[(round - 1) % answers.size()]);
}

std::string_view rejectionReason(std::uint64_t chance) { return reasons[chance % reasons.size()]; }

}  // namespace atrium::demo
