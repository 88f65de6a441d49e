#pragma once

#include <filesystem>
#include <string>

#include "plugin_world.hpp"

namespace atrium::test {

// The plugin of plugins/test_life, which is built in two versions.
inline const std::string life_id = "test.life";
inline const std::string life_file = "test_life.so";

// Puts that version into a plugin directory as an operator should: beside the one that is there, and renamed into place.
inline void putLife(const std::filesystem::path& directory, const std::string& version) {
  writeFile(directory / "fresh", readFile(ATRIUM_LIFE_PLUGINS "/test_life_" + version + ".so"));
  std::filesystem::rename(directory / "fresh", directory / life_file);
}

}  // namespace atrium::test
