#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/ports.hpp"

namespace atrium::sim {

// What is wrong with what a store holds of one tenant's desk: leads with no owner or two, agents above their cap, rows that do not fit
// together. Empty: nothing. `documents` are all whose keys begin so. An agent whose cap may have become smaller than what he had (`shrinks`
// says so) is not looked at in that respect; OfferWatch looks at each of his offers instead.
[[nodiscard]] std::string deskFlaw(const std::function<std::vector<Document>(const DocumentKey& prefix)>& documents,
                                   const std::string& tenant_id, const std::function<bool(const std::string& agent_id)>& shrinks = {});

}  // namespace atrium::sim
