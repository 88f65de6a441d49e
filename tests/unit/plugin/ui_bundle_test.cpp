#include "plugin/ui_bundle.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace atrium {
namespace {

atrium_text textOf(std::string_view text) { return {text.data(), text.size()}; }

// The tables of an http-ui plugin, as a test puts them together.
class Pages {
 public:
  Pages& asset(std::string_view path, std::string_view body, std::string_view media_type = "text/plain", bool immutable = false) {
    asset_rows_.push_back({.struct_size = sizeof(atrium_asset),
                           .immutable = immutable ? 1U : 0U,
                           .path = textOf(path),
                           .media_type = textOf(media_type),
                           .body = textOf(body)});
    assets_.push_back(&asset_rows_.back());
    return *this;
  }
  Pages& entry(std::string_view title, std::string_view path) {
    entry_rows_.push_back(
        {.struct_size = sizeof(atrium_menu_entry), .roles = ATRIUM_ROLE_AGENT, .title = textOf(title), .path = textOf(path)});
    menu_.push_back(&entry_rows_.back());
    return *this;
  }
  Pages& hook(std::string_view path, std::uint32_t signature, std::string_view header = "X-Signature", std::string_view secret = "key") {
    hook_rows_.push_back({.struct_size = sizeof(atrium_hook_route),
                          .signature = signature,
                          .path = textOf(path),
                          .header = textOf(header),
                          .secret = textOf(secret)});
    hooks_.push_back(&hook_rows_.back());
    return *this;
  }
  [[nodiscard]] std::expected<UiBundlePtr, std::string> make() const {
    HttpUiKind ui;
    ui.info = {.struct_size = sizeof(atrium_http_ui_info),
               .asset_count = static_cast<std::uint32_t>(assets_.size()),
               .assets = assets_.data(),
               .menu = menu_.data(),
               .hooks = hooks_.data(),
               .menu_count = static_cast<std::uint32_t>(menu_.size()),
               .hook_count = static_cast<std::uint32_t>(hooks_.size()),
               .name = textOf("board")};
    return makeUiBundle(ui, "com.acme.board");
  }
  // What is wrong with it; empty: nothing.
  [[nodiscard]] std::string flaw() const {
    const auto made = make();
    return made ? std::string() : made.error();
  }

 private:
  std::deque<atrium_asset> asset_rows_;
  std::deque<atrium_menu_entry> entry_rows_;
  std::deque<atrium_hook_route> hook_rows_;
  std::vector<const atrium_asset*> assets_;
  std::vector<const atrium_menu_entry*> menu_;
  std::vector<const atrium_hook_route*> hooks_;
};

TEST(UiBundle, isACopyOfWhatThePluginServes) {
  UiBundlePtr bundle;
  {
    std::string body("<h1>\0Board", 10);
    bundle = *Pages().asset("/index.html", body, "text/html", true).entry("Board", "/index.html#a").hook("/lead", 1).make();
    body.assign(10, 'x');
  }
  ASSERT_TRUE(bundle->assets.contains("/index.html"));
  EXPECT_EQ(bundle->assets.at("/index.html").body->view(), std::string_view("<h1>\0Board", 10));
  EXPECT_TRUE(bundle->assets.at("/index.html").immutable);
  EXPECT_EQ(bundle->name, "board");
  EXPECT_EQ(bundle->plugin_id, "com.acme.board");
  EXPECT_EQ(bundle->menu.at(0).title, "Board");
  EXPECT_TRUE(bundle->hooks.at(0).is_signed);
  EXPECT_FALSE(bundle->answers);
}

TEST(UiBundle, tagsTellContentsApart) {
  const auto bundle = *Pages().asset("/a", "one").asset("/b", "two").asset("/c", "one").asset("/d", "").make();
  const auto tag = [&](const char* path) { return bundle->assets.at(path).etag; };
  EXPECT_EQ(tag("/a"), tag("/c"));
  EXPECT_NE(tag("/a"), tag("/b"));
  EXPECT_TRUE(tag("/d").starts_with('"') && tag("/d").ends_with('"') && tag("/d").size() == 34);
}

TEST(UiBundle, refusesPathsThatNoRequestCanName) {
  for (const char* path : {"", "index.html", "//a", "/a//b", "/a/", "/../a", "/a/./b", "/a?b", "/a#b", "/a\\b", "/a\nb", "/\xFF"})
    EXPECT_NE(Pages().asset(path, "x").flaw(), "") << path;
  EXPECT_NE(Pages().asset("/api/a", "x").flaw(), "");
  EXPECT_EQ(Pages().asset("/apis", "x").flaw(), "");
  EXPECT_EQ(Pages().asset("/a", "x").asset("/a", "y").flaw(), "has two assets called /a");
}

TEST(UiBundle, refusesAMediaTypeThatNoHeaderCanHold) {
  EXPECT_NE(Pages().asset("/a", "x", "").flaw(), "");
  EXPECT_NE(Pages().asset("/a", "x", "text/html\r\nSet-Cookie: a=b").flaw(), "");
}

TEST(UiBundle, boundsWhatAllAssetsTakeTogether) {
  const std::string half(ui_bundle_max / 2 + 1, 'x');
  EXPECT_EQ(Pages().asset("/a", half).flaw(), "");
  EXPECT_EQ(Pages().asset("/a", half).asset("/b", half).flaw(), "has more than 64 MiB of assets");
}

TEST(UiBundle, refusesMenuEntriesThatLeadElsewhere) {
  for (const char* path : {"", "https://example.com/", "//example.com/", "/a\r\nb"})
    EXPECT_NE(Pages().entry("Board", path).flaw(), "") << path;
  EXPECT_NE(Pages().entry("", "/a").flaw(), "");
}

TEST(UiBundle, refusesHooksThatNobodyCanCheck) {
  EXPECT_NE(Pages().hook("/lead", 1, "").flaw(), "");
  EXPECT_NE(Pages().hook("/lead", 1, "X Signature").flaw(), "");
  EXPECT_NE(Pages().hook("/lead", 1, "X-Signature", "").flaw(), "");
  EXPECT_NE(Pages().hook("/lead", 2).flaw(), "");
  EXPECT_NE(Pages().hook("lead", 1).flaw(), "");
  EXPECT_EQ(Pages().hook("/lead", 0, "", "").flaw(), "");
  EXPECT_EQ(Pages().hook("/lead", 1).hook("/lead", 0).flaw(), "has two hooks called /lead");
}

}  // namespace
}  // namespace atrium
