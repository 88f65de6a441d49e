#include "plugin/shadow.hpp"

#include <algorithm>
#include <utility>

#include "engine/hook_request.hpp"
#include "plugin/hook_tables.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

std::string copyOf(const atrium_text& text) { return text.size == 0 ? std::string() : std::string(text.data, text.size); }

std::string beginningOf(const std::string& text) {
  if (text.size() <= ShadowLedger::answer_max) return text;
  return std::string(withoutHalf(std::string_view(text).substr(0, ShadowLedger::answer_max)));
}

}  // namespace

std::string_view word(ShadowLedger::Outcome outcome) {
  constexpr std::array<std::string_view, ShadowLedger::outcome_count> words = {"agree", "differ", "told", "failed", "dropped"};
  return words[static_cast<unsigned>(outcome)];
}

void ShadowLedger::count(Hook hook, Outcome outcome) {
  counts_[static_cast<unsigned>(hook)][static_cast<unsigned>(outcome)].fetch_add(1, std::memory_order_relaxed);
}

void ShadowLedger::differ(Difference difference) {
  count(difference.hook, Outcome::differ);
  difference.at = clock_.now().wall;
  difference.in_force = beginningOf(difference.in_force);
  difference.shadow = beginningOf(difference.shadow);
  const std::scoped_lock lock(mutex_);
  if (differences_.size() == differences_max) differences_.pop_front();
  differences_.push_back(std::move(difference));
}

ShadowLedger::Counts ShadowLedger::counts() const {
  Counts counts{};
  for (unsigned hook = 0; hook < hook_count; ++hook)
    for (unsigned outcome = 0; outcome < outcome_count; ++outcome)
      counts[hook][outcome] = counts_[hook][outcome].load(std::memory_order_relaxed);
  return counts;
}

std::deque<ShadowLedger::Difference> ShadowLedger::differences() const {
  const std::scoped_lock lock(mutex_);
  return differences_;
}

std::optional<Error> metadataRefusal(const JsonSchema& schema, const HookCall& check) {
  static const JsonDocument no_metadata = JsonDocument::emptyObject();
  const JsonView metadata(check.message->metadata);
  std::vector<FieldProblem> problems;
  schema.check(metadata.exists() ? metadata : no_metadata.root(), "/metadata", problems);
  if (problems.empty()) return std::nullopt;
  return Error{Code::validation_failed, {}, 0, std::move(problems)};
}

std::string describeAnswer(const HookOutcome& outcome) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{');
  if (outcome.failed) json.key("failed").value(true);
  if (const auto& refused = outcome.refused) {
    json.key("refused").value(info(refused->code).word).key("reason").value(std::string_view(refused->detail));
    if (!refused->fields.empty()) {
      json.key("fields").begin('[');
      for (const FieldProblem& field : refused->fields)
        json.begin('{').key("path").value(std::string_view(field.path)).key("reason").value(std::string_view(field.message)).end('}');
      json.end(']');
    }
    json.end('}');
    return text;
  }
  json.key("allowed").value(true);
  if (!outcome.annotations.empty()) {
    auto sorted = outcome.annotations;
    std::ranges::sort(sorted);
    json.key("annotations").begin('{');
    for (const auto& [key, value] : sorted) json.key(key).raw(value);
    json.end('}');
  }
  if (!outcome.patches.empty()) {
    json.key("patches").begin('[');
    for (const auto& [path, value] : outcome.patches) {
      json.begin('{').key("path").value(std::string_view(path));
      if (!value.empty()) json.key("value").raw(value);
      json.end('}');
    }
    json.end(']');
  }
  if (outcome.content) json.key("content").value(std::string_view(*outcome.content));
  if (!outcome.audience.empty()) {
    auto sorted = outcome.audience;
    std::ranges::sort(sorted);
    json.key("audience").begin('[');
    for (const std::string& one : sorted) json.value(std::string_view(one));
    json.end(']');
  }
  if (!outcome.line.empty()) json.key("line").value(std::string_view(outcome.line));
  json.end('}');
  return text;
}

HookSet Shadow::hooks(bool of_messages) const {
  HookSet hooks;
  for (unsigned at = 0; at < hook_count; ++at) {
    const auto hook = static_cast<Hook>(at);
    if (isOfMessages(hook) == of_messages && target_->hooks().has(hook)) hooks.add(hook);
  }
  if (of_messages && schema_) hooks.add(Hook::check);
  return hooks;
}

void Shadow::see(const HookCall& call, std::size_t size, const std::string& in_force) {
  size += in_force.size();
  if (calls_ >= calls_max || bytes_ + size > bytes_max) return ledger_->count(call.hook, ShadowLedger::Outcome::dropped);
  Seen seen{.hook = call.hook,
            .tenant_id = call.room ? copyOf(call.room->tenant_id) : std::string(),
            .room_id = call.room ? copyOf(call.room->room_id) : std::string(),
            .in_force = in_force};
  if (call.hook == Hook::check && schema_) {
    HookOutcome refused;
    refused.refused = metadataRefusal(*schema_, call);
    if (refused.refused) return judge(std::move(seen), refused);
  }
  if (!target_->hooks().has(call.hook)) return judge(std::move(seen), {});
  ++calls_;
  bytes_ += size;
  target_->call(call, [self = shared_from_this(), size, seen = std::move(seen)](const HookOutcome& outcome) mutable {
    --self->calls_;
    self->bytes_ -= size;
    self->judge(std::move(seen), outcome);
  });
}

void Shadow::judge(Seen seen, const HookOutcome& outcome) {
  using enum ShadowLedger::Outcome;
  if (outcome.failed) return ledger_->count(seen.hook, failed);
  if (!isAsked(seen.hook)) return ledger_->count(seen.hook, told);
  std::string said = describeAnswer(outcome);
  if (said == seen.in_force) return ledger_->count(seen.hook, agree);
  ledger_->differ({.at = {},
                   .hook = seen.hook,
                   .tenant_id = std::move(seen.tenant_id),
                   .room_id = std::move(seen.room_id),
                   .in_force = std::move(seen.in_force),
                   .shadow = std::move(said)});
}

void ShadowRow::add(std::shared_ptr<Shadow> shadow) {
  hooks_ = hooks_ | shadow->hooks(of_messages_);
  shadows_.push_back(std::move(shadow));
}

std::chrono::seconds ShadowRow::tickInterval() const {
  for (const auto& shadow : shadows_)
    if (shadow->hooks(of_messages_).has(Hook::tick)) return shadow->tickInterval();
  return std::chrono::seconds{0};
}

HookDone ShadowRow::watched(const HookCall& call, HookDone done) const {
  std::vector<std::shared_ptr<Shadow>> those;
  for (const auto& shadow : shadows_)
    if (shadow->hooks(of_messages_).has(call.hook)) those.push_back(shadow);
  return [those = std::move(those), request = HookRequest(call), done = std::move(done)](HookOutcome outcome) mutable {
    const std::string in_force = describeAnswer(outcome);
    done(std::move(outcome));
    const OpenedCall opened = request.open();
    const HookCall seen = opened.call();
    for (const auto& shadow : those) shadow->see(seen, request.bytes().size(), in_force);
  };
}

}  // namespace atrium
