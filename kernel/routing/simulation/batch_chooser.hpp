#pragma once

#include <memory>

#include "routing/simulation/chooser.hpp"

namespace atrium::simulation {

// `batch`: every two seconds gives what waits to the free places so that the sum of the costs is least, each of them one minus proficiency
// times performance, plus a penalty of the square of the load that the agent would have.
[[nodiscard]] std::unique_ptr<Chooser> makeBatchChooser();

}  // namespace atrium::simulation
