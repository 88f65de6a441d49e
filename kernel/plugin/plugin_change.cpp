// Carrying out a change of the plugins: make everything that is new, hand over state, publish on every shard at once, end what is old.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/durability_words.hpp"
#include "plugin/elf_traits.hpp"
#include "plugin/isolated/isolated_hooks.hpp"
#include "plugin/plugin_record.hpp"
#include "plugin/refusal.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr unsigned pinned_warned = 3;                       // Generations of one plugin that cannot leave the memory.
constexpr std::chrono::milliseconds shards_patience{5000};  // With a shard that does not come to its posts.
constexpr std::chrono::milliseconds park_patience{1000};
constexpr std::chrono::milliseconds jobs_patience{1000};  // With what a plugin has running on its own, before its state is handed over.
constexpr std::chrono::seconds probation{60};

std::optional<std::chrono::nanoseconds> deadlineOf(const PluginUse* use) {
  return use && use->deadline ? std::optional<std::chrono::nanoseconds>(*use->deadline) : std::nullopt;
}

// Whether it may do something that nobody asked it for in that moment.
bool actsByItself(const Grants& grants) {
  return std::ranges::any_of(std::array{"kv", "publish", "coordination", "http", "timer", "executor"},
                             [&grants](const char* service) { return grants.has(service); });
}

// What of the file holds its code, as far as the file says.
std::string pinReason(const PluginFile& file) {
  const auto traits = readElfTraits(*file.bytes);
  std::string why;
  if (!traits)
    why = "something holds it";
  else if (traits->no_delete)
    why = "it was linked with -z nodelete";
  else if (!traits->unique_symbols.empty())
    why = fmt::format("the unique symbol {} holds it{}; compile it with -fno-gnu-unique", traits->unique_symbols.front(),
                      traits->unique_symbols.size() > 1 ? fmt::format(", as do {} others", traits->unique_symbols.size() - 1) : "");
  else if (traits->thread_destructors)
    why = "a thread_local object with a destructor holds it until the threads end that made one";
  else
    why = "a library that it brought, or a reference it never closed, holds it";
  return "its code stays in memory: " + why;
}

}  // namespace

std::unique_ptr<PluginHost::Generation> PluginHost::Generation::recipe() const {
  auto recipe = std::make_unique<Generation>();
  recipe->number = number;
  recipe->entry = entry;
  recipe->use = use;
  recipe->options = options;
  recipe->rights = rights;
  recipe->offers = offers;
  return recipe;
}

std::string PluginHost::Record::pinnedTooOften() const {
  return fmt::format(
      "{} generations of it are held in memory, and each swap would add one: restart the server, and build it with atrium_add_plugin(), "
      "whose flags let it go",
      pinned);
}

HookSettings PluginHost::Generation::hookSettings() const {
  HookSettings settings{.room_type = offersKind("room-type"), .message_type = offersKind("message-type")};
  if (use && use->deadline) settings.room_deadline = settings.message_deadline = *use->deadline;
  settings.allow_on_failure = use && use->on_failure == OnFailure::allow;
  return settings;
}

std::optional<TypesPublication> PluginHost::Generation::publication() const {
  const HookSettings settings = hookSettings();
  if (!settings.room_type && !settings.message_type) return std::nullopt;
  TypesPublication publication{
      .plugin_id = source.plugin_id, .hooks = nullptr, .allow_on_failure = settings.allow_on_failure, .shadow = shadow};
  if (settings.room_type) publication.room_type = loaded->roomType()->info;
  if (settings.message_type) publication.message_type = loaded->messageType()->info;
  if (settings.message_type && entry.manifest->message_schema) publication.message_schema = &*entry.manifest->message_schema;
  return publication;
}

