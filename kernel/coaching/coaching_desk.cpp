#include "coaching/coaching_desk.hpp"

#include "protocol/body_reader.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t busy_retry_ms = 1000;
constexpr std::uint32_t days_forgotten_at_once = 50;

std::string_view reasonOf(Code code) {
  switch (code) {
    case Code::plugin_unavailable: return "unavailable";
    case Code::overloaded: return "overloaded";
    case Code::assistant_timed_out: return "timed_out";
    default: return "failed";
  }
}

// Who speaks for an assistant: it posts without being a member.
PrincipalPtr voiceOf(const std::string& tenant_id, const std::string& assistant) {
  const std::string name = "assistant:" + assistant;
  return std::make_shared<const Principal>(Principal{.tenant_id = tenant_id,
                                                     .user_id = name,
                                                     .display_name = name,
                                                     .name_verified = true,
                                                     .roles = ATRIUM_ROLE_SERVICE,
                                                     .expires = {},
                                                     .plugin = true});
}

// A supervisor oversees every room of his tenant; what he whispers there is from him, also before he enters it.
PrincipalPtr overseerOf(const Principal& caller) {
  auto overseer = std::make_shared<Principal>(caller);
  overseer->plugin = true;
  return overseer;
}

void writeNullable(JsonWriter<std::string>& json, std::string_view name, std::string_view text) {
  json.key(name);
  if (text.empty())
    json.null();
  else
    json.value(text);
}

}  // namespace

void writeNotSaid(JsonWriter<std::string>& json, const std::optional<Error>& why) {
  json.key("not_said");
  if (why)
    json.begin('{').key("code").value(info(why->code).word).key("detail").value(std::string_view(why->detail)).end('}');
  else
    json.null();
}

// One question on its way.
struct CoachingDesk::Asking {
  PrincipalPtr caller;
  AssistRequest request;
  Completion<std::string> done;
  Mono begun;
  JsonDocument context;
  Tip tip;
  JsonDocument figures;
  std::string message_id;         // Empty: it was not said in a room.
  std::optional<Error> not_said;  // Why, where it was to be.
  PrincipalPtr voice;
  std::string topic;
};

Result<Whisper> readWhisper(const JsonView& body, const Principal& caller, std::string room_id) {
  BodyReader in(body, caller);
  Whisper whisper{std::move(room_id), in.text("agent_id", 1, user_id_max).value_or(""),
                  in.text("topic", 1, whisper_topic_max).value_or("whisper"), in.text("tip", 1, whisper_max, true).value_or("")};
  in.needed("agent_id", !whisper.agent_id.empty());
  in.needed("tip", !whisper.text.empty());
  return in.finish(std::move(whisper));
}

CoachingDesk::CoachingDesk(const Ports& ports, CoachingOptions options)
    : ports_(ports),
      options_(std::move(options)),
      book_(ports.store, ports.now, options_.tips_kept),
      privacy_(ports.store, options_.redaction),
      ids_(Random(ports.seed)) {}

void CoachingDesk::ask(PrincipalPtr caller, AssistRequest request, Completion<std::string> done) {
  ports_.metrics.add(Metric::assists_asked);
  Tenant& tenant = tenantOf(caller->tenant_id);
  if (tenant.running >= options_.at_once) {
    ports_.metrics.add(Metric::assists_refused);
    return done(fail(Code::rate_limited, "Your tenant asks assistants for as much at a time as it may.", busy_retry_ms));
  }
  ++tenant.running;
  ports_.metrics.add(Metric::assists_running);
  auto asking = std::make_shared<Asking>();
  asking->begun = ports_.now.mono;
  asking->tip = {.id = ids_.next(ports_.now.wall),
                 .task = std::string(word(request.task)),
                 .agent_id = request.agent_id,
                 .asked_by = caller->user_id,
                 .assistant = {},
                 .stage = request.conversation_stage,
                 .room_id = request.room_id,
                 .text = {},
                 .wanted = {},
                 .why = {},
                 .judged_by = {}};
  asking->topic = request.conversation_stage.empty() ? std::string(word(request.task)) : request.conversation_stage;
  asking->caller = std::move(caller);
  asking->request = std::move(request);
  asking->done = std::move(done);
  lookAtPrivacy(asking);
}

void CoachingDesk::lookAtPrivacy(const AskingPtr& asking) {
  privacy_.rulesOf(asking->caller->tenant_id, [this, asking](const Result<RedactionRules>& rules) {
    if (!rules) return end(asking, fail(rules.error()));
    lookAtRoom(asking, *rules);
  });
}

