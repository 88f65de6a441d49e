#include "atrium/ext/event_sink.h"

#include <fmt/format.h>

#include <vector>

#include "config/source_text.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto sink_deadline = 5s;

class EventSinkDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "event-sink"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_EVENT_SINK; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_event_sink>(extension());
    if (!table || !table->deliver_batch) return {};
    return {{.name = "deliver_batch", .thread = Thread::worker, .deadline = sink_deadline, .alone = true}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_event_sink table{};
    atrium_event_sink_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!table.deliver_batch) check.fail("contract.hooks", "deliver_batch", "NULL");
    if (info.batch_max > ATRIUM_SINK_BATCH_MAX)
      check.fail("contract.constants", fmt::format("batch_max of at most {}", ATRIUM_SINK_BATCH_MAX), fmt::format("{}", info.batch_max));
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    static constexpr std::string_view types[] = {"message.posted",  "room.created",  "room.closed",       "member.joined",
                                                 "member.left",     "lead.assigned", "offer.made",        "decision.made",
                                                 "handoff.started", "alert.fired",   "plugin.quarantined"};
    std::string out = fmt::format(R"({{"hook":"{}","events":[)", hook.name);
    const std::uint64_t first = 1 + maker.below(1'000'000);
    for (std::uint64_t n = 0, count = 1 + maker.below(6); n < count; ++n)
      out += fmt::format(R"({}{{"offset":{},"attempt":{},"id":"event_{}","type":"{}","tenant":"tenant_a","data":{}}})", n ? "," : "",
                         first + n, 1 + maker.below(3), first + n, maker.pick(types), maker.object());
    return out + "]}";
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_event_sink>(extension());
    const auto info = *Instance::grown<atrium_event_sink_info>(table.info);
    const std::size_t batch_max = info.batch_max == 0 ? 1 : info.batch_max;
    std::vector<const atrium_sink_event*> events;
    const JsonView list = call.input["events"];
    for (JsonView e = list.first(); e.exists() && events.size() < batch_max; e = e.sibling(list))
      events.push_back(call.loan.put(atrium_sink_event{.struct_size = sizeof(atrium_sink_event),
                                                       .attempt = static_cast<std::uint32_t>(numberOf(e["attempt"], 1)),
                                                       .offset = numberOf(e["offset"], 1),
                                                       .at_ms = FakeHost::wall_start_ms,
                                                       .event_id = lendText(call, e["id"]),
                                                       .type = lendText(call, e["type"]),
                                                       .tenant_id = lendText(call, e["tenant"]),
                                                       .data = call.loan.text(e["data"].isObject() ? e["data"].raw() : "{}")}));
    if (events.empty()) return {};
    const auto* const* lent = call.loan.put(std::span<const atrium_sink_event* const>(events));
    const auto count = static_cast<std::uint32_t>(events.size());
    std::uint32_t accepted = 0;
    Collector error(64 * 1024);
    Answer answer = call.run([&] { return table.deliver_batch(call.self(), lent, count, &accepted, error.sink()); });
    if (accepted > count) call.check.fail("event-sink.accepted", fmt::format("at most {}", count), fmt::format("{}", accepted));
    if (answer.status == ATRIUM_INVALID && accepted >= count)
      call.check.fail("event-sink.accepted", "an event behind those accepted, with ATRIUM_INVALID",
                      fmt::format("all {} accepted", accepted));
    if (answer.status == ATRIUM_INVALID && (error.text().empty() || error.text().size() > 1000 || !validUtf8(error.text())))
      call.check.fail("event-sink.dead-letter", "one sentence of UTF-8 of 1 to 1,000 bytes", shown(error.text()));
    answer.said = fmt::format("{}:{}", answer.status == ATRIUM_OK ? count : accepted, answer.status == ATRIUM_INVALID ? error.text() : "");
    return answer;
  }
};

}  // namespace

const Driver& eventSinkDriver();
const Driver& eventSinkDriver() {
  static const EventSinkDriver driver;
  return driver;
}

}  // namespace atrium::validate
