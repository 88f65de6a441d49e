#include <gtest/gtest.h>

#include "plugin_world.hpp"

namespace atrium::test {
namespace {

TEST(PlainC, isAllThatAPluginNeeds) {
  PluginWorld world{ATRIUM_SDK_PLUGINS};
  const auto started = world.start();
  ASSERT_TRUE(started) << started.error().detail;
  ASSERT_EQ(world.tell("plain_c.so", "state"), "active") << world.tell("plain_c.so", "reason");
  const auto types = world.host().makeTypes();
  MessageType& type = *types->messageType("plain");
  EXPECT_EQ(type.info().delivery_class, static_cast<std::uint32_t>(ATRIUM_DELIVER_SHEDDABLE));
  Scene scene;
  scene.content = "short";
  EXPECT_FALSE(scene.check(type).refused);
  scene.content = "longer";
  EXPECT_EQ(scene.check(type).refused->detail, "That is too long.");
}

}  // namespace
}  // namespace atrium::test
