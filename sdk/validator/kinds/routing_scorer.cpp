#include "atrium/ext/routing_scorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "config/source_text.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto scorer_deadline = 50ms;

class RoutingScorerDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "routing-scorer"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_ROUTING_SCORER; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    std::vector<Hook> hooks;
    const auto table = instance.table<atrium_routing_scorer>(extension());
    if (!table) return hooks;
    if (table->score_batch) hooks.push_back({.name = "score_batch", .thread = Thread::worker, .deadline = scorer_deadline, .pure = true});
    if (table->score_queue) hooks.push_back({.name = "score_queue", .thread = Thread::worker, .deadline = scorer_deadline, .pure = true});
    return hooks;
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_routing_scorer table{};
    atrium_routing_scorer_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    inspectHook(check, "score_batch", table.score_batch);
    inspectHook(check, "score_queue", table.score_queue);
    if (!table.score_batch && !table.score_queue) check.fail("contract.hooks", "score_batch or score_queue", "neither");
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    const bool batch = hook.name == "score_batch";
    std::string out = fmt::format(R"({{"hook":"{}","{}":{},"{}":[)", hook.name, batch ? "lead" : "agent",
                                  batch ? lead(maker) : agent(maker), batch ? "agents" : "leads");
    const std::uint64_t count = 1 + maker.below(maker.shape() == Shape::plain ? 8 : maker.shape() == Shape::large ? 2 : 60);
    for (std::uint64_t n = 0; n < count; ++n) out += (n ? "," : "") + (batch ? agent(maker) : lead(maker));
    return out + "]}";
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_routing_scorer>(extension());
    const JsonView in = call.input;
    const bool batch = call.hook.name == "score_batch";
    std::vector<const atrium_agent*> agents;
    std::vector<const atrium_lead*> leads;
    for (JsonView a = in["agents"].first(); a.exists(); a = a.sibling(in["agents"])) agents.push_back(lendAgent(call, a));
    for (JsonView l = in["leads"].first(); l.exists(); l = l.sibling(in["leads"])) leads.push_back(lendLead(call, l));
    const std::size_t count = batch ? agents.size() : leads.size();
    if (count == 0) return {};
    const auto* const* lent_agents = call.loan.put(std::span<const atrium_agent* const>(agents));
    const auto* const* lent_leads = call.loan.put(std::span<const atrium_lead* const>(leads));
    const auto* agent = lendAgent(call, in["agent"]);
    const auto* lead = lendLead(call, in["lead"]);
    std::vector<atrium_score> out(count);
    for (atrium_score& score : out) score = {.value = -1, .reason_size = 0, .reserved = 0, .reason = {}};
    Answer answer = call.run([&] {
      return batch ? table.score_batch(call.self(), lead, lent_agents, static_cast<std::uint32_t>(count), out.data())
                   : table.score_queue(call.self(), agent, lent_leads, static_cast<std::uint32_t>(count), out.data());
    });
    if (answer.status != ATRIUM_OK) return answer;
    for (const atrium_score& score : out) answer.said += tell(call.check, call.hook, score);
    return answer;
  }

 private:
  static std::string lead(InputMaker& maker) {
    return fmt::format(R"({{"id":{},"tenant":"tenant_a","waiting_ms":{},"fields":{}}})", maker.id(), maker.below(10'000'000),
                       maker.object());
  }
  static std::string agent(InputMaker& maker) {
    return fmt::format(
        R"({{"id":{},"status":{},"active":{},"capacity":{},"utilization":0.{:02d},"response":{},"conversion":0.{:02d},"satisfaction":{},"idle_ms":{},"fields":{}}})",
        maker.id(), maker.below(5), maker.below(10), 1 + maker.below(10), maker.below(100), static_cast<std::int64_t>(maker.below(30)) - 1,
        maker.below(100), static_cast<std::int64_t>(maker.below(7)) - 1, maker.below(1'000'000), maker.object());
  }
  static const atrium_lead* lendLead(const Call& call, const JsonView& lead) {
    const JsonDocument empty = JsonDocument::emptyObject();
    return call.loan.put(atrium_lead{.struct_size = sizeof(atrium_lead),
                                     .reserved = 0,
                                     .lead_id = lendText(call, lead["id"]),
                                     .tenant_id = lendText(call, lead["tenant"]),
                                     .waiting_ms = numberOf(lead["waiting_ms"]),
                                     .fields = call.loan.json(lead["fields"].isObject() ? lead["fields"] : empty.root())});
  }
  static const atrium_agent* lendAgent(const Call& call, const JsonView& agent) {
    const JsonDocument empty = JsonDocument::emptyObject();
    return call.loan.put(atrium_agent{.struct_size = sizeof(atrium_agent),
                                      .status = static_cast<std::uint32_t>(numberOf(agent["status"])),
                                      .agent_id = lendText(call, agent["id"]),
                                      .active_leads = static_cast<std::uint32_t>(numberOf(agent["active"])),
                                      .capacity = static_cast<std::uint32_t>(std::max<std::uint64_t>(numberOf(agent["capacity"], 1), 1)),
                                      .capacity_utilization = realOf(agent["utilization"], 0),
                                      .avg_response_minutes = realOf(agent["response"], -1),
                                      .conversion_rate = realOf(agent["conversion"], -1),
                                      .satisfaction = realOf(agent["satisfaction"], -1),
                                      .idle_ms = numberOf(agent["idle_ms"]),
                                      .fields = call.loan.json(agent["fields"].isObject() ? agent["fields"] : empty.root())});
  }
  static std::string tell(Check& check, const Hook& hook, const atrium_score& score) {
    if (std::isnan(score.value) || score.value > 1.0)
      check.fail("routing-scorer.range", fmt::format("numbers up to 1.0 from {}", hook.name), fmt::format("{}", score.value));
    if (score.reason_size > ATRIUM_SCORER_REASON_MAX) {
      check.fail("routing-scorer.reason", fmt::format("at most {} bytes", ATRIUM_SCORER_REASON_MAX), fmt::format("{}", score.reason_size));
      return fmt::format("{};", score.value);
    }
    const std::string_view reason(score.reason, score.reason_size);
    if (!validUtf8(reason)) check.fail("routing-scorer.reason", "UTF-8", shown(reason));
    return fmt::format("{} {};", score.value < 0 ? -1 : score.value, reason);
  }
};

}  // namespace

const Driver& routingScorerDriver();
const Driver& routingScorerDriver() {
  static const RoutingScorerDriver driver;
  return driver;
}

}  // namespace atrium::validate
