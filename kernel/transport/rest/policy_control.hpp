#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

namespace atrium {

// What is asked of a tenant's routing policies. A value that moves.
struct PolicyCommand {
  enum class Verb : std::uint8_t { list, read, put, remove, choose };
  Verb verb{};
  Principal caller;        // Whose tenant it is about; his right was checked.
  std::string name = {};   // Of all but list.
  JsonDocument body = {};  // Of put.
};

// The way of one loop's API to the policies, which are at home on their tenant's loop; kernel/app implements it. On that loop.
class PolicyControl {
 public:
  virtual ~PolicyControl() = default;
  // Completes with a PolicyList, a Policy or, for remove, nothing. Refusals: validation_failed, not_found, conflict, overloaded and those
  // of the store.
  virtual void run(PolicyCommand command, Completion<std::string> done) = 0;
};

}  // namespace atrium
