#include "cli/file_watcher.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "plugin_world.hpp"

namespace atrium::test {

namespace {

namespace fs = std::filesystem;

// The next file that changed; waits for it.
std::string next(FileWatcher& watcher) {
  std::string name;
  while (name.empty()) {
    pollfd readable{.fd = watcher.descriptor(), .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 10'000) <= 0) return "nothing";
    name = watcher.changed();
  }
  return name;
}

}  // namespace

TEST(FileWatcher, tellsOfEveryFileThatAuthorsWrite) {
  const TemporaryDirectory directory;
  fs::create_directory(directory.path() / "src");
  auto watcher = FileWatcher::open(directory.path());
  ASSERT_TRUE(watcher);
  EXPECT_EQ(watcher->changed(), "");
  writeFile(directory.path() / "a.cpp", "x");
  EXPECT_EQ(next(*watcher), "a.cpp");
  writeFile(directory.path() / "src" / "b.cpp", "x");
  EXPECT_EQ(next(*watcher), "b.cpp");
  fs::rename(directory.path() / "a.cpp", directory.path() / "c.cpp");  // As an editor saves.
  EXPECT_EQ(next(*watcher), "c.cpp");
  fs::remove(directory.path() / "src" / "b.cpp");
  EXPECT_EQ(next(*watcher), "b.cpp");
  fs::create_directory(directory.path() / "later");
  EXPECT_EQ(watcher->changed(), "");
  writeFile(directory.path() / "later" / "d.cpp", "x");
  EXPECT_EQ(next(*watcher), "d.cpp");
}

TEST(FileWatcher, passesOverWhatBuildsAndEditorsLeave) {
  const TemporaryDirectory directory;
  fs::create_directory(directory.path() / "build");
  auto watcher = FileWatcher::open(directory.path());
  ASSERT_TRUE(watcher);
  writeFile(directory.path() / "build" / "x.o", "x");
  writeFile(directory.path() / ".a.cpp.swp", "x");
  writeFile(directory.path() / "a.cpp~", "x");
  writeFile(directory.path() / "a-1.0.0.atrium", "x");
  EXPECT_EQ(watcher->changed(), "");
  EXPECT_FALSE(FileWatcher::open(directory.path() / "nowhere"));
}

}  // namespace atrium::test
