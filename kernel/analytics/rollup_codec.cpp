#include "analytics/rollup_codec.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

using Json = JsonWriter<std::string>;

void appendNumber(std::string& out, auto number) {
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  if (!out.empty()) out += ' ';
  out.append(digits, end);
}

// One text, "sum squares bucket count bucket count ...": an index of JSON has room for so many values and no more.
void write(Json& json, std::string_view word, const Distribution& spread) {
  if (spread.count() == 0) return;
  std::string text;
  appendNumber(text, spread.sum());
  appendNumber(text, spread.sumOfSquares());
  for (const auto& [bucket, count] : spread.buckets()) {
    appendNumber(text, static_cast<unsigned>(bucket));
    appendNumber(text, count);
  }
  json.key(word).value(text);
}

template <typename Number>
void writeUnlessZero(Json& json, std::string_view word, Number number) {
  if (number != 0) json.key(word).value(number);
}

void write(Json& json, const Activity& activity) {
  for (std::size_t at = 0; at < tally_count; ++at) writeUnlessZero(json, tally_words[at], activity.tallies[at]);
  for (std::size_t at = 0; at < timing_count; ++at) write(json, timing_words[at], activity.timings[at]);
  writeUnlessZero(json, "value", activity.value);
}

std::string quoted(std::string_view text) {
  std::string out;
  Json(out).value(text);
  return out;
}

// A key that may need escapes, which JsonWriter::key() leaves to its caller.
void writeKey(Json& json, std::string_view name) {
  const std::string text = quoted(name);
  json.key(std::string_view(text).substr(1, text.size() - 2));
}

void write(Json& json, const AgentPart& part) {
  json.begin('{');
  if (!part.name.empty()) json.key("name").value(part.name);
  write(json, part.activity);
  writeUnlessZero(json, "samples", part.load.samples);
  writeUnlessZero(json, "online", part.load.online);
  writeUnlessZero(json, "available", part.load.available);
  writeUnlessZero(json, "at_cap", part.load.at_cap);
  writeUnlessZero(json, "utilisation", part.load.utilisation);
  writeUnlessZero(json, "active_leads", part.load.active_leads);
  writeUnlessZero(json, "active_conversations", part.load.active_conversations);
  writeUnlessZero(json, "satisfaction", part.load.satisfaction);
  if (!part.kinds.empty()) {
    json.key("kinds").begin('{');
    for (const auto& [kind, outcome] : part.kinds) {
      writeKey(json, kind);
      json.begin('[').value(outcome.closed).value(outcome.won).value(outcome.handling_ms).end(']');
    }
    json.end('}');
  }
  json.end('}');
}

// ---- Reading. What is missing or of another kind is 0: whoever writes a document by hand gets what it says.

double numberIn(const JsonView& value) {
  double number = 0;
  return value.number(number) ? number : 0;
}

std::uint64_t countIn(const JsonView& value) {
  std::int64_t number = 0;
  return value.integer(number) && number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

Distribution spreadIn(const JsonView& value) {
  const std::string text = value.text();
  std::vector<double> numbers;
  for (const char* at = text.data(); at < text.data() + text.size();) {
    double number = 0;
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), number);
    if (error != std::errc{}) break;
    numbers.push_back(number);
    at = end + 1;
  }
  if (numbers.size() < 4) return {};
  Distribution::Buckets buckets;
  for (std::size_t at = 2; at + 1 < numbers.size(); at += 2)
    if (numbers[at] >= 0 && numbers[at] < 256 && numbers[at + 1] > 0 && numbers[at + 1] < 1e15)
      buckets.emplace_back(static_cast<std::uint8_t>(numbers[at]), static_cast<std::uint64_t>(numbers[at + 1]));
  return Distribution::of(numbers[0], numbers[1], std::move(buckets));
}

void addActivity(const JsonView& object, Activity& activity) {
  for (std::size_t at = 0; at < tally_count; ++at) activity.tallies[at] += countIn(object[tally_words[at]]);
  for (std::size_t at = 0; at < timing_count; ++at)
    if (const JsonView spread = object[timing_words[at]]; spread.isString()) activity.timings[at].add(spreadIn(spread));
  activity.value += numberIn(object["value"]);
}

AgentPart agentIn(const JsonView& object) {
  AgentPart part;
  part.name = object["name"].text();
  addActivity(object, part.activity);
  part.load = {.samples = countIn(object["samples"]),
               .online = countIn(object["online"]),
               .available = countIn(object["available"]),
               .at_cap = countIn(object["at_cap"]),
               .utilisation = numberIn(object["utilisation"]),
               .active_leads = numberIn(object["active_leads"]),
               .active_conversations = numberIn(object["active_conversations"]),
               .satisfaction = numberIn(object["satisfaction"])};
  const JsonView kinds = object["kinds"];
  std::string scratch;
  for (JsonView kind = kinds.first(); kind.exists(); kind = kind.sibling(kinds)) {
    KindOutcome outcome;
    const JsonView closed = kind.first();
    const JsonView won = closed.exists() ? closed.sibling(kind) : JsonView();
    outcome.closed = countIn(closed);
    outcome.won = countIn(won);
    if (won.exists()) outcome.handling_ms = numberIn(won.sibling(kind));
    part.kinds.emplace(kind.key(scratch), outcome);
  }
  return part;
}

