#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "app/edge.hpp"
#include "app/kernel.hpp"
#include "app/settings_map.hpp"
#include "config/source_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

// What the main thread does while the server serves: changes of the plugins and of the configuration, one after the other.
namespace atrium {

namespace {

void writeVersion(JsonWriter<std::string>& json, std::string_view key, const std::string& version) {
  json.key(key);
  if (version.empty())
    json.null();
  else
    json.value(std::string_view(version));
}

// A PluginChange of schemas.yaml.
std::string changeJson(bool applied, const PluginHost::Steps& steps, const std::vector<std::string>& restart) {
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("applied").value(applied).key("steps").begin('[');
  for (const PluginStep& step : steps) {
    json.begin('{').key("action").value(word(step.action)).key("plugin").value(std::string_view(step.plugin));
    writeVersion(json, "from_version", step.from_version);
    writeVersion(json, "to_version", step.to_version);
    json.key("detail").value(std::string_view(step.detail)).key("parked_us").value(step.parked.count()).end('}');
  }
  json.end(']').key("restart").begin('[');
  for (const std::string& section : restart) json.value(std::string_view(section));
  json.end(']').end('}');
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) (text += text.empty() ? "" : ", ") += name;
  return text;
}

}  // namespace

Result<std::string> Kernel::control(const PluginCommand& command) {
  using Verb = PluginCommand::Verb;
  constexpr std::string_view verbs[] = {"enable", "disable", "reload", "reset", "configure", "rescan", "plan", "apply"};
  log_.info("plugin.command", {{"command", verbs[static_cast<unsigned>(command.verb)]}, {"plugin", command.plugin}, {"by", command.by}});
  Result<PluginHost::Steps> steps;
  switch (command.verb) {
    case Verb::enable: steps = plugins_->enable(command.plugin); break;
    case Verb::disable: steps = plugins_->disable(command.plugin); break;
    case Verb::reload: steps = plugins_->reload(command.plugin); break;
    case Verb::reset: steps = plugins_->reset(command.plugin); break;
    case Verb::rescan: steps = plugins_->rescan(); break;
    case Verb::configure: {
      // JSON is YAML, and so an option is read as one of the configuration file is.
      auto config = parseYaml(withoutSurrogates(command.config), "config");
      if (!config) return fail(Code::change_refused, formatProblems(config.error()));
      steps = plugins_->configure(command.plugin, *std::move(config));
      break;
    }
    case Verb::plan: return applyConfiguration(false);
    case Verb::apply: return applyConfiguration(true);
  }
  if (!steps) return fail(std::move(steps.error()));
  return changeJson(true, *steps, {});
}

Result<std::string> Kernel::applyConfiguration(bool really) {
  auto config = loadConfig(options_.config_file.string(), options_.environment);
  if (!config) {
    Error error{Code::change_refused, "The configuration file has problems; nothing was changed.", 0, {}};
    for (const ConfigProblem& problem : config.error()) {
      std::string text = formatProblems(std::span(&problem, 1));
      while (text.ends_with('\n')) text.pop_back();
      error.fields.push_back({"", std::move(text)});
    }
    return std::unexpected(std::move(error));
  }
  const SettingsChange change = compareSettings(at_start_, settings_, config->settings);
  auto directories = pluginDirectories(config->settings, options_.program_directory);
  auto wishes = wishesOf(config->settings);
  // A storage waits for the restart, with the section that names it.
  wishes.storage = settings_.storage.backend;
  const auto steps =
      really ? plugins_->apply(std::move(directories), std::move(wishes)) : plugins_->plan(std::move(directories), std::move(wishes));
  if (!steps) return fail(steps.error());
  if (really) takeOver(config->settings, change);
  return changeJson(really, *steps, change.restart);
}

void Kernel::takeOver(const Settings& settings, const SettingsChange& change) {
  const bool quieter = settings.log.level > settings_.log.level;
  settings_.log = settings.log;
  settings_.plugins = settings.plugins;
  settings_.room_types = settings.room_types;
  settings_.message_types = settings.message_types;
  settings_.coordination = settings.coordination;
  tellCoordination();
  // At the more talkative of both levels: who asks for fewer lines still reads that he was heard.
  if (!quieter) log_.setLevel(settings_.log.level);
  log_.info("config.read", {{"applied", joined(change.applied)}, {"needs_restart", joined(change.restart)}});
  if (quieter) log_.setLevel(settings_.log.level);
}

void Kernel::tellCoordination() {
  const PolicyBasePtr policies = makePolicyBase(settings_.coordination.default_policy, routingPolicies(settings_));
  for (unsigned index = 0; index < loops_->size(); ++index)
    (*loops_)[index].postAlways([edge = edges_[index].get(), policies, rules = coordinationRules(settings_)]() mutable {
      edge->policy_books.setBase(policies);
      edge->desks.setRules(std::move(rules));
    });
}

void Kernel::reload() {
  const auto applied = applyConfiguration(true);
  if (applied) return;
  std::string detail = applied.error().detail;
  for (const FieldProblem& problem : applied.error().fields) detail += "\n" + problem.message;
  log_.error("config.refused", {{"detail", detail}});
}

int Kernel::waitForStop() {
  while (true) {
    ControlQueue::Event event = control_.next();
    if (auto* job = std::get_if<ControlQueue::Job>(&event)) {
      (*job)(true);
    } else if (const int* signal = std::get_if<int>(&event)) {
      if (*signal != SIGHUP) return *signal;
      reload();
    } else {
      plugins_->attend();
    }
  }
}

}  // namespace atrium
