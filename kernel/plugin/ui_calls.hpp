#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/plugin_registry.hpp"
#include "plugin/worker_calls.hpp"
#include "protocol/ui.hpp"

namespace atrium {

// The http-ui plugins as one loop sees them: whatever the registry offers at the moment of a request. Requests are answered on workers,
// within the deadline of their kind. All of it outlives the calls; on the loop's thread.
class UiCalls final : public UiPort {
 public:
  UiCalls(PluginRegistry& registry, WorkerCalls& workers) : registry_(registry), workers_(workers) {}

  [[nodiscard]] UiBundlePtr find(std::string_view name) const override;
  [[nodiscard]] std::vector<UiBundlePtr> all() const override;
  [[nodiscard]] std::string secretOf(std::string_view name, std::string_view secret) const override;
  void answer(std::string_view name, UiRequest request, Completion<UiResponse> done) override;

 private:
  PluginRegistry& registry_;
  WorkerCalls& workers_;
};

}  // namespace atrium
