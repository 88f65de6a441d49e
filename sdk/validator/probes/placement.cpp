// Level 8: the same file in this process and in a runner, both as the server has them.
#include <fmt/format.h>

#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "engine/hook_request.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/isolated/reply_record.hpp"
#include "plugin/isolated/runner_host.hpp"
#include "plugin/loaded_plugin.hpp"
#include "validator/placed_server.hpp"
#include "validator/probe.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

// Generous: what is compared is what is said, and not when.
constexpr auto patience = 5s;
// The tables of other kinds are the server's own and keep the kind's deadline, which is short where the machine is busy: so often a call is
// made again that failed in the runner alone.
constexpr int asked_again = 20;

// The hooks of rooms and messages in a runner, as C functions: the server itself calls them from its loops.
atrium_status ask(atrium_plugin* self, const HookCall& call, const atrium_reply* reply, const atrium_sink* line = nullptr) {
  auto& runner = *reinterpret_cast<IsolatedPlugin*>(self);
  std::vector<std::byte> request;
  encodeCall(call, request);
  const std::string_view bytes(reinterpret_cast<const char*>(request.data()), request.size());
  const auto answer = runner.call(static_cast<std::uint32_t>(call.hook), word(call.hook), bytes, patience, isAsked(call.hook));
  if (!answer.answered) return ATRIUM_FAILED;
  PayloadReader in(answer.payload);
  const std::string_view text = in.text();
  if (line && !text.empty()) line->write(line->context, text.data(), text.size());
  if (reply && !replay(in, reply)) return ATRIUM_FAILED;
  return answer.status;
}

void leadToRunner(atrium_room_type& table) {
  using Room = const atrium_room_view*;
  using User = const atrium_user_view*;
  using Message = const atrium_message_view*;
  using Reply = const atrium_reply*;
  if (table.check_settings)
    table.check_settings = [](atrium_plugin* self, Room room, User actor, Reply reply) {
      return ask(self, {.hook = atrium::Hook::check_settings, .room = room, .actor = actor}, reply);
    };
  if (table.will_create)
    table.will_create = [](atrium_plugin* self, Room room, User actor, Reply reply) {
      return ask(self, {.hook = atrium::Hook::will_create, .room = room, .actor = actor}, reply);
    };
  if (table.will_join)
    table.will_join = [](atrium_plugin* self, Room room, User user, User actor, Reply reply) {
      return ask(self, {.hook = atrium::Hook::will_join, .room = room, .user = user, .actor = actor}, reply);
    };
  if (table.will_post)
    table.will_post = [](atrium_plugin* self, Room room, User sender, Message message, Reply reply) {
      return ask(self, {.hook = atrium::Hook::will_post, .room = room, .user = sender, .message = message}, reply);
    };
  // What is only told says nothing that could be compared; the asked ones may depend on it, in both placements alike.
  table.did_create = nullptr;
  table.did_join = nullptr;
  table.did_leave = nullptr;
  table.did_post = nullptr;
  table.did_close = nullptr;
  table.tick = nullptr;
}

void leadToRunner(atrium_message_type& table) {
  using Room = const atrium_room_view*;
  using User = const atrium_user_view*;
  using Message = const atrium_message_view*;
  if (table.check)
    table.check = [](atrium_plugin* self, Room room, User sender, Message message, const atrium_reply* reply) {
      return ask(self, {.hook = atrium::Hook::check, .room = room, .user = sender, .message = message}, reply);
    };
  if (table.summarise)
    table.summarise = [](atrium_plugin* self, Message message, atrium_sink line) {
      return ask(self, {.hook = atrium::Hook::summarise, .message = message}, nullptr, &line);
    };
  table.did_deliver = nullptr;
}

template <typename Table>
void leadToRunner(Table&) {}  // The server's own table leads there already.

using Secrets = std::map<std::string, std::string, std::less<>>;

// A plugin as the server has it, in one of its placements, with a server of its own behind it, so that none reads what another has stored.
class Placed {
 public:
  Placed(Check& check, RunnerHost* runners, const Secrets& secrets)
      : check_(check), runners_(runners), rights_{Grants(check.facts().manifest.grants, check.facts().manifest.grants), secrets} {}

  // False, with a finding: it does not start there.
  bool start() {
    static int number = 0;
    const Manifest& manifest = check_.facts().manifest;
    const std::filesystem::path file = check_.settings().scratch / fmt::format("placed.{}.so", ++number);
    const auto& bytes = check_.facts().bytes;
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    const LoadedPlugin::Environment environment{.log = log_, .clock = clock_, .call_clock = call_clock_, .services = server_.services()};
    auto plugin =
        runners_ ? isolated(manifest, file, environment) : LoadedPlugin::load(manifest, file, check_.facts().options, environment, rights_);
    if (!plugin) {
      check_.fail("swap.placement", runners_ ? "a start in a runner" : "a start as the server does it", plugin.error().detail);
      return false;
    }
    plugin_ = *std::move(plugin);
    std::apply([this](auto... kind) { (offer(kind), ...); },
               std::tuple<RoomTypeKind, MessageTypeKind, RoutingScorerKind, AlertRuleKind, AuthenticatorKind, CommandKind, AssistantKind,
                          HttpUiKind, EventSinkKind>());
    instance_ = Instance::of(check_.facts(), runners_ ? reinterpret_cast<atrium_plugin*>(plugin_->isolated()) : plugin_->self(), tables_);
    return true;
  }

