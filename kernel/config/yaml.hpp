#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.hpp"
#include "config/problem.hpp"

// A strict reading of YAML. The library underneath accepts much that is a mistake in a configuration file; what this reader lets
// through has one meaning: one document, unique keys that are plain text, valid UTF-8, closed quotes, no tabs in indentation, no
// tags or directives, no numbers like 0777 (octal to some readers, decimal to others), and bounded size, depth and number of values.

namespace atrium {

struct YamlMember;

// One value of a document, with its place. A value: copies own everything.
struct YamlNode {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  bool quoted = false;  // A scalar in quotes or a block: text whatever it looks like.
  std::string text;     // Of a scalar, as written but with quotes, escapes and ${VARIABLES} resolved.
  SourcePlace place;
  std::vector<YamlNode> items;      // Of a sequence.
  std::vector<YamlMember> members;  // Of a mapping, in the order of the file; the keys differ.

  // The member of that name; null when there is none or this is no mapping. Valid as long as this node is not changed.
  [[nodiscard]] const YamlNode* find(std::string_view key) const;

  // What a plain scalar means; nothing when it is quoted or looks otherwise. Numbers are written as in JSON.
  [[nodiscard]] std::optional<bool> boolean() const;
  [[nodiscard]] std::optional<std::int64_t> integer() const;
  [[nodiscard]] std::optional<double> number() const;
};

struct YamlMember {
  std::string key;
  SourcePlace place;  // Of the key.
  YamlNode value;
};

inline constexpr std::size_t yaml_size_max = 1024 * 1024;  // bytes of one file
inline constexpr unsigned yaml_depth_max = 32;
// Of one file, with every alias and variable written out.
inline constexpr std::size_t yaml_values_max = 50'000;
inline constexpr std::size_t yaml_text_max = 4 * 1024 * 1024;  // bytes

// The document in `text`; null when there is nothing but comments. `name` is how problems call the file.
// With `variables`, ${NAME} and ${NAME:-default} in scalars (not in keys) are replaced, and $${ stands for ${; without, they stay.
// Fails with everything that is wrong, except that a mistake in the syntax hides what comes behind it. Any thread.
[[nodiscard]] std::expected<YamlNode, ConfigProblems> parseYaml(std::string_view text, std::string_view name,
                                                                const Environment* variables = nullptr);

// The same value as JSON: keys sorted, plain scalars as the numbers, booleans and nulls they look like, everything else as strings.
// Equal configurations give equal texts.
[[nodiscard]] std::string toJson(const YamlNode& node);

}  // namespace atrium
