#include "plugin/loaded_plugin.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "atrium/plugin.h"
#include "config/source_text.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/isolated/isolated_tables.hpp"
#include "plugin/keep_for_ever.hpp"
#include "plugin/plugin_text.hpp"
#include "plugin/refusal.hpp"
#include "plugin/tombstone.hpp"
#include "plugin/ui_bundle.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

// How long jobs of the plugin's may still run when it is to end: their deadline and a little.
constexpr std::chrono::seconds end_patience{6};
constexpr std::size_t create_reason_max = 500;  // bytes of what create() has to say

// What the manifest wants and the operator has not given, with the place where it is given; empty when there is none.
std::string grantsToName(const Manifest& manifest, const std::vector<std::string>& granted) {
  std::vector<std::string_view> withheld;
  for (const std::string& wanted : manifest.grants)
    if (std::ranges::find(granted, wanted) == granted.end()) withheld.push_back(wanted);
  if (withheld.empty()) return {};
  return fmt::format("; of what it wants it was not given {}: name that in plugins.use.{}.grants, beside the others",
                     fmt::join(withheld, ", "), manifest.id);
}

// Copies a growing structure as far as the other side has it; false when it has not even its first pointer or number.
template <typename Struct>
bool copyGrowing(const void* from, Struct& to) {
  std::uint32_t size = 0;
  if (!from) return false;
  std::memcpy(&size, from, sizeof size);
  if (size < 2 * sizeof(void*)) return false;
  std::memcpy(&to, from, std::min<std::size_t>(size, sizeof to));
  return true;
}

}  // namespace

LoadedPlugin::LoadedPlugin(const Manifest& manifest, std::filesystem::path library_file, std::optional<Library> library,
                           Environment environment, PluginRights rights)
    : manifest_(manifest),
      library_file_(std::move(library_file)),
      environment_(environment),
      library_(std::move(library)),
      services_(std::make_unique<PluginServices>(
          manifest.id, std::move(rights), environment.services, environment.clock, environment.log,
          [this](std::string_view hook, std::chrono::nanoseconds deadline, const std::function<void()>& function) {
            const GuardLoan guard = borrowGuard(hook, deadline, true);
            bool threw = true;
            static_cast<void>(guard->call([&] {
              function();
              threw = false;
              return ATRIUM_OK;
            }));
            if (threw) report(*guard, "an exception came out of it");
          })),
      breaker_(manifest.id, environment.generation, environment.clock, environment.troubles) {}

// One that is lost(), or that does not settle, is not destroyed but kept to the end of the process: whoever owns it asks before.
LoadedPlugin::~LoadedPlugin() {
  if (library_ || isolated_) static_cast<void>(end());
}

bool LoadedPlugin::callBounded(const char* call, std::chrono::milliseconds patience, std::function<void()> function) {
  if (lost_) return false;
  if (patience.count() == 0) {
    const CallMark own = mark(call);
    const CallScope scope(own);
    function();
    return true;
  }
  struct Call {
    std::string plugin, sha256;
    std::function<void()> function;
    std::promise<void> over = {};
  };
  const auto made = std::make_shared<Call>(Call{manifest_.id, environment_.sha256, std::move(function)});
  std::thread thread([made, call] {
    Tombstone::watchThread();
    const CallMark own{made->plugin.c_str(), made->sha256.c_str(), call};
    {
      const CallScope scope(own);
      made->function();
    }
    made->over.set_value();
  });
  if (made->over.get_future().wait_for(patience) == std::future_status::ready) {
    thread.join();  // What it leaves behind in the thread goes with it, and does not hold the library.
    return true;
  }
  thread.detach();
  lost_ = true;
  return false;
}

