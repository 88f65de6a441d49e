#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "store.hpp"

namespace atrium::test {

// One row of the suite: a storage plugin and how to make it.
struct Backend {
  std::string name;
  std::string library;
  std::string options;  // JSON; $DIR stands for the test's own directory.
};
inline void PrintTo(const Backend& backend, std::ostream* out) { *out << backend.name; }

// A directory that goes with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Every storage backend runs every test that is written against this fixture (STORAGE_SUITE).
class StorageContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { open(); }

  // Ends the instance, if there is one, and makes a new one over the same directory.
  void open();
  [[nodiscard]] bool persistent() const { return (store_->table().info->flags & ATRIUM_STORE_PERSISTENT) != 0; }
  [[nodiscard]] const Store& store() const { return *store_; }

  // A message of `room` with an id of its own.
  [[nodiscard]] Item item(const atrium_id& room);
  // Appends `count` plain messages to `room`, which must succeed.
  void fill(const atrium_id& room, std::size_t count);

  const atrium_id room_ = id('r', 1);

 private:
  TemporaryDirectory directory_;
  std::optional<Store> store_;
  std::uint64_t messages_ = 0;
};

std::vector<Backend> allBackends();
std::string nameOf(const testing::TestParamInfo<Backend>& info);

#define STORAGE_SUITE(Suite) INSTANTIATE_TEST_SUITE_P(Backends, Suite, testing::ValuesIn(allBackends()), nameOf)

}  // namespace atrium::test
