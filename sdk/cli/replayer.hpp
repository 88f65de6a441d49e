#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace atrium {

// A plugin that answers recorded calls: its own file, over the testkit's server, whose clock stands still and whose randomness has a seed,
// so that the same call gets the same answer each time. Implemented with the testkit alone. One thread.
class Replayer {
 public:
  // `options` is one JSON object, complete. Throws std::runtime_error with one sentence when the plugin does not start.
  Replayer(const std::filesystem::path& file, const std::string& options);
  ~Replayer();
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  // The answer to one recorded call as a JSON object; `call` is well-formed. Throws std::exception with a sentence when the call makes no
  // sense for this plugin.
  [[nodiscard]] std::string answer(std::string_view call);

 private:
  struct Instance;
  std::unique_ptr<Instance> instance_;
};

}  // namespace atrium
