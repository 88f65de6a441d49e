// Plugins that were built with every released interface, in the hands of the server's own code: they load, are what they say, and answer.
// Their bytes are never made again. When one of these tests fails, the interface has broken, not the plugin.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "plugin/store_calls.hpp"
#include "plugin_world.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {
namespace {

namespace fs = std::filesystem;

atrium_text text(std::string_view view) { return {view.data(), view.size()}; }
std::string_view view(const atrium_text& text) { return {text.data, text.size}; }

// The plugins of one release, where a server would find them. Copied, because a checkout may be writable by a group.
class Kept : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
#if !defined(__x86_64__)
    GTEST_SKIP() << "the kept libraries are built for x86-64";
#endif
    for (const auto& entry : fs::directory_iterator(fs::path(ATRIUM_KEPT) / GetParam()))
      if (entry.path().extension() == ".so") {
        const fs::path copy = directory_.path() / entry.path().filename();
        fs::copy_file(entry.path(), copy);
        fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
        ++count_;
      }
    world.wishes.storage = "kept_store";
    const auto started = world.start();
    ASSERT_TRUE(started) << started.error().detail;
  }
  LoadedPlugin& plugin(const std::string& name) {
    EXPECT_EQ(world.tell(name + ".so", "state"), "active") << world.tell(name + ".so", "reason");
    std::string id = "kept." + name;
    std::ranges::replace(id, '_', '-');
    LoadedPlugin* found = world.host().find(id);
    if (!found) throw std::runtime_error(id + " is not active");
    return *found;
  }

  TemporaryDirectory directory_;
  PluginWorld world{directory_.path()};
  Scene scene;
  int count_ = 0;
};

// What a completion brought.
struct Completed {
  int times = 0;
  atrium_status status = ATRIUM_FAILED;
  std::string result, progress;
  atrium_token token() {
    return {.struct_size = sizeof(atrium_token),
            .reserved = 0,
            .context = this,
            .id = 1,
            .complete =
                [](void* context, std::uint64_t, atrium_status status, atrium_text result) {
                  auto& self = *static_cast<Completed*>(context);
                  ++self.times, self.status = status, self.result = view(result);
                },
            .progress = [](void* context, std::uint64_t, atrium_text piece) { static_cast<Completed*>(context)->progress += view(piece); }};
  }
};
struct Written {
  std::string bytes;
  atrium_sink sink() {
    return {.context = this, .write = [](void* context, const void* data, std::uint64_t size) {
              static_cast<Written*>(context)->bytes.append(static_cast<const char*>(data), size);
            }};
  }
};

TEST_P(Kept, areAllLoaded) {
  EXPECT_GE(count_, 7);
  for (const char* name : {"message_type", "room_type", "routing_scorer", "command", "event_sink", "storage_backend", "others"})
    plugin(name);
}

TEST_P(Kept, messageTypeJudges) {
  const auto types = world.host().makeTypes();
  MessageType& type = *types->messageType("kept_message");
  EXPECT_EQ(type.info().content_max, 100u);
  EXPECT_EQ(type.info().delivery_class, static_cast<std::uint32_t>(ATRIUM_DELIVER_LATEST_BY_KEY));
  const HookOutcome said = scene.check(type);
  ASSERT_FALSE(said.refused) << said.refused->detail;
  EXPECT_EQ(said.content, "normalised");
  EXPECT_EQ(said.annotations, (std::vector<std::pair<std::string, std::string>>{{"checked", "true"}}));
  EXPECT_EQ(said.patches, (std::vector<std::pair<std::string, std::string>>{{"/metadata/by", "\"kept\""}}));
  EXPECT_EQ(said.audience, (std::vector<std::string>{"sender"}));
  scene.content = "deny";
  const HookOutcome refused = scene.check(type);
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->fields.at(0).path, "/metadata/word");
}

TEST_P(Kept, roomTypeJudges) {
  const auto types = world.host().makeTypes();
  RoomType& type = *types->roomType("kept_room");
  EXPECT_EQ(type.info().max_members, 12u);
  EXPECT_EQ(type.info().max_members_limit, 24u);
  EXPECT_FALSE(scene.willJoin(type).refused);
  const HookOutcome said = scene.willPost(type);
  ASSERT_FALSE(said.refused);
  EXPECT_EQ(said.annotations.size(), 1u);
  scene.settings = Scene::json(R"({"depth":"deep"})");
  EXPECT_EQ(scene.checkSettings(type).refused->fields.at(0).message, "must be a number");
  scene.token_roles = ATRIUM_ROLE_CLIENT;
  EXPECT_EQ(scene.willJoin(type).refused->detail, "No clients here.");
}

