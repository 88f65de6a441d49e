// What the host tells of its plugins: for operators as JSON, for Prometheus as text.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/service/metrics.h"
#include "base/metrics.hpp"
#include "plugin/isolated/isolated_plugin.hpp"
#include "plugin/plugin_event_json.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/plugin_record.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t troubles_told_max = 5;
constexpr std::size_t events_page_max = 100;

void writeManifest(JsonWriter<std::string>& json, const Manifest& manifest) {
  json.key("id").value(std::string_view(manifest.id)).key("version").value(std::string_view(manifest.version));
  json.key("abi").value(std::to_string(manifest.abi_major) + "." + std::to_string(manifest.abi_minor));
  json.key("description").value(std::string_view(manifest.description)).key("maturity").value(std::string_view(manifest.maturity));
  json.key("untrusted_input").value(manifest.untrusted_input);
  json.key("extensions").begin('{');
  for (const ManifestExtension& extension : manifest.extensions) json.key(extension.kind).value(std::string_view(extension.name));
  json.end('}').key("grants").begin('[');
  for (const std::string& grant : manifest.grants) json.value(std::string_view(grant));
  json.end(']');
}

void writeCalls(JsonWriter<std::string>& json, const FiguresByHook& figures_by_hook) {
  json.key("hooks").begin('[');
  for (const auto& [hook, figures] : figures_by_hook) {
    json.begin('{').key("hook").value(std::string_view(hook)).key("calls").value(figures.duration.count);
    json.key("failures").value(figures.failures).key("deadline_overruns").value(figures.overruns);
    json.key("refused_by_breaker").value(figures.refusals).key("in_flight").value(figures.in_flight);
    json.key("duration_us_p50")
        .value(figures.duration.quantileUs(0.5))
        .key("duration_us_p99")
        .value(figures.duration.quantileUs(0.99))
        .end('}');
  }
  json.end(']');
}

void writeShadow(JsonWriter<std::string>& json, const ShadowLedger& ledger) {
  json.key("shadow").begin('{').key("answers").begin('[');
  const ShadowLedger::Counts counts = ledger.counts();
  for (unsigned hook = 0; hook < hook_count; ++hook) {
    if (std::ranges::all_of(counts[hook], [](std::uint64_t count) { return count == 0; })) continue;
    json.begin('{').key("hook").value(word(static_cast<Hook>(hook)));
    for (unsigned outcome = 0; outcome < ShadowLedger::outcome_count; ++outcome)
      json.key(word(static_cast<ShadowLedger::Outcome>(outcome))).value(counts[hook][outcome]);
    json.end('}');
  }
  json.end(']').key("differences").begin('[');
  for (const ShadowLedger::Difference& one : ledger.differences()) {
    json.begin('{').key("at").time(one.at).key("hook").value(word(one.hook)).key("tenant_id").value(std::string_view(one.tenant_id));
    json.key("room_id").value(std::string_view(one.room_id)).key("in_force").value(std::string_view(one.in_force));
    json.key("shadow").value(std::string_view(one.shadow)).end('}');
  }
  json.end(']').end('}');
}

void writeServices(JsonWriter<std::string>& json, const PluginServices& services) {
  json.key("granted").begin('[');
  for (const std::string& grant : services.grants().list()) json.value(std::string_view(grant));
  json.end(']').key("metrics").begin('[');
  for (const PluginMetrics::Reading& series : services.metrics().read()) {
    json.begin('{').key("name").value(std::string_view(series.name)).key("help").value(std::string_view(series.help));
    if (series.kind == ATRIUM_METRIC_HISTOGRAM)
      json.key("count").value(series.duration.count).key("duration_us_p99").value(series.duration.quantileUs(0.99)).end('}');
    else
      json.key("value").value(series.value).end('}');
  }
  json.end(']');
}

void writeEvent(JsonWriter<std::string>& json, const PluginEvent& event) {
  json.begin('{');
  writeMembers(json, event);
  json.end('}');
}

struct CallCounter {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*read)(const HookFigures&);
};
constexpr CallCounter call_counters[] = {
    {"atrium_plugin_calls_total", "Calls of a plugin's hook.", [](const HookFigures& figures) { return figures.duration.count; }},
    {"atrium_plugin_failures_total", "Calls that failed or broke the contract.",
     [](const HookFigures& figures) { return figures.failures; }},
    {"atrium_plugin_overruns_total", "Calls past their deadline.", [](const HookFigures& figures) { return figures.overruns; }},
    {"atrium_plugin_refused_total", "Calls that the plugin's breaker kept away.",
     [](const HookFigures& figures) { return figures.refusals; }},
};

}  // namespace

bool PluginHost::missed(const Record& record) const {
  if (record.state != PluginState::rejected && record.state != PluginState::quarantined) return false;
  if (!record.entry.manifest) return options_.wishes.enabled_by_default;
  const auto use = options_.wishes.use.find(record.entry.manifest->id);
  return use == options_.wishes.use.end() ? options_.wishes.enabled_by_default : use->second.enabled;
}

