#include "atrium/ext/message_type.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "config/source_text.hpp"
#include "engine/metadata_change.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto message_type_deadline = 1ms;
constexpr std::size_t summary_max = 200;

class MessageTypeDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "message-type"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_MESSAGE_TYPE; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    std::vector<Hook> hooks;
    const auto table = instance.table<atrium_message_type>(extension());
    if (!table) return hooks;
    if (table->check) hooks.push_back({.name = "check", .thread = Thread::io, .deadline = message_type_deadline});
    if (table->summarise) hooks.push_back({.name = "summarise", .thread = Thread::io, .deadline = message_type_deadline});
    if (table->did_deliver)
      hooks.push_back({.name = "did_deliver", .thread = Thread::io, .deadline = message_type_deadline, .keeps = true});
    return hooks;
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_message_type table{};
    atrium_message_type_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    inspectHook(check, "check", table.check);
    inspectHook(check, "summarise", table.summarise);
    inspectHook(check, "did_deliver", table.did_deliver);
    if ((info.sender_roles & ~roles_known) != 0)
      check.fail("contract.constants", "sender_roles of ATRIUM_ROLE_... bits", fmt::format("{:#x}", info.sender_roles));
    if (info.delivery_class > ATRIUM_DELIVER_SHEDDABLE)
      check.fail("contract.constants", "a delivery_class that exists", fmt::format("{}", info.delivery_class));
    if (info.content_max != 0 && info.content_min > info.content_max)
      check.fail("contract.constants", "content_min up to content_max", fmt::format("{} and {}", info.content_min, info.content_max));
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    return fmt::format(R"({{"hook":"{}",{},"sender":{},{},"seq":{},"delivered":{}}})", hook.name, maker.room(), maker.user(),
                       maker.message(), 1 + maker.below(1000), maker.below(50));
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_message_type>(extension());
    const JsonView in = call.input;
    const auto* room = lendRoom(call, in["room"]);
    const auto* sender = lendUser(call, in["sender"]);
    const auto* message = lendMessage(call, in["message"]);
    const auto* position = lendPosition(call, in);
    const auto delivered = static_cast<std::uint32_t>(numberOf(in["delivered"]));
    if (call.hook.name == "check") {
      ReplyRecorder recorder(call.check, ~0U);
      const auto* reply = call.loan.put(recorder.abi());
      Answer answer = call.run([&] { return table.check(call.self(), room, sender, message, reply); });
      answer.said = recorder.said();
      return answer;
    }
    if (call.hook.name == "did_deliver")
      return call.run([&] { return table.did_deliver(call.self(), room, sender, message, position, delivered); });
    Collector line(64 * 1024);
    Answer answer = call.run([&] { return table.summarise(call.self(), message, line.sink()); });
    answer.said = line.text();
    if (answer.status == ATRIUM_OK) checkSummary(call.check, line.text());
    return answer;
  }

  // What check() has put into its normal form once, it finds in its normal form.
  void behave(Check& check, const Image& /*image*/, Instance& instance) const override {
    const auto table = instance.table<atrium_message_type>(extension());
    static constexpr std::string_view rule = "message-type.settled";
    if (!table || !table->check) return check.skip(rule, "it has no check()");
    InputMaker maker(check.facts(), check.random(6), Shape::plain);
    const Hook hook{.name = "check", .thread = Thread::io, .deadline = message_type_deadline};
    for (int n = 0; n < 20; ++n) {
      const auto document = JsonDocument::parse(input(maker, hook));
      if (!document) return;
      Message once, twice;
      if (!normalise(check, instance, *table, document->root(), nullptr, once)) continue;
      if (!normalise(check, instance, *table, document->root(), &once, twice)) continue;
      if (twice.content != once.content)
        return check.fail(rule, "the content it made itself left alone: " + shown(once.content), shown(twice.content));
      if (twice.metadata != once.metadata)
        return check.fail(rule, "the metadata it made itself left alone: " + shown(once.metadata), shown(twice.metadata));
    }
  }

 private:
  static void checkSummary(Check& check, std::string_view line) {
    static constexpr std::string_view rule = "message-type.summary";
    if (line.empty() || line.size() > summary_max)
      check.fail(rule, fmt::format("1 to {} bytes", summary_max), fmt::format("{} bytes", line.size()));
    else if (!validUtf8(line))
      check.fail(rule, "UTF-8", shown(line));
    else if (line.find('\n') != std::string_view::npos)
      check.fail(rule, "one line", shown(line));
  }

  struct Message {
    std::string content, metadata;  // JSON, or nothing.
  };
  // The message check() leaves behind, of the input's own or of `given`; false when it refuses.
  static bool normalise(Check& check, Instance& instance, const atrium_message_type& table, const JsonView& in, const Message* given,
                        Message& out) {
    Loan loan;
    const Hook hook{.name = "check", .thread = Thread::io, .deadline = message_type_deadline};
    Call call{check, instance, hook, in, loan};
    atrium_message_view view = *lendMessage(call, in["message"]);
    std::optional<JsonDocument> metadata;
    if (given) {
      view.content = loan.text(given->content);
      if (auto parsed = JsonDocument::parse(given->metadata)) metadata = *std::move(parsed);
      view.metadata = metadata ? loan.json(metadata->root()) : atrium_json{};
    }
    const JsonView before = given ? (metadata ? metadata->root() : JsonView()) : in["message"]["metadata"];
    out = {std::string(viewOf(view.content)), before.isObject() ? std::string(before.raw()) : std::string()};
    const auto* room = lendRoom(call, in["room"]);
    const auto* sender = lendUser(call, in["sender"]);
    const auto* message = loan.put(view);
    ReplyRecorder recorder(check, ~0U);
    const auto* reply = loan.put(recorder.abi());
    const Answer answer = call.run([&] { return table.check(call.self(), room, sender, message, reply); });
    if (recorder.content()) out.content = *recorder.content();
    if (answer.status != ATRIUM_OK || recorder.denied()) return false;
    if (recorder.annotations().empty() && recorder.patches().empty()) return true;
    JsonIndexer indexer;
    auto changed = changedMetadata(indexer, before, recorder.annotations(), recorder.patches());
    if (!changed) check.fail("message-type.settled", "patches that can be applied", changed.error().detail);
    if (changed) out.metadata = *std::move(changed);
    return changed.has_value();
  }
};

}  // namespace

const Driver& messageTypeDriver();
const Driver& messageTypeDriver() {
  static const MessageTypeDriver driver;
  return driver;
}

}  // namespace atrium::validate
