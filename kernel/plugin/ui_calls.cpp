#include "plugin/ui_calls.hpp"

#include <utility>

#include "plugin/ui_answer.hpp"
#include "protocol/errors.hpp"

namespace atrium {

UiBundlePtr UiCalls::find(std::string_view name) const {
  const PluginLease plugin = registry_.lease(HttpUiKind::word, name);
  return plugin ? plugin->uiBundle() : nullptr;
}

std::vector<UiBundlePtr> UiCalls::all() const {
  std::vector<UiBundlePtr> bundles;
  for (const std::string& name : registry_.names(HttpUiKind::word))
    if (UiBundlePtr bundle = find(name)) bundles.push_back(std::move(bundle));
  return bundles;
}

std::string UiCalls::secretOf(std::string_view name, std::string_view secret) const {
  const PluginLease plugin = registry_.lease(HttpUiKind::word, name);
  return plugin ? std::string(plugin->services().secret(secret)) : std::string();
}

void UiCalls::answer(std::string_view name, UiRequest request, Completion<UiResponse> done) {
  PluginLease plugin = registry_.lease(HttpUiKind::word, name);
  if (!plugin || !plugin->extension<HttpUiKind>()->table.handle) return done(fail(Code::not_found, "There is no such page."));
  const auto deadline = plugin->deadline<HttpUiKind>();
  workers_.run<UiResponse>(
      std::move(plugin), "handle", deadline,
      [request = std::move(request)](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<UiResponse>& answered) {
        answered(answerUiRequest(*call, request));
      },
      [done = std::move(done)](CallAnswer<UiResponse> answered) mutable {
        if (answered.status == ATRIUM_OK) return done(std::move(answered.value));
        if (answered.status == ATRIUM_FULL) return done(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
        done(fail(Code::plugin_failed, "The plugin did not answer."));
      });
}

}  // namespace atrium