Result<std::unique_ptr<LoadedPlugin>> LoadedPlugin::isolated(const Manifest& manifest, const std::filesystem::path& library_file,
                                                             std::unique_ptr<IsolatedPlugin> runner, Environment environment,
                                                             std::unique_ptr<PluginServices> services) {
  std::unique_ptr<LoadedPlugin> plugin(new LoadedPlugin(manifest, library_file, std::nullopt, environment, PluginRights{}));
  plugin->services_ = std::move(services);
  const Offer& offer = runner->offer();
  plugin->self_ = reinterpret_cast<atrium_plugin*>(runner.get());
  plugin->isolated_ = std::move(runner);
  Result<void> sound;
  const auto take = [&]<typename Kind>(std::optional<Kind>& extension) {
    const auto& offered = offer.of<Kind>();
    if (!offered.offered) return;
    extension = offered.kind;
    fillIsolatedTable(*extension, offered.functions);
    if (const std::string_view flaw = extension->flaw(); !flaw.empty()) sound = refuse(fmt::format("its {} {}", Kind::word, flaw));
  };
  std::apply([&](auto&... extensions) { (take(extensions), ...); }, plugin->extensions_);
  if (sound) sound = plugin->copyPages();
  if (!sound) return fail(sound.error());
  return plugin;
}

Result<std::unique_ptr<LoadedPlugin>> LoadedPlugin::load(const Manifest& manifest, const std::filesystem::path& library_file,
                                                         std::string_view options, Environment environment,
                                                         std::optional<PluginRights> rights) {
  const CallMark constructors{manifest.id.c_str(), environment.sha256.c_str(), "constructors"};
  const CallScope scope(constructors);
  auto library = Library::load(library_file);
  if (!library) {
    std::error_code ignored;
    if (!environment.keep_copy) std::filesystem::remove(library_file, ignored);
    return fail(std::move(library.error()));
  }
  std::unique_ptr<LoadedPlugin> plugin(
      new LoadedPlugin(manifest, library_file, *std::move(library), environment,
                       rights ? *std::move(rights) : PluginRights{Grants(manifest.grants, std::nullopt), {}}));
  auto sound = plugin->checkEntry();
  if (sound) sound = plugin->create(options);
  if (sound) sound = plugin->fetchAll();
  if (sound) return plugin;
  if (plugin->lost() || !plugin->settle()) {  // A thread of this process is inside its code: nothing of it may go.
    environment.log.error(
        "plugin.stuck", {{"plugin", manifest.id}, {"detail", "it does not come back, and stays in memory for as long as the server runs"}});
    keepForEver(std::move(plugin));
  }
  return fail(std::move(sound.error()));
}

Result<void> LoadedPlugin::checkEntry() {
  const void* symbol = library_->symbol("atrium_entry");
  if (!symbol) return refuse("it does not export atrium_entry");
  std::uint32_t size = 0;
  std::memcpy(&size, symbol, sizeof size);
  if (size < sizeof(atrium_entry_table)) return refuse("its atrium_entry is smaller than this interface's");
  std::memcpy(&entry_, symbol, sizeof entry_);
  if (entry_.abi_major != manifest_.abi_major || entry_.abi_minor != manifest_.abi_minor)
    return refuse(fmt::format("its manifest says interface {}.{}, its code {}.{}", manifest_.abi_major, manifest_.abi_minor,
                              entry_.abi_major, entry_.abi_minor));
  if (const std::string id = safeText(entry_.id, 200); id != manifest_.id)
    return refuse(fmt::format("its manifest says id {}, its code \"{}\"", manifest_.id, id));
  if (const std::string version = safeText(entry_.version, 200); version != manifest_.version)
    return refuse(fmt::format("its manifest says version {}, its code \"{}\"", manifest_.version, version));
  if (!entry_.create || !entry_.destroy || !entry_.get_extension) return refuse("its atrium_entry lacks a function");
  return {};
}

