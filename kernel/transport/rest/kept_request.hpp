#pragma once

#include <string>

#include "transport/http.hpp"

namespace atrium {

// A request that outlives its handler's call: a copy with texts of its own. Does not move, for its view points into it.
class KeptRequest {
 public:
  explicit KeptRequest(const HttpRequest& request);
  KeptRequest(const KeptRequest&) = delete;
  KeptRequest& operator=(const KeptRequest&) = delete;

  [[nodiscard]] const HttpRequest& view() const { return view_; }
  // Bytes of memory its texts take.
  [[nodiscard]] std::size_t size() const { return texts_.size(); }

 private:
  std::string texts_;
  HttpRequest view_;
};

}  // namespace atrium
