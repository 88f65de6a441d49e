#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/demo/api.hpp"
#include "routing/simulation/scenario.hpp"

// What the people of the demo are called and say. Everything is visibly a simulation: nobody has a name that a person could have.
namespace atrium::demo {

// What leads are about, by the types of the simulation.
inline constexpr std::array<std::string_view, simulation::lead_types> lead_kinds = {"condo",     "house", "townhouse",
                                                                                    "apartment", "villa", "land"};

// A room that is always there.
struct TeamRoom {
  std::string_view name, type, about;
};
enum TeamRoomIndex : std::uint8_t { main_team, urgent_leads, training, wins, handoffs, team_rooms };
inline constexpr std::array<TeamRoom, team_rooms> team_room_kinds = {{
    {"Main Team", "agent_team", "Everyday talk of the simulated team."},
    {"Urgent Leads", "emergency_response", "Simulated leads that cannot wait."},
    {"Training & Coaching", "training_session", "What the simulated team learns from leads it lost."},
    {"Wins & Celebrations", "agent_team", "Simulated deals."},
    {"Handoffs", "lead_collaboration", "Simulated leads that move from agent to agent."},
}};
inline constexpr std::string_view simulation_notice =
    "This is a simulation: atriumctl demo plays everybody in here, and nothing of it is real.";

[[nodiscard]] Actor hostActor();  // Who sets the stage: a supervisor.
[[nodiscard]] Actor agentActor(unsigned number, const simulation::AgentModel& model);
[[nodiscard]] Actor clientActor(unsigned number);
inline constexpr std::string_view agent_id_prefix = "demo-agent-";

// The body that puts the agent on the roster.
[[nodiscard]] std::string rosterEntry(const Actor& actor, const simulation::AgentModel& model);
// The body that routes the lead; marked as simulated.
[[nodiscard]] std::string routeRequest(const std::string& lead_id, const std::string& room_id, const Actor& client,
                                       const simulation::LeadModel& lead, std::uint64_t chance);
[[nodiscard]] bool isUrgent(const simulation::LeadModel& lead);
[[nodiscard]] double dealValue(const simulation::LeadModel& lead);

// The body that makes somebody a member of a room.
[[nodiscard]] std::string memberRequest(std::string_view user_id);
// The bodies that make a room and send a message; marked as simulated.
[[nodiscard]] std::string roomRequest(std::string_view type, const std::string& name, std::string_view about,
                                      const std::vector<std::string>& members, std::string_view lead_id = {});
[[nodiscard]] std::string messageRequest(const std::string& room_id, std::string_view content, std::string_view message_id,
                                         std::string_view event_type = {});

// What is said in the nth round between a client and an agent.
[[nodiscard]] std::string clientLine(const simulation::LeadModel& lead, unsigned round);
[[nodiscard]] std::string agentLine(const Actor& agent, unsigned round);
inline constexpr std::string_view objection = "It is too expensive for us.";
[[nodiscard]] std::string_view rejectionReason(std::uint64_t chance);

}  // namespace atrium::demo