void CoachingDesk::lookAtRoom(const AskingPtr& asking, const RedactionRules& rules) {
  if (asking->request.room_id.empty()) {
    asking->context = assistContext(asking->request, JsonView(), rules);
    return lookAtBudget(asking);
  }
  ports_.rooms.conversation(asking->caller, asking->request.room_id, [this, asking, rules](Result<JsonDocument> messages) {
    if (!messages) return end(asking, fail(messages.error()));
    asking->context = assistContext(asking->request, messages->root(), rules);
    lookAtBudget(asking);
  });
}

void CoachingDesk::lookAtBudget(const AskingPtr& asking) {
  const std::string& tenant_id = asking->caller->tenant_id;
  const std::string today = dayOf(ports_.now.wall);
  if (tenantOf(tenant_id).day == today) return choose(asking);
  ports_.store.get({"assist_spend", tenant_id, today}, [this, asking, today](Result<std::optional<Document>> found) {
    if (!found) return end(asking, fail(found.error()));
    Tenant& tenant = tenantOf(asking->caller->tenant_id);
    if (tenant.day != today) {  // Else another question was faster, and has added to it by now.
      tenant.day = today;
      tenant.spend = *found ? DaySpend::decode((*found)->value) : DaySpend{};
      forgetDays(asking->caller->tenant_id, today);
    }
    choose(asking);
  });
}

// What cannot be removed now is so on another day.
void CoachingDesk::forgetDays(const std::string& tenant_id, const std::string& today) {
  ports_.store.scan({"assist_spend", tenant_id}, {}, days_forgotten_at_once, [this, today](const Result<std::vector<Document>>& days) {
    std::vector<DocumentWrite> removals;
    if (days)
      for (const Document& day : *days)
        if (day.key.back() != today) removals.push_back({day.key, ATRIUM_VERSION_ANY, std::nullopt});
    if (!removals.empty()) ports_.store.write(std::move(removals), [](const Result<void>&) {});
  });
}

void CoachingDesk::choose(const AskingPtr& asking) {
  const std::string& wanted = options_.assistants[static_cast<unsigned>(asking->request.task)];
  const bool spent = tenantOf(asking->caller->tenant_id).spend.reaches(options_.day);
  if (!spent || wanted == options_.fallback) return askOne(asking, wanted);
  if (options_.fallback.empty())
    return end(asking,
               fail(Code::budget_spent, "Your tenant's assistants have cost today what they may; they are there again tomorrow (UTC)."));
  asking->tip.wanted = wanted;
  asking->tip.why = "budget";
  askOne(asking, options_.fallback);
}

void CoachingDesk::askOne(const AskingPtr& asking, const std::string& assistant) {
  ports_.assistants.ask({.assistant = assistant,
                         .task = bitOf(asking->request.task),
                         .request_id = formatId(tip_prefix, asking->tip.id),
                         .tenant_id = asking->caller->tenant_id,
                         .context = asking->context,
                         .output_max = options_.output_max,
                         .first_piece = options_.first_piece,
                         .total = options_.total},
                        [this, asking, assistant](Result<AssistantAnswer> answer) {
                          if (!answer) return failed(asking, assistant, answer.error());
                          answered(asking, assistant, *std::move(answer));
                        });
}

void CoachingDesk::failed(const AskingPtr& asking, const std::string& assistant, const Error& why) {
  if (options_.fallback.empty() || assistant == options_.fallback || !asking->tip.wanted.empty()) return end(asking, fail(why));
  asking->tip.wanted = assistant;
  asking->tip.why = std::string(reasonOf(why.code));
  askOne(asking, options_.fallback);
}

void CoachingDesk::answered(const AskingPtr& asking, const std::string& assistant, AssistantAnswer answer) {
  Tip& tip = asking->tip;
  tip.assistant = assistant;
  tip.text = std::move(answer.text);
  tip.created_at = ports_.now.wall;
  tip.latency_ms =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(ports_.now.mono - asking->begun).count());
  asking->figures = std::move(answer.figures);
  asking->voice = voiceOf(asking->caller->tenant_id, assistant);
  if (!tip.wanted.empty()) ports_.metrics.add(Metric::assists_degraded);
  std::vector<DocumentWrite> cost = spend(asking->caller->tenant_id, asking->figures.root());
  auto kept = [this, asking](Result<void> stored) {
    if (!stored) return end(asking, fail(stored.error()));
    say(asking);
  };
  if (isTip(asking->request.task) && !tip.text.empty()) return book_.add(asking->caller->tenant_id, tip, std::move(cost), std::move(kept));
  if (cost.empty()) return say(asking);
  ports_.store.write(std::move(cost), std::move(kept));
}

