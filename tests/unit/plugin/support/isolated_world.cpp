#include "isolated_world.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "plugin/isolated/isolated_hooks.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium::test {

LoopThread::LoopThread() : registry_(metric_table), loop_({}, clock_, registry_.makeSet()), thread_([this] { loop_.run(); }) {}

LoopThread::~LoopThread() { stop(); }

void LoopThread::stop() {
  loop_.stop();
  if (thread_.joinable()) thread_.join();
}

void LoopThread::run(const std::function<void()>& task) {
  std::promise<void> done;
  loop_.postAlways([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

IsolatedWorld::IsolatedWorld(const std::filesystem::path& plugin_file, std::string options)
    : options_(std::move(options)), host_({.program = ATRIUM_RUNNER}, log_) {
  auto file = readPluginFile(plugin_file);
  EXPECT_TRUE(file) << plugin_file;
  file_ = *std::move(file);
  auto manifest = parseManifest(file_.manifest, "plugin.yaml");
  EXPECT_TRUE(manifest) << manifest.error().detail;
  manifest_ = *std::move(manifest);
  if (options_.empty()) options_ = *manifest_.options.complete(yaml("{}"), {});
  auto copies = PluginCopies::open(directory_.path() / "copies");
  copy_ = *copies->write(file_, manifest_.id);
  source_.plugin_id = manifest_.id;
}

IsolatedWorld::~IsolatedWorld() {
  if (hooks_) thread_.run([this] { hooks_.reset(); });
  thread_.stop();
  plugin_.reset();
}

LoadOrder IsolatedWorld::order() const {
  const std::vector<std::string> granted = runner_grants.value_or(grants.value_or(manifest_.grants));
  return {.library_file = copy_,
          .options = options_,
          .log_level = LogLevel::error,
          .sandbox = sandbox,
          .grants = granted,
          .services = needsServer(Grants(granted, granted)),
          .jobs = true};
}

Result<void> IsolatedWorld::start() {
  auto services = runnerServices(manifest_.id, PluginRights{Grants(manifest_.grants, grants), {}}, parts, clock_, log_);
  auto runner = host_.start({.runner = {.manifest = manifest_,
                                        .program = {},
                                        .order = order(),
                                        .cpu_percent_max = cpu_percent_max,
                                        .services = services.get(),
                                        .on_fault =
                                            [this](const std::string& how) {
                                              const std::scoped_lock lock(mutex_);
                                              faults_.push_back(how);
                                            },
                                        .on_change =
                                            [this](const RunnerFigures& figures) {
                                              const std::scoped_lock lock(mutex_);
                                              figures_ = figures;
                                              changed_.notify_all();
                                            }}});
  if (!runner) return fail(runner.error());
  auto plugin = LoadedPlugin::isolated(manifest_, copy_, *std::move(runner), {.log = log_, .clock = clock_, .call_clock = call_clock_},
                                       std::move(services));
  if (!plugin) return fail(plugin.error());
  plugin_ = *std::move(plugin);
  thread_.run([this] { hooks_ = isolatedHooks(*plugin_, thread_.loop(), source_, settings); });
  return {};
}

Result<void> IsolatedWorld::probe(std::chrono::milliseconds patience) {
  const Trial trial{.manifest = manifest_, .library_file = copy_, .options = options_};
  return host_.probe(std::span(&trial, 1), patience).front();
}

HookOutcome IsolatedWorld::ask(const HookCall& call) {
  std::promise<HookOutcome> said;
  thread_.loop().postAlways([&] { hooks_->call(call, [&](HookOutcome outcome) { said.set_value(std::move(outcome)); }); });
  return said.get_future().get();
}

HookOutcome IsolatedWorld::post(std::string content) {
  scene.content = std::move(content);
  const atrium_room_view room = scene.room();
  const atrium_user_view user = scene.user();
  const atrium_message_view message = scene.message();
  return ask({.hook = Hook::will_post, .room = &room, .user = &user, .message = &message});
}

std::shared_ptr<std::promise<HookOutcome>> IsolatedWorld::begin(std::string content) {
  Scene here;
  here.content = std::move(content);
  const atrium_room_view room = here.room();
  const atrium_user_view user = here.user();
  const atrium_message_view message = here.message();
  auto said = std::make_shared<std::promise<HookOutcome>>();
  hooks_->call({.hook = Hook::will_post, .room = &room, .user = &user, .message = &message},
               [said](HookOutcome outcome) { said->set_value(std::move(outcome)); });
  return said;
}

bool IsolatedWorld::become(const std::function<bool(const RunnerFigures&)>& so) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return so(figures_); });
}

std::vector<std::string> IsolatedWorld::faults() {
  const std::scoped_lock lock(mutex_);
  return faults_;
}

}  // namespace atrium::test
