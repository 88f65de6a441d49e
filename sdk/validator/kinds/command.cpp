#include "atrium/ext/command.h"

#include <fmt/format.h>

#include "config/source_text.hpp"
#include "validator/kinds/completions.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto command_deadline = 5s;

class CommandDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "command"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_COMMAND; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_command>(extension());
    if (!table || !table->execute) return {};
    return {{.name = "execute", .thread = Thread::worker, .deadline = command_deadline, .completes = true}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_command table{};
    atrium_command_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!table.execute) check.fail("contract.hooks", "execute", "NULL");
    if (info.caller_roles == 0 || (info.caller_roles & ~roles_known) != 0)
      check.fail("contract.constants", "caller_roles of at least one ATRIUM_ROLE_... bit", fmt::format("{:#x}", info.caller_roles));
    if ((info.flags & ~static_cast<std::uint32_t>(ATRIUM_COMMAND_IDEMPOTENT)) != 0)
      check.fail("contract.constants", "flags that exist", fmt::format("{:#x}", info.flags));
    if (info.summary.size == 0) check.fail("contract.constants", "a summary", "none");
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    return fmt::format(R"({{"hook":"{}","command":"command_{}",{},"caller":{},"arguments":{}}})", hook.name, maker.below(1'000'000),
                       maker.room(), maker.user(), maker.fitting("arguments_schema"));
  }

  [[nodiscard]] Answer call(Call& call) const override { return execute(call, false); }

  bool cancel(Check& check, Instance& instance) const override {
    const auto table = instance.table<atrium_command>(extension());
    if (!table || !table->cancel) return false;
    InputMaker maker(check.facts(), check.random(8), Shape::plain);
    Loan loan;
    const Hook hook = hooks(instance).front();
    for (int n = 0; n < 10; ++n) {
      const auto document = JsonDocument::parse(input(maker, hook));
      if (!document) break;
      check.doing(Survival("time.cancel"), "execute() and cancel()");
      loan.open();
      Call cancelled{check, instance, hook, document->root(), loan};
      static_cast<void>(execute(cancelled, true));
    }
    return true;
  }

 private:
  static Completions& completions(bool cancelled) {
    static auto& plain = *new Completions("command.once");
    static auto& given_up = *new Completions("time.cancel");
    return cancelled ? given_up : plain;
  }

  Answer execute(Call& call, bool cancelled) const {
    const auto table = *call.instance.table<atrium_command>(extension());
    const JsonDocument empty = JsonDocument::emptyObject();
    const atrium_text id = lendText(call, call.input["command"]);
    const std::string kept_id(viewOf(id));
    const auto* run = call.loan.put(
        atrium_command_call{.struct_size = sizeof(atrium_command_call),
                            .deadline_ms = static_cast<std::uint32_t>(std::chrono::milliseconds(command_deadline).count()),
                            .command_id = id,
                            .room = lendRoom(call, call.input["room"]),
                            .caller = lendUser(call, call.input["caller"]),
                            .arguments = call.loan.json(call.input["arguments"].isObject() ? call.input["arguments"] : empty.root())});
    Completions& tokens = completions(cancelled);
    const atrium_token token = tokens.open(call.check);
    const auto* lent = call.loan.put(token);
    const auto start = std::chrono::steady_clock::now();
    Answer answer = call.run([&] { return table.execute(call.self(), run, lent); });
    if (answer.status != ATRIUM_OK) {
      tokens.refuse(token);
      return answer;
    }
    if (cancelled) table.cancel(call.self(), {kept_id.data(), kept_id.size()});
    const auto completed = tokens.wait(token, command_deadline);
    answer.took = std::chrono::steady_clock::now() - start;
    if (!completed) return answer;
    judge(call.check, *completed);
    answer.completed = completed->status;
    answer.said = fmt::format("{}:{}:{}", completed->status, completed->pieces, completed->result);
    return answer;
  }

  static void judge(Check& check, const Completed& completed) {
    static constexpr std::string_view rule = "command.result";
    if (!validUtf8(completed.pieces)) check.fail(rule, "progress of UTF-8", shown(completed.pieces));
    if (completed.largest_piece > ATRIUM_PROGRESS_MAX)
      check.fail(rule, fmt::format("progress of at most {} bytes", ATRIUM_PROGRESS_MAX), fmt::format("{} bytes", completed.largest_piece));
    if (completed.result.size() > ATRIUM_COMPLETION_MAX)
      check.fail(rule, fmt::format("a result of at most {} bytes", ATRIUM_COMPLETION_MAX), "more");
    else if (!validUtf8(completed.result))
      check.fail(rule, "a result of UTF-8", shown(completed.result));
    else if (completed.status != ATRIUM_OK && completed.result.empty())
      check.fail(rule, "a sentence with a failure", "none");
    else if (completed.status == ATRIUM_OK && completed.result.starts_with('{')) {
      const auto document = JsonDocument::parse(completed.result);
      if (!document || !document->root()["text"].isString())
        check.fail(rule, "an object with a \"text\", or plain text", shown(completed.result));
    }
  }
};

}  // namespace

const Driver& commandDriver();
const Driver& commandDriver() {
  static const CommandDriver driver;
  return driver;
}

}  // namespace atrium::validate
