#include "ctl/demo/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace atrium::demo {

namespace {

using Refused = std::unexpected<std::string>;

std::string sentence(std::string_view what, const std::optional<Answer>& answer) {
  if (!answer) return fmt::format("interrupted before {}", what);
  return fmt::format("{}: the server answers {} {}", what, answer->status, answer->body.root()["detail"].text());
}

// Tells a server that is not there, and one that does not believe the tokens, before anything is waited for.
std::expected<void, std::string> firstContact(const Api& api) {
  const auto answer = api.askOnce(hostActor(), "GET", "/coordination/agents?limit=1");
  if (!answer) return Refused(answer.error());
  if (!answer->done()) return Refused(sentence("the demo may not play", *answer));
  return {};
}

std::expected<void, std::string> fillRoster(Api& api, const Stage& stage) {
  std::vector<std::string> earlier;
  forEachItem(api, hostActor(), "/coordination/agents", [&](const JsonView& agent) {
    std::string id = agent["agent_id"].text();
    const bool plays = std::ranges::find(stage.agents, id, &Actor::user_id) != stage.agents.end();
    if (id.starts_with(agent_id_prefix) && !plays) earlier.push_back(std::move(id));
  });
  for (const std::string& id : earlier) (void)api.ask(hostActor(), "DELETE", "/coordination/agents/" + id);
  for (std::size_t n = 0; n < stage.agents.size(); ++n) {
    const Actor& agent = stage.agents[n];
    const auto put = api.ask(hostActor(), "PUT", "/coordination/agents/" + agent.user_id, rosterEntry(agent, stage.models[n]));
    if (!put || !put->done()) return Refused(sentence(agent.name + " could not be put on the roster", put));
  }
  return {};
}

// The room's id: of the host's own that is open, or of a new one, which begins by saying what it is.
std::expected<std::string, std::string> findRoom(Api& api, const TeamRoom& kind, const std::vector<std::string>& members) {
  std::string room_id;
  forEachItem(api, hostActor(), fmt::format("/collaboration/rooms?type={}", kind.type), [&](const JsonView& room) {
    if (room["name"].text() == kind.name && room["created_by"].text() == hostActor().user_id && room["is_active"].boolean(false))
      room_id = room["room_id"].text();
  });
  if (!room_id.empty()) {
    for (const std::string& member : members)  // Who is a member already stays one.
      (void)api.ask(hostActor(), "POST", "/collaboration/rooms/" + room_id + "/members", memberRequest(member));
    return room_id;
  }
  const auto made =
      api.ask(hostActor(), "POST", "/collaboration/rooms", roomRequest(kind.type, std::string(kind.name), kind.about, members));
  if (!made || !made->done()) return Refused(sentence(fmt::format("the room {} could not be made", kind.name), made));
  room_id = made->body.root()["room_id"].text();
  (void)api.ask(hostActor(), "POST", "/collaboration/messages", messageRequest(room_id, simulation_notice, "notice"));
  return room_id;
}

}  // namespace

void forEachItem(Api& api, const Actor& actor, const std::string& path, const std::function<void(const JsonView& item)>& take) {
  for (std::string cursor;;) {
    const char join = path.find('?') == std::string::npos ? '?' : '&';
    const auto page = api.ask(actor, "GET", fmt::format("{}{}limit=100{}{}", path, join, cursor.empty() ? "" : "&cursor=", cursor));
    if (!page || !page->done()) return;
    const JsonView items = page->body.root()["items"];
    for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) take(item);
    cursor = page->body.root()["next_cursor"].text();
    if (cursor.empty()) return;
  }
}

void clearUp(Api& api) {
  struct Left {
    std::string lead_id, offer_id, state;
  };
  std::vector<Left> leads;
  forEachItem(api, hostActor(), "/coordination/leads", [&](const JsonView& lead) {
    if (lead["lead"]["simulated"].boolean(false)) leads.push_back({lead["lead_id"].text(), lead["offer_id"].text(), lead["state"].text()});
  });
  for (const Left& lead : leads) {
    if (lead.state == "active")
      (void)api.ask(hostActor(), "POST", "/coordination/offers/" + lead.offer_id + "/complete",
                    R"({"outcome":"simulation_ended","note":"simulated"})");
    else if (lead.state != "wrapping")
      (void)api.ask(hostActor(), "POST", "/coordination/leads/" + lead.lead_id + "/withdraw", R"({"reason":"the simulation ended"})");
  }
  std::vector<std::string> rooms;
  forEachItem(api, hostActor(), "/collaboration/rooms?type=client_session", [&](const JsonView& room) {
    if (room["created_by"].text() == hostActor().user_id && room["is_active"].boolean(false)) rooms.push_back(room["room_id"].text());
  });
  for (const std::string& room : rooms) (void)api.ask(hostActor(), "DELETE", "/collaboration/rooms/" + room);
}

std::expected<Stage, std::string> setStage(Api& api, const std::vector<simulation::AgentModel>& models,
                                           const std::vector<std::string>& guests) {
  if (auto met = firstContact(api); !met) return Refused(met.error());
  clearUp(api);
  Stage stage{.agents = {}, .models = models, .rooms = {}};
  std::vector<std::string> members = guests;
  for (unsigned number = 1; number <= models.size(); ++number) {
    stage.agents.push_back(agentActor(number, models[number - 1]));
    members.push_back(stage.agents.back().user_id);
  }
  if (auto filled = fillRoster(api, stage); !filled) return Refused(filled.error());
  for (std::size_t index = 0; index < team_rooms; ++index) {
    auto room = findRoom(api, team_room_kinds[index], members);
    if (!room) return Refused(room.error());
    stage.rooms[index] = *std::move(room);
  }
  return stage;
}

}  // namespace atrium::demo