bool PluginHost::isShadow(std::string_view id) const {
  const auto use = options_.wishes.use.find(std::string(id));
  return use != options_.wishes.use.end() && use->second.run == RunPlacement::shadow;
}

PluginsHealth PluginHost::health() const {
  std::vector<std::string> troubles;
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, record] : records_) {
    if (isShadow(id)) continue;  // Nobody waits for what it says.
    if (missed(record)) {
      const std::string name = record.state == PluginState::rejected ? repaired(record.entry.file.path.filename().string()) : id;
      troubles.push_back(name + " was " + std::string(word(record.state)) + ": " + record.reason);
    } else if (record.state == PluginState::degraded) {
      troubles.push_back(id + " is degraded: " + record.reason);
    } else if (record.current) {
      std::string failing;
      record.current->loaded->forEachGuard([&failing](const HookGuard& guard) {
        if (failing.empty() && guard.failing()) failing = guard.hook();
      });
      if (!failing.empty()) troubles.push_back(id + " fails in " + failing);
    }
    if (!record.held.empty()) troubles.push_back(id + " is stuck in an old generation");
  }
  PluginsHealth health{troubles.empty(), {}};
  for (std::size_t at = 0; at < troubles.size(); ++at) {
    if (at == troubles_told_max) return health.detail += "; and " + std::to_string(troubles.size() - at) + " more", health;
    if (at > 0) health.detail += "; ";
    health.detail += troubles[at];
  }
  return health;
}

template <typename Each>
void PluginHost::forEachRecord(Each each) const {
  std::string last;
  for (bool first = true;; first = false) {
    const std::scoped_lock lock(mutex_);
    const auto at = first ? records_.begin() : records_.upper_bound(last);
    if (at == records_.end()) return;
    last = at->first;
    each(at->first, at->second);
  }
}

// Under the lock.
void PluginHost::writeRecord(JsonWriter<std::string>& json, const Record& record) const {
  // What runs, rather than what lies in the directory.
  const CatalogEntry& entry = record.current ? record.current->entry : record.entry;
  json.begin('{')
      .key("file")
      .value(repaired(entry.file.path.string()))
      .key("state")
      .value(word(record.state))
      .key("since")
      .time(record.since);
  if (!record.reason.empty()) json.key("reason").value(std::string_view(record.reason));
  if (!entry.file.sha256.empty()) json.key("sha256").value(std::string_view(entry.file.sha256));
  if (!entry.file.build_id.empty()) json.key("build_id").value(std::string_view(entry.file.build_id));
  if (entry.manifest) writeManifest(json, *entry.manifest);
  if (record.generations > 0) json.key("generation").value(record.current ? record.current->number : record.generations);
  if (record.pinned > 0) json.key("pinned_generations").value(record.pinned);
  if (!record.held.empty()) json.key("stuck_generations").value(record.held.size());
  if (record.current) json.key("run").value(word(record.current->placement()));
  if (record.shadow) writeShadow(json, *record.shadow);
  if (const IsolatedPlugin* runner = record.current ? record.current->loaded->isolated() : nullptr) {
    const RunnerFigures figures = runner->figures();
    json.key("runner").begin('{').key("state").value(figures.state).key("pid").value(static_cast<std::int64_t>(figures.pid));
    json.key("spare").value(figures.spare).key("restarts").value(figures.restarts).key("kills").value(figures.kills);
    json.key("memory_bytes").value(figures.memory_bytes).key("cpu_percent").value(figures.cpu_percent);
    json.key("last_end").value(std::string_view(figures.last_end)).end('}');
  }
  if (record.current) json.key("options").raw(record.current->options);
  if (record.current) writeServices(json, record.current->loaded->services());
  if (record.generations > 0) writeCalls(json, record.hookFigures());
  if (const auto& file = record.quarantine) {
    json.key("quarantine").begin('{').key("reason").value(std::string_view(file->reason)).key("by").value(std::string_view(file->by));
    json.key("since").time(file->since).end('}');
  }
  json.key("history").begin('[');
  for (const PluginEvent& event : record.history) writeEvent(json, event);
  json.end(']').end('}');
}

std::string PluginHost::adminJson() const {
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("items").begin('[');
  forEachRecord([&](const std::string&, const Record& record) { writeRecord(json, record); });
  json.end(']').key("next_cursor").null().end('}');
  return out;
}

