#include "fanout/resp.hpp"

#include <gtest/gtest.h>

#include "load/failure.hpp"

namespace atrium::bench {
namespace {

TEST(Resp, writesACommand) {
  std::string out;
  appendCommand<3>(out, {"PUBLISH", "room", ""});
  EXPECT_EQ(out, "*3\r\n$7\r\nPUBLISH\r\n$4\r\nroom\r\n$0\r\n\r\n");
}

TEST(Resp, readsAMessageOnlyWhenItIsThere) {
  const std::string bytes = "*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n$2\r\nhi\r\n";
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(readReply(bytes.substr(0, cut))) << cut;
  const std::string followed = bytes + ":5\r\n";
  const auto reply = readReply(followed);
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->array);
  EXPECT_EQ(reply->elements[2], "hi");
  EXPECT_EQ(reply->size, bytes.size());
  EXPECT_EQ(readReply(std::string_view(followed).substr(reply->size))->integer, 5);
}

TEST(Resp, takesNothingElse) {
  EXPECT_THROW(static_cast<void>(readReply("-ERR unknown command\r\n")), Failure);
  EXPECT_THROW(static_cast<void>(readReply(":x\r\n")), Failure);
}

}  // namespace
}  // namespace atrium::bench
