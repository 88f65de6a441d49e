#include "base/ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>

namespace atrium {
namespace {

TEST(Ids, readWhatTheyWrite) {
  Random random(5);
  for (int i = 0; i < 1000; ++i) {
    Id id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random.next());
    const std::string text = formatId(room_prefix, id);
    ASSERT_EQ(text.size(), room_prefix.size() + id_text_size);
    ASSERT_EQ(parseId(room_prefix, text), id);
  }
}

TEST(Ids, writeTheEndsOfTheRange) {
  Id all;
  all.bytes.fill(0xFF);
  EXPECT_EQ(formatId("", Id{}), "00000000000000000000000000");
  EXPECT_EQ(formatId("", all), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
  EXPECT_TRUE(Id{}.empty());
  EXPECT_FALSE(all.empty());
}

TEST(Ids, readNothingElse) {
  const std::string right = formatId(message_prefix, Id{});
  EXPECT_TRUE(parseId(message_prefix, right));
  EXPECT_FALSE(parseId(room_prefix, right));
  EXPECT_FALSE(parseId(message_prefix, right + "0"));
  EXPECT_FALSE(parseId(message_prefix, right.substr(0, right.size() - 1)));
  EXPECT_FALSE(parseId("", ""));
  EXPECT_FALSE(parseId("", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ")) << "more than 128 bits";
  for (const char wrong : {'I', 'L', 'O', 'U', 'a', '-', '\0', '\xFF'}) {
    std::string text = right;
    text[10] = wrong;
    EXPECT_FALSE(parseId(message_prefix, text)) << wrong;
  }
}

TEST(Ids, growStrictlyAndAsTextToo) {
  IdSource source(Random(1));
  Wall wall = fromMillis(1'768'000'000'000);
  Id last = source.next(wall);
  std::string last_text = formatId("", last);
  Random random(2);
  for (int i = 0; i < 10'000; ++i) {
    if (random.below(10) == 0) wall += std::chrono::milliseconds{static_cast<std::int64_t>(random.below(5)) - 2};  // Back, too.
    const Id next = source.next(wall);
    std::string text = formatId("", next);
    ASSERT_GT(next, last);
    ASSERT_GT(text, last_text);
    last = next;
    last_text = std::move(text);
  }
}

TEST(Ids, carryTheTime) {
  IdSource source(Random(1));
  const Id id = source.next(fromMillis(0x0123456789AB));
  const std::array<std::uint8_t, 6> expected = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB};
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), id.bytes.begin()));
}

TEST(Ids, ofTwoSourcesDiffer) {
  IdSource one(Random(1)), two(Random(2));
  std::unordered_set<Id, IdHash> seen;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(seen.insert(one.next(fromMillis(5))).second);
    EXPECT_TRUE(seen.insert(two.next(fromMillis(5))).second);
  }
}

TEST(RandomNumbers, repeatWithTheirSeedAndStayBelowTheBound) {
  Random a(9), b(9), c(10);
  std::set<std::uint64_t> below;
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t next = a.next();
    ASSERT_EQ(next, b.next());
    differs = differs || next != c.next();
    below.insert(a.below(7));
    b.next();
  }
  EXPECT_TRUE(differs);
  EXPECT_EQ(below, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_NE(Random::seedFromSystem(), Random::seedFromSystem());
}

}  // namespace
}  // namespace atrium
