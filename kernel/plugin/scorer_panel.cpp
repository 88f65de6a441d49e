#include "plugin/scorer_panel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <expected>
#include <string>
#include <utility>

#include "base/text_table.hpp"
#include "config/source_text.hpp"
#include "protocol/abi_text.hpp"

namespace atrium {

namespace {

constexpr const char* no_reason = "gave a reason that is no UTF-8 of at most 200 bytes";
constexpr atrium_score abstention{.value = -1, .reason_size = 0, .reserved = 0, .reason = {}};

atrium_json fieldsOf(const std::shared_ptr<const JsonDocument>& fields) {
  static const JsonDocument none = JsonDocument::emptyObject();
  return (fields ? fields->root() : none.root()).abi();
}

atrium_agent viewOfAgent(const AgentView& agent) {
  const std::uint32_t capacity = std::max(agent.capacity, 1u);
  return {.struct_size = sizeof(atrium_agent),
          .status = static_cast<std::uint32_t>(agent.status),
          .agent_id = textOf(agent.profile->agent_id),
          .active_leads = agent.active_leads,
          .capacity = capacity,
          .capacity_utilization = std::min(1.0, static_cast<double>(agent.active_leads) / capacity),
          .avg_response_minutes = agent.avg_response_minutes,
          .conversion_rate = agent.conversion_rate,
          .satisfaction = agent.satisfaction,
          .idle_ms = agent.idle_ms,
          .fields = fieldsOf(agent.fields)};
}

atrium_lead viewOfLead(const LeadView& lead, const std::string& tenant_id) {
  return {.struct_size = sizeof(atrium_lead),
          .reserved = 0,
          .lead_id = textOf(lead.lead_id),
          .tenant_id = textOf(tenant_id),
          .waiting_ms = lead.waiting_ms,
          .fields = fieldsOf(lead.fields)};
}

// What a scorer said, before the deadline had its say. A value.
struct Scored {
  Scores scores;
  std::string version;
  std::string failure;
};

// Takes over what a plugin has filled in. The error is what is wrong with it, a sentence's end.
std::expected<Scores, std::string> readScores(const std::vector<atrium_score>& scores) {
  auto sheet = std::make_shared<ScoreSheet>();
  sheet->values.reserve(scores.size());
  sheet->places.reserve(scores.size());
  TextTable reasons;
  for (const atrium_score& score : scores) {
    if (!std::isfinite(score.value) || score.value > 1)
      return std::unexpected(fmt::format("said {}, which is not between 0 and 1", score.value));
    if (score.reason_size > ATRIUM_SCORER_REASON_MAX) return std::unexpected(no_reason);
    sheet->values.push_back(score.value);
    sheet->places.push_back(static_cast<std::uint16_t>(reasons.place({score.reason, score.reason_size})));
  }
  if (!std::ranges::all_of(reasons.texts(), validUtf8)) return std::unexpected(no_reason);
  sheet->reasons.assign(reasons.texts().begin(), reasons.texts().end());
  return sheet;
}

bool answersSide(const atrium_routing_scorer& table, Side side) {
  return side == Side::agents ? table.score_batch != nullptr : table.score_queue != nullptr;
}

std::string failureOf(atrium_status status, std::chrono::nanoseconds deadline) {
  if (status == ATRIUM_TIMED_OUT)
    return fmt::format("did not answer within {} ms", std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count());
  if (status == ATRIUM_FULL) return "found no worker that is free";
  return "failed";
}

}  // namespace

std::vector<atrium_score> ScoreBuffers::take(std::size_t count) {
  std::vector<atrium_score> buffer;
  {
    const std::scoped_lock lock(mutex_);
    if (!kept_.empty()) {
      buffer = std::move(kept_.back());
      kept_.pop_back();
      kept_bytes_ -= buffer.capacity() * sizeof(atrium_score);
    }
  }
  buffer.assign(count, abstention);  // All of each: a plugin sees nothing of what another one wrote.
  return buffer;
}

void ScoreBuffers::giveBack(std::vector<atrium_score> buffer) {
  const std::size_t bytes = buffer.capacity() * sizeof(atrium_score);
  const std::scoped_lock lock(mutex_);
  if (kept_bytes_ + bytes > kept_max) return;
  kept_bytes_ += bytes;
  kept_.push_back(std::move(buffer));
}

// A question as plugins see it, made once for all of them. Never changed; it keeps the question that it looks into.
struct ScorerCalls::Views {
  explicit Views(std::shared_ptr<const Question> its_question) : question(std::move(its_question)) {
    agents.reserve(question->agents.size());
    for (const AgentView& agent : question->agents) agents.push_back(viewOfAgent(agent));
    leads.reserve(question->leads.size());
    for (const LeadView& lead : question->leads) leads.push_back(viewOfLead(lead, question->tenant_id));
    for (const atrium_agent& agent : agents) agent_pointers.push_back(&agent);
    for (const atrium_lead& lead : leads) lead_pointers.push_back(&lead);
  }

