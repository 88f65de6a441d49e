#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "atrium/completion.h"
#include "validator/check.hpp"

namespace atrium::validate {

// What became of one token.
struct Completed {
  atrium_status status = ATRIUM_OK;
  std::string result;
  std::string pieces;  // Of progress, one behind the other.
  std::size_t largest_piece = 0;
};

// The host's side of the tokens of one kind: counts completions and holds them against `once_rule`. It lives as long as the process, as a
// plugin may answer late. Any thread.
class Completions {
 public:
  explicit Completions(std::string_view once_rule) : once_rule_(once_rule) {}

  // A new token; what is found wrong with it goes to `check`, which outlives its use.
  [[nodiscard]] atrium_token open(Check& check);
  // Waits for its completion as long as the kind's deadline and the run's patience allow; nothing, and a finding, when none comes.
  [[nodiscard]] std::optional<Completed> wait(const atrium_token& token, std::chrono::milliseconds deadline);
  // The call was refused: no completion may come any more, and none may have.
  void refuse(const atrium_token& token);

 private:
  struct Open {
    Completed so_far;
    unsigned completions = 0;
  };
  static Completions& of(void* context) { return *static_cast<Completions*>(context); }
  void complete(std::uint64_t id, atrium_status status, atrium_text result);
  void progress(std::uint64_t id, atrium_text piece);

  std::string_view once_rule_;
  std::mutex mutex_;
  std::condition_variable came_;
  Check* check_ = nullptr;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t last_id_ = 0;
};

}  // namespace atrium::validate
