#pragma once

#include <array>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "ctl/demo/api.hpp"
#include "ctl/demo/words.hpp"
#include "routing/simulation/scenario.hpp"

namespace atrium::demo {

// Who plays, and where. A value.
struct Stage {
  std::vector<Actor> agents;
  std::vector<simulation::AgentModel> models;  // Theirs, in the same order.
  std::array<std::string, team_rooms> rooms;   // Ids.
};

// Ends what an earlier run left, puts the agents on the roster and nobody else of an earlier run, and makes the team's rooms or finds them.
// `guests` are users who become members of these. Fails with a sentence for a person, also when the server is not there.
[[nodiscard]] std::expected<Stage, std::string> setStage(Api& api, const std::vector<simulation::AgentModel>& models,
                                                         const std::vector<std::string>& guests);
// Ends all simulated leads that are open, and closes the rooms of their clients. What the server refuses stays.
void clearUp(Api& api);

// Hands on each item of a list, page by page; stops at the first page that does not come.
void forEachItem(Api& api, const Actor& actor, const std::string& path, const std::function<void(const JsonView& item)>& take);

}  // namespace atrium::demo
