#include "atrium/ext/room_type.h"

#include <fmt/format.h>

#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto room_type_deadline = 5ms;
constexpr std::uint32_t permissions_known = 2 * ATRIUM_MAY_CLOSE - 1;

class RoomTypeDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "room-type"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_ROOM_TYPE; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    std::vector<Hook> hooks;
    const auto table = instance.table<atrium_room_type>(extension());
    if (!table) return hooks;
    const auto add = [&hooks](bool there, std::string_view name, bool keeps) {
      if (there) hooks.push_back({.name = name, .thread = Thread::room, .deadline = room_type_deadline, .keeps = keeps});
    };
    add(table->check_settings, "check_settings", false);
    add(table->will_create, "will_create", false);
    add(table->will_join, "will_join", false);
    add(table->will_post, "will_post", false);
    add(table->did_create, "did_create", true);
    add(table->did_join, "did_join", true);
    add(table->did_leave, "did_leave", true);
    add(table->did_post, "did_post", true);
    add(table->did_close, "did_close", true);
    add(table->tick, "tick", true);
    return hooks;
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_room_type table{};
    atrium_room_type_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    inspectHook(check, "check_settings", table.check_settings);
    inspectHook(check, "will_join", table.will_join);
    inspectHook(check, "will_post", table.will_post);
    inspectHook(check, "will_create", table.will_create);
    inspectHook(check, "did_create", table.did_create);
    inspectHook(check, "did_join", table.did_join);
    inspectHook(check, "did_leave", table.did_leave);
    inspectHook(check, "did_post", table.did_post);
    inspectHook(check, "did_close", table.did_close);
    inspectHook(check, "tick", table.tick);
    const auto range = [&check](bool within, std::string_view what, std::uint64_t value) {
      if (!within) check.fail("contract.constants", fmt::format("a sound {}", what), fmt::format("{}", value));
    };
    range(info.entry <= ATRIUM_ENTRY_INVITATION, "entry", info.entry);
    range(info.durability <= ATRIUM_DURABILITY_REPLICATED, "durability", info.durability);
    range(info.flush_window_us <= 1'000'000, "flush_window_us of at most a second", info.flush_window_us);
    range(info.max_members_limit == 0 || info.max_members <= info.max_members_limit, "max_members below its limit", info.max_members);
    range((info.flags & ~static_cast<std::uint32_t>(ATRIUM_ROOM_TYPE_ADDON)) == 0, "set of flags", info.flags);
    for (const std::uint32_t bits : info.permissions) range((bits & ~permissions_known) == 0, "set of permissions", bits);
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    std::string out = fmt::format(R"({{"hook":"{}",{},"actor":{},"user":{})", hook.name, maker.room(), maker.user(), maker.user());
    if (hook.name.ends_with("_post")) out += fmt::format(R"(,{},"seq":{})", maker.message(), 1 + maker.below(1000));
    if (hook.name == "tick") out += fmt::format(R"(,"now_ms":{})", FakeHost::wall_start_ms + maker.below(100'000));
    return out + "}";
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_room_type>(extension());
    const JsonView in = call.input;
    const std::string_view name = call.hook.name;
    const auto* room = lendRoom(call, in["room"]);
    const auto* actor = lendUser(call, in["actor"]);
    const auto* user = lendUser(call, in["user"]);
    const auto* message = in["message"].exists() ? lendMessage(call, in["message"]) : nullptr;
    const auto* position = lendPosition(call, in);
    ReplyRecorder recorder(call.check, ReplyRecorder::deny | (name == "check_settings" ? unsigned{ReplyRecorder::deny_field} : 0U) |
                                           (name == "will_post" ? ReplyRecorder::annotate | ReplyRecorder::set_content |
                                                                      ReplyRecorder::add_audience | ReplyRecorder::patch
                                                                : 0U));
    const auto* reply = call.loan.put(recorder.abi());
    const std::uint64_t now = numberOf(in["now_ms"], FakeHost::wall_start_ms);
    Answer answer = call.run([&]() -> atrium_status {
      atrium_plugin* self = call.self();
      if (name == "check_settings") return table.check_settings(self, room, actor, reply);
      if (name == "will_create") return table.will_create(self, room, actor, reply);
      if (name == "will_join") return table.will_join(self, room, user, actor, reply);
      if (name == "will_post") return table.will_post(self, room, user, message, reply);
      if (name == "did_create") return table.did_create(self, room, actor);
      if (name == "did_join") return table.did_join(self, room, user, actor);
      if (name == "did_leave") return table.did_leave(self, room, user, actor);
      if (name == "did_post") return table.did_post(self, room, user, message, position);
      if (name == "did_close") return table.did_close(self, room, actor);
      return table.tick(self, room, now);
    });
    answer.said = recorder.said();
    return answer;
  }
};

}  // namespace

const Driver& roomTypeDriver();
const Driver& roomTypeDriver() {
  static const RoomTypeDriver driver;
  return driver;
}

}  // namespace atrium::validate
