#include "config/plugin_options.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

constexpr std::string_view manifest = R"(
quiet_after: {type: duration, default: 30s, min: 1s, max: 1h, description: How long a room may be silent.}
cache:       {type: size, default: 64KiB}
style:       {type: string, enum: [short, long], default: short}
channel:     {type: string, required: true, min: 1, max: 8}
limit:       {type: integer, min: 1, max: 10}
ratio:       {type: number, default: 0.5, min: 0, max: 1}
loud:        {type: boolean, default: false}
tags:        {type: array, max: 2}
more:        {type: object}
)";

YamlNode yaml(std::string_view text) {
  auto node = parseYaml(text, "c.yaml");
  if (node) return *std::move(node);
  ADD_FAILURE() << formatProblems(node.error());
  return {};
}

PluginOptions options() {
  auto made = PluginOptions::fromManifest(yaml(manifest));
  if (made) return *std::move(made);
  ADD_FAILURE() << formatProblems(made.error());
  return {};
}

std::string completed(std::string_view config) {
  const auto json = options().complete(yaml(config), {});
  return json ? *json : formatProblems(json.error());
}

TEST(PluginOptions, fillInDefaultsInTheManifestsOrder) {
  EXPECT_EQ(completed("channel: ops"), R"({"quiet_after":30000,"cache":65536,"style":"short","channel":"ops","ratio":0.5,"loud":false})");
}

TEST(PluginOptions, takeTheOperatorsValues) {
  EXPECT_EQ(
      completed("{tags: [a, 1], more: {y: 1, x: null}, loud: true, limit: 3, ratio: 1, channel: 'o\"ps', style: long, cache: 1B, "
                "quiet_after: 2s}"),
      R"({"quiet_after":2000,"cache":1,"style":"long","channel":"o\"ps","limit":3,"ratio":1,"loud":true,"tags":["a",1],"more":{"x":null,"y":1}})");
}

TEST(PluginOptions, tellEveryMistakeWithItsPlace) {
  const auto json = options().complete(yaml("quiet_afer: 1s\nquiet_after: 30\ncache: 64KB\nstyle: shor\nchannel: much-too-long\nlimit: "
                                            "11\nratio: '1'\nloud: yes\ntags: [1, 2, 3]\nmore: 1\n"),
                                       {});
  ASSERT_FALSE(json);
  const ConfigProblems& problems = json.error();
  ASSERT_EQ(problems.size(), 10U);
  EXPECT_EQ(problems[0].hint, "did you mean \"quiet_after\"?");
  EXPECT_EQ(problems[0].line, 1U);
  EXPECT_EQ(problems[1].message, "quiet_after: \"30\" is not a duration");
  EXPECT_EQ(problems[1].line, 2U);
  EXPECT_EQ(problems[1].column, 14U);
  EXPECT_EQ(problems[2].message, "cache: \"64KB\" is not a size");
  EXPECT_EQ(problems[3].hint, "did you mean \"short\"?");
  EXPECT_EQ(problems[4].message, "channel: 13 bytes is too much");
  EXPECT_EQ(problems[5].message, "limit: 11 is too much");
  EXPECT_EQ(problems[5].hint, "the most is 10");
  EXPECT_EQ(problems[6].message, "ratio: \"1\" is not a number");
  EXPECT_EQ(problems[7].message, "loud: \"yes\" is not true or false");
  EXPECT_EQ(problems[8].message, "tags: 3 entries is too much");
  EXPECT_EQ(problems[9].message, "more: \"1\" is not a mapping");
}

TEST(PluginOptions, refuseADurationFinerThanPluginsAreTold) {
  EXPECT_EQ(completed("{channel: ops, quiet_after: 1500ms}").find("{\"quiet_after\":1500,"), 0U);
  EXPECT_EQ(completed("{channel: ops, quiet_after: 1000500us}"),
            "c.yaml:1:29: quiet_after: \"1000500us\" is finer than this option can be\n    write a multiple of 1ms\n");
}

TEST(PluginOptions, nameThePlaceThatLacksARequiredOption) {
  const YamlNode where = yaml("use: {x: }");
  const auto json = options().complete(YamlNode{}, where.find("use")->place);
  ASSERT_FALSE(json);
  ASSERT_EQ(json.error().size(), 1U);
  EXPECT_EQ(json.error()[0].line, 1U);
  EXPECT_NE(json.error()[0].message.find("\"channel\" is missing"), std::string::npos);
}

TEST(PluginOptions, aPluginWithoutOptionsTakesNone) {
  const auto none = PluginOptions::fromManifest(YamlNode{});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->complete(YamlNode{}, {}), "{}");
  EXPECT_FALSE(none->complete(yaml("a: 1"), {}));
  EXPECT_FALSE(none->complete(yaml("[1]"), {}));
}

struct BadManifest {
  const char* label;
  const char* text;
  const char* message;
};
void PrintTo(const BadManifest& manifest, std::ostream* out) { *out << manifest.label; }
class PluginManifest : public testing::TestWithParam<BadManifest> {};

TEST_P(PluginManifest, isRefused) {
  const auto made = PluginOptions::fromManifest(yaml(GetParam().text));
  ASSERT_FALSE(made);
  ASSERT_EQ(made.error().size(), 1U) << formatProblems(made.error());
  EXPECT_NE(made.error()[0].message.find(GetParam().message), std::string::npos) << made.error()[0].message;
}

INSTANTIATE_TEST_SUITE_P(
    Each, PluginManifest,
    testing::Values(BadManifest{"notAMapping", "[a]", "options is not a mapping"},
                    BadManifest{"optionNotAMapping", "a: string", "not a mapping"}, BadManifest{"noType", "a: {default: 1}", "no type"},
                    BadManifest{"unknownType", "a: {type: int}", "not a type"},
                    BadManifest{"unknownPart", "a: {type: string, defualt: x}", "defualt"},
                    BadManifest{"badName", "A-b: {type: string}", "no name"},
                    BadManifest{"defaultOutOfBounds", "a: {type: integer, max: 1, default: 2}", "default: 2 is too much"},
                    BadManifest{"defaultOfOtherType", "a: {type: boolean, default: 1}", "default"},
                    BadManifest{"requiredWithDefault", "a: {type: string, required: true, default: x}", "required"},
                    BadManifest{"requiredNotBoolean", "a: {type: string, required: 1}", "required"},
                    BadManifest{"boundOfBoolean", "a: {type: boolean, min: 1}", "no bounds"},
                    BadManifest{"boundOfOtherType", "a: {type: duration, min: 1}", "min"},
                    BadManifest{"choicesOfNumber", "a: {type: integer, enum: [1]}", "only a string"},
                    BadManifest{"choicesNoList", "a: {type: string, enum: x}", "enum"},
                    BadManifest{"choiceNoText", "a: {type: string, enum: [[x]]}", "enum"},
                    BadManifest{"descriptionNoText", "a: {type: string, description: [x]}", "description"}),
    [](const auto& test) { return std::string(test.param.label); });

}  // namespace
}  // namespace atrium
