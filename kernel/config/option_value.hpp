#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/yaml.hpp"

// What the kernel's own options and the plugins' have in common: their types, their bounds, how a value is read and what is said when
// it cannot be.

namespace atrium {

enum class OptionType : std::uint8_t { string, integer, number, boolean, duration, size, array, object };

[[nodiscard]] std::string_view name(OptionType type);
[[nodiscard]] std::optional<OptionType> parseOptionType(std::string_view name);

// Smallest and largest value, inclusive: of an integer or number itself, of a duration in nanoseconds, of a size in bytes, of the length
// of a string in bytes, of the count of an array's or object's children.
struct OptionBounds {
  std::optional<double> min;
  std::optional<double> max;
};

// A value that was read: text, integer (also a duration in nanoseconds and a size in bytes), number or boolean.
using OptionScalar = std::variant<std::string, std::int64_t, double, bool>;

// What was wrong with a value: a sentence and what to write instead.
struct OptionRefusal {
  std::string message;
  std::string hint;
};

// What is said of a value that is not of `type`; a secret's text is not repeated.
[[nodiscard]] OptionRefusal wrongType(const YamlNode& node, OptionType type, bool secret = false);
// What is said of a value, length or count outside its bounds; nothing when it is within.
[[nodiscard]] std::optional<OptionRefusal> outOfBounds(double measured, OptionType type, const OptionBounds& bounds);

// Reads a scalar as `type`, which is not array or object, and checks its bounds and choices (empty: any).
[[nodiscard]] std::expected<OptionScalar, OptionRefusal> readScalar(const YamlNode& node, OptionType type, const OptionBounds& bounds,
                                                                    std::span<const std::string_view> choices, bool secret = false);

// A whole number with its unit: us, ms, s, m, h or d, as in 250ms. Nothing for any other text or beyond 292 years.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parseDuration(std::string_view text);
// A whole number with its unit: B, KiB, MiB or GiB, as in 64KiB. Nothing for any other text or beyond 63 bits.
[[nodiscard]] std::optional<std::int64_t> parseSize(std::string_view text);
[[nodiscard]] std::string formatDuration(std::chrono::nanoseconds duration);
[[nodiscard]] std::string formatSize(std::int64_t bytes);

// `did you mean "port"?` when one of `names` is so close to `name` that it was probably meant; else empty.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<const std::string_view> names);

}  // namespace atrium