Result<std::unique_ptr<LoadedPlugin>> PluginHost::isolate(const Generation& made, const std::filesystem::path& copy,
                                                          const LoadedPlugin::Environment& environment) {
  if (options_.runner.empty()) return fail(Code::plugin_failed, "this server has no runner to isolate it in");
  const Manifest& manifest = *made.entry.manifest;
  const PluginUse use = made.use.value_or(PluginUse{});
  LoadOrder order{.library_file = copy, .options = made.options, .grants = made.rights.grants.list(), .secrets = made.rights.secrets};
  auto services = runnerServices(manifest.id, made.rights, options_.services, clock_, log_);
  order.services = needsServer(made.rights.grants);
  order.jobs = true;
  order.sandbox = {.memory_bytes = use.memory_limit, .network = made.rights.grants.has("network")};
  auto runner = runners().start(
      {.runner = {.manifest = manifest,
                  .program = {},
                  .order = std::move(order),
                  .cpu_percent_max = static_cast<unsigned>(use.cpu_limit),
                  .spare = !made.shadow && !actsByItself(made.rights.grants),
                  .services = services.get(),
                  .on_fault = [this, id = manifest.id, number = made.number](const std::string& how) { faulted(id, number, how); }}});
  if (!runner) return fail(std::move(runner.error()));
  (*runner)->limit(environment.deadline);
  return LoadedPlugin::isolated(manifest, copy, *std::move(runner), environment, std::move(services));
}

// Null: it is isolated, and no loop is known from which it could be called.
std::shared_ptr<HookTarget> PluginHost::hooksOf(const Generation& generation, Loop* loop) {
  if (!generation.isolated()) return processHooks(*generation.loaded, generation.source, generation.hookSettings());
  return loop ? isolatedHooks(*generation.loaded, *loop, generation.source, generation.hookSettings()) : nullptr;
}

// A new generation that could be published. What stands in the way is noted as its end.
Result<std::unique_ptr<PluginHost::Generation>> PluginHost::make(const ResolvedPlugin& plugin, Record& record) {
  auto made = std::make_unique<Generation>();
  {
    const std::scoped_lock lock(mutex_);
    made->number = ++record.generations;
  }
  made->entry = *plugin.entry;
  if (plugin.use) made->use = *plugin.use;
  made->options = plugin.options;
  made->rights = plugin.rights;
  made->offers = plugin.offers;
  const Manifest& manifest = *made->entry.manifest;
  made->source = {.plugin_id = manifest.id, .version = manifest.version, .generation = made->number, .placement = made->placement()};
  if (made->placement() == Placement::shadow) {
    const std::scoped_lock lock(mutex_);
    if (!record.shadow) record.shadow = std::make_shared<ShadowLedger>(clock_);
    made->shadow = record.shadow;
  }
  const auto giveUp = [&](Error error) {
    note(record, made->number, PluginState::rejected, error.detail);
    return fail(std::move(error));
  };
  note(record, made->number, PluginState::resolved);
  if (auto passed = passedTrial(plugin); !passed) return giveUp(std::move(passed.error()));
  if (probed_.contains(made->sha256())) note(record, made->number, PluginState::probed);
  const auto copy = copies_->write(made->entry.file, manifest.id);
  if (!copy) return giveUp(copy.error());
  if (!made->isolated()) tombstone_.loading(manifest.id, made->sha256());  // A runner's end is not the server's.
  const LoadedPlugin::Environment environment{
      .log = log_,
      .clock = clock_,
      .call_clock = call_clock_,
      .services = options_.services,
      .sha256 = made->sha256(),
      .generation = made->number,
      .troubles = this,
      .deadline = deadlineOf(plugin.use),
      .lent = made->entry.manifest,
      .patience = made->stores() && !store_ ? std::chrono::milliseconds{0} : options_.call_patience};
  auto loaded =
      made->isolated() ? isolate(*made, *copy, environment) : LoadedPlugin::load(manifest, *copy, made->options, environment, made->rights);
  tombstone_.loaded();
  if (!loaded) return giveUp(std::move(loaded.error()));
  made->loaded = *std::move(loaded);
  note(record, made->number, PluginState::loaded);
  if (made->publication())
    for (std::size_t shard = 0; shard < shards_.count(); ++shard)
      made->hooks.push_back(hooksOf(*made, shard < loops_.size() ? loops_[shard] : nullptr));
  return made;
}