Result<void> LoadedPlugin::create(std::string_view options) {
  struct Creation {
    JsonDocument options;
    std::string why;
    atrium_status status = ATRIUM_FAILED;
    atrium_plugin* made = nullptr;
  };
  auto document = JsonDocument::parse(options);
  if (!document) return refuse("its options are not JSON: " + document.error().detail);
  const auto creation = std::make_shared<Creation>(Creation{*std::move(document), {}});
  const bool back = callBounded("create", environment_.patience, [creation, create = entry_.create, host = services_->host()] {
    const atrium_sink error{.context = &creation->why, .write = [](void* context, const void* data, std::uint64_t size) {
                              auto& text = *static_cast<std::string*>(context);
                              text.append(static_cast<const char*>(data),
                                          std::min<std::uint64_t>(size, create_reason_max - std::min(text.size(), create_reason_max)));
                            }};
    try {
      creation->status = create(host, creation->options.root().abi(), error, &creation->made);
    } catch (...) {
      creation->why = "an exception came out of create()";
    }
  });
  if (!back) return refuse("it did not start: " + notBack("create", environment_.patience));
  const atrium_status status = creation->status;
  if (status == ATRIUM_OK && creation->made) {
    self_ = creation->made;
    return {};
  }
  std::string& why = creation->why;
  if (why.size() == create_reason_max) why = std::string(withoutHalf(why));
  while (why.ends_with('.')) why.pop_back();  // It goes into a sentence.
  if (!validUtf8(why)) why = "its reason is not UTF-8";
  if (why.empty()) why = status == ATRIUM_OK ? "create() made nothing" : fmt::format("create() returned {}", status);
  if (why.find("grant") != std::string::npos) why += grantsToName(manifest_, services_->grants().list());
  return refuse("it did not start: " + why);
}

Result<void> LoadedPlugin::fetchAll() {
  const auto fetched = std::make_shared<Result<void>>();
  const bool back = callBounded("get_extension", environment_.patience, [this, fetched] {
    const auto fetchOne = [&]<typename Kind>(std::optional<Kind>&) {
      if (*fetched && manifest_.has(Kind::word)) *fetched = fetch<Kind>();
    };
    std::apply([&](auto&... offered) { (fetchOne(offered), ...); }, extensions_);
    if (*fetched) fetchStateExtensions();
  });
  if (!back) return refuse("it did not start: " + notBack("get_extension", environment_.patience));
  if (*fetched) *fetched = copyPages();
  return *fetched ? keepListedHooks() : std::move(*fetched);
}

Result<void> LoadedPlugin::copyPages() {
  const HttpUiKind* ui = extension<HttpUiKind>();
  if (!ui) return {};
  auto bundle = makeUiBundle(*ui, manifest_.id);
  if (!bundle) return refuse(fmt::format("its {} {}", HttpUiKind::word, bundle.error()));
  ui_bundle_ = *std::move(bundle);
  return {};
}

template <typename Kind>
Result<void> LoadedPlugin::fetch() {
  Kind& offered = std::get<std::optional<Kind>>(extensions_).emplace();
  const void* table = nullptr;
  try {
    table = entry_.get_extension(self_, Kind::id);
  } catch (...) {
    return refuse("an exception came out of get_extension()");
  }
  if (!copyGrowing(table, offered.table) || !copyGrowing(offered.table.info, offered.info))
    return refuse(fmt::format("its manifest says {}, its code does not", Kind::word));
  const std::string_view name = manifest_.nameOf(Kind::word);
  if (const std::string coded = safeText(offered.info.name, 200); coded != name)
    return refuse(fmt::format("its manifest calls the {} {}, its code \"{}\"", Kind::word, name, coded));
  if (const std::string_view flaw = offered.flaw(); !flaw.empty()) return refuse(fmt::format("its {} {}", Kind::word, flaw));
  return {};
}

// A hook is called when the manifest lists it and the code has it; one that is only listed is a mistake in the build.
template <typename Hook>
Result<void> LoadedPlugin::keepListed(Hook& hook, std::string_view name) const {
  if (!manifest_.hooksInto(name))
    hook = nullptr;
  else if (!hook)
    return refuse(fmt::format("its manifest lists the hook {}, which its code does not have", name));
  return {};
}