  // Asks the plugin, on a worker.
  [[nodiscard]] Scored ask(WorkerCall& call, ScoreBuffers& buffers) const {
    LoadedPlugin& plugin = call.plugin();
    const atrium_routing_scorer& table = plugin.extension<RoutingScorerKind>()->table;
    const std::uint32_t count = question->candidates();
    Scored said{.scores = nullptr, .version = plugin.manifest().version, .failure = {}};
    if (!answersSide(table, question->side)) {  // Another generation has taken over, which abstains.
      said.scores = std::make_shared<const ScoreSheet>(ScoreSheet::abstaining(count));
      return said;
    }
    std::vector<atrium_score> filled = buffers.take(count);
    const atrium_status status = call.invoke([&] {
      return question->side == Side::agents ? table.score_batch(plugin.self(), leads.data(), agent_pointers.data(), count, filled.data())
                                            : table.score_queue(plugin.self(), agents.data(), lead_pointers.data(), count, filled.data());
    });
    if (status != ATRIUM_OK) {
      said.failure = "failed";
      call.settle({status, "it did not score"});
    } else if (auto read = readScores(filled)) {
      said.scores = *std::move(read);
      call.settle({});
    } else {
      said.failure = std::move(read).error();
      call.settle({ATRIUM_FAILED, "it " + said.failure, true});
    }
    buffers.giveBack(std::move(filled));
    return said;
  }

  std::shared_ptr<const Question> question;
  std::vector<atrium_agent> agents;
  std::vector<atrium_lead> leads;
  std::vector<const atrium_agent*> agent_pointers;
  std::vector<const atrium_lead*> lead_pointers;
};

std::shared_ptr<const ScorerCalls::Views> ScorerCalls::viewsOf(std::shared_ptr<const Question> question) {
  std::shared_ptr<const Views> views = latest_.lock();
  if (views && views->question == question) return views;
  views = std::make_shared<const Views>(std::move(question));
  latest_ = views;
  return views;
}

bool ScorerCalls::hangs(const LoadedPlugin& plugin) {
  std::erase_if(late_, [](const auto& call) { return call.second->load() != call.first; });
  return late_.contains(&plugin);
}

void ScorerCalls::ask(std::shared_ptr<const Question> question, std::string_view scorer, std::move_only_function<void(ScorerAnswer)> done) {
  ScorerAnswer answer{.scorer = std::string(scorer), .version = {}, .weight = 0, .scores = {}, .failure = {}};
  PluginLease plugin = registry_.lease(RoutingScorerKind::word, scorer);
  if (!plugin) {
    answer.failure = "is not there";
    return done(std::move(answer));
  }
  answer.version = plugin->manifest().version;
  if (!answersSide(plugin->extension<RoutingScorerKind>()->table, question->side)) {
    answer.scores = std::make_shared<const ScoreSheet>(ScoreSheet::abstaining(question->candidates()));
    return done(std::move(answer));
  }
  if (hangs(*plugin)) {
    answer.failure = "has not come back from an earlier call";
    return done(std::move(answer));
  }
  const auto deadline = plugin->deadline<RoutingScorerKind>();
  const std::string hook = question->side == Side::agents ? "score_batch" : "score_queue";
  auto views = viewsOf(std::move(question));
  const auto inside = std::make_shared<Inside>(nullptr);
  workers_.run<Scored>(
      std::move(plugin), hook, deadline,
      [views, inside, buffers = buffers_](const std::shared_ptr<WorkerCall>& call, const WorkerCalls::Answer<Scored>& answered) {
        *inside = &call->plugin();
        Scored said = views->ask(*call, *buffers);
        *inside = nullptr;
        const atrium_status status = said.failure.empty() ? ATRIUM_OK : ATRIUM_FAILED;
        answered({status, std::move(said)});
      },
      // The views are kept until the last answer, for whoever is asked after the first.
      [this, answer = std::move(answer), deadline, views, inside, done = std::move(done)](CallAnswer<Scored> came) mutable {
        if (const LoadedPlugin* where = came.status == ATRIUM_TIMED_OUT ? inside->load() : nullptr) late_[where] = inside;
        if (!came.value.version.empty()) answer.version = std::move(came.value.version);
        if (came.status == ATRIUM_OK)
          answer.scores = std::move(came.value.scores);
        else
          answer.failure = came.value.failure.empty() ? failureOf(came.status, deadline) : std::move(came.value.failure);
        done(std::move(answer));
      });
}

}  // namespace atrium
