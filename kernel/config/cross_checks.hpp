#pragma once

#include <cstddef>
#include <string_view>

#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"
#include "config/yaml.hpp"

namespace atrium {

// What the table of options cannot say: options that limit each other, and texts with a form of their own. `root` and
// `environment` give the places.
void checkTogether(const Settings& settings, const YamlNode& root, const Environment& environment, ConfigProblems& problems);

// Where an option or one of its items stands, "server.port"; the file as a whole when the value came from elsewhere.
[[nodiscard]] SourcePlace placeOf(const YamlNode& root, std::string_view path, std::size_t item = static_cast<std::size_t>(-1));

// Whether `text` is a web origin as browsers send it: https://app.example.com, http://localhost:3000.
[[nodiscard]] bool isOrigin(std::string_view text);
// Whether `text` is redis://[user:password@]host[:port][/database], or the same with rediss.
[[nodiscard]] bool isRedisUrl(std::string_view text);

}  // namespace atrium
