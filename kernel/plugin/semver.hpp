#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atrium {

// A version as semver.org has it; what follows a + is of no account. A value.
struct Version {
  std::array<std::uint32_t, 3> numbers{};  // major, minor, patch
  std::vector<std::string> pre_release;    // "beta", "1"

  // Nothing when it is none.
  [[nodiscard]] static std::optional<Version> parse(std::string_view text);
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b) = default;
};

// Which versions will do: comparisons that must all hold, with blanks between them.
//
//   1.2.3   that one; 1.2: any 1.2.x           >=1.2  >1.2  <=1.2  <2
//   ^1.2.3  from it up to the next version     ~1.2.3  from it up to the next minor version,
//           that may break: below 2.0.0,               below 1.3.0
//           with ^0.2.3 below 0.3.0
//
// A pre-release of a bound from above lies beyond it: 2.0.0-beta is not below 2. A value.
class VersionRange {
 public:
  // Nothing when it is none.
  [[nodiscard]] static std::optional<VersionRange> parse(std::string_view text);
  [[nodiscard]] bool holds(const Version& version) const;

 private:
  struct Bound {
    std::optional<Version> from;                        // At least this.
    std::optional<std::array<std::uint32_t, 3>> below;  // Less than this, pre-releases of it included.
  };
  static std::optional<Bound> parseOne(std::string_view text);
  std::vector<Bound> bounds_;
};

}  // namespace atrium
