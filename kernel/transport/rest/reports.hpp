#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"

namespace atrium {

// Where one loop has long texts made: those that tell of the whole node, and grow with its plugins and descriptors. kernel/app implements
// it. On that loop.
class Reports {
 public:
  virtual ~Reports() = default;
  // Runs `make` on a thread of another kind, one after the other, and completes with its text. `make` refers to what any thread may ask and
  // neither throws nor calls a plugin. Refused with overloaded when as many as may
  // wait already, or the node ends.
  virtual void make(std::function<std::string()> make, Completion<std::string> done) = 0;
};

}  // namespace atrium