void CoachingDesk::say(const AskingPtr& asking) {
  const Tip& tip = asking->tip;
  if (tip.room_id.empty() || tip.text.empty() || (tip.task != "whisper" && !isTip(asking->request.task))) return end(asking, std::string());
  ports_.rooms.post({.sender = asking->voice,
                     .room_id = tip.room_id,
                     .tip_id = formatId(tip_prefix, tip.id),
                     .agent_id = tip.agent_id,
                     .topic = asking->topic,
                     .text = tip.text},
                    [this, asking](Result<std::string> said) {
                      if (said)
                        asking->message_id = *std::move(said);
                      else
                        asking->not_said = said.error();
                      end(asking, std::string());
                    });
}

void CoachingDesk::end(const AskingPtr& asking, Result<std::string> outcome) {
  if (asking->tip.task != "whisper") {
    --tenantOf(asking->caller->tenant_id).running;
    ports_.metrics.add(Metric::assists_running, -1);
    ports_.metrics.observe(Metric::assist_seconds, ports_.now.mono - asking->begun);
  }
  if (!outcome) return std::exchange(asking->done, nullptr)(std::move(outcome));
  const Tip& tip = asking->tip;
  const bool kept = tip.task == "whisper" || (isTip(asking->request.task) && !tip.text.empty());
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("tip_id");
  if (kept)
    json.id(tip_prefix, tip.id);
  else
    json.null();
  json.key("task").value(std::string_view(tip.task)).key("agent_id").value(std::string_view(tip.agent_id));
  json.key("tip").value(std::string_view(tip.text));
  writeNullable(json, "assistant", tip.assistant);
  json.key("degraded");
  if (tip.wanted.empty())
    json.null();
  else
    json.begin('{').key("assistant").value(std::string_view(tip.wanted)).key("reason").value(std::string_view(tip.why)).end('}');
  json.key("details").raw(asking->figures.empty() ? std::string_view("{}") : asking->figures.text());
  writeNullable(json, "room_id", tip.room_id);
  writeNullable(json, "message_id", asking->message_id);
  writeNotSaid(json, asking->not_said);
  json.key("latency_ms").value(tip.latency_ms).end('}');
  std::exchange(asking->done, nullptr)(std::move(text));
}

void CoachingDesk::judge(PrincipalPtr caller, const std::string& tip_id, TipState verdict, Completion<std::string> done) {
  book_.judge(std::move(caller), tip_id, verdict, [this, verdict, done = std::move(done)](Result<Tip> tip) mutable {
    if (!tip) return done(fail(tip.error()));
    ports_.metrics.add(verdict == TipState::accepted ? Metric::tips_accepted : Metric::tips_dismissed);
    done(encodeTip(*tip));
  });
}

void CoachingDesk::whisper(PrincipalPtr caller, Whisper whisper, Completion<std::string> done) {
  if (!supervises(*caller)) return done(fail(Code::forbidden, "Only supervisors, admins and services whisper."));
  auto asking = std::make_shared<Asking>();
  asking->begun = ports_.now.mono;
  asking->tip = {.id = ids_.next(ports_.now.wall),
                 .task = "whisper",
                 .agent_id = std::move(whisper.agent_id),
                 .asked_by = caller->user_id,
                 .assistant = {},
                 .stage = {},
                 .room_id = std::move(whisper.room_id),
                 .text = std::move(whisper.text),
                 .wanted = {},
                 .why = {},
                 .created_at = ports_.now.wall,
                 .judged_by = {}};
  asking->topic = std::move(whisper.topic);
  asking->voice = overseerOf(*caller);
  asking->caller = std::move(caller);
  asking->done = std::move(done);
  // A room that is not there gets no tip.
  ports_.rooms.conversation(asking->caller, asking->tip.room_id, [this, asking](const Result<JsonDocument>& messages) {
    if (!messages) return end(asking, fail(messages.error()));
    book_.add(asking->caller->tenant_id, asking->tip, {}, [this, asking](Result<void> stored) {
      if (!stored) return end(asking, fail(stored.error()));
      say(asking);
    });
  });
}

CoachingDesk::Tenant& CoachingDesk::tenantOf(const std::string& tenant_id) {
  if (const auto found = tenants_.find(tenant_id); found != tenants_.end()) return found->second;
  if (tenants_.size() >= tenants_max) std::erase_if(tenants_, [](const auto& entry) { return entry.second.running == 0; });
  return tenants_[tenant_id];
}

std::vector<DocumentWrite> CoachingDesk::spend(const std::string& tenant_id, const JsonView& figures) {
  Tenant& tenant = tenantOf(tenant_id);
  if (!tenant.spend.add(figures)) return {};
  std::vector<DocumentWrite> writes;
  writes.push_back({{"assist_spend", tenant_id, tenant.day}, ATRIUM_VERSION_ANY, tenant.spend.encode()});
  return writes;
}

}  // namespace atrium
