#pragma once

#include <memory>
#include <vector>

namespace atrium {

// For what somebody is still inside who never comes back: it is not destroyed, and can be reached to the end of the process, so that
// whoever looks for leaks sees that it is meant. Control thread.
template <typename T>
void keepForEver(std::unique_ptr<T> thing) {
  static auto* const kept = new std::vector<T*>;
  kept->push_back(thing.release());
}

}  // namespace atrium
