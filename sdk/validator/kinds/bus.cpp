#include "atrium/ext/bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto bus_deadline = 100ms;
constexpr std::uint32_t bus_flags_known = ATRIUM_BUS_ORDERED | ATRIUM_BUS_REPLAYS;

// Whether this thread is in a call of the bus, from within which nothing may be received.
thread_local bool inside_bus = false;
template <typename Function>
auto insideBus(Function&& call) {
  inside_bus = true;
  const auto answer = call();
  inside_bus = false;
  return answer;
}

// What one subscription received. Never ends, because a bus may be late.
struct Inbox {
  std::mutex mutex;
  std::condition_variable came;
  std::vector<std::string> payloads;
  bool from_within = false;

  static void receive(void* context, const atrium_bus_piece* piece, atrium_text) {
    auto& inbox = *static_cast<Inbox*>(context);
    const std::lock_guard lock(inbox.mutex);
    inbox.payloads.emplace_back(viewOf(piece->payload));
    inbox.from_within = inbox.from_within || inside_bus;
    inbox.came.notify_all();
  }
  bool wait(std::string_view payload, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex);
    return came.wait_for(lock, patience, [&] { return std::ranges::find(payloads, payload) != payloads.end(); });
  }
};

class BusDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "bus"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_BUS; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_bus>(extension());
    if (!table || !table->publish) return {};
    return {{.name = "publish", .thread = Thread::worker, .deadline = bus_deadline, .repeats = false, .keeps = true}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_bus table{};
    atrium_bus_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!table.publish || !table.subscribe || !table.unsubscribe)
      check.fail("contract.hooks", "publish, subscribe and unsubscribe", "NULL");
    if ((info.flags & ~bus_flags_known) != 0) check.fail("contract.constants", "flags that exist", fmt::format("{:#x}", info.flags));
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    std::string out = fmt::format(R"({{"hook":"{}","pieces":[)", hook.name);
    for (std::uint64_t n = 0, count = 1 + maker.below(5); n < count; ++n)
      out += fmt::format(R"({}{{"topic":{},"payload":{}}})", n ? "," : "", maker.id(), maker.text(1));
    return out + "]}";
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_bus>(extension());
    std::vector<const atrium_bus_piece*> pieces;
    const JsonView list = call.input["pieces"];
    for (JsonView p = list.first(); p.exists() && pieces.size() < ATRIUM_BUS_BATCH_MAX; p = p.sibling(list))
      pieces.push_back(call.loan.put(atrium_bus_piece{.struct_size = sizeof(atrium_bus_piece),
                                                      .reserved = 0,
                                                      .topic = lendText(call, p["topic"]),
                                                      .payload = lendText(call, p["payload"])}));
    if (pieces.empty()) return {};
    const auto* const* lent = call.loan.put(std::span<const atrium_bus_piece* const>(pieces));
    return call.run([&] { return table.publish(call.self(), lent, static_cast<std::uint32_t>(pieces.size())); });
  }

  // Two nodes: what one publishes, the other receives. A node's own pieces may come back to it or not.
  void behave(Check& check, const Image& image, Instance& instance) const override {
    static constexpr std::string_view rule = "bus.delivery";
    const auto table = instance.table<atrium_bus>(extension());
    if (!table || !table->publish || !table->subscribe || !table->unsubscribe) return;
    Creation said;
    const auto sender = Instance::create(image, check, check.facts().options, {}, said);
    if (!sender) return check.skip(rule, "a second instance does not start beside the first: " + shown(said.sentence));
    const auto publish = [&](std::string_view topic, std::string_view payload) {
      const atrium_bus_piece piece{
          .struct_size = sizeof piece, .reserved = 0, .topic = {topic.data(), topic.size()}, .payload = {payload.data(), payload.size()}};
      const atrium_bus_piece* const pieces[] = {&piece};
      return insideBus([&] { return table->publish(sender->self(), pieces, 1); });
    };
    auto& inbox = *new Inbox;
    auto& others = *new Inbox;
    std::uint64_t subscription = 0, other = 0;
    if (table->subscribe(instance.self(), {"topic_a", 7}, {}, Inbox::receive, &inbox, &subscription) != ATRIUM_OK ||
        table->subscribe(instance.self(), {"topic_b", 7}, {}, Inbox::receive, &others, &other) != ATRIUM_OK)
      return check.skip(rule, "it cannot subscribe here: is what it connects to running?");
    const std::string bytes("\0\xff odd \n bytes", 15);
    if (publish("topic_a", bytes) != ATRIUM_OK) return check.fail(rule, "ATRIUM_OK from publish()", "a failure");
    if (!inbox.wait(bytes, 2s))
      check.fail(rule, "what was published, unaltered, within 2 s", inbox.payloads.empty() ? "nothing" : shown(inbox.payloads.front()));
    if (!others.payloads.empty()) check.fail(rule, "nothing of another topic", shown(others.payloads.front()));
    insideBus([&] { return table->unsubscribe(instance.self(), subscription), true; });
    static_cast<void>(publish("topic_a", "too late"));
    static_cast<void>(publish("topic_b", "the end"));
    if (!others.wait("the end", 2s)) check.fail(rule, "a piece of the other topic within 2 s", "none");
    if (inbox.wait("too late", 10ms)) check.fail(rule, "nothing after unsubscribe()", "a piece");
    table->unsubscribe(instance.self(), other);
    if (inbox.from_within || others.from_within)
      check.fail(rule, "pieces to be received on their own, when publish() has returned or on another thread",
                 "a piece from within publish()");
  }
};

}  // namespace

const Driver& busDriver();
const Driver& busDriver() {
  static const BusDriver driver;
  return driver;
}

}  // namespace atrium::validate
