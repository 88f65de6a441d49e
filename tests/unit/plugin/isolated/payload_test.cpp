#include "plugin/isolated/payload.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/json_index.hpp"

namespace atrium::test {
namespace {

TEST(Payload, givesBackWhatWasWritten) {
  PayloadWriter out;
  out.number(std::uint8_t{7}).text("hello").number(-1.5).text("").number(std::uint64_t{1} << 40);
  const std::string bytes = out.take();
  PayloadReader in(bytes);
  EXPECT_EQ(in.number<std::uint8_t>(), 7);
  EXPECT_EQ(in.text(), "hello");
  EXPECT_EQ(in.number<double>(), -1.5);
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.number<std::uint64_t>(), std::uint64_t{1} << 40);
  EXPECT_TRUE(in.whole() && in.atEnd());
}

TEST(Payload, isNeverReadPastItsEnd) {
  PayloadWriter out;
  const auto document = JsonDocument::parse(R"({"a":[1,2,{"b":"c"}]})");
  out.text("hello").number(std::uint32_t{3}).json(document->root().abi());
  const std::string whole = out.take();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));  // Its end is the heap block's.
    PayloadReader in({cut.data(), cut.size()});
    static_cast<void>(in.text());
    static_cast<void>(in.number<std::uint32_t>());
    static_cast<void>(in.json());
    EXPECT_FALSE(in.whole()) << size;
    EXPECT_TRUE(in.text().empty());
    EXPECT_EQ(in.number<std::uint64_t>(), 0u);
  }
}

TEST(Payload, cutsAValueOutOfItsText) {
  const auto document = JsonDocument::parse(R"({"first":1,"agent":{"skills":{"a\u0062":0.5,"x":[]},"name":"ben"},"last":"z"})");
  const JsonView agent = document->root()["agent"];
  PayloadWriter out;
  out.number(std::uint8_t{1}).json(agent.abi()).json(agent["name"].abi()).json(atrium_json{});
  const std::string bytes = out.take();
  PayloadReader in(bytes);
  static_cast<void>(in.number<std::uint8_t>());
  const JsonView read(in.json()), name(in.json()), nothing(in.json());
  EXPECT_TRUE(in.whole() && in.atEnd());
  EXPECT_EQ(read.raw(), agent.raw());
  EXPECT_EQ(read["skills"]["ab"].raw(), "0.5");
  EXPECT_EQ(read["skills"]["x"].size(), 0u);
  EXPECT_EQ(read["name"].text(), "ben");
  EXPECT_FALSE(read["last"].exists());
  EXPECT_EQ(name.text(), "ben");
  EXPECT_FALSE(nothing.exists());
}

}  // namespace
}  // namespace atrium::test
