#include "config/option_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace atrium {

namespace {

constexpr std::array<std::string_view, 8> type_names = {"string", "integer", "number", "boolean", "duration", "size", "array", "object"};

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// From the largest to the smallest.
constexpr Unit duration_units[] = {{"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"m", 60'000'000'000},
                                   {"s", 1'000'000'000},      {"ms", 1'000'000},        {"us", 1'000}};
constexpr Unit size_units[] = {{"GiB", 1LL << 30}, {"MiB", 1LL << 20}, {"KiB", 1LL << 10}, {"B", 1}};

std::optional<std::int64_t> parseWithUnit(std::string_view text, std::span<const Unit> units) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto found = std::ranges::find(units, unit, &Unit::name);
  std::int64_t value = 0;
  if (found == units.end() || __builtin_mul_overflow(count, found->factor, &value)) return std::nullopt;
  return value;
}

std::string formatWithUnit(std::int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units)
    if (value != 0 && value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  return fmt::format("{}{}", value / units.back().factor, units.back().name);
}

// A bound, or a value, as an operator would write it; a length or count with what it counts.
std::string shown(double value, OptionType type) {
  switch (type) {
    case OptionType::duration: return formatDuration(std::chrono::nanoseconds{static_cast<std::int64_t>(value)});
    case OptionType::size: return formatSize(static_cast<std::int64_t>(value));
    case OptionType::string: return fmt::format("{} {}", value, value == 1.0 ? "byte" : "bytes");
    case OptionType::array:
    case OptionType::object: return fmt::format("{} {}", value, value == 1.0 ? "entry" : "entries");
    default: return fmt::format("{}", value);
  }
}

std::string quotedText(const YamlNode& node, bool secret) {
  constexpr std::size_t shown_max = 60;
  if (secret) return "this value";
  if (node.kind == YamlNode::Kind::null) return "nothing";
  if (node.kind == YamlNode::Kind::sequence) return "a list";
  if (node.kind == YamlNode::Kind::mapping) return "a mapping";
  return fmt::format("\"{}\"", node.text.size() > shown_max ? node.text.substr(0, shown_max) + "..." : node.text);
}

struct Expectation {
  std::string_view what;
  std::string_view hint;
};

Expectation expectation(OptionType type) {
  switch (type) {
    case OptionType::string: return {"text", "write one word, or text in quotes"};
    case OptionType::integer: return {"a whole number", "write it in decimal digits, without quotes"};
    case OptionType::number: return {"a number", "write it in decimal digits, without quotes"};
    case OptionType::boolean: return {"true or false", "write true or false"};
    case OptionType::duration: return {"a duration", "write a whole number with us, ms, s, m, h or d, as in 30s"};
    case OptionType::size: return {"a size", "write a whole number with B, KiB, MiB or GiB, as in 64KiB"};
    case OptionType::array: return {"a list", "write [a, b], or one item a line behind a dash"};
    case OptionType::object: return {"a mapping", "write one name: value a line, indented"};
  }
  return {};
}

std::optional<OptionScalar> parseAs(const YamlNode& node, OptionType type) {
  const auto wrap = [](const auto& value) { return value ? std::optional<OptionScalar>(*value) : std::nullopt; };
  switch (type) {
    case OptionType::string: return node.text;
    case OptionType::integer: return wrap(node.integer());
    case OptionType::number: return wrap(node.number());
    case OptionType::boolean: return wrap(node.boolean());
    case OptionType::duration:
      if (const auto duration = parseDuration(node.text)) return OptionScalar(std::int64_t{duration->count()});
      return std::nullopt;
    case OptionType::size: return wrap(parseSize(node.text));
    case OptionType::array:
    case OptionType::object: break;
  }
  return std::nullopt;
}

double measure(const OptionScalar& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return static_cast<double>(text->size());
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return 0.0;
}

}  // namespace

std::string_view name(OptionType type) { return type_names[static_cast<std::size_t>(type)]; }

std::optional<OptionType> parseOptionType(std::string_view name) {
  const auto found = std::ranges::find(type_names, name);
  if (found == type_names.end()) return std::nullopt;
  return static_cast<OptionType>(found - type_names.begin());
}

OptionRefusal wrongType(const YamlNode& node, OptionType type, bool secret) {
  const Expectation expected = expectation(type);
  return {fmt::format("{} is not {}", quotedText(node, secret), expected.what), std::string(expected.hint)};
}

std::optional<OptionRefusal> outOfBounds(double measured, OptionType type, const OptionBounds& bounds) {
  if (bounds.min && measured < *bounds.min)
    return OptionRefusal{fmt::format("{} is too little", shown(measured, type)), fmt::format("the least is {}", shown(*bounds.min, type))};
  if (bounds.max && measured > *bounds.max)
    return OptionRefusal{fmt::format("{} is too much", shown(measured, type)), fmt::format("the most is {}", shown(*bounds.max, type))};
  return std::nullopt;
}

std::expected<OptionScalar, OptionRefusal> readScalar(const YamlNode& node, OptionType type, const OptionBounds& bounds,
                                                      std::span<const std::string_view> choices, bool secret) {
  std::optional<OptionScalar> value;
  if (node.kind == YamlNode::Kind::scalar) value = parseAs(node, type);
  if (!value) return std::unexpected(wrongType(node, type, secret));
  if (!choices.empty() && std::ranges::find(choices, std::string_view(node.text)) == choices.end()) {
    std::string hint = suggestion(node.text, choices);
    if (hint.empty()) hint = fmt::format("write one of: {}", fmt::join(choices, ", "));
    return std::unexpected(OptionRefusal{fmt::format("{} is not among the choices", quotedText(node, secret)), std::move(hint)});
  }
  if (type != OptionType::boolean)
    if (auto refusal = outOfBounds(measure(*value), type, bounds)) return std::unexpected(std::move(*refusal));
  return *std::move(value);
}

std::optional<std::chrono::nanoseconds> parseDuration(std::string_view text) {
  const auto value = parseWithUnit(text, duration_units);
  if (!value) return std::nullopt;
  return std::chrono::nanoseconds{*value};
}

std::optional<std::int64_t> parseSize(std::string_view text) { return parseWithUnit(text, size_units); }
std::string formatDuration(std::chrono::nanoseconds duration) { return formatWithUnit(duration.count(), duration_units); }
std::string formatSize(std::int64_t bytes) { return formatWithUnit(bytes, size_units); }

namespace {
// Edits (insert, remove, replace, swap of neighbours) that turn one word into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      rows[i][j] = std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  return rows[a.size()][b.size()];
}
}  // namespace

std::string suggestion(std::string_view name, std::span<const std::string_view> names) {
  constexpr std::size_t name_max = 64;  // Nothing of ours is longer, and the work grows with the product of the lengths.
  std::size_t best = std::max<std::size_t>(1, std::min<std::size_t>(name.size(), 9) / 3) + 1;
  std::string_view nearest;
  if (name.size() <= name_max)
    for (const std::string_view candidate : names)
      if (const std::size_t edits = distance(name, candidate); edits < best) {
        best = edits;
        nearest = candidate;
      }
  return nearest.empty() ? std::string() : fmt::format("did you mean \"{}\"?", nearest);
}

}  // namespace atrium