TEST_P(Kept, scorerScores) {
  LoadedPlugin& scorer = plugin("routing_scorer");
  const JsonDocument fields = Scene::json("{}");
  atrium_lead lead{};
  lead.struct_size = sizeof lead;
  lead.fields = fields.root().abi();
  atrium_agent free{}, away{};
  free.struct_size = away.struct_size = sizeof free;
  free.capacity = away.capacity = 4;
  free.active_leads = 1;
  away.status = ATRIUM_AGENT_AWAY;
  const atrium_agent* const agents[] = {&free, &away};
  atrium_score scores[2]{};
  scores[0].value = scores[1].value = -1;
  const RoutingScorerKind& kind = *scorer.extension<RoutingScorerKind>();
  ASSERT_EQ(kind.table.score_batch(scorer.self(), &lead, agents, 2, scores), ATRIUM_OK);
  EXPECT_EQ(kind.table.score_queue, nullptr);
  EXPECT_EQ(scores[0].value, 0.75);
  EXPECT_EQ(std::string_view(scores[0].reason, scores[0].reason_size), "has a free place");
  EXPECT_EQ(scores[1].value, -1);
}

TEST_P(Kept, commandAnswers) {
  LoadedPlugin& command = plugin("command");
  const CommandKind& kind = *command.extension<CommandKind>();
  EXPECT_EQ(kind.info.flags, static_cast<std::uint32_t>(ATRIUM_COMMAND_IDEMPOTENT));
  EXPECT_EQ(view(kind.info.positional), "whom");
  const atrium_room_view room = scene.room();
  const atrium_user_view caller = scene.user();
  const JsonDocument arguments = Scene::json("{}");
  const atrium_command_call call{.struct_size = sizeof call,
                                 .deadline_ms = 5000,
                                 .command_id = text("c1"),
                                 .room = &room,
                                 .caller = &caller,
                                 .arguments = arguments.root().abi()};
  Completed completed;
  const atrium_token token = completed.token();
  EXPECT_EQ(kind.table.execute(command.self(), &call, &token), ATRIUM_OK);
  EXPECT_EQ(completed.times, 1);
  EXPECT_EQ(completed.result, view(caller.display_name));
  EXPECT_EQ(completed.progress, "working");
  kind.table.cancel(command.self(), text("c1"));
}

TEST_P(Kept, sinkDelivers) {
  LoadedPlugin& sink = plugin("event_sink");
  const EventSinkKind& kind = *sink.extension<EventSinkKind>();
  EXPECT_EQ(kind.info.batch_max, 10u);
  EXPECT_EQ(view(kind.info.events), "message.*");
  atrium_sink_event good{}, poison{};
  good.struct_size = poison.struct_size = sizeof good;
  good.type = text("message.posted");
  poison.type = text("poison");
  const atrium_sink_event* const events[] = {&good, &poison};
  std::uint32_t accepted = 0;
  Written error;
  EXPECT_EQ(kind.table.deliver_batch(sink.self(), events, 2, &accepted, error.sink()), ATRIUM_INVALID);
  EXPECT_EQ(accepted, 1u);
  EXPECT_EQ(error.bytes, "poison");
}

TEST_P(Kept, othersAnswerToo) {
  LoadedPlugin& others = plugin("others");
  const double values[] = {0.5, 1.5};
  const std::uint64_t at_ms[] = {1, 2};
  const atrium_series load{
      .struct_size = sizeof load, .count = 2, .metric = text("load"), .subject = text("ana"), .at_ms = at_ms, .values = values};
  const atrium_series* const series[] = {&load};
  const atrium_window window{
      .struct_size = sizeof window, .series_count = 1, .from_ms = 0, .to_ms = 2, .tenant_id = text("a"), .series = series};
  std::string raised;
  const auto& rule = others.extension<AlertRuleKind>()->table;
  EXPECT_EQ(rule.evaluate(
                others.self(), &window,
                [](void* context, const atrium_alert* alert) {
                  *static_cast<std::string*>(context) +=
                      std::string(view(alert->subject)) + " " + std::string(view(alert->actions[0].command));
                },
                &raised),
            ATRIUM_OK);
  EXPECT_EQ(raised, "ana /look");

  const JsonDocument context = Scene::json("{}");
  const atrium_assistant_request request{.struct_size = sizeof request,
                                         .task = ATRIUM_TASK_COACHING,
                                         .request_id = text("r1"),
                                         .tenant_id = text("a"),
                                         .context = context.root().abi(),
                                         .output_max = 100,
                                         .first_piece_ms = 3000,
                                         .total_ms = 3000,
                                         .reserved = 0};
  Completed completed;
  const atrium_token token = completed.token();
  EXPECT_EQ(others.extension<AssistantKind>()->table.open(others.self(), &request, &token), ATRIUM_OK);
  EXPECT_EQ(completed.progress, "r1");
  EXPECT_EQ(completed.result, R"({"cost":0})");

  const auto& authenticator = others.extension<AuthenticatorKind>()->table;
  std::uint64_t until = 0;
  const auto accept = [](void* to, const atrium_principal* who) { *static_cast<std::uint64_t*>(to) = who->expires_at_ms; };
  Written error;
  EXPECT_EQ(authenticator.authenticate(others.self(), text("open"), 1000, accept, &until, error.sink()), ATRIUM_OK);
  EXPECT_EQ(until, 2000u);
  EXPECT_EQ(authenticator.authenticate(others.self(), text("shut"), 1000, accept, &until, error.sink()), ATRIUM_DENIED);
  EXPECT_EQ(error.bytes, "not that one");

  const auto& bus = others.extension<BusKind>()->table;
  std::uint64_t subscription = 0;
  EXPECT_EQ(bus.subscribe(others.self(), text("t"), {}, nullptr, nullptr, &subscription), ATRIUM_OK);
  EXPECT_EQ(subscription, 7u);
  EXPECT_EQ(bus.subscribe(others.self(), text("t"), text("gone"), nullptr, nullptr, &subscription), ATRIUM_NOT_FOUND);
  bus.unsubscribe(others.self(), subscription);
}

