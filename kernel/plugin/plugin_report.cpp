// What the host tells of its plugins: for operators as JSON, for Prometheus as text.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/service/metrics.h"
#include "base/metrics.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/plugin_record.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t troubles_told_max = 5;

// All calls of one hook, summed over the threads that make them.
struct HookFigures {
  Histogram::Snapshot duration;
  std::uint64_t failures = 0;
  std::uint64_t overruns = 0;
  std::uint64_t inside = 0;
};

std::map<std::string_view, HookFigures> figuresOf(const LoadedPlugin& plugin) {
  std::map<std::string_view, HookFigures> figures;
  plugin.forEachGuard([&figures](const HookGuard& guard) {
    HookFigures& sum = figures[guard.hook()];
    guard.duration().addTo(sum.duration);
    sum.failures += guard.failures();
    sum.overruns += guard.overruns();
    sum.inside += guard.inside() ? 1 : 0;
  });
  return figures;
}

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

void writeCalls(JsonWriter<std::string>& json, const LoadedPlugin& plugin) {
  json.key("hooks").begin('[');
  for (const auto& [hook, figures] : figuresOf(plugin)) {
    json.begin('{').key("hook").value(hook).key("calls").value(figures.duration.count).key("failures").value(figures.failures);
    json.key("deadline_overruns").value(figures.overruns).key("in_flight").value(figures.inside);
    json.key("duration_us_p50")
        .value(figures.duration.quantileUs(0.5))
        .key("duration_us_p99")
        .value(figures.duration.quantileUs(0.99))
        .end('}');
  }
  json.end(']');
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
};

}  // namespace

bool PluginHost::missed(const Record& record) const {
  if (record.state != PluginState::rejected) return false;
  if (!record.entry->manifest) return options_.wishes.enabled_by_default;
  const auto use = options_.wishes.use.find(record.entry->manifest->id);
  return use == options_.wishes.use.end() ? options_.wishes.enabled_by_default : use->second.enabled;
}

PluginsHealth PluginHost::health() const {
  std::vector<std::string> troubles;
  for (const Record& record : records_) {
    if (missed(record)) {
      troubles.push_back(record.entry->file.path.filename().string() + " was rejected: " + record.reason);
    } else if (record.loaded) {
      std::string failing;
      record.loaded->forEachGuard([&failing](const HookGuard& guard) {
        if (failing.empty() && guard.failing()) failing = guard.hook();
      });
      if (!failing.empty()) troubles.push_back(record.loaded->manifest().id + " fails in " + failing);
    }
  }
  PluginsHealth health{troubles.empty(), {}};
  for (std::size_t at = 0; at < troubles.size(); ++at) {
    if (at == troubles_told_max) return health.detail += "; and " + std::to_string(troubles.size() - at) + " more", health;
    if (at > 0) health.detail += "; ";
    health.detail += troubles[at];
  }
  return health;
}

std::string PluginHost::adminJson() const {
  std::string out;
  JsonWriter<std::string> json(out);
  json.begin('{').key("items").begin('[');
  for (const Record& record : records_) {
    const CatalogEntry& entry = *record.entry;
    json.begin('{').key("file").value(entry.file.path.string()).key("state").value(word(record.state));
    if (!record.reason.empty()) json.key("reason").value(std::string_view(record.reason));
    if (!entry.file.sha256.empty()) json.key("sha256").value(std::string_view(entry.file.sha256));
    if (!entry.file.build_id.empty()) json.key("build_id").value(std::string_view(entry.file.build_id));
    if (entry.manifest) writeManifest(json, *entry.manifest);
    if (record.loaded) json.key("options").raw(record.plugin.options);
    if (record.loaded) writeServices(json, record.loaded->services());
    if (record.loaded) writeCalls(json, *record.loaded);
    json.end('}');
  }
  json.end(']').key("next_cursor").null().end('}');
  return out;
}

void PluginHost::appendOwnSeries(std::string& out) const {
  std::string values, durations;
  for (const Record& record : records_) {
    if (!record.loaded) continue;
    for (const PluginMetrics::Reading& series : record.loaded->services().metrics().read()) {
      const std::string labels = fmt::format("plugin=\"{}\",name=\"{}\"", record.loaded->manifest().id, series.name);
      if (series.kind == ATRIUM_METRIC_HISTOGRAM)
        appendPrometheusHistogram(durations, "atrium_plugin_metric_seconds", labels, series.duration);
      else
        values += fmt::format("atrium_plugin_metric{{{}}} {}\n", labels, series.value);
    }
  }
  if (!values.empty()) out += "# HELP atrium_plugin_metric What plugins count and measure.\n# TYPE atrium_plugin_metric untyped\n" + values;
  if (!durations.empty())
    out += "# HELP atrium_plugin_metric_seconds What plugins time.\n# TYPE atrium_plugin_metric_seconds histogram\n" + durations;
}

void PluginHost::appendPrometheus(std::string& out) const {
  std::map<std::string, HookFigures> series;  // By labels.
  for (const Record& record : records_) {
    if (!record.loaded) continue;
    for (auto& [hook, figures] : figuresOf(*record.loaded))
      series.emplace("plugin=\"" + record.loaded->manifest().id + "\",hook=\"" + std::string(hook) + "\"", figures);
  }
  const auto announce = [&](std::string_view name, std::string_view help, std::string_view kind) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ").append(kind).append("\n");
  };
  for (const CallCounter& counter : call_counters) {
    announce(counter.name, counter.help, "counter");
    for (const auto& [labels, figures] : series)
      out.append(counter.name).append("{").append(labels).append("} ").append(std::to_string(counter.read(figures))).append("\n");
  }
  appendOwnSeries(out);
  announce("atrium_plugin_call_seconds", "Time inside a plugin's hook.", "histogram");
  for (const auto& [labels, figures] : series) appendPrometheusHistogram(out, "atrium_plugin_call_seconds", labels, figures.duration);
}

}  // namespace atrium