void PluginHost::appendRunnerSeries(std::string& out) const {
  std::string restarts, kills, answers;
  forEachRecord([&](const std::string& id, const Record& record) {
    const RunnerFigures sum = record.runnerFigures();
    if (sum.restarts > 0 || (record.current && record.current->isolated())) {
      restarts += fmt::format("atrium_plugin_runner_restarts_total{{plugin=\"{}\"}} {}\n", id, sum.restarts);
      kills += fmt::format("atrium_plugin_runner_kills_total{{plugin=\"{}\"}} {}\n", id, sum.kills);
    }
    if (!record.shadow) return;
    const ShadowLedger::Counts counts = record.shadow->counts();
    for (unsigned hook = 0; hook < hook_count; ++hook)
      for (unsigned outcome = 0; outcome < ShadowLedger::outcome_count; ++outcome)
        if (counts[hook][outcome] > 0)
          answers += fmt::format("atrium_plugin_shadow_answers_total{{plugin=\"{}\",hook=\"{}\",outcome=\"{}\"}} {}\n", id,
                                 word(static_cast<Hook>(hook)), word(static_cast<ShadowLedger::Outcome>(outcome)), counts[hook][outcome]);
  });
  const auto append = [&out](std::string_view name, std::string_view help, const std::string& lines) {
    if (!lines.empty()) out += fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n{2}", name, help, lines);
  };
  append("atrium_plugin_runner_restarts_total", "How often a plugin's runner was started again.", restarts);
  append("atrium_plugin_runner_kills_total", "Runners that the server ended for a hang or for what they used or wrote.", kills);
  append("atrium_plugin_shadow_answers_total", "Answers of plugins that run as shadows, by how they compare with those in force.", answers);
}

void PluginHost::appendOwnSeries(std::string& out) const {
  std::string values, durations;
  forEachRecord([&](const std::string& id, const Record& record) {
    if (!record.current) return;
    for (const PluginMetrics::Reading& series : record.current->loaded->services().metrics().read()) {
      const std::string labels = fmt::format("plugin=\"{}\",name=\"{}\"", id, series.name);
      if (series.kind == ATRIUM_METRIC_HISTOGRAM)
        appendPrometheusHistogram(durations, "atrium_plugin_metric_seconds", labels, series.duration);
      else
        values += fmt::format("atrium_plugin_metric{{{}}} {}\n", labels, series.value);
    }
  });
  if (!values.empty()) out += "# HELP atrium_plugin_metric What plugins count and measure.\n# TYPE atrium_plugin_metric untyped\n" + values;
  if (!durations.empty())
    out += "# HELP atrium_plugin_metric_seconds What plugins time.\n# TYPE atrium_plugin_metric_seconds histogram\n" + durations;
}

std::optional<std::string> PluginHost::adminJson(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = records_.find(id);
  if (found == records_.end() || !found->second.entry.manifest) return std::nullopt;
  std::string out;
  JsonWriter<std::string> json(out);
  writeRecord(json, found->second);
  return out;
}

std::string PluginHost::eventsJson(std::uint64_t after) const {
  bool more = false;
  const std::vector<PluginEvent> events = journal_.after(after, events_page_max, more);
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("items").begin('[');
  for (const PluginEvent& event : events) writeEvent(json, event);
  json.end(']').key("next_cursor");
  if (more)
    json.value(std::string_view(std::to_string(events.back().number)));
  else
    json.null();
  json.end('}');
  return out;
}

void PluginHost::appendPrometheus(std::string& out) const {
  std::map<std::string, HookFigures> series;  // By labels.
  std::string states;
  forEachRecord([&](const std::string& id, const Record& record) {
    if (!record.entry.manifest) return;
    for (unsigned state = 0; state < plugin_state_count; ++state)
      states += "atrium_plugin_state{plugin=\"" + id + "\",state=\"" + std::string(word(static_cast<PluginState>(state))) + "\"} " +
                (record.state == static_cast<PluginState>(state) ? "1\n" : "0\n");
    for (auto& [hook, figures] : record.hookFigures()) series.emplace("plugin=\"" + id + "\",hook=\"" + hook + "\"", figures);
  });
  const auto announce = [&](std::string_view name, std::string_view help, std::string_view kind) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(kind).append("\n");
  };
  announce("atrium_plugin_state", "1 for the state a plugin is in, 0 for the others.", "gauge");
  out.append(states);
  announce("atrium_plugin_transitions_total", "Steps of plugins into a state.", "counter");
  const auto counts = journal_.counts();
  for (unsigned state = 0; state < plugin_state_count; ++state)
    out.append("atrium_plugin_transitions_total{state=\"")
        .append(word(static_cast<PluginState>(state)))
        .append("\"} ")
        .append(std::to_string(counts[state]))
        .append("\n");
  for (const CallCounter& counter : call_counters) {
    announce(counter.name, counter.help, "counter");
    for (const auto& [labels, figures] : series)
      out.append(counter.name).append("{").append(labels).append("} ").append(std::to_string(counter.read(figures))).append("\n");
  }
  appendOwnSeries(out);
  appendRunnerSeries(out);
  announce("atrium_plugin_call_seconds", "Time inside a plugin's hook.", "histogram");
  for (const auto& [labels, figures] : series) appendPrometheusHistogram(out, "atrium_plugin_call_seconds", labels, figures.duration);
}

}  // namespace atrium
