#ifndef ATRIUM_TESTKIT_CONTRACT_HTTP_UI_HPP
#define ATRIUM_TESTKIT_CONTRACT_HTTP_UI_HPP
#include <set>

#include "atrium/testkit/contract/any_plugin.hpp"

namespace atrium::testkit {

class HttpUiContract : public ContractTest {
 protected:
  [[nodiscard]] const atrium_http_ui& table() { return plugin().need<atrium_http_ui>(ATRIUM_EXT_HTTP_UI); }
  static bool is_path(std::string_view path) {
    return path.starts_with('/') && path.find("..") == std::string_view::npos && path.find("//") == std::string_view::npos && is_utf8(path);
  }
  static void expect_sound(const UiAnswer& answer, const std::string& path) {
    EXPECT_NE(answer.returned, ATRIUM_FATAL) << path;
    if (answer.returned != ATRIUM_OK) return;
    EXPECT_TRUE(answer.status >= 200 && answer.status <= 599 && answer.status != 304) << path << ": " << answer.status;
    EXPECT_LE(answer.body.size(), ATRIUM_UI_BODY_MAX) << path;
    for (const auto& [name, value] : answer.headers)
      EXPECT_EQ((name + value).find_first_of("\r\n"), std::string::npos) << path << ": a line break in the header " << name;
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HttpUiContract);

TEST_P(HttpUiContract, showsABundleThatBrowsersCanUse) {
  const atrium_http_ui_info& info = *table().info;
  EXPECT_TRUE(is_offered_name(view(info.name))) << view(info.name);
  EXPECT_LE(info.asset_count, ATRIUM_UI_ASSETS_MAX);
  std::set<std::string_view> paths;
  for (std::uint32_t at = 0; at < info.asset_count; ++at) {
    const atrium_asset& asset = *info.assets[at];
    EXPECT_TRUE(is_path(view(asset.path))) << view(asset.path);
    EXPECT_TRUE(paths.insert(view(asset.path)).second) << view(asset.path) << " is there twice";
    EXPECT_NE(view(asset.media_type).find('/'), std::string_view::npos) << view(asset.path) << " has no media type";
  }
  if (info.asset_count > 0) {
    EXPECT_TRUE(paths.contains("/index.html")) << "nothing answers for /";
  }
}

TEST_P(HttpUiContract, hasAMenuThatLeadsSomewhere) {
  const atrium_http_ui_info& info = *table().info;
  EXPECT_LE(info.menu_count, ATRIUM_UI_MENU_MAX);
  std::set<std::string_view> paths;
  for (std::uint32_t at = 0; at < info.asset_count; ++at) paths.insert(view(info.assets[at]->path));
  for (std::uint32_t at = 0; at < info.menu_count; ++at) {
    const atrium_menu_entry& entry = *info.menu[at];
    EXPECT_TRUE(!view(entry.title).empty() && is_utf8(view(entry.title)));
    EXPECT_NE(entry.roles, 0u) << view(entry.title) << " is shown to nobody";
    const std::string_view path = view(entry.path).substr(0, view(entry.path).find_first_of("#?"));
    EXPECT_TRUE(paths.contains(path == "/" ? "/index.html" : path))
        << view(entry.title) << " leads to " << path << ", which is not in the bundle";
  }
}

TEST_P(HttpUiContract, hasHookRoutesThatCanBeServed) {
  const atrium_http_ui_info& info = *table().info;
  EXPECT_LE(info.hook_count, ATRIUM_UI_HOOKS_MAX);
  if (info.hook_count > 0) {
    EXPECT_NE(table().handle, nullptr) << "nothing answers its hook routes";
  }
  for (std::uint32_t at = 0; at < info.hook_count; ++at) {
    const atrium_hook_route& hook = *info.hooks[at];
    EXPECT_TRUE(is_path(view(hook.path))) << view(hook.path);
    EXPECT_LE(hook.signature, static_cast<std::uint32_t>(ATRIUM_SIGNATURE_HMAC_SHA256));
    if (hook.signature != ATRIUM_SIGNATURE_NONE) {
      EXPECT_TRUE(!view(hook.header).empty() && !view(hook.secret).empty()) << view(hook.path);
    }
  }
}

TEST_P(HttpUiContract, answersRequestsOfAnyKind) {
  if (!table().handle) return;
  std::vector<std::string> paths = samples("/");
  for (const char* strange : {"/", "//", "/../../etc/passwd", "/a/b/c/d", "/%00", "/\xF0\x9F\x98\x80"}) paths.emplace_back(strange);
  for (const std::string& path : paths)
    for (const char* method : {"GET", "POST", "DELETE", "BREW"})
      for (const std::string& body : {std::string(), std::string("{}"), std::string("\0\xFF", 2), std::string(ATRIUM_UI_BODY_MAX, 'x')})
        expect_sound(handle(plugin(), {.method = method, .path = path, .query = "a=%zz&&=&a", .body = body}), path);
}

TEST_P(HttpUiContract, answersItsHooksWithoutACaller) {
  const atrium_http_ui_info& info = *table().info;
  for (std::uint32_t at = 0; at < info.hook_count; ++at)
    for (const char* body : {"", "{}", "[]", "not json", "{\"lead\":null}"}) {
      const std::string path(view(info.hooks[at]->path));
      expect_sound(handle(plugin(), {.method = "POST", .path = path, .body = body, .caller = std::nullopt}), path);
    }
}

}  // namespace atrium::testkit
#endif
