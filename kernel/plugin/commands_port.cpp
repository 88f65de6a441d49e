#include "plugin/commands_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/option_value.hpp"
#include "plugin/command_arguments.hpp"
#include "plugin/command_progress.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::string_view help_name = "help";
constexpr std::string_view help_summary = "Lists the commands, or tells of one.";
constexpr std::size_t command_reason_max = 1000;  // bytes of a plugin's sentence to its caller

const atrium_command_info& infoOf(const PluginLease& lease) { return lease->extension<CommandKind>()->info; }

JsonView schemaOf(const LoadedPlugin& plugin) { return plugin.manifest().arguments_schema_text.root(); }

// What of the arguments the command does not take.
std::vector<FieldProblem> problemsOf(const Manifest& manifest, const JsonDocument& arguments) {
  std::vector<FieldProblem> problems;
  if (manifest.arguments_schema) manifest.arguments_schema->check(arguments.root(), "/arguments", problems);
  return problems;
}

// The result as clients get it: the plugin's object, or its text in one.
std::string resultOf(const std::string& text) {
  if (text.starts_with('{'))
    if (auto object = JsonDocument::parse(text)) return std::string(object->text());
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("text").value(std::string_view(text)).end('}');
  return out;
}

Result<std::string> outcomeOf(CallAnswer<std::string> answer, const std::string& plugin) {
  const std::string sentence = std::string(withoutHalf(std::string_view(answer.value).substr(0, command_reason_max)));
  switch (answer.status) {
    case ATRIUM_OK: return resultOf(answer.value);
    case ATRIUM_FULL: return fail(Code::overloaded, "The server has more work than it can queue.", 1000);
    case ATRIUM_TIMED_OUT: return fail(Code::command_timed_out);
    case ATRIUM_CANCELLED: return fail(Code::plugin_failed, "The command was given up.");
    case ATRIUM_INVALID:
    case ATRIUM_NOT_FOUND:
    case ATRIUM_DENIED:
    case ATRIUM_CONFLICT:
    case ATRIUM_DUPLICATE:
    case ATRIUM_PRECONDITION: return fail(Code::rejected_by_plugin, sentence);
    default: return fail(Code::plugin_failed, sentence.empty() ? fmt::format("The plugin {} failed.", plugin) : sentence);
  }
}

void writeCommand(JsonWriter<std::string>& json, std::string_view name, std::string_view summary, std::string_view positional,
                  std::string_view plugin_id, std::string_view schema) {
  json.begin('{').key("name").value(name).key("summary").value(summary).key("positional").begin('[');
  while (!positional.empty()) {
    const std::size_t end = std::min(positional.find(' '), positional.size());
    if (end > 0) json.value(positional.substr(0, end));
    positional.remove_prefix(std::min(end + 1, positional.size()));
  }
  json.end(']').key("plugin_id");
  if (plugin_id.empty())
    json.null();
  else
    json.value(plugin_id);
  json.key("arguments_schema").raw(schema.empty() ? std::string_view(R"({"type":"object"})") : schema).end('}');
}

}  // namespace

std::string CommandsPort::list(const Principal& caller) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("items").begin('[');
  std::vector<std::string> names = registry_.names(CommandKind::word);
  if (std::ranges::find(names, help_name) == names.end())
    names.insert(std::ranges::upper_bound(names, std::string(help_name)), std::string(help_name));
  for (const std::string& name : names) {
    const PluginLease lease = registry_.lease(CommandKind::word, name);
    if (!lease && name == help_name) {
      writeCommand(json, name, help_summary, "command", {}, R"({"type":"object","properties":{"command":{"type":"string"}}})");
    } else if (lease && caller.has(infoOf(lease).caller_roles)) {
      const atrium_command_info& info = infoOf(lease);
      writeCommand(json, name, safeText(info.summary, 200), safeText(info.positional, 500), lease->manifest().id,
                   lease->manifest().arguments_schema_text.text());
    }
  }
  json.end(']').key("next_cursor").null().end('}');
  return text;
}