  [[nodiscard]] Instance& instance() { return *instance_; }

 private:
  Result<std::unique_ptr<LoadedPlugin>> isolated(const Manifest& manifest, const std::filesystem::path& file,
                                                 const LoadedPlugin::Environment& environment) {
    auto services = runnerServices(manifest.id, rights_, environment.services, environment.clock, environment.log);
    auto runner = runners_->start({.runner = {.manifest = manifest,
                                              .program = check_.settings().runner,
                                              .order = {.library_file = file.string(),
                                                        .options = check_.facts().options,
                                                        .log_level = LogLevel::error,
                                                        .sandbox = {},
                                                        .grants = rights_.grants.list(),
                                                        .secrets = rights_.secrets,
                                                        .services = needsServer(rights_.grants),
                                                        .jobs = true},
                                              .services = services.get()}});
    if (!runner) return fail(runner.error());
    return LoadedPlugin::isolated(manifest, file, *std::move(runner), environment, std::move(services));
  }

  template <typename Kind>
  void offer(const Kind&) {
    const Kind* offered = plugin_->extension<Kind>();
    if (!offered) return;
    auto kept = std::make_shared<Kind>(*offered);
    kept->table.info = &kept->info;
    kept->table.struct_size = sizeof kept->table;
    kept->info.struct_size = sizeof kept->info;
    if (runners_) leadToRunner(kept->table);
    tables_.emplace_back(Kind::id, &kept->table);
    kept_.push_back(std::move(kept));
  }

  Check& check_;
  RunnerHost* runners_;
  const PluginRights rights_;
  Log log_{Log::Options{.level = LogLevel::error}};
  SystemClock clock_;
  CallClock call_clock_;
  PlacedServer server_{clock_, log_};
  std::unique_ptr<LoadedPlugin> plugin_;
  std::deque<std::shared_ptr<void>> kept_;
  std::vector<std::pair<std::string, const void*>> tables_;
  std::unique_ptr<Instance> instance_;
};

// The secrets it asks for when it starts and is called, each with a value. Nothing, with a finding: it does not start.
std::optional<Secrets> secretsFor(Check& check) {
  Loaded loaded = load(check);
  if (!loaded) return std::nullopt;
  Loan loan;
  for (const Scenario& s : scenarios(check, *loaded.instance, Shape::plain, 2, 94))
    static_cast<void>(perform(check, *loaded.instance, *s.driver, s.hook, s.input, loan));
  Secrets secrets;
  for (const std::string& name : loaded.instance->host().secretsAsked()) secrets.emplace(name, FakeHost::secret_value);
  return secrets;
}

}  // namespace

void probePlacement(Check& check) {
  static constexpr std::string_view rule = "swap.placement";
  const Manifest& manifest = check.facts().manifest;
  if (manifest.has("storage-backend") || manifest.has("bus")) return check.skip(rule, "a store or a bus is never isolated");
  if (check.settings().runner.empty()) return check.skip(rule, "there is no atrium-runner beside this program (--runner)");
  check.doing(Survival(rule), "calls that tell which secrets it asks for");
  const auto secrets = secretsFor(check);
  if (!secrets) return;
  check.doing(Survival(rule), "a start in process and in a runner");
  Log log{Log::Options{.level = LogLevel::error}};
  RunnerHost runners({.program = check.settings().runner}, log);
  // Two in process, called before and after the one in the runner: what differs between them depends on the time, and tells nothing of the
  // placement.
  Placed here(check, nullptr, *secrets), again(check, nullptr, *secrets), there(check, &runners, *secrets);
  if (!here.start() || !again.start() || !there.start()) return;
  Loan loan;
  for (const Scenario& s : scenarios(check, there.instance(), Shape::plain, 12, 95)) {
    check.doing(Survival(rule), fmt::format("{} in process and in a runner", s.hook.name));
    const Answer one = perform(check, here.instance(), *s.driver, s.hook, s.input, loan);
    Answer isolated = perform(check, there.instance(), *s.driver, s.hook, s.input, loan);
    for (int n = 0; n < asked_again && s.hook.repeats && isolated.status == ATRIUM_FAILED && one.status != ATRIUM_FAILED; ++n)
      isolated = perform(check, there.instance(), *s.driver, s.hook, s.input, loan);
    const Answer two = perform(check, again.instance(), *s.driver, s.hook, s.input, loan);
    if (s.hook.repeats && one == two && !(one == isolated))
      check.fail(rule, fmt::format("{} to answer in a runner as in process: status {}, {}", s.hook.name, one.status, shown(one.said)),
                 fmt::format("status {}, {}", isolated.status, shown(isolated.said)));
  }
  check.lookedAtAll();
}

}  // namespace atrium::validate