// As the start of the server asks of all room types.
std::string PluginHost::excessOf(const Generation& made) {
  const LoadedPlugin* store = storage();
  if (!store || made.shadow || !made.offersKind("room-type")) return {};
  const std::uint32_t wanted = made.loaded->roomType()->info.durability, most = store->storage()->info.durability_max;
  if (wanted <= most) return {};
  const std::string_view name = made.loaded->manifest().nameOf("room-type");
  if (!options_.allow_less_durable)
    return fmt::format(
        "the storage promises less ({}) than its room type {} asks for ({}): choose another storage.backend, or set "
        "storage.allow_less_durable to true, and restart the server",
        durabilityWord(most), name, durabilityWord(wanted));
  log_.warning("storage.less_durable", {{"room_type", name}, {"wanted", durabilityWord(wanted)}, {"promised", durabilityWord(most)}});
  return {};
}

Result<void> PluginHost::makeAll(Moves& moves) {
  Error error{Code::change_refused, {}, 0, {}};
  for (Move& move : moves) {
    if (!move.loads() || move.exclusive()) continue;
    const std::string& id = move.shown.plugin;
    Record& record = *move.record;
    std::string problem;
    if (record.pinned >= Record::pinned_max) {
      problem = record.pinnedTooOften();
    } else if (auto made = make(move.plugin, record)) {
      move.made = *std::move(made);
      move.hands_over =
          !move.stateless && record.current && record.current->loaded->handsOverState() && move.made->loaded->handsOverState();
      // With a state to come, the test is of what it makes of it.
      if (!move.hands_over)
        if (auto fit = move.made->loaded->selfTest(); !fit) problem = fit.error().detail;
      if (problem.empty()) problem = excessOf(*move.made);
    } else {
      problem = made.error().detail;
    }
    // As at the start: what nobody named, and which does not run, keeps nobody from anything.
    if (!problem.empty() && !move.asked && !move.plugin.named && !record.current) {
      move.shown.action = PluginStep::Action::keep;
      move.shown.detail = "it cannot be used: " + problem;
      if (move.made) endGeneration(record, std::move(move.made));
      continue;
    }
    if (!problem.empty()) error.fields.push_back({"/plugins/use/" + id, fmt::format("The plugin {} cannot be used: {}.", id, problem)});
  }
  if (error.fields.empty()) return {};
  error.detail = error.fields.front().message + " Nothing was changed.";
  return std::unexpected(std::move(error));
}

void PluginHost::dropMade(Moves& moves) {
  for (Move& move : moves)
    if (move.made) endGeneration(*move.record, std::move(move.made));
}

std::shared_ptr<EveryShard> PluginHost::park(const Moves& moves, bool parked) {
  std::vector<std::string> ids;
  for (const Move& move : moves)
    if (move.hands_over) ids.push_back(move.shown.plugin);
  return shards_.onEach([ids, parked](TypesPort& port, std::size_t) {
    for (const std::string& id : ids)
      if (parked)
        port.park(id);
      else
        port.unpark(id);
  });
}

// What workers do in the old generations ends, and what would begin waits: calls first, which may wait for a job; then jobs and timers,
// which may wait for an answer; then answers.
Result<void> PluginHost::holdCalls(const Moves& moves) {
  const auto refuse = [](const Move& move, std::string_view what) {
    return fail(
        Code::change_refused,
        fmt::format("The plugin {} stays as it is: {}, and its state cannot be handed over meanwhile. Nothing was changed; try again, "
                    "or switch it off and on, which hands over nothing.",
                    move.shown.plugin, what));
  };
  for (const Move& move : moves)
    if (move.hands_over) registry_.hold(*move.record->current->loaded);
  for (const Move& move : moves) {
    if (!move.hands_over) continue;
    LoadedPlugin& old = *move.record->current->loaded;
    if (!registry_.left(old, options_.lease_patience)) return refuse(move, "a call of it does not come back, or is not answered");
    if (!old.hold(registry_.patience(old, std::min(options_.lease_patience, jobs_patience))))
      return refuse(move, "one of its jobs, timers or answers does not come back");
  }
  return {};
}

void PluginHost::letCallsGo(const Moves& moves, bool taken_over) {
  for (const Move& move : moves) {
    if (!move.hands_over) continue;
    LoadedPlugin& old = *move.record->current->loaded;
    registry_.letGo(old, taken_over);
    old.letGo();
  }
}

