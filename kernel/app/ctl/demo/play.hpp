#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "ctl/demo/schedule.hpp"
#include "ctl/demo/session.hpp"
#include "ctl/demo/stage.hpp"

namespace atrium::demo {

struct PlaySettings {
  simulation::Scenario scenario;  // Whose worlds are played one after the other, with the agents of the first.
  std::uint64_t seed = 1;
  double speed = 1;               // Seconds of the simulation for each of ours.
  std::optional<unsigned> leads;  // So many, and then the end; nothing: until somebody interrupts.
};

// The play: leads come as the simulation's world has them, and its agents take or reject what they are offered, talk with the client and
// say what came of it. All of it by the server's public API: offers arrive at the agents' sessions and, should one get lost, by a look at
// the list of those that pend. A server that goes away is waited for. At most open_max leads are open at a time; the next one waits. One
// thread.
class Play {
 public:
  static constexpr std::size_t open_max = 200;

  // `api`, `interrupt` and `out` are borrowed; what happens is told to `out`, a line each.
  Play(Api& api, Interrupt& interrupt, Stage stage, PlaySettings settings, std::ostream& out);

  // Until all leads that are wanted are over, or somebody interrupts. Leads that are open then stay so.
  void run();

 private:
  struct Agent {
    Actor actor;
    simulation::AgentModel model;
    Session session = {};
    bool off = false;  // Has gone home for a while.
    Mono next_try{};   // To connect.
    std::chrono::milliseconds pause{0};
  };
  // A lead that is open, with its client and the room where he is talked to.
  struct Case {
    unsigned number = 0;
    simulation::LeadModel model;
    std::string lead_id, room_id;
    Actor client;
    std::set<std::string> offers = {};  // Those that somebody thinks about, or has.
    unsigned offered = 0;               // How often, without handoffs.
    std::string offer_id = {};          // Of whom has it; empty: nobody has...
    std::size_t agent = 0;              // ...this agent.
  };
  using Step = std::move_only_function<void(Case& one)>;

  void after(simulation::Seconds time, Schedule::Action action);
  void onCase(simulation::Seconds time, const std::string& lead_id, Step step);  // If it is still open then.
  void tell(const std::string& line);

  void keepConnected(Agent& agent);
  void readSessions();
  void lookForOffers();
  void beginWorld();
  void absence(std::size_t agent, std::size_t nth);

  void awaitLead();
  void arrive();
  void consider(std::size_t agent, const JsonView& offer);
  void reject(Case& one, std::size_t agent, const std::string& offer_id);
  void accept(Case& one, std::size_t agent, const std::string& offer_id);
  void converse(Case& one);
  void talk(Case& one, unsigned round);
  void coach(Case& one);
  void handOver(Case& one);
  void complete(Case& one);
  void completionRefused(Case& one);
  void lookWhatBecame(Case& one);
  void loseHeart(Case& one);
  void end(Case& one);

  // Agents speak on their sessions; everybody else, and who has none just now, by REST.
  void say(const Actor& actor, const std::string& room_id, std::string_view content);
  void say(Agent& agent, const std::string& room_id, std::string_view content);
  [[nodiscard]] std::string messageId();

  Api& api_;
  Interrupt& interrupt_;
  std::ostream& out_;
  const PlaySettings settings_;
  const std::array<std::string, team_rooms> rooms_;
  const std::string run_;  // Tells the ids of this run from those of others.
  Random random_;
  std::vector<Agent> agents_;
  simulation::World world_;
  std::uint64_t worlds_ = 0;
  std::size_t next_lead_ = 0;
  unsigned leads_ = 0;  // That came.
  std::uint64_t messages_ = 0;
  std::map<std::string, Case> cases_;  // By lead.
  Schedule schedule_;
};

}  // namespace atrium::demo
