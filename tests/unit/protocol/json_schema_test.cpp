#include "protocol/json_schema.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

JsonDocument json(std::string_view text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document) << text;
  return *std::move(document);
}

// What a schema says of a value, as "path message" lines.
std::vector<std::string> problemsOf(std::string_view schema, std::string_view value) {
  const auto compiled = JsonSchema::compile(json(schema).root());
  EXPECT_TRUE(compiled) << compiled.error().detail;
  std::vector<FieldProblem> problems;
  compiled->check(json(value).root(), "/m", problems);
  std::vector<std::string> lines;
  for (const FieldProblem& problem : problems) lines.push_back(problem.path + " " + problem.message);
  return lines;
}

using Lines = std::vector<std::string>;

TEST(JsonSchema, checksTypes) {
  EXPECT_EQ(problemsOf(R"({"type":"object"})", "[]"), Lines{"/m must be an object"});
  EXPECT_EQ(problemsOf(R"({"type":"string"})", "1"), Lines{"/m must be a string"});
  EXPECT_EQ(problemsOf(R"({"type":["string","null"]})", "1"), Lines{"/m must be a string or null"});
  EXPECT_EQ(problemsOf(R"({"type":["string","null"]})", "null"), Lines{});
  EXPECT_EQ(problemsOf(R"({"type":"integer"})", "1.5"), Lines{"/m must be an integer"});
  for (const char* whole : {"1", "1.0", "-7", "1e3", "0", "9223372036854775807"})
    EXPECT_EQ(problemsOf(R"({"type":"integer"})", whole), Lines{}) << whole;
  EXPECT_EQ(problemsOf(R"({"type":"number"})", "1"), Lines{}) << "an integer is a number";
  EXPECT_EQ(problemsOf(R"({"type":"number"})", "1e300"), Lines{});
  EXPECT_EQ(problemsOf(R"({"type":"boolean"})", "\"true\""), Lines{"/m must be a boolean"});
  EXPECT_EQ(problemsOf("{}", "[1,{}]"), Lines{}) << "no rule, no problem";
}

TEST(JsonSchema, countsCharactersAndNotBytes) {
  EXPECT_EQ(problemsOf(R"({"maxLength":3})", "\"\u20ac\u20ac\u20ac\""), Lines{});
  EXPECT_EQ(problemsOf(R"({"maxLength":3})", R"("\u20ac\ud83d\ude00ab")"), Lines{"/m must have at most 3 characters"});
  EXPECT_EQ(problemsOf(R"({"minLength":1})", "\"\""), Lines{"/m must not be empty"});
  EXPECT_EQ(problemsOf(R"({"minLength":2})", "\"\u20ac\""), Lines{"/m must have at least 2 characters"});
  EXPECT_EQ(problemsOf(R"({"minLength":2})", "7"), Lines{}) << "a rule for texts says nothing of numbers";
}

TEST(JsonSchema, boundsNumbers) {
  EXPECT_EQ(problemsOf(R"({"minimum":0,"maximum":1.5})", "1.5"), Lines{});
  EXPECT_EQ(problemsOf(R"({"minimum":0})", "-1"), Lines{"/m must be at least 0"});
  EXPECT_EQ(problemsOf(R"({"maximum":1.5})", "1.6"), Lines{"/m must be at most 1.5"});
}

TEST(JsonSchema, choosesFromAListByTypeToo) {
  const char* schema = R"({"enum":["low","1",2,true,null]})";
  for (const char* good : {"\"low\"", "\"1\"", "2", "true", "null", R"("\u006cow")"}) EXPECT_EQ(problemsOf(schema, good), Lines{}) << good;
  for (const char* bad : {"1", "\"2\"", "false", "\"true\"", "[]"})
    EXPECT_EQ(problemsOf(schema, bad), Lines{"/m must be one of: low, 1, 2, true, null"}) << bad;
}

TEST(JsonSchema, namesEveryPlaceThatIsWrong) {
  const char* schema = R"({"type":"object","required":["a","b"],"anyOf":[{"required":["x"]},{"required":["y","z"]}],
                           "properties":{"a":{"type":"string"},"o/p":{"properties":{"q~":{"type":"integer"}}}}})";
  EXPECT_EQ(problemsOf(schema, R"({"a":1,"o/p":{"q~":"no"},"y":1})"),
            (Lines{"/m/b is required", "/m needs x or y and z", "/m/a must be a string", "/m/o~1p/q~0 must be an integer"}));
  EXPECT_EQ(problemsOf(schema, R"({"a":"","b":null,"y":1,"z":2,"unknown":{}})"), Lines{});
}

TEST(JsonSchema, stopsCountingSomewhere) {
  std::string required = R"({"required":["k0")", properties;
  for (int n = 1; n < 100; ++n) required += ",\"k" + std::to_string(n) + "\"";
  EXPECT_EQ(problemsOf(required + "]}", "{}").size(), JsonSchema::problems_max);
}

TEST(JsonSchema, isRefusedWhenARuleWouldHaveNoEffect) {
  const std::pair<const char*, const char*> wrong[] = {{R"({"pattern":"a"})", "/pattern"},
                                                       {R"({"type":"text"})", "/type"},
                                                       {R"({"type":[]})", "/type"},
                                                       {R"({"enum":[]})", "/enum"},
                                                       {R"({"enum":[{}]})", "/enum"},
                                                       {R"({"required":"a"})", "/required"},
                                                       {R"({"required":[1]})", "/required"},
                                                       {R"({"anyOf":[{"type":"string"}]})", "/anyOf"},
                                                       {R"({"minLength":-1})", "/minLength"},
                                                       {R"({"maximum":"9"})", "/maximum"},
                                                       {R"({"properties":[]})", "/properties"},
                                                       {R"({"properties":{"a":{"maxlength":3}}})", "/properties/a/maxlength"},
                                                       {R"({"properties":{"a":true}})", "/properties/a"}};
  for (const auto& [schema, path] : wrong) {
    const auto compiled = JsonSchema::compile(json(schema).root());
    ASSERT_FALSE(compiled) << schema;
    EXPECT_EQ(compiled.error().code, Code::validation_failed);
    ASSERT_FALSE(compiled.error().fields.empty());
    EXPECT_EQ(compiled.error().fields[0].path, path);
  }
}

}  // namespace
}  // namespace atrium