// While nobody is inside the old generations and nobody can enter.
Result<void> PluginHost::handOver(Moves& moves) {
  if (auto held = holdCalls(moves); !held) return held;
  const auto parked = park(moves, true);
  if (!parked->wait(park_patience))
    return fail(Code::change_refused, "An event loop is busy for so long that no state could be handed over; nothing was changed.");
  for (Move& move : moves) {
    if (!move.hands_over) continue;
    LoadedPlugin& old = *move.record->current->loaded;
    auto state = old.exportState();
    if (old.lost()) faulted(move.shown.plugin, move.record->current->number, "its export_state() did not come back");
    Result<void> taken = state ? move.made->loaded->importState(old, *std::move(state)) : fail(state.error());
    if (taken) taken = move.made->loaded->selfTest();
    if (!taken)
      return fail(Code::change_refused,
                  fmt::format("The plugin {} stays as it is: {}. Nothing was changed.", move.shown.plugin, taken.error().detail));
  }
  return {};
}

// What each shard does between two turns: all of the change at once.
std::shared_ptr<EveryShard> PluginHost::publish(Moves& moves) {
  struct Item {
    std::string id;
    std::optional<TypesPublication> publication;  // Nothing: withdraw.
    std::vector<std::shared_ptr<HookTarget>> hooks;
    bool parked;
  };
  auto items = std::make_shared<std::vector<Item>>();
  for (Move& move : moves) {
    if (!move.changes() || move.done) continue;
    Item& item = items->emplace_back(Item{move.shown.plugin, {}, {}, move.hands_over});
    if (!move.made) continue;
    item.publication = move.made->publication();
    item.hooks = std::exchange(move.made->hooks, {});
  }
  return shards_.onEach([items](TypesPort& port, std::size_t shard) {
    for (Item& item : *items) {
      if (item.publication) {
        TypesPublication publication = *item.publication;
        publication.hooks = std::move(item.hooks[shard]);  // Each shard touches its own.
        port.publish(publication);
      } else {
        port.withdraw(item.id);
      }
      if (item.parked) port.unpark(item.id);
    }
  });
}

Result<void> PluginHost::carryOut(Moves& moves, const PluginWishes* wishes) {
  auto made = makeAll(moves);
  if (made && wishes)
    if (const ConfigProblems problems = checkRoomTypes(*wishes, moves, Occasion::change); !problems.empty()) made = refuseChange(problems);
  if (!made) {
    dropMade(moves);
    return made;
  }
  const Mono began = clock_.now().mono;
  const bool hands_over = std::ranges::any_of(moves, &Move::hands_over);
  Result<void> ready;
  if (hands_over) ready = handOver(moves);
  // Last of what may fail: its old generation is not there any more when the new one is.
  if (const auto storage = std::ranges::find_if(moves, &Move::exclusive); ready && storage != moves.end())
    ready = exchangeStorage(*storage);
  if (!ready) {
    if (hands_over) {
      static_cast<void>(park(moves, false));
      letCallsGo(moves, false);
    }
    dropMade(moves);
    return ready;
  }
  for (Move& move : moves)
    if (move.made) note(*move.record, move.made->number, PluginState::configured);
  const auto left = publish(moves);
  // On workers the new one is found before the old one is not.
  for (Move& move : moves)
    if (move.made) registry_.publish(*move.made->loaded, move.made->found());
  for (Move& move : moves)
    if (move.changes() && !move.done && move.record->current) registry_.withdraw(*move.record->current->loaded);
  letCallsGo(moves, true);
  static_cast<void>(left->wait(shards_patience));
  for (Move& move : moves) {
    if (move.hands_over) move.shown.parked = std::chrono::duration_cast<std::chrono::microseconds>(clock_.now().mono - began);
    if (move.changes() && !move.done) replace(move, left);
  }
  return {};
}

void PluginHost::replace(Move& move, const std::shared_ptr<EveryShard>& left) {
  Record& record = *move.record;
  std::unique_ptr<Generation> old, made = std::move(move.made);
  {
    const std::scoped_lock lock(mutex_);
    old = std::move(record.current);
    if (old) record.leaving.push_back(old->loaded.get());
    if (made) {
      install(record, std::move(made));
      if (!old) load_order_.push_back(move.shown.plugin);
    } else {
      record.off = move.shown.detail;
      std::erase(load_order_, move.shown.plugin);
    }
  }
  if (!old) return;
  const bool unloads = !record.current;
  note(record, old->number, PluginState::draining, unloads ? move.shown.detail : std::string());
  retire(record, std::move(old), left, move.rollback || unloads);
}

