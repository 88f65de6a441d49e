#include "config/yaml.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/ids.hpp"
#include "config/source_text.hpp"
#include "protocol/json_index.hpp"

namespace atrium {
namespace {

ConfigProblems problemsOf(std::string_view text, const Environment* variables = nullptr) {
  auto parsed = parseYaml(text, "a.yaml", variables);
  return parsed ? ConfigProblems{} : parsed.error();
}

YamlNode parsed(std::string_view text, const Environment* variables = nullptr) {
  auto result = parseYaml(text, "a.yaml", variables);
  if (result) return *std::move(result);
  ADD_FAILURE() << formatProblems(result.error());
  return {};
}

TEST(Yaml, keepsOrderKindsAndPlaces) {
  const YamlNode root = parsed("server:\n  port: 8000\n  hosts: [a, 'b']\nempty:\n");
  ASSERT_EQ(root.kind, YamlNode::Kind::mapping);
  ASSERT_EQ(root.members.size(), 2U);
  EXPECT_EQ(root.members[0].key, "server");
  const YamlNode* port = root.find("server")->find("port");
  ASSERT_TRUE(port);
  EXPECT_EQ(port->integer(), 8000);
  EXPECT_EQ(port->place.line, 2U);
  EXPECT_EQ(port->place.column, 9U);
  EXPECT_EQ(*port->place.file, "a.yaml");
  const YamlNode* hosts = root.find("server")->find("hosts");
  ASSERT_EQ(hosts->items.size(), 2U);
  EXPECT_FALSE(hosts->items[0].quoted);
  EXPECT_TRUE(hosts->items[1].quoted);
  EXPECT_EQ(root.find("empty")->kind, YamlNode::Kind::null);
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(Yaml, aFileOfCommentsIsNull) {
  EXPECT_EQ(parsed("# nothing set\n").kind, YamlNode::Kind::null);
  EXPECT_EQ(parsed("").kind, YamlNode::Kind::null);
}

TEST(Yaml, acceptsAByteOrderMarkAndCarriageReturns) {
  const YamlNode root = parsed(
      "\xEF\xBB\xBF"
      "a: 'x'\r\nb: \"y\"\r\n");
  EXPECT_EQ(root.find("a")->text, "x");
  EXPECT_EQ(root.find("b")->place.line, 2U);
}

struct Mistake {
  const char* label;
  std::string text;
  std::uint32_t line, column;
  const char* message;  // A part of what is said.
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.label; }

class YamlMistake : public testing::TestWithParam<Mistake> {};

TEST_P(YamlMistake, isRefusedWithItsPlace) {
  const ConfigProblems problems = problemsOf(GetParam().text);
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].file, "a.yaml");
  EXPECT_EQ(problems[0].line, GetParam().line) << problems[0].message;
  EXPECT_EQ(problems[0].column, GetParam().column) << problems[0].message;
  EXPECT_NE(problems[0].message.find(GetParam().message), std::string::npos) << problems[0].message;
  EXPECT_FALSE(problems[0].hint.empty());
}

std::string nested(int depth) {
  return "a: " + std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']') + "\n";
}

std::string aliasBomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    const std::string name = "a" + std::to_string(level), before = "*a" + std::to_string(level - 1);
    text += name + ": &" + name + " [" + before;
    for (int i = 0; i < 9; ++i) text += ", " + before;
    text += "]\n";
  }
  return text;
}