bool CommandsPort::known(std::string_view name) { return name == help_name || registry_.lease(CommandKind::word, name); }

Error CommandsPort::unknown(std::string_view name) const {
  std::vector<std::string> names = registry_.names(CommandKind::word);
  names.emplace_back(help_name);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string hint = suggestion(name, views);
  return {Code::command_unknown,
          hint.empty() ? "There is no such command; /help lists them." : fmt::format("There is no such command; {}", hint),
          0,
          {}};
}

std::string CommandsPort::help(const Principal& caller, std::string_view about) {
  std::string text;
  const auto document = JsonDocument::parse(list(caller));
  const JsonView items = document->root()["items"];
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) {
    if (!about.empty() && item["name"].text() != about) continue;
    text += text.empty() ? "/" : "\n/";
    text += item["name"].text();
    const JsonView positional = item["positional"];
    for (JsonView name = positional.first(); name.exists(); name = name.sibling(positional)) text += " <" + name.text() + ">";
    if (const std::string summary = item["summary"].text(); !summary.empty()) text += ": " + summary;
  }
  return text;
}

std::uint64_t CommandsPort::run(const Id& command_id, CommandScene scene, RunCommand command, std::function<void(std::string)> progress,
                                Completion<std::string> done) {
  PluginLease lease = registry_.lease(CommandKind::word, command.name);
  if (!lease && command.name == help_name) {
    auto arguments =
        command.arguments.empty() ? readCommandLine(command.line, "command", {}) : Result<JsonDocument>(std::move(command.arguments));
    if (!arguments) return done(fail(arguments.error())), 0;
    std::string about = arguments->root()["command"].text();
    if (about.starts_with('/')) about.erase(0, 1);
    std::string told = help(scene.caller, about);
    return done(told.empty() ? Result<std::string>(fail(unknown(about))) : resultOf(told)), 0;
  }
  if (!lease) return done(fail(unknown(command.name))), 0;
  if (!scene.caller.has(infoOf(lease).caller_roles)) return done(fail(Code::forbidden, "Your role does not allow to run this command.")), 0;

  const Manifest& manifest = lease->manifest();
  if (command.arguments.empty()) {
    auto read = readCommandLine(command.line, safeText(infoOf(lease).positional, 500), schemaOf(*lease));
    if (!read) return done(fail(read.error())), 0;
    command.arguments = *std::move(read);
  }
  if (std::vector<FieldProblem> problems = problemsOf(manifest, command.arguments); !problems.empty())
    return done(fail(Error{Code::validation_failed, problems.front().path + " " + problems.front().message, 0, std::move(problems)})), 0;
  auto execution = std::make_shared<const CommandExecution>(
      CommandExecution{formatId(command_prefix, command_id), std::move(scene), std::move(command.arguments)});
  // What the plugin says on the way comes from any thread.
  auto on_way = std::make_shared<CommandProgress>(calls_.parts(), std::move(progress));
  std::string plugin_id = manifest.id;
  const LoadedPlugin* const asked = &*lease;
  const auto deadline = lease->deadline<CommandKind>();
  return calls_.run<std::string>(
      std::move(lease), "execute", deadline,
      [this, execution, asked, speaker = on_way->speaker()](const std::shared_ptr<WorkerCall>& call, CommandCalls::Answer answer) {
        // Another generation has taken over while the call waited: it has a schema of its own.
        if (&call->plugin() != asked && !problemsOf(call->plugin().manifest(), execution->arguments).empty())
          return answer({ATRIUM_INVALID, "The command was exchanged meanwhile and takes other arguments."});
        in_process_.execute(call, execution, speaker, std::move(answer));
      },
      [plugin_id = std::move(plugin_id), on_way, done = std::move(done)](CallAnswer<std::string> answer) mutable {
        on_way->end();
        done(outcomeOf(std::move(answer), plugin_id));
      });
}

void CommandsPort::giveUp(std::uint64_t number) { calls_.giveUp(number); }

}  // namespace atrium