void PluginHost::install(Record& record, std::unique_ptr<Generation> made) {
  record.current = std::move(made);
  record.entry = record.current->entry;
  record.former.reset();
  record.probation_until = clock_.now().mono + probation;
  record.troubled = false;
  record.faults.clear();
  noteLocked(record, record.current->number, PluginState::active, {});
}

void PluginHost::retire(Record& record, std::unique_ptr<Generation> old, const std::shared_ptr<EveryShard>& left, bool forget) {
  old->left = left;
  if (!isFree(*old, options_.lease_patience)) {
    old->loaded->breaker().trip();
    note(record, old->number, PluginState::stuck, "a call of it does not come back; it stays in memory until one does");
    const std::scoped_lock lock(mutex_);
    record.held.push_back(std::move(old));
    return;
  }
  auto former = old->recipe();
  endGeneration(record, std::move(old));
  if (!forget) record.former = std::move(former);
}

bool PluginHost::isFree(const Generation& old, std::chrono::milliseconds patience) {
  if (!old.left->wait({}) || !registry_.drained(*old.loaded, patience)) return false;
  IsolatedPlugin* runner = old.loaded->isolated();
  return !runner || runner->drained(patience);
}

// A thread is inside it that nothing can take back. Always false: it did not leave.
bool PluginHost::holdForGood(Record& record, std::unique_ptr<Generation> old, std::string why) {
  note(record, old->number, PluginState::stuck, std::move(why));
  old->stuck = true;
  const std::scoped_lock lock(mutex_);
  record.held.push_back(std::move(old));
  return false;
}

// Nobody is inside it and nobody can come.
bool PluginHost::endGeneration(Record& record, std::unique_ptr<Generation> old) {
  const std::uint64_t number = old->number;
  // Hooks that were never published belong to their shards' threads like all others.
  if (old->isolated() && !old->hooks.empty() && shards_.count() > 0) {
    auto hooks = std::make_shared<std::vector<std::shared_ptr<HookTarget>>>(std::exchange(old->hooks, {}));
    old->left = shards_.onEach([hooks](TypesPort&, std::size_t shard) { (*hooks)[shard].reset(); });
    if (!old->left->wait(shards_patience)) {
      const std::scoped_lock lock(mutex_);
      record.held.push_back(std::move(old));
      return false;
    }
  }
  // What its services have under way ends first; a job that does not holds its code for good.
  if (old->loaded->lost())
    return holdForGood(record, std::move(old), "a call of it does not come back; it stays in memory for as long as the server runs");
  if (!old->loaded->settle())
    return holdForGood(record, std::move(old), "one of its jobs does not end; it stays in memory for as long as the server runs");
  old->hooks.clear();
  {
    const std::scoped_lock lock(mutex_);
    std::erase(record.leaving, old->loaded.get());
    addFigures(record.past, *old->loaded);
    if (const IsolatedPlugin* runner = old->loaded->isolated()) record.past_runners += runner->figures();
  }
  const bool gone = old->loaded->end();
  if (old->loaded->lost())
    return holdForGood(record, std::move(old), "its destroy() did not come back; it stays in memory for as long as the server runs");
  note(record, number, PluginState::stopped);
  if (gone) {
    note(record, number, PluginState::unloaded, record.off);
    return true;
  }
  {
    const std::scoped_lock lock(mutex_);
    ++record.pinned;
  }
  note(record, number, PluginState::pinned, pinReason(old->entry.file));
  if (record.pinned >= pinned_warned)
    log_.warning("plugin.pinned_often",
                 {{"plugin", old->source.plugin_id}, {"generations", record.pinned}, {"refused_from", Record::pinned_max}});
  return false;
}

void PluginHost::reap() {
  for (auto& [id, record] : records_) {
    std::vector<std::unique_ptr<Generation>> free;
    {
      const std::scoped_lock lock(mutex_);
      for (auto& held : record.held)
        if (!held->stuck && isFree(*held, {})) free.push_back(std::move(held));
      std::erase(record.held, nullptr);
    }
    for (auto& held : free) endGeneration(record, std::move(held));
  }
}

}  // namespace atrium
