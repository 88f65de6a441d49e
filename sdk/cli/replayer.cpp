#include "cli/replayer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atrium/testkit.hpp>
#include <charconv>
#include <stdexcept>
#include <vector>

#include "config/option_value.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

using testkit::JsonText;

// The member as a text of its own; `fallback` when it is not there.
JsonText part(const sdk::Json& call, const char* name, std::string_view fallback = "{}") {
  const sdk::Json found = call[name];
  return JsonText(found.exists() ? found.raw() : fallback);
}

std::vector<JsonText> parts(const sdk::Json& call, const char* name) {
  std::vector<JsonText> all;
  for (const sdk::Json one : call[name]) all.emplace_back(one.raw());
  if (all.empty()) throw std::invalid_argument(std::string("it has no \"") + name + "\"");
  return all;
}

std::string number(double value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc() && value == value ? std::string(text, end) : "null";
}

// Members of an object, one after another.
class Writer {
 public:
  void add(std::string_view name, std::string_view json) {
    text_ += text_.size() > 1 ? "," : "";
    text_ += sdk::json_quoted(name) + ":" + std::string(json);
  }
  [[nodiscard]] std::string end() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

template <typename Items, typename Each>
std::string array(const Items& items, Each&& each) {
  std::string text = "[";
  for (const auto& item : items) text += (text.size() > 1 ? "," : "") + each(item);
  return text + "]";
}

// Nothing in it: allowed, and nothing was changed.
std::string told(const testkit::Verdict& verdict) {
  Writer out;
  if (verdict.status != ATRIUM_OK) out.add("failed", std::to_string(verdict.status));
  if (!verdict.reason.empty()) out.add("deny", sdk::json_quoted(verdict.reason));
  if (!verdict.denied_fields.empty()) {
    Writer fields;
    for (const auto& [path, reason] : verdict.denied_fields) fields.add(path, sdk::json_quoted(reason));
    out.add("deny_fields", fields.end());
  }
  if (!verdict.annotations.empty()) {
    Writer members;
    for (const auto& [key, json] : verdict.annotations) members.add(key, json);
    out.add("annotations", members.end());
  }
  if (verdict.content) out.add("content", sdk::json_quoted(*verdict.content));
  if (!verdict.audience.empty()) out.add("audience", array(verdict.audience, [](const std::string& one) { return sdk::json_quoted(one); }));
  if (!verdict.patches.empty())
    out.add("patches", array(verdict.patches, [](const auto& one) {
              return "[" + sdk::json_quoted(one.first) + "," + (one.second.empty() ? "null" : one.second) + "]";
            }));
  if (!verdict.breaches.empty()) out.add("breaches", array(verdict.breaches, [](const std::string& one) { return sdk::json_quoted(one); }));
  return out.end();
}

std::string told(const testkit::Scoring& scoring) {
  Writer out;
  if (scoring.status != ATRIUM_OK) {
    out.add("failed", std::to_string(scoring.status));
    return out.end();
  }
  out.add("scores", array(scoring.scores, [](const testkit::Scored& score) {
            Writer one;
            one.add("value", score.value < 0 ? "null" : number(score.value));  // null: abstains.
            if (!score.reason.empty()) one.add("reason", sdk::json_quoted(score.reason));
            return one.end();
          }));
  return out.end();
}

std::string told(const testkit::Evaluation& evaluation) {
  static constexpr const char* severities[] = {"low", "medium", "high", "critical"};
  Writer out;
  if (evaluation.status != ATRIUM_OK) {
    out.add("failed", std::to_string(evaluation.status));
    return out.end();
  }
  out.add("alerts", array(evaluation.alerts, [](const testkit::RaisedAlert& alert) {
            Writer one;
            one.add("severity", sdk::json_quoted(alert.severity < 4 ? severities[alert.severity] : "none"));
            one.add("subject", sdk::json_quoted(alert.subject));
            one.add("title", sdk::json_quoted(alert.title));
            one.add("message", sdk::json_quoted(alert.message));
            one.add("value", number(alert.value));
            one.add("threshold", number(alert.threshold));
            return one.end();
          }));
  return out.end();
}

// What a call of that hook may say, beside `hook` and `expect`; empty: there is no such hook.
std::vector<std::string_view> membersOf(std::string_view hook) {
  if (hook == "will_join") return {"room", "user", "other", "message"};
  if (hook == "summarise") return {"message"};
  if (hook == "score_batch") return {"lead", "agents"};
  if (hook == "score_queue") return {"agent", "leads"};
  if (hook == "evaluate") return {"window"};
  for (const std::string_view of_rooms : {"check_settings", "will_create", "will_post", "check"})
    if (hook == of_rooms) return {"room", "user", "message"};
  return {};
}

// A member that the hook does not take would be passed over, and the call be made without it.
void refuseOthers(const JsonView& call, std::string_view hook) {
  const std::vector<std::string_view> members = membersOf(hook);
  std::string scratch;
  for (JsonView member = call.first(); member.exists() && !members.empty(); member = member.sibling(call)) {
    const std::string_view key = member.key(scratch);
    if (key == "hook" || key == "expect" || std::ranges::find(members, key) != members.end()) continue;
    const std::string meant = suggestion(key, members);
    throw std::invalid_argument(
        fmt::format("{} takes no \"{}\"; {}", hook, key, meant.empty() ? fmt::format("it takes {}", fmt::join(members, ", ")) : meant));
  }
}

}  // namespace

struct Replayer::Instance {
  Instance(const std::filesystem::path& file, const std::string& options) : plugin(host, file, JsonText(options)) {}
  testkit::FakeHost host;
  testkit::Plugin plugin;
};

Replayer::Replayer(const std::filesystem::path& file, const std::string& options) : instance_(std::make_unique<Instance>(file, options)) {}
Replayer::~Replayer() = default;

std::string Replayer::answer(std::string_view text) {
  const JsonText document{text};
  const sdk::Json call = document.root();
  const std::string hook = call["hook"].as_text().value_or("");
  const testkit::Plugin& plugin = instance_->plugin;
  if (const auto whole = JsonDocument::parse(text)) refuseOthers(whole->root(), hook);

  testkit::RoomCalls room;
  room.room = part(call, "room");
  room.user = part(call, "user");
  room.other = part(call, "other", room.user.text());
  room.message = part(call, "message");
  if (hook == "check_settings") return told(room.check_settings(plugin));
  if (hook == "will_create") return told(room.will_create(plugin));
  if (hook == "will_join") return told(room.will_join(plugin));
  if (hook == "will_post") return told(room.will_post(plugin));
  if (hook == "check") return told(room.check(plugin));
  if (hook == "summarise") {
    Writer out;
    out.add("summary", sdk::json_quoted(room.summarise(plugin)));
    return out.end();
  }
  if (hook == "score_batch") return told(testkit::score(plugin, part(call, "lead"), parts(call, "agents")));
  if (hook == "score_queue") return told(testkit::score_queue(plugin, part(call, "agent"), parts(call, "leads")));
  if (hook == "evaluate") return told(testkit::evaluate(plugin, part(call, "window")));
  throw std::invalid_argument(
      "\"hook\" must be check_settings, will_create, will_join, will_post, check, summarise, score_batch, score_queue or "
      "evaluate");
}

}  // namespace atrium