Result<void> LoadedPlugin::keepListedHooks() {
  if (auto& type = std::get<std::optional<RoomTypeKind>>(extensions_))
    for (const Result<void>& kept :
         {keepListed(type->table.check_settings, "check_settings"), keepListed(type->table.will_create, "will_create"),
          keepListed(type->table.will_join, "will_join"), keepListed(type->table.will_post, "will_post"),
          keepListed(type->table.did_create, "did_create"), keepListed(type->table.did_join, "did_join"),
          keepListed(type->table.did_leave, "did_leave"), keepListed(type->table.did_post, "did_post"),
          keepListed(type->table.did_close, "did_close"), keepListed(type->table.tick, "tick")})
      if (!kept) return kept;
  if (auto& type = std::get<std::optional<MessageTypeKind>>(extensions_))
    for (const Result<void>& kept : {keepListed(type->table.check, "check"), keepListed(type->table.summarise, "summarise"),
                                     keepListed(type->table.did_deliver, "did_deliver")})
      if (!kept) return kept;
  return {};
}

HookGuard& LoadedPlugin::makeGuard(std::string hook, std::chrono::nanoseconds deadline) {
  return addGuard(std::move(hook), deadline, false, false);
}

HookGuard& LoadedPlugin::addGuard(std::string hook, std::chrono::nanoseconds deadline, bool always, bool on_worker) {
  const std::scoped_lock lock(guards_mutex_);
  PluginBreaker* breaker = storage() ? nullptr : &breaker_;
  return guards_.emplace_back(std::move(hook), deadline, environment_.call_clock,
                              HookGuard::Owner{manifest_.id, environment_.sha256, breaker, always, on_worker, isolated_ != nullptr});
}

LoadedPlugin::GuardLoan LoadedPlugin::borrowGuard(std::string_view hook, std::chrono::nanoseconds deadline, bool always) {
  {
    const std::scoped_lock lock(guards_mutex_);
    const auto idle = std::ranges::find_if(idle_guards_, [hook](const HookGuard* guard) { return guard->hook() == hook; });
    if (idle != idle_guards_.end()) {
      HookGuard& guard = **idle;
      idle_guards_.erase(idle);
      return {*this, guard};
    }
  }
  return {*this, addGuard(std::string(hook), deadline, always, true)};
}

void LoadedPlugin::giveBack(HookGuard& guard) {
  const std::scoped_lock lock(guards_mutex_);
  idle_guards_.push_back(&guard);
}

void LoadedPlugin::report(HookGuard& guard, std::string_view what) const {
  if (guard.lastRefused()) return;
  guard.countFailure();
  environment_.log.warning("plugin.call_failed", {{"plugin", manifest_.id}, {"hook", guard.hook()}, {"reason", what}});
}

void LoadedPlugin::reportFault(HookGuard& guard, std::string_view what) const {
  report(guard, what);
  guard.countFault(what);
}

bool LoadedPlugin::settle() { return services_->end(end_patience); }

bool LoadedPlugin::end() {
  if (isolated_) {
    isolated_.reset();
    self_ = nullptr;
    static_cast<void>(services_->end(end_patience));  // No code of the plugin's waits for it.
    std::error_code ignored;
    std::filesystem::remove(library_file_, ignored);
    return true;
  }
  if (lost_) return false;
  // Whoever could not wait has asked settle() first. Code under which a thread runs is never taken away.
  while (!services_->end(end_patience))
    environment_.log.error("plugin.stuck", {{"plugin", manifest_.id}, {"detail", "a job of it still runs"}});
  if (self_) {
    const auto threw = std::make_shared<bool>(false);
    if (!callBounded("destroy", environment_.patience, [threw, destroy = entry_.destroy, self = std::exchange(self_, nullptr)] {
          try {
            destroy(self);
          } catch (...) {
            *threw = true;
          }
        }))
      return false;
    if (*threw) environment_.log.warning("plugin.destroy_failed", {{"plugin", manifest_.id}});
  }
  const bool gone = library_->unload();
  library_.reset();
  std::error_code ignored;
  if (!environment_.keep_copy) std::filesystem::remove(library_file_, ignored);
  return gone;
}

}  // namespace atrium