std::string longTextRepeated() {
  std::string text = "a: &a " + std::string(100'000, 'x') + "\nb: [*a";
  for (int i = 0; i < 100; ++i) text += ", *a";
  return text + "]\n";
}

INSTANTIATE_TEST_SUITE_P(
    Each, YamlMistake,
    testing::Values(
        Mistake{"duplicateKey", "a: 1\nb: 2\na: 3\n", 3, 1, "second time"},
        Mistake{"duplicateKeyQuoted", "{a: 1, 'a': 2}\n", 1, 8, "second time"},
        Mistake{"unclosedDoubleQuote", "a: 1\nb: \"open\n", 2, 4, "never closed"},
        Mistake{"unclosedSingleQuote", "a: 'it''s\n", 1, 4, "never closed"},
        Mistake{"unclosedQuoteBehindAnAnchor", "a: &x \"open\n", 1, 4, "never closed"},
        Mistake{"escapedQuoteAtTheEnd", "a: \"open\\\"\n", 1, 4, "never closed"}, Mistake{"invalidUtf8", "a: x\nb: \xFF\n", 2, 4, "UTF-8"},
        Mistake{"overlongUtf8", "a: \xC0\xAF\n", 1, 4, "UTF-8"}, Mistake{"surrogateInUtf8", "a: \xED\xA0\x80\n", 1, 4, "UTF-8"},
        Mistake{"truncatedUtf8", "a: \xE2\x82", 1, 4, "UTF-8"}, Mistake{"nul", std::string("a: x\0y\n", 7), 1, 5, "control character"},
        Mistake{"secondDocument", "a: 1\n---\nb: 2\n", 2, 1, "second document"}, Mistake{"tabIndent", "a:\n\tb: 1\n", 2, 1, "tab"},
        Mistake{"tabBehindSpaces", "a:\n  \tb: 1\n", 2, 3, "tab"}, Mistake{"unknownTag", "a: !secret x\n", 1, 4, "tag"},
        Mistake{"standardTag", "a: !!str 1\n", 1, 4, "tag"}, Mistake{"bareTag", "a: ! 1\n", 1, 4, "tag"},
        Mistake{"tagOnAMapping", "a: !x {b: 1}\n", 1, 4, "tag"}, Mistake{"directive", "%YAML 1.1\n---\na: 1\n", 1, 1, "directive"},
        Mistake{"octalLooking", "mode: 0777\n", 1, 7, "to some readers"},
        Mistake{"octalWithPrefix", "mode: 0o17\n", 1, 7, "to some readers"},
        Mistake{"hexadecimal", "mode: 0x1F\n", 1, 7, "to some readers"}, Mistake{"signedOctal", "mode: -012\n", 1, 7, "to some readers"},
        Mistake{"tooLargeInteger", "n: 9223372036854775808\n", 1, 4, "beyond the numbers"},
        Mistake{"tooLargeNumber", "n: 1e999\n", 1, 4, "beyond the numbers"}, Mistake{"tooDeep", nested(40), 1, 35, "nested"},
        Mistake{"aliasBomb", aliasBomb(), 5, 25, "grows"}, Mistake{"longTextRepeated", longTextRepeated(), 2, 165, "grows"},
        Mistake{"aliasOfItself", "a: &a [*a]\n", 1, 8, "alias"}, Mistake{"unknownAlias", "a: *b\n", 1, 4, "not YAML"},
        Mistake{"listAsKey", "? [a]\n: 1\n", 1, 3, "key"}, Mistake{"nothingAsKey", "~: 1\n", 1, 1, "key"},
        Mistake{"badIndentation", "a: 1\n b: 2\n", 2, 3, "not YAML"}, Mistake{"unclosedBracket", "a: [1, 2\n", 2, 1, "not YAML"}),
    [](const auto& test) { return std::string(test.param.label); });

TEST(Yaml, refusesMoreThanAMebibyte) {
  const ConfigProblems problems = problemsOf("a: " + std::string(yaml_size_max, 'x'));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].line, 0U);
}

TEST(Yaml, allowsTheLimits) {
  EXPECT_TRUE(problemsOf(nested(static_cast<int>(yaml_depth_max) - 1)).empty());
  EXPECT_FALSE(problemsOf(nested(static_cast<int>(yaml_depth_max))).empty());
  EXPECT_TRUE(problemsOf("a: " + std::string(yaml_size_max - 4, 'x') + "\n").empty());
}

TEST(Yaml, tellsAllMistakesOfAFileAtOnce) {
  const ConfigProblems problems = problemsOf("a: 0777\na: 1\nb: !x y\n");
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(formatProblems(problems).substr(0, 10), "a.yaml:1:4");
}

TEST(Yaml, anAliasRepeatsAValueAtItsOwnPlace) {
  const YamlNode root = parsed("a: &x {n: 1}\nb: *x\n");
  EXPECT_EQ(root.find("b")->find("n")->integer(), 1);
  EXPECT_EQ(root.find("b")->place.line, 2U);
}

TEST(Yaml, wordsThatOtherReadersTakeForBooleansAreText) {
  const YamlNode root = parsed("a: no\nb: true\nc: 'true'\nd: 12abc\ne: 1.5\nf: 01J\n");
  EXPECT_FALSE(root.find("a")->boolean());
  EXPECT_EQ(root.find("b")->boolean(), true);
  EXPECT_FALSE(root.find("c")->boolean());
  EXPECT_FALSE(root.find("d")->integer());
  EXPECT_EQ(root.find("e")->number(), 1.5);
  EXPECT_FALSE(root.find("e")->integer());
  EXPECT_EQ(root.find("f")->text, "01J");
}

TEST(Yaml, replacesVariables) {
  const Environment env{{"HOST", "db"}, {"PORT", "6379"}, {"EMPTY", ""}, {"WITH_BRACE", "${HOST}"}};
  const YamlNode root = parsed(
      "url: redis://${HOST}:${PORT}/0\nport: ${PORT}\nq: '${PORT}'\nd: ${NONE:-7}\ne: ${EMPTY:-x}y\nf: ${EMPTY}\ng: $${HOST}\nh: "
      "${WITH_BRACE}\ni: a$b\n",
      &env);
  EXPECT_EQ(root.find("url")->text, "redis://db:6379/0");
  EXPECT_EQ(root.find("port")->integer(), 6379);
  EXPECT_FALSE(root.find("q")->integer());
  EXPECT_EQ(root.find("d")->integer(), 7);
  EXPECT_EQ(root.find("e")->text, "xy");
  EXPECT_EQ(root.find("f")->text, "");
  EXPECT_EQ(root.find("g")->text, "${HOST}");
  EXPECT_EQ(root.find("h")->text, "${HOST}") << "what a variable holds is not expanded again";
  EXPECT_EQ(root.find("i")->text, "a$b");
  EXPECT_EQ(parsed("a: ${HOST}\n").find("a")->text, "${HOST}") << "manifests have no variables";
}

