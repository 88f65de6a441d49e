// A file that was never loaded before is loaded by a throw-away process first: dlopen runs constructors before anything can be asked, and
// what crashes, hangs or ends the process there does it to nobody. A plugin that says itself why it does not start is not judged: it may
// need what a runner cannot give. Stores and buses are not tried, because their instance takes hold of what the real one needs; nor are the
// plugins that came with the server: trying all of them makes a first start five times as long.
#include <fmt/format.h>

#include <deque>
#include <system_error>
#include <utility>

#include "plugin/plugin_record.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr std::chrono::milliseconds trial_patience{5000};

}  // namespace

RunnerHost& PluginHost::runners() {
  if (!runners_) runners_ = std::make_unique<RunnerHost>(RunnerHost::Options{options_.runner}, log_);
  return *runners_;
}

bool PluginHost::needsTrial(const ResolvedPlugin& plugin) const {
  if (options_.runner.empty() || !plugin.off.empty()) return false;
  const Manifest& manifest = *plugin.entry->manifest;
  if (manifest.has("storage-backend") || manifest.has("bus")) return false;
  if (manifest.id.starts_with("atrium.") && plugin.entry->file.path.parent_path() == options_.own_plugins) return false;
  if (placementOf(plugin.use) != Placement::in_process) return false;  // Its runner is its trial.
  const std::string& sha256 = plugin.entry->file.sha256;
  return !probed_.contains(sha256) && !unfit_.contains(sha256) && !quarantine_.find(manifest.id, sha256);
}

void PluginHost::tryFiles(std::span<const ResolvedPlugin> plugins) {
  std::vector<atrium::Trial> trials;
  std::deque<std::string> files;
  for (const ResolvedPlugin& plugin : plugins) {
    if (!needsTrial(plugin)) continue;
    const auto copy = copies_->write(plugin.entry->file, plugin.entry->manifest->id);
    if (!copy) continue;  // Whoever loads it will say why.
    trials.push_back({*plugin.entry->manifest, *copy, plugin.options});
    files.push_back(plugin.entry->file.sha256);
  }
  if (trials.empty()) return;
  const auto results = runners().probe(trials, trial_patience);
  for (std::size_t at = 0; at < trials.size(); ++at) {
    std::error_code ignored;
    std::filesystem::remove(trials[at].library_file, ignored);
    if (!results[at] && results[at].error().code == Code::plugin_failed)
      unfit_.insert_or_assign(files[at], results[at].error().detail);
    else if (results[at])
      probed_.add(files[at]);
  }
  if (auto kept = probed_.keep(); !kept) log_.warning("plugin.probed_not_kept", {{"detail", kept.error().detail}});
}

Result<void> PluginHost::passedTrial(const ResolvedPlugin& plugin) {
  tryFiles(std::span(&plugin, 1));
  const auto unfit = unfit_.extract(plugin.entry->file.sha256);
  if (unfit.empty()) return {};
  return fail(Code::plugin_failed, fmt::format("when a process of its own tried it, {}; atrium-validate {} tells more", unfit.mapped(),
                                               plugin.entry->file.path.string()));
}

}  // namespace atrium
