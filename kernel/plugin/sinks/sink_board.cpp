#include "plugin/sinks/sink_board.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

struct Series {
  std::string_view name, labels, kind, help;
  std::uint64_t (*read)(const SinkFigures&);
};
// Rows of one name stand together.
constexpr Series all_series[] = {
    {"atrium_sink_events_total", R"(,outcome="delivered")", "counter", "Events of a sink, by what became of them.",
     [](const SinkFigures& sink) { return sink.delivered; }},
    {"atrium_sink_events_total", R"(,outcome="dead_letter")", "counter", "",
     [](const SinkFigures& sink) { return sink.dead_letters_added; }},
    {"atrium_sink_events_total", R"(,outcome="lost")", "counter", "", [](const SinkFigures& sink) { return sink.lost; }},
    {"atrium_sink_failures_total", "", "counter", "Attempts of a sink to deliver that are to be repeated.",
     [](const SinkFigures& sink) { return sink.failures; }},
    {"atrium_sink_lag_events", "", "gauge", "Events that are recorded and behind which a sink is.",
     [](const SinkFigures& sink) { return sink.lag; }},
    {"atrium_sink_dead_letters", "", "gauge", "Dead letters of a sink that are kept.",
     [](const SinkFigures& sink) { return sink.dead_letters; }},
    {"atrium_sink_dead_letters_dropped_total", "", "counter", "Dead letters that gave way to newer ones.",
     [](const SinkFigures& sink) { return sink.dead_letters_dropped; }},
};

void optionalTime(JsonWriter<std::string>& json, std::string_view key, const std::optional<Wall>& time) {
  json.key(key);
  if (time)
    json.time(*time);
  else
    json.null();
}

}  // namespace

std::string SinkBoard::json() const {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("items").begin('[');
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, sink] : sinks_) {
    json.begin('{').key("name").value(name).key("plugin").value(sink.plugin).key("state").value(sink.state);
    json.key("events").value(sink.events).key("done").value(sink.done).key("lag").value(sink.lag);
    json.key("delivered").value(sink.delivered).key("failures").value(sink.failures).key("lost").value(sink.lost);
    json.key("dead_letters").value(sink.dead_letters);
    optionalTime(json, "failing_since", sink.failing_since);
    optionalTime(json, "next_attempt", sink.next_attempt);
    json.key("reason").value(sink.reason).end('}');
  }
  json.end(']').key("next_cursor").null().end('}');
  return out;
}

void SinkBoard::appendPrometheus(std::string& out) const {
  const std::scoped_lock lock(mutex_);
  if (sinks_.empty()) return;
  for (const Series& series : all_series) {
    if (!series.help.empty())
      fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n", series.name, series.help, series.kind);
    // A sink's name is a plugin's extension name: letters, digits, dashes.
    for (const auto& [name, sink] : sinks_)
      fmt::format_to(std::back_inserter(out), "{}{{sink=\"{}\"{}}} {}\n", series.name, name, series.labels, series.read(sink));
  }
}

}  // namespace atrium