// Each answer is made of what was asked.
TEST_P(Kept, storageKeepsWhatItIsTold) {
  LoadedPlugin& store = plugin("storage_backend");
  ASSERT_EQ(world.host().storage(), &store);
  EXPECT_EQ(store.storage()->info.flags, static_cast<std::uint32_t>(ATRIUM_STORE_PERSISTENT));
  StoreCalls calls(store, std::chrono::seconds(1), world.clock);
  const RoomKey room{"tenant_a", Id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}}};
  AppendBatch batch;
  AppendItem item;
  item.room = &room;
  item.message = room.room;
  item.sent_at = fromMillis(77);
  item.expected_seq = 100;
  item.idempotency_key = "key";
  item.message_type = "text";
  FrameBuilder body;
  body.append("{}");
  item.body = body.finishRaw();
  batch.items.push_back(std::move(item));
  AppendBatch* const whole = &batch;
  EXPECT_EQ(calls.append({&whole, 1}), StoreVerdict::fine);
  const atrium_append_result& result = batch.items[0].result;
  EXPECT_EQ(result.status, ATRIUM_OK);
  EXPECT_EQ(result.seq, 105u);
  EXPECT_EQ(result.sent_at_ms, 77u);
  EXPECT_EQ(result.message.bytes[15], 9);
  EXPECT_STREQ(result.epoch, "kept");
  EXPECT_EQ(result.durability, static_cast<std::uint32_t>(ATRIUM_DURABILITY_STORED));

  EXPECT_EQ(*calls.trim(room, 3, fromMillis(4)).result, 7u);
  EXPECT_TRUE(calls.write({{{"room", "a"}, 5, std::nullopt}}).result) << "a removal";
  EXPECT_EQ(calls.write({{{"room", "a"}, 5, "value"}}).result.error().code, Code::conflict);
  EXPECT_EQ(calls.maintain(std::chrono::milliseconds(7)), StoreVerdict::fine);
  const auto head = calls.head(room);
  EXPECT_EQ(std::pair(head.result->first_seq, head.result->last_seq), std::pair(std::uint64_t{2}, std::uint64_t{9}));
  EXPECT_EQ(*calls.locate(room, room.room).result, 9u);
  PageQuery query;
  query.room = room;
  query.limit = 20;
  query.after_seq = 30;
  query.forward = true;
  query.message_types = {"a", "b"};
  query.sender_id = "ana";
  const auto page = calls.page(query);
  ASSERT_EQ(page.result->records.size(), 1u);
  EXPECT_EQ(page.result->records[0].seq, 32u);
  EXPECT_EQ(page.result->records[0].sender_id, "ana");
  EXPECT_EQ(page.result->records[0].audience, "role:agent");
  EXPECT_EQ(page.result->next, 50u);
  const auto document = calls.get({"room", "tenant", "id"});
  EXPECT_EQ((*document.result)->version, 3u);
  EXPECT_EQ((*document.result)->value, "room");
  const auto found = calls.scan({"room"}, {"after"}, 8);
  EXPECT_EQ(found.result->at(0).version, 8u);
  EXPECT_EQ(found.result->at(0).value, "after");
}

TEST_P(Kept, pagesAreServed) {
  LoadedPlugin& others = plugin("others");
  const HttpUiKind& ui = *others.extension<HttpUiKind>();
  ASSERT_EQ(ui.info.asset_count, 1u);
  EXPECT_EQ(view(ui.info.assets[0]->body), "<title>Kept</title>");
  EXPECT_EQ(view(ui.info.menu[0]->title), "Kept");
  EXPECT_EQ(view(ui.info.hooks[0]->secret), "kept");
  atrium_ui_request request{};
  request.struct_size = sizeof request;
  request.path = text("/here");
  std::string said;
  const atrium_ui_response response{
      .struct_size = sizeof response,
      .reserved = 0,
      .context = &said,
      .status = [](void* context, std::uint32_t status) { *static_cast<std::string*>(context) += std::to_string(status); },
      .header = [](void* context, atrium_text name, atrium_text) { *static_cast<std::string*>(context) += view(name); },
      .write = [](void* context, const void* data,
                  std::uint64_t size) { static_cast<std::string*>(context)->append(static_cast<const char*>(data), size); }};
  EXPECT_EQ(ui.table.handle(others.self(), &request, &response), ATRIUM_OK);
  EXPECT_EQ(said, "201content-type/here");
}

INSTANTIATE_TEST_SUITE_P(Released, Kept, testing::Values("1.0"), [](const auto&) { return "v1_0"; });

}  // namespace
}  // namespace atrium::test
