#include "protocol/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "protocol/json_index.hpp"

namespace atrium {
namespace {

template <typename T>
std::string written(const T& value) {
  std::string out;
  JsonWriter(out).value(value);
  return out;
}

TEST(JsonWriter, placesCommasAndColons) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("a").value(1).key("b").begin('[').value(true).value("x").null().begin('{').end('}').end(']');
  json.key("c").raw("[1, 2]").key("d").value(false).end('}');
  EXPECT_EQ(out, R"({"a":1,"b":[true,"x",null,{}],"c":[1, 2],"d":false})");
}

TEST(JsonWriter, whatItEscapesComesBackTheSame) {
  std::string everything;
  for (int c = 0; c < 0x80; ++c) everything += static_cast<char>(c);
  everything += "\u00e9\u4e2d\U0001F600";
  const auto document = JsonDocument::parse(written(everything));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().text(), everything);
  EXPECT_EQ(written("\"\\\b\f\n\r\t\x01/"), R"("\"\\\b\f\n\r\t\u0001/")");
}

TEST(JsonWriter, aFrameAndAStringGetTheSame) {
  FrameBuilder frame(0);
  JsonWriter(frame).begin('[').value("a\"b").value(1.5).value(-7).time(Wall{}).end(']');
  EXPECT_EQ(frame.payload(), R"(["a\"b",1.5,-7,"1970-01-01T00:00:00.000Z"])");
}

TEST(JsonWriter, writesNumbersWhole) {
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(std::uint8_t{7}), "7");
}

TEST(JsonWriter, roundsDoublesToThreeDigits) {
  EXPECT_EQ(written(0.0), "0");
  EXPECT_EQ(written(1.2345), "1.235");
  EXPECT_EQ(written(-1.2345), "-1.235");
  EXPECT_EQ(written(0.0004), "0");
  EXPECT_EQ(written(12.0), "12");
  EXPECT_EQ(written(std::nan("")), "null");
  EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWriter, doublesBeyondRoundingAreWrittenAsTheyAre) {
  for (const double number : {1e17, -1e17, 1e300, -1e300}) {
    double back = 0;
    ASSERT_TRUE(JsonDocument::parse(written(number))->root().number(back)) << written(number);
    EXPECT_EQ(back, number);
  }
}

TEST(JsonWriter, writesIdsWithTheirPrefix) {
  const auto id = parseId(room_prefix, "room_01KEKQYS00R4X8W6M9ZB2T5VNC");
  std::string out;
  JsonWriter(out).begin('[').id(room_prefix, *id).end(']');
  EXPECT_EQ(out, R"(["room_01KEKQYS00R4X8W6M9ZB2T5VNC"])");
}

TEST(Unescape, decodesEveryEscape) {
  std::string out = "<";
  appendUnescaped(out, R"(a\"\\\/\b\f\n\r\t\u0041\u00E9\u4e2d\ud83d\ude00z)");
  EXPECT_EQ(out, "<a\"\\/\b\f\n\r\tA\u00e9\u4e2d\U0001F600z");
}

}  // namespace
}  // namespace atrium
