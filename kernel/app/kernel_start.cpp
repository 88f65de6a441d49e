#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <set>
#include <span>

#include "app/descriptors.hpp"
#include "app/edge.hpp"
#include "app/kernel.hpp"
#include "app/settings_map.hpp"
#include "engine/durability_words.hpp"
#include "plugin/tombstone.hpp"
#include "protocol/metrics.hpp"

// The steps of a start: configuration, data directory, plugins, storage, loops with their shards and transports, and last the listening
// socket, so that who can connect is served.
namespace atrium {

namespace {

constexpr std::size_t reports_max = 32;  // That wait or are being made; each may have a megabyte and more.

// Each of them once.
std::set<std::string> assistantsNamed(const Settings& settings) {
  const CoachingOptions options = coachingOptions(settings);
  std::set<std::string> names(options.assistants.begin(), options.assistants.end());
  if (!options.fallback.empty()) names.insert(options.fallback);
  return names;
}

}  // namespace

Kernel::Kernel(const StartOptions& options, Settings settings)
    : options_(options),
      settings_(std::move(settings)),
      at_start_(settings_),
      started_(clock_.now().mono),
      log_(Log::Options{.level = settings_.log.level}),
      metrics_(metric_table),
      limits_(transportLimits(settings_)),
      budget_(settings_.server.max_connections),
      origins_(settings_.server.allowed_origins),
      carry_out_([this](const PluginCommand& command) { return control(command); }) {}

std::expected<std::unique_ptr<Kernel>, std::string> Kernel::start(const StartOptions& options) {
  auto config = loadConfig(options.config_file.string(), options.environment);
  if (!config) return Failure(formatProblems(config.error()));
  std::unique_ptr<Kernel> kernel(new Kernel(options, std::move(config->settings)));
  for (const auto step : {&Kernel::openDataDirectory, &Kernel::loadPlugins, &Kernel::openStore, &Kernel::makeEdges, &Kernel::listen})
    if (auto done = (kernel.get()->*step)(); !done) {
      // That all plugins go is no news, and would stand before the sentence that is.
      kernel->log_.setLevel(std::max(kernel->settings_.log.level, LogLevel::warning));
      return Failure(std::move(done.error()));
    }
  kernel->serve();
  return kernel;
}

std::expected<void, std::string> Kernel::openDataDirectory() {
  auto data = DataDirectory::open(settings_.server.data_dir);
  if (!data) return Failure(std::move(data.error()));
  data_.emplace(*std::move(data));
  // Plugins that name a relative file mean one in the data directory.
  if (::chdir(data_->path().c_str()) != 0) return Failure(fmt::format("the data directory {} cannot be entered", data_->path().string()));
  return {};
}

std::expected<void, std::string> Kernel::loadPlugins() {
  // All of them run code of plugins.
  const auto onPlugins = [](WorkerPool::Options options) {
    options.thread_began = Tombstone::watchThread;
    return options;
  };
  workers_ = std::make_unique<WorkerPool>(onPlugins(workerOptions(settings_)), clock_, log_, metrics_.makeSet());
  judges_ = std::make_unique<WorkerPool>(onPlugins(judgeOptions(settings_)), clock_, log_, metrics_.makeSet());
  answers_ = std::make_unique<WorkerPool>(onPlugins({.threads = 4, .share = 1, .hang_after = 5s}), clock_, log_, metrics_.makeSet());
  reports_ = std::make_unique<WorkerPool>(WorkerPool::Options{.threads = 1, .share = 1, .jobs_max = reports_max}, clock_, log_,
                                          metrics_.makeSet());
  http_ = std::make_unique<HttpClient>(HttpClient::Options{}, clock_, log_, metrics_.makeSet());
  PluginHost::Options options = pluginOptions(settings_, options_.program_directory, data_->path());
  options.services = {.workers = workers_.get(), .answers = answers_.get(), .server = &access_, .http = http_.get()};
  auto plugins = PluginHost::start(std::move(options), log_, clock_);
  if (!plugins) return Failure(std::move(plugins.error().detail));
  plugins_ = *std::move(plugins);
  return {};
}

std::expected<void, std::string> Kernel::openStore() {
  LoadedPlugin* plugin = plugins_->storage();
  if (!plugin) return Failure(fmt::format("no plugin provides the storage backend \"{}\"", settings_.storage.backend));
  storage_name_ = fmt::format("{} ({})", settings_.storage.backend, durabilityWord(plugin->storage()->info.durability_max));
  const unsigned cores = settings_.server.loops != 0 ? settings_.server.loops : availableCores();
  loops_ = std::make_unique<LoopPool>(
      cores, Loop::Options{.turn_seconds = Metric::loop_turn_seconds, .mailbox_refused = Metric::mailbox_refused}, clock_, metrics_);
  shards_ = std::make_unique<LoopShards>(*loops_);
  store_ = std::make_unique<StoreHost>(*plugin, *shards_, clock_, log_, metrics_.makeSet(), storeOptions(settings_));
  return {};
}

std::expected<void, std::string> Kernel::makeEdges() {
  node_ = std::make_unique<NodeState>(NodeState::Parts{.metrics = metrics_,
                                                       .own = metrics_.makeSet(),
                                                       .log = log_,
                                                       .clock = clock_,
                                                       .plugins = *plugins_,
                                                       .store = *store_,
                                                       .loops = *loops_,
                                                       .connections = budget_,
                                                       .connections_max = settings_.server.max_connections,
                                                       .storage_name = storage_name_,
                                                       .board = board_});
  interest_ = std::make_unique<EventInterest>(*shards_);
  const PolicyBasePtr policies = makePolicyBase(settings_.coordination.default_policy, routingPolicies(settings_));
  std::vector<Shard*> shards;
  for (unsigned index = 0; index < loops_->size(); ++index) {
    auto verifier = TokenVerifier::make(tokenRules(settings_));
    if (!verifier) return Failure(std::move(verifier.error()));
    const Edge::Parts parts{.index = index,
                            .loop = (*loops_)[index],
                            .shards = *shards_,
                            .store = *store_,
                            .plugins = *plugins_,
                            .control = control_,
                            .carry_out = carry_out_,
                            .workers = *workers_,
                            .judges = *judges_,
                            .reports = *reports_,
                            .desk = desk_,
                            .clock = clock_,
                            .log = log_,
                            .interest = *interest_,
                            .board = board_,
                            .sinks = sinks_,
                            .desks = desks_,
                            .policy_books = policy_books_,
                            .policy_base = policies,
                            .alert_desks = alert_desks_,
                            .coaching_desks = coaching_desks_,
                            .origins = origins_,
                            .node = *node_,
                            .limits = limits_,
                            .budget = budget_,
                            .recorders = recorders_,
                            .settings = settings_};
    Edge& edge = *edges_.emplace_back(std::make_unique<Edge>(parts, *std::move(verifier)));
    shards.push_back(&edge.shard);
    alert_desks_.push_back(&edge.alerts);
  }
  for (const auto& edge : edges_) desks_.push_back(&edge->desks);
  for (const auto& edge : edges_) policy_books_.push_back(&edge->policy_books);
  for (Shard* shard : shards) shard->connect(shards);
  for (const auto& edge : edges_) recorders_.push_back(&edge->recorder);
  for (const auto& edge : edges_) coaching_desks_.push_back(&edge->coaching_desk);
  Edge& home = *edges_[EventInterest::home];
  Loop& home_loop = (*loops_)[EventInterest::home];
  sinks_ = std::make_unique<EventSinks>(EventSinks::Parts{.store = *home.store,
                                                          .shards = *shards_,
                                                          .interest = *interest_,
                                                          .registry = plugins_->registry(),
                                                          .calls = home.calls,
                                                          .timers = home_loop.timers(),
                                                          .now = home_loop.now(),
                                                          .log = log_,
                                                          .board = board_,
                                                          .seed = Random::seedFromSystem()},
                                        sinkOptions(settings_));
  std::vector<LoopAccess::Place> places;
  for (unsigned index = 0; index < edges_.size(); ++index) {
    Edge& edge = *edges_[index];
    places.push_back({edge.store.get(), &edge.shard, &edge.coordination, &(*loops_)[index].now()});
  }
  access_.open(*shards_, std::move(places));
  return checkDurability();
}

// A room type states what its conversations are worth; a store that cannot give it serves only where the operator said that it may.
std::expected<void, std::string> Kernel::checkDurability() {
  const Edge& edge = *edges_.front();
  const auto most = static_cast<std::uint32_t>(edge.store->durabilityMax());
  std::string demanding;
  for (const std::string& name : edge.types->roomTypeNames()) {
    const std::uint32_t wanted = edge.types->roomType(name)->info().durability;
    if (wanted <= most) continue;
    if (!demanding.empty()) demanding += ", ";
    demanding += fmt::format("{} ({})", name, durabilityWord(wanted));
    if (settings_.storage.allow_less_durable)
      log_.warning("storage.less_durable", {{"room_type", name}, {"wanted", durabilityWord(wanted)}, {"promised", durabilityWord(most)}});
  }
  if (demanding.empty() || settings_.storage.allow_less_durable) return {};
  return Failure(
      fmt::format("the storage {} promises less than these room types ask for: {}; choose another storage.backend, switch the "
                  "types off, or set storage.allow_less_durable to true",
                  storage_name_, demanding));
}

std::expected<void, std::string> Kernel::listen() {
  const std::uint64_t wanted = settings_.server.max_connections + own_descriptors;
  if (const std::uint64_t allowed = raiseDescriptorLimit(wanted); allowed < wanted)
    log_.warning("server.few_descriptors", {{"allowed", allowed},
                                            {"wanted", wanted},
                                            {"consequence", "fewer clients than server.max_connections are served; raise the hard limit"}});
  auto sockets = listenAt({.address = settings_.server.host, .port = settings_.server.port}, loops_->size());
  if (!sockets) return Failure(std::move(sockets.error().detail));
  port_ = sockets->front().port();
  for (unsigned index = 0; index < loops_->size(); ++index) edges_[index]->transport->listen(std::move((*sockets)[index]));
  return {};
}

void Kernel::serve() {
  signals_ = std::make_unique<SignalWatcher>((*loops_)[0], [this](int signal) { onSignal(signal); });
  std::vector<TypesPort*> ports;
  for (const auto& edge : edges_) ports.push_back(edge->types.get());
  std::vector<Loop*> loops;
  for (unsigned index = 0; index < loops_->size(); ++index) loops.push_back(&(*loops_)[index]);
  plugins_->serve(*shards_, std::move(ports), [this] { control_.wake(); }, std::move(loops));
  plugins_->serve(*store_);
  (*loops_)[EventInterest::home].postAlways([this] { sinks_->begin(); });
  for (unsigned index = 0; index < loops_->size(); ++index)
    (*loops_)[index].postAlways([edge = edges_[index].get()] {
      edge->recorder.watch(&edge->desks);
      edge->desks.begin();
      edge->recorder.begin();
      edge->analytics.begin();
      edge->metrics_topic.begin();
    });
  for (unsigned index = 0; index < loops_->size(); ++index) (*loops_)[index].postAlways([desk = alert_desks_[index]] { desk->begin(); });
  plugins_->registry().onChange([this] {
    interest_->expect();
    (*loops_)[EventInterest::home].postAlways([this] {
      sinks_->changed();
      interest_->met();
    });
  });
  news_ = std::make_unique<PluginNews>(*shards_, metrics_.makeSet(), [this](unsigned shard, std::span<const FramePtr> events) {
    edges_[shard]->shard.tellOperators(events);
  });
  plugins_->journal().onEvent([this](const PluginEvent& event) { news_->add(event); });
  watchdog_ = std::make_unique<Watchdog>(
      *loops_, clock_, Watchdog::Options{},
      [this] {
        node_->watch();
        plugins_->watch();
      },
      [this](Watchdog::Stuck what) {
        plugins_->blameStuckCalls(what == Watchdog::Stuck::loop);
        endAtOnce(what);
      });
  loops_->start();
  node_->ready();

  const bool any_address = settings_.server.host == "0.0.0.0" || settings_.server.host == "::";
  const bool bare_ipv6 = settings_.server.host.contains(':') && !any_address;
  const std::string host = any_address ? "127.0.0.1" : bare_ipv6 ? "[" + settings_.server.host + "]" : settings_.server.host;
  fmt::print("listening on http://{}:{}\nstorage: {}\n", host, port_, storage_name_);
  std::fflush(stdout);
  if (const std::string weakness = weaknessOf(settings_.auth.jwt_secret); !weakness.empty())
    log_.warning("auth.weak_secret", {{"detail", weakness}});
  for (const auto& [name, wish] : settings_.alerts.rules)
    if (!plugins_->registry().lease(AlertRuleKind::word, name))
      log_.warning("alerts.unknown_rule", {{"rule", name}, {"line", wish.place.line}, {"detail", "no plugin that is on provides it"}});
  for (const std::string& name : assistantsNamed(settings_))
    if (!plugins_->registry().lease(AssistantKind::word, name))
      log_.warning("assistants.unknown", {{"assistant", name}, {"detail", "no plugin that is on provides it"}});
  for (const std::string& name : withoutEffect(settings_))
    log_.warning("config.without_effect", {{"option", name}, {"detail", "nothing in this version uses it yet"}});
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().mono - started_);
  log_.info("server.started", {{"host", settings_.server.host},
                               {"port", port_},
                               {"storage", storage_name_},
                               {"data_dir", data_->path().string()},
                               {"loops", loops_->size()},
                               {"room_types", edges_.front()->types->roomTypeNames().size()},
                               {"message_types", edges_.front()->types->messageTypeNames().size()},
                               {"start_ms", took.count()}});
}

}  // namespace atrium
