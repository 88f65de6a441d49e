#pragma once

#include <string>

#include "cli/cli.hpp"

namespace atrium {

// What `atrium new` was asked for, as it was typed.
struct NewArguments {
  std::string kind;      // "message-type"
  std::string name;      // "sticky-note"; the folder, and in other spellings the class, the library and what rooms or messages call it.
  std::string id;        // Empty: com.example.<name>.
  std::string language;  // "c++" or "c"
  std::filesystem::path directory;  // Where the folder is made; empty: the working directory.
};

// Makes the folder of a new plugin from the templates: code, manifest, CMakeLists.txt, a test. Never writes into a folder that is there.
[[nodiscard]] CliExit makeProject(const NewArguments& arguments, const CliContext& context);

}  // namespace atrium
