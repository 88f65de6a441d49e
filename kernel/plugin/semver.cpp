#include "plugin/semver.hpp"

#include <algorithm>
#include <charconv>

namespace atrium {

namespace {

using Numbers = std::array<std::uint32_t, 3>;

bool isNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  if (!isNumber(text) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value == static_cast<std::uint32_t>(-1)) return std::nullopt;
  return value;
}

// Takes what stands before the first `mark` off the text; all of it when there is none.
std::string_view take(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

// One to three numbers and what is left of them; `given` says how many.
std::optional<Numbers> numbersOf(std::string_view text, std::size_t& given) {
  Numbers numbers{};
  if (text.empty() || text.back() == '.') return std::nullopt;
  for (given = 0; !text.empty(); ++given) {
    if (given == numbers.size()) return std::nullopt;
    const auto value = number(take(text, '.'));
    if (!value) return std::nullopt;
    numbers[given] = *value;
  }
  return numbers;
}

// The least version above all that begin with the first `kept` numbers.
Numbers next(Numbers numbers, std::size_t kept) {
  ++numbers[kept - 1];
  for (std::size_t at = kept; at < numbers.size(); ++at) numbers[at] = 0;
  return numbers;
}

std::optional<Version> parse(std::string_view text, std::size_t& given) {
  Version version;
  text = text.substr(0, text.find('+'));
  const std::size_t dash = text.find('-');
  const auto numbers = numbersOf(text.substr(0, dash), given);
  if (!numbers) return std::nullopt;
  version.numbers = *numbers;
  if (dash == std::string_view::npos) return version;
  std::string_view rest = text.substr(dash + 1);
  if (given != numbers->size() || rest.empty() || rest.back() == '.') return std::nullopt;
  while (!rest.empty()) {
    const std::string_view part = take(rest, '.');
    const bool fine = !part.empty() && std::ranges::all_of(part, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!fine || (isNumber(part) && part.size() > 1 && part.front() == '0')) return std::nullopt;
    version.pre_release.emplace_back(part);
  }
  return version;
}

std::strong_ordering comparePart(std::string_view a, std::string_view b) {
  if (isNumber(a) != isNumber(b)) return isNumber(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  if (isNumber(a) && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  std::size_t given = 0;
  auto version = atrium::parse(text, given);
  return given == 3 ? version : std::nullopt;
}

std::strong_ordering operator<=>(const Version& a, const Version& b) {
  if (const auto order = a.numbers <=> b.numbers; order != 0) return order;
  // A pre-release comes before what it leads to.
  if (a.pre_release.empty() || b.pre_release.empty()) return b.pre_release.size() <=> a.pre_release.size();
  for (std::size_t at = 0; at < std::min(a.pre_release.size(), b.pre_release.size()); ++at)
    if (const auto order = comparePart(a.pre_release[at], b.pre_release[at]); order != 0) return order;
  return a.pre_release.size() <=> b.pre_release.size();
}

std::optional<VersionRange::Bound> VersionRange::parseOne(std::string_view text) {
  constexpr std::string_view operators = "^~<>=";
  const std::size_t length = std::min(text.find_first_not_of(operators), text.size());
  const std::string_view sign = text.substr(0, length);
  std::size_t given = 0;
  const auto version = atrium::parse(text.substr(length), given);
  if (!version) return std::nullopt;
  const Numbers& numbers = version->numbers;
  if (sign == "^") {
    std::size_t kept = 1;  // Up to the first number that is not zero.
    while (kept < given && numbers[kept - 1] == 0) ++kept;
    return Bound{version, next(numbers, kept)};
  }
  if (sign == "~") return Bound{version, next(numbers, std::min<std::size_t>(given, 2))};
  if (sign == ">=") return Bound{version, {}};
  if (sign == ">") return Bound{Version{next(numbers, given), {}}, {}};
  if (sign == "<") return Bound{{}, numbers};
  if (sign == "<=") return Bound{{}, next(numbers, given)};
  if (sign.empty() || sign == "=") return Bound{version, next(numbers, given)};
  return std::nullopt;
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  while (!text.empty()) {
    const std::string_view one = take(text, ' ');
    if (one.empty()) continue;
    const auto bound = parseOne(one);
    if (!bound) return std::nullopt;
    range.bounds_.push_back(*bound);
  }
  return range.bounds_.empty() ? std::nullopt : std::optional(std::move(range));
}

bool VersionRange::holds(const Version& version) const {
  return std::ranges::all_of(bounds_, [&](const Bound& bound) {
    return (!bound.from || version >= *bound.from) && (!bound.below || version.numbers < *bound.below);
  });
}

}  // namespace atrium