void addTeam(const JsonView& root, Rollup& rollup) {
  addActivity(root["total"], rollup.total);
  if (const JsonView latency = root["message_latency_us"]; latency.isString()) rollup.message_latency_us.add(spreadIn(latency));
  rollup.messages_failed += countIn(root["messages_failed"]);
  const JsonView load = root["load"];
  rollup.load.add({.samples = countIn(load["samples"]),
                   .agents_online = numberIn(load["agents_online"]),
                   .active_leads = numberIn(load["active_leads"]),
                   .queue_length = numberIn(load["queue_length"]),
                   .oldest_wait_seconds = numberIn(load["oldest_wait_seconds"]),
                   .staffed = countIn(load["staffed"]),
                   .utilisation = numberIn(load["utilisation"]),
                   .balance = numberIn(load["balance"])});
  const JsonView queues = root["queues"];
  std::string scratch;
  for (JsonView queue = queues.first(); queue.exists(); queue = queue.sibling(queues))
    addActivity(queue, rollup.queues[std::string(queue.key(scratch))]);
}

std::string teamText(const Rollup& rollup) {
  std::string out;
  Json json(out);
  json.begin('{').key("total").begin('{');
  write(json, rollup.total);
  json.end('}');
  write(json, "message_latency_us", rollup.message_latency_us);
  writeUnlessZero(json, "messages_failed", rollup.messages_failed);
  if (rollup.load.samples > 0) {
    const TeamLoad& load = rollup.load;
    json.key("load").begin('{').key("samples").value(load.samples);
    writeUnlessZero(json, "agents_online", load.agents_online);
    writeUnlessZero(json, "active_leads", load.active_leads);
    writeUnlessZero(json, "queue_length", load.queue_length);
    writeUnlessZero(json, "oldest_wait_seconds", load.oldest_wait_seconds);
    writeUnlessZero(json, "staffed", load.staffed);
    writeUnlessZero(json, "utilisation", load.utilisation);
    writeUnlessZero(json, "balance", load.balance);
    json.end('}');
  }
  if (!rollup.queues.empty()) {
    json.key("queues").begin('{');
    for (const auto& [queue, activity] : rollup.queues) {
      writeKey(json, queue);
      json.begin('{');
      write(json, activity);
      json.end('}');
    }
    json.end('}');
  }
  json.end('}');
  return out;
}

}  // namespace

std::string_view collectionOf(Span span) { return span == Span::minute ? "minute" : "hour"; }
std::string_view agentCollectionOf(Span span) { return span == Span::minute ? "minute_agents" : "hour_agents"; }

std::string stepText(Wall at) { return formatTime(at).substr(0, 16); }

std::optional<Wall> stepTime(std::string_view text) {
  if (text.size() != 16 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':') return std::nullopt;
  const auto part = [text](std::size_t from, std::size_t size) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data() + from, text.data() + from + size, number);
    return error == std::errc{} && end == text.data() + from + size ? static_cast<int>(number) : -1;
  };
  const int hour = part(11, 2), minute = part(14, 2), year = part(0, 4), month = part(5, 2), day = part(8, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

Wall startOf(Span span, Wall at) {
  if (span == Span::minute) return std::chrono::floor<std::chrono::minutes>(at);
  return std::chrono::floor<std::chrono::hours>(at);
}

std::vector<DocumentWrite> toDocuments(Span span, const std::string& tenant_id, const Rollup& rollup) {
  std::vector<DocumentWrite> writes;
  const std::string at = stepText(rollup.from);
  writes.push_back({.key = {std::string(collectionOf(span)), tenant_id, at}, .value = teamText(rollup)});
  for (auto agent = rollup.agents.begin(); agent != rollup.agents.end();) {
    const std::string first = agent->first;
    std::string text;
    Json json(text);
    json.begin('{');
    for (std::size_t count = 0; count < agents_per_document && agent != rollup.agents.end(); ++count, ++agent) {
      writeKey(json, agent->first);
      write(json, agent->second);
    }
    json.end('}');
    writes.push_back({.key = {std::string(agentCollectionOf(span)), tenant_id, at, first}, .value = std::move(text)});
  }
  return writes;
}

bool addDocument(const Document& document, Rollup& rollup) {
  const Result<JsonDocument> parsed = JsonDocument::parse(document.value);
  if (!parsed || !parsed->root().isObject()) return false;
  const JsonView root = parsed->root();
  if (document.key.size() == 3) {
    addTeam(root, rollup);
    return true;
  }
  std::string scratch;
  for (JsonView agent = root.first(); agent.exists(); agent = agent.sibling(root))
    rollup.agents[std::string(agent.key(scratch))].add(agentIn(agent));
  return true;
}

bool mayName(const Document& document, std::string_view agent_id) { return document.value.contains(quoted(agent_id) + ":"); }

}  // namespace atrium
