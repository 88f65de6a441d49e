#include "plugin/manifest.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

constexpr std::string_view good = R"(id: com.acme.poll-2
version: 1.20.3-rc.1
abi: "1.0"
description: Polls.
maturity: beta
untrusted_input: true
extensions: {room-type: poll_room, message-type: poll}
hooks: [will_post, check]
grants: [log]
options:
  votes: {type: integer, default: 3}
message_schema:
  type: object
  required: [question]
)";

// The good manifest with one line (by its beginning) replaced; an empty replacement drops it.
std::string with(std::string_view start, std::string_view line) {
  std::string text(good);
  const auto at = text.find(start);
  EXPECT_NE(at, std::string::npos) << start;
  const auto end = text.find('\n', at);
  text.replace(at, end - at + (line.empty() ? 1 : 0), line);
  return text;
}

TEST(Manifest, isReadWhole) {
  const auto manifest = parseManifest(good, "plugin.yaml");
  ASSERT_TRUE(manifest) << manifest.error().detail;
  EXPECT_EQ(manifest->id, "com.acme.poll-2");
  EXPECT_EQ(manifest->version, "1.20.3-rc.1");
  EXPECT_EQ(manifest->abi_major, 1u);
  EXPECT_EQ(manifest->abi_minor, 0u);
  EXPECT_EQ(manifest->maturity, "beta");
  EXPECT_TRUE(manifest->untrusted_input);
  EXPECT_EQ(manifest->nameOf("room-type"), "poll_room");
  EXPECT_EQ(manifest->nameOf("message-type"), "poll");
  EXPECT_FALSE(manifest->has("storage-backend"));
  EXPECT_TRUE(manifest->hooksInto("will_post"));
  EXPECT_FALSE(manifest->hooksInto("will_join"));
  EXPECT_EQ(manifest->grants, std::vector<std::string>{"log"});
  EXPECT_EQ(manifest->options.options().size(), 1u);
  EXPECT_TRUE(manifest->message_schema);
}

TEST(Manifest, mayLeaveOutWhatIsOptional) {
  std::string text(good.substr(0, good.find("hooks:")));
  const auto manifest = parseManifest(text, "plugin.yaml");
  ASSERT_TRUE(manifest) << manifest.error().detail;
  EXPECT_TRUE(manifest->hooks.empty() && manifest->grants.empty() && manifest->options.options().empty() && !manifest->message_schema);
}

TEST(Manifest, hasTheSchemaOfACommandsArguments) {
  const auto command = parseManifest(with("extensions:", "extensions: {room-type: poll_room, message-type: poll, command: poll}") +
                                         "arguments_schema:\n  type: object\n  required: [who]\n",
                                     "plugin.yaml");
  ASSERT_TRUE(command) << command.error().detail;
  EXPECT_TRUE(command->arguments_schema);
  const auto other = parseManifest(std::string(good) + "arguments_schema: {type: object}\n", "plugin.yaml");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().detail.find("arguments_schema belongs to the extension command"), std::string::npos);
}

struct Wrong {
  const char* start;
  const char* line;
  const char* says;  // Part of the sentence.
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.start; }

class ManifestRefused : public testing::TestWithParam<Wrong> {};

TEST_P(ManifestRefused, withItsPlaceAndReason) {
  const auto manifest = parseManifest(with(GetParam().start, GetParam().line), "plugin.yaml");
  ASSERT_FALSE(manifest);
  EXPECT_EQ(manifest.error().code, Code::plugin_failed);
  EXPECT_TRUE(manifest.error().detail.starts_with("plugin.yaml:")) << manifest.error().detail;
  EXPECT_NE(manifest.error().detail.find(GetParam().says), std::string::npos) << manifest.error().detail;
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, ManifestRefused,
    testing::Values(Wrong{"id:", "", "id must be"}, Wrong{"id:", "id: nodots", "id must be"}, Wrong{"id:", "id: Com.Acme", "id must be"},
                    Wrong{"id:", "id: com..acme", "id must be"}, Wrong{"id:", "id: com.acme-", "id must be"},
                    Wrong{"id:", "id: com/acme.x", "id must be"}, Wrong{"id:", "id: .com.acme", "id must be"},
                    Wrong{"id:", "id: ../../etc.passwd", "id must be"}, Wrong{"version:", "version: 1.0", "version must be"},
                    Wrong{"version:", "version: 01.0.0", "version must be"}, Wrong{"version:", "version: 1.0.0-", "version must be"},
                    Wrong{"version:", "version: v1.0.0", "version must be"},
                    Wrong{"version:", "version: 1.0.99999999999", "version must be"}, Wrong{"abi:", "abi: 1", "abi must be"},
                    Wrong{"abi:", "", "abi"}, Wrong{"abi:", "abi: \"1.x\"", "abi must be"},
                    Wrong{"description:", "", "description must be"}, Wrong{"maturity:", "maturity: ripe", "maturity must be"},
                    Wrong{"untrusted_input:", "untrusted_input: perhaps", "untrusted_input must be"},
                    Wrong{"untrusted_input:", "", "untrusted_input must be"},
                    Wrong{"extensions:", "extensions: [room-type]", "extensions must be"},
                    Wrong{"extensions:", "extensions: {}", "extensions must be"},
                    Wrong{"extensions:", "extensions: {room-typo: a, message-type: b, room-type: c}", "\"room-typo\" is not an extension"},
                    Wrong{"extensions:", "extensions: {room-type: A Room, message-type: b}", "the name of a room-type"},
                    Wrong{"extensions:", "extensions: {message-type: poll}", "\"will_post\" belongs to the extension room-type"},
                    Wrong{"extensions:", "extensions: {room-type: poll}", "\"check\" belongs to the extension message-type"},
                    Wrong{"hooks:", "hooks: [will_pots, check]", "\"will_pots\" is not a hook"},
                    Wrong{"hooks:", "hooks: [check, check]", "each thing once"}, Wrong{"hooks:", "hooks: check", "must be a list"},
                    Wrong{"grants:", "grants: [root]", "\"root\" is not a service"}, Wrong{"  votes:", "  votes: {type: intger}", "intger"},
                    Wrong{"  required: [question]", "  pattern: x", "pattern"},
                    Wrong{"grants:", "colour: blue", "\"colour\" is nothing a manifest can have"},
                    Wrong{"hooks:", "hoks: [check]", "\"hoks\" is nothing a manifest can have; did you mean \"hooks\"?"},
                    Wrong{"grants:", "id: com.acme.again", "plugin.yaml:9"}));

TEST(Manifest, isRefusedWhenItIsNoMapping) {
  for (const char* text : {"", "- a", "text", "\xff", "a: [", "\0"}) EXPECT_FALSE(parseManifest(text, "plugin.yaml")) << text;
}

}  // namespace
}  // namespace atrium
