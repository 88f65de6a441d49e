#include "atrium/ext/assistant.h"

#include <fmt/format.h>

#include "config/source_text.hpp"
#include "validator/kinds/completions.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto assistant_deadline = 3s;
constexpr std::uint32_t tasks_known = 2 * ATRIUM_TASK_SUMMARY - 1;
constexpr std::uint32_t output_max = 16'384;

class AssistantDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "assistant"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_ASSISTANT; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_assistant>(extension());
    if (!table || !table->open) return {};
    return {{.name = "open", .thread = Thread::worker, .deadline = assistant_deadline, .completes = true}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_assistant table{};
    atrium_assistant_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!table.open) check.fail("contract.hooks", "open", "NULL");
    if (info.tasks == 0 || (info.tasks & ~tasks_known) != 0)
      check.fail("contract.constants", "at least one task that exists", fmt::format("{:#x}", info.tasks));
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    return fmt::format(R"({{"hook":"{}","task":{},"request":"request_{}","context":{}}})", hook.name, maker.below(6),
                       maker.below(1'000'000), maker.object());
  }

  [[nodiscard]] Answer call(Call& call) const override { return open(call, false); }

  bool cancel(Check& check, Instance& instance) const override {
    const auto table = instance.table<atrium_assistant>(extension());
    if (!table || !table->cancel) return false;
    InputMaker maker(check.facts(), check.random(7), Shape::plain);
    Loan loan;
    const Hook hook = hooks(instance).front();
    for (int n = 0; n < 10; ++n) {
      const auto document = JsonDocument::parse(input(maker, hook));
      if (!document) break;
      check.doing(Survival("time.cancel"), "open() and cancel()");
      loan.open();
      Call cancelled{check, instance, hook, document->root(), loan};
      static_cast<void>(open(cancelled, true));
    }
    return true;
  }

 private:
  static Completions& completions(bool cancelled) {
    static auto& plain = *new Completions("assistant.once");
    static auto& given_up = *new Completions("time.cancel");
    return cancelled ? given_up : plain;
  }

  Answer open(Call& call, bool cancelled) const {
    const auto table = *call.instance.table<atrium_assistant>(extension());
    const auto info = *Instance::grown<atrium_assistant_info>(table.info);
    // One of the tasks it has, the n-th from below.
    std::uint32_t task = info.tasks & (~info.tasks + 1);
    for (std::uint64_t n = numberOf(call.input["task"]); n > 0; --n) {
      const std::uint32_t above = info.tasks & ~(2 * task - 1);
      task = above ? above & (~above + 1) : task;
    }
    const JsonDocument empty = JsonDocument::emptyObject();
    const atrium_text id = lendText(call, call.input["request"]);
    const std::string kept_id(viewOf(id));
    const auto* request = call.loan.put(
        atrium_assistant_request{.struct_size = sizeof(atrium_assistant_request),
                                 .task = task,
                                 .request_id = id,
                                 .tenant_id = call.loan.text("tenant_a"),
                                 .context = call.loan.json(call.input["context"].isObject() ? call.input["context"] : empty.root()),
                                 .output_max = output_max,
                                 .first_piece_ms = 3000,
                                 .total_ms = 10'000,
                                 .reserved = 0});
    Completions& tokens = completions(cancelled);
    const atrium_token token = tokens.open(call.check);
    const auto* lent = call.loan.put(token);
    const auto start = std::chrono::steady_clock::now();
    Answer answer = call.run([&] { return table.open(call.self(), request, lent); });
    if (answer.status != ATRIUM_OK) {
      tokens.refuse(token);
      return answer;
    }
    if (cancelled) table.cancel(call.self(), {kept_id.data(), kept_id.size()});
    const auto completed = tokens.wait(token, assistant_deadline);
    answer.took = std::chrono::steady_clock::now() - start;
    if (!completed) return answer;
    judge(call.check, *completed);
    answer.completed = completed->status;
    answer.said = fmt::format("{}:{}:{}", completed->status, completed->pieces, completed->result);
    return answer;
  }

  static void judge(Check& check, const Completed& completed) {
    static constexpr std::string_view rule = "assistant.pieces";
    if (!validUtf8(completed.pieces)) check.fail(rule, "pieces of UTF-8", shown(completed.pieces));
    if (completed.largest_piece > ATRIUM_PROGRESS_MAX)
      check.fail(rule, fmt::format("pieces of at most {} bytes", ATRIUM_PROGRESS_MAX), fmt::format("{} bytes", completed.largest_piece));
    if (completed.result.size() > ATRIUM_COMPLETION_MAX)
      check.fail(rule, fmt::format("a result of at most {} bytes", ATRIUM_COMPLETION_MAX), "more");
    if (completed.status != ATRIUM_OK) {
      if (completed.result.empty() || !validUtf8(completed.result))
        check.fail(rule, "a sentence of UTF-8 with a failure", shown(completed.result));
      return;
    }
    if (completed.result.empty()) return;
    const auto document = JsonDocument::parse(completed.result);
    if (!document || !document->root().isObject()) check.fail(rule, "a JSON object or an empty result", shown(completed.result));
  }
};

}  // namespace

const Driver& assistantDriver();
const Driver& assistantDriver() {
  static const AssistantDriver driver;
  return driver;
}

}  // namespace atrium::validate
