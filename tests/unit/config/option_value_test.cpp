#include "config/option_value.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

TEST(OptionValue, readsDurations) {
  EXPECT_EQ(parseDuration("250ms"), nanoseconds(250ms));
  EXPECT_EQ(parseDuration("5m"), nanoseconds(5min));
  EXPECT_EQ(parseDuration("7d"), nanoseconds(168h));
  EXPECT_EQ(parseDuration("0s"), nanoseconds(0));
  for (const auto* wrong :
       {"", "30", "s", "-1s", "+1s", "1.5h", "1 s", "1S", "1min", "30s ", "99999999999999999999s", "9223372036855s", "300000d"})
    EXPECT_FALSE(parseDuration(wrong)) << wrong;
}

TEST(OptionValue, readsSizes) {
  EXPECT_EQ(parseSize("512B"), 512);
  EXPECT_EQ(parseSize("64KiB"), 65536);
  EXPECT_EQ(parseSize("2GiB"), 2LL << 30);
  for (const auto* wrong : {"", "512", "1KB", "1kib", "-1B", "1.5MiB", "9000000000GiB"}) EXPECT_FALSE(parseSize(wrong)) << wrong;
}

TEST(OptionValue, writesWhatItReads) {
  for (const auto* text : {"0us", "1us", "250ms", "30s", "90s", "5m", "12h", "7d"}) EXPECT_EQ(formatDuration(*parseDuration(text)), text);
  for (const auto* text : {"0B", "1000B", "64KiB", "1MiB", "3GiB"}) EXPECT_EQ(formatSize(*parseSize(text)), text);
}

TEST(OptionValue, keepsASecretOutOfTheRefusal) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = "hunter2";
  const auto value = readScalar(node, OptionType::duration, {}, {}, true);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message.find("hunter2"), std::string::npos);
  const auto shorter = readScalar(node, OptionType::string, {.min = 32, .max = {}}, {}, true);
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().message.find("hunter2"), std::string::npos);
}

TEST(OptionValue, suggestsWhatIsCloseAndNothingElse) {
  constexpr std::string_view names[] = {"port", "host", "data_dir", "heartbeat_interval"};
  EXPECT_EQ(suggestion("prot", names), "did you mean \"port\"?");
  EXPECT_EQ(suggestion("datadir", names), "did you mean \"data_dir\"?");
  EXPECT_EQ(suggestion("hearbeat_intervall", names), "did you mean \"heartbeat_interval\"?");
  EXPECT_EQ(suggestion("colour", names), "");
  EXPECT_EQ(suggestion(std::string(1000, 'p'), names), "");
}

}  // namespace
}  // namespace atrium