TEST(Yaml, refusesVariablesItCannotReplace) {
  const Environment env{{"BAD", "\xFF"}};
  const ConfigProblems problems = problemsOf("a: ${NONE}\nb: ${open\nc: ${1X}\nd: ${BAD}\n", &env);
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_NE(problems[0].message.find("NONE is not set"), std::string::npos);
  EXPECT_EQ(problems[1].line, 2U);
  EXPECT_EQ(problems[2].line, 3U);
  EXPECT_NE(problems[3].message.find("BAD is not valid UTF-8"), std::string::npos);
}

TEST(Yaml, becomesCanonicalJson) {
  const YamlNode root = parsed("b: [1, -2.5e3, true, null, ~, no, '1', \"q\\\"\\n\"]\na: {'k\"': x, j: }\n");
  EXPECT_EQ(toJson(root), R"({"a":{"j":null,"k\"":"x"},"b":[1,-2.5e3,true,null,null,"no","1","q\"\n"]})");
  EXPECT_TRUE(JsonDocument::parse(toJson(root)));
  EXPECT_EQ(toJson(parsed("a: {j: , 'k\"': x}\nb: [1, -2.5e3, true, ~, ~, no, '1', \"q\\\"\\n\"]\n")), toJson(root));
}

// Whatever a file is damaged into: it is either refused with a place inside it, or read as a value that JSON can say.
TEST(Yaml, survivesEveryDamage) {
  const std::string whole =
      "server: {port: 8000, hosts: [a, 'b''c', \"d\\n\"]}\nplugins:\n  use: &u\n    x.y: {config: {n: -1.5e3, t: true, z: ~}}\n  more: "
      "*u\ntext: |\n  a\n  "
      "b\nlong: >-\n  c\nv: ${HOME:-/x}\n";
  const Environment env{{"HOME", "/h"}};
  Random random(11);
  constexpr std::string_view pieces = "\"'{}[]:,&*!|>-#%@`~ \n\t\r?$\\0\x01\x7f\xc3\xa9\xff";
  unsigned refused = 0, read = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string text = whole;
    for (std::uint64_t damages = 1 + random.below(3); damages > 0; --damages) {
      const std::size_t at = random.below(text.size());
      switch (random.below(3)) {
        case 0: text[at] = pieces[random.below(pieces.size())]; break;
        case 1: text.insert(at, 1, pieces[random.below(pieces.size())]); break;
        default: text.erase(at, 1 + random.below(5)); break;
      }
    }
    const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 1;
    const auto result = parseYaml(text, "a.yaml", &env);
    if (result) {
      ++read;
      ASSERT_TRUE(JsonDocument::parse(toJson(*result))) << text;
    } else {
      ++refused;
      ASSERT_FALSE(result.error().empty());
      for (const ConfigProblem& problem : result.error()) ASSERT_LE(problem.line, lines) << problem.message << "\n" << text;
    }
  }
  EXPECT_GT(refused, 500U);
  EXPECT_GT(read, 500U);
}

TEST(Yaml, takesJsonWithSurrogatesOnceTheyAreJoined) {
  EXPECT_EQ(withoutSurrogates(R"({"a":"\ud83d\ude00 \u00e4"})"), "{\"a\":\"\xF0\x9F\x98\x80 \\u00e4\"}");
  for (const char* other : {R"("\\ud83d\\ude00")", R"("\ud83d")", R"("\ude00\ud83d")", R"("\ud83dx")", R"("\)", "\\ud83d\\ude0", ""})
    EXPECT_EQ(withoutSurrogates(other), other) << "no pair";
  const auto read = parseYaml(withoutSurrogates(R"({"words": ["\ud83d\ude00"]})"), "config");
  ASSERT_TRUE(read);
  EXPECT_EQ(toJson(*read), "{\"words\":[\"\xF0\x9F\x98\x80\"]}");
}

TEST(Problems, showAHundredAndCountTheRest) {
  const ConfigProblems problems(103, ConfigProblem{"f", 2, 3, "wrong", "mend it"});
  const std::string text = formatProblems(problems);
  EXPECT_TRUE(text.starts_with("f:2:3: wrong\n    mend it\n"));
  EXPECT_TRUE(text.ends_with("and 3 more problems\n"));
  EXPECT_EQ(formatProblems(std::vector{ConfigProblem{"ATRIUM_PORT", 0, 0, "wrong", ""}}), "ATRIUM_PORT: wrong\n");
}

}  // namespace
}  // namespace atrium
