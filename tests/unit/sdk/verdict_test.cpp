// The testkit takes a hook's answer as the server does: the same functions, the same bounds. Held against the server's own.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/hook_reply.hpp"
#include "plugin/hook_tables.hpp"

// Behind the kernel's headers, in which the names that both have must mean the kernel's.
#include "atrium/testkit.hpp"

namespace atrium::test {
namespace {

constexpr atrium_text said(std::string_view text) { return {text.data(), text.size()}; }

// Says in every hook whatever can be said; the C++ layer passes over what the hook was not handed.
struct Talkative {
  static void say(Reply& reply) {
    reply.deny("no");
    reply.deny_field("/metadata/x", "not this one");
    reply.annotate("x", "1");
    reply.set_content("another");
    reply.add_audience("sender");
    reply.patch("/metadata/y", "2");
  }
  static void check_settings(const sdk::Room&, const sdk::User&, Reply& reply) { say(reply); }
  static void will_create(const sdk::Room&, const sdk::User&, Reply& reply) { say(reply); }
  static void will_join(const sdk::Room&, const sdk::User&, const sdk::User&, Reply& reply) { say(reply); }
  static void will_post(const sdk::Room&, const sdk::User&, const sdk::Message&, Reply& reply) { say(reply); }
  static void check(const sdk::Room&, const sdk::User&, const sdk::Message&, Reply& reply) { say(reply); }
  static constexpr RoomTypeInfo room_type{.name = "talkative"};
  static constexpr MessageTypeInfo message_type{.name = "talkative"};
};

unsigned taken(const testkit::Verdict& verdict) {
  return (verdict.reason == "no" ? reply_deny : 0U) | (verdict.denied_fields.empty() ? 0U : reply_deny_field) |
         (verdict.annotations.empty() ? 0U : reply_annotate) | (verdict.content ? reply_set_content : 0U) |
         (verdict.audience.empty() ? 0U : reply_audience) | (verdict.patches.empty() ? 0U : reply_patch);
}

TEST(TestkitVerdict, takesOfEachHookWhatTheServerHandsIt) {
  testkit::FakeHost host;
  const testkit::Plugin plugin = testkit::Plugin::of<Talkative>(host);
  const testkit::RoomCalls calls;
  EXPECT_EQ(taken(calls.check_settings(plugin)), abilitiesOf(Hook::check_settings));
  EXPECT_EQ(taken(calls.will_create(plugin)), abilitiesOf(Hook::will_create));
  EXPECT_EQ(taken(calls.will_join(plugin)), abilitiesOf(Hook::will_join));
  EXPECT_EQ(taken(calls.will_post(plugin)), abilitiesOf(Hook::will_post));
  EXPECT_EQ(taken(calls.check(plugin)), abilitiesOf(Hook::check));
}

TEST(TestkitVerdict, handsAHookNullForWhatItMayNotSay) {
  const testkit::VerdictSink sink(testkit::saying_of_entry);
  EXPECT_NE(sink.abi().deny, nullptr);
  EXPECT_EQ(sink.abi().deny_field, nullptr);
  EXPECT_EQ(sink.abi().annotate, nullptr);
  EXPECT_EQ(sink.abi().set_content, nullptr);
  EXPECT_EQ(sink.abi().add_audience, nullptr);
  EXPECT_EQ(sink.abi().patch, nullptr);
}

struct Answer {
  std::string what;
  bool sound;
  std::function<void(const atrium_reply&)> say;
};

std::vector<Answer> answers() {
  std::vector<Answer> all;
  const auto deny = [&](std::string what, bool sound, std::string reason) {
    all.push_back({std::move(what), sound, [reason](const atrium_reply& reply) { reply.deny(reply.context, said(reason)); }});
  };
  deny("a reason", true, "no");
  deny("a long reason", true, std::string(ATRIUM_REASON_MAX, 'x'));
  deny("a reason that is too long", false, std::string(ATRIUM_REASON_MAX + 1, 'x'));
  deny("a reason that is no text", false, "\xFF");
  all.push_back({"a reason at NULL", false, [](const atrium_reply& reply) { reply.deny(reply.context, {nullptr, 3}); }});
  for (const auto& [path, sound] : {std::pair{"", true}, {"/metadata/x", true}, {"metadata.x", false}})
    all.push_back({std::string("the field ") + path, sound,
                   [path](const atrium_reply& reply) { reply.deny_field(reply.context, said(path), said("no")); }});
  const auto annotate = [&](std::string key, std::string json, bool sound) {
    all.push_back({"the annotation " + key.substr(0, 20) + "=" + json.substr(0, 20), sound,
                   [key, json](const atrium_reply& reply) { reply.annotate(reply.context, said(key), said(json)); }});
  };
  annotate("x", "1", true);
  annotate("", "1", false);
  annotate("x", "", false);
  annotate("x", "{no", false);
  annotate("x", "1 2", false);
  annotate(std::string(ATRIUM_ANNOTATION_KEY_MAX + 1, 'x'), "1", false);
  annotate("x", '"' + std::string(ATRIUM_ANNOTATION_MAX, 'x') + '"', false);
  for (const auto& [count, sound] : {std::pair{ATRIUM_ANNOTATIONS_MAX, true}, {ATRIUM_ANNOTATIONS_MAX + 1, false}})
    all.push_back({std::to_string(count) + " annotations", sound, [count](const atrium_reply& reply) {
                     for (unsigned n = 0; n < count; ++n) reply.annotate(reply.context, said(std::to_string(n)), said("1"));
                   }});
  for (const auto& [size, sound] : {std::pair{ATRIUM_CONTENT_MAX, true}, {ATRIUM_CONTENT_MAX + 1, false}})
    all.push_back({"content of " + std::to_string(size), sound,
                   [size](const atrium_reply& reply) { reply.set_content(reply.context, said(std::string(size, 'x'))); }});
  for (const auto& [name, sound] : {std::pair{"sender", true},
                                    {"role:agent", true},
                                    {"role:service", true},
                                    {"role:owner", false},
                                    {"role:", false},
                                    {"user:ana", true},
                                    {"user:", false},
                                    {"user:a\nb", false},
                                    {"everybody", false},
                                    {"", false}})
    all.push_back(
        {std::string("the audience ") + name, sound, [name](const atrium_reply& reply) { reply.add_audience(reply.context, said(name)); }});
  for (const auto& [step, sound] : {std::pair{0U, true}, {1U, false}})
    all.push_back({"six classes of audience, apart by " + std::to_string(step), sound, [step](const atrium_reply& reply) {
                     for (unsigned n = 0; n < 6; ++n) reply.add_audience(reply.context, said("user:" + std::to_string(n * step)));
                   }});
  for (const auto& [path, json, sound] : {std::tuple{"/metadata", "{}", true},
                                          {"/metadata/x/0", "1", true},
                                          {"/metadata/x", "", true},
                                          {"/metadata/~0~1", "1", true},
                                          {"/metadata/x~", "1", false},
                                          {"/metadata/~2", "1", false},
                                          {"/metadatax", "1", false},
                                          {"/content", "1", false},
                                          {"", "1", false},
                                          {"/metadata/x", "{no", false}})
    all.push_back({std::string("the patch ") + path + " " + json, sound,
                   [path, json](const atrium_reply& reply) { reply.patch(reply.context, said(path), said(json)); }});
  for (const auto& [count, sound] : {std::pair{ATRIUM_PATCHES_MAX, true}, {ATRIUM_PATCHES_MAX + 1, false}})
    all.push_back({std::to_string(count) + " patches", sound, [count](const atrium_reply& reply) {
                     for (unsigned n = 0; n < count; ++n) reply.patch(reply.context, said("/metadata/x"), said("1"));
                   }});
  return all;
}

TEST(TestkitVerdict, findsABreachWhereTheServerDoes) {
  JsonIndexer indexer;
  for (const Answer& answer : answers()) {
    HookReply server(abilitiesOf(Hook::check), indexer);
    answer.say(*server.abi());
    testkit::VerdictSink fake(testkit::saying_of_checks);
    answer.say(fake.abi());
    EXPECT_EQ(!server.flaw(), answer.sound) << answer.what << ": " << server.flaw().text;
    const testkit::Verdict verdict = fake.take(ATRIUM_OK);
    EXPECT_EQ(verdict.breaches.empty(), answer.sound) << answer.what << ": " << (verdict.breaches.empty() ? "" : verdict.breaches.front());
  }
}

TEST(TestkitVerdict, listsNoMoreRefusedFieldsThanTheServer) {
  JsonIndexer indexer;
  HookReply server(abilitiesOf(Hook::check), indexer);
  testkit::VerdictSink fake(testkit::saying_of_checks);
  for (const atrium_reply* reply : {server.abi(), &fake.abi()})
    for (unsigned n = 0; n < ATRIUM_DENIED_FIELDS_MAX + 5; ++n)
      reply->deny_field(reply->context, said("/metadata/" + std::to_string(n)), said("no"));
  EXPECT_EQ(fake.take(ATRIUM_OK).denied_fields.size(), server.take().refused->fields.size());
}

}  // namespace
}  // namespace atrium::test
