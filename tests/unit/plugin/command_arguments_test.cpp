#include "plugin/command_arguments.hpp"

#include <gtest/gtest.h>

#include "protocol/errors.hpp"

namespace atrium {
namespace {

constexpr std::string_view schema_text =
    R"({"type":"object","properties":{"count":{"type":"integer"},"share":{"type":"number"},"loud":{"type":"boolean"},"who":{"type":"string"}}})";

std::string read(std::string_view rest, std::string_view positional) {
  const auto schema = JsonDocument::parse(schema_text);
  const auto arguments = readCommandLine(rest, positional, schema->root());
  return arguments ? std::string(arguments->text()) : std::string(info(arguments.error().code).word);
}

TEST(CommandLine, givesEachWordToTheNextArgumentAndTheRestToTheLast) {
  EXPECT_EQ(read(" ben today at noon ", "who when"), R"({"who":"ben","when":"today at noon"})");
  EXPECT_EQ(read("ben", "who when"), R"({"who":"ben"})");
  EXPECT_EQ(read("", "who when"), "{}");
  EXPECT_EQ(read(" \t ", ""), "{}");
}

TEST(CommandLine, readsNumbersAndBooleansWhereTheSchemaSaysSo) {
  EXPECT_EQ(read("3 0.5 true 7", "count share loud who"), R"({"count":3,"share":0.5,"loud":true,"who":"7"})");
  EXPECT_EQ(read("three x perhaps", "count share loud"), R"({"count":"three","share":"x","loud":"perhaps"})") << "the schema refuses them";
  EXPECT_EQ(read("inf 0x1", "share count"), R"({"share":"inf","count":"0x1"})");
  EXPECT_EQ(read("+3 01", "count count2"), R"({"count":"+3","count2":"01"})");
}

TEST(CommandLine, escapesWhatPeopleWrite) { EXPECT_EQ(read("\"a\\b\" c", "who"), R"({"who":"\"a\\b\" c"})"); }

TEST(CommandLine, refusesWordsThatNoArgumentTakes) { EXPECT_EQ(read("ben", ""), "validation_failed"); }

}  // namespace
}  // namespace atrium
