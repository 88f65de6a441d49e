#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// The formulas the reports are made with. Pure; NaN stands for "cannot be told".
namespace atrium {

// From `low` to `high`; both NaN when it cannot be told.
struct Interval {
  double low;
  double high;
};

// Jain's index of fairness (Σx)² / (n Σx²): 1 when all are alike, 1/n when one has all. R. Jain, D. Chiu, W. Hawe, "A quantitative measure
// of fairness and discrimination", DEC TR-301, 1984. NaN for none; 1 when all are 0, for nobody is preferred then.
[[nodiscard]] double jain(std::span<const double> values);

// The 95 % interval of a rate of `hits` in `trials`: Wilson's score interval without continuity correction. E. B. Wilson, "Probable
// inference", JASA 22 (1927); recommended for small n by Brown, Cai, DasGupta, Statistical Science 16 (2001).
[[nodiscard]] Interval wilson(std::uint64_t hits, std::uint64_t trials);

// The 95 % interval of a mean by Student's t with n - 1 degrees of freedom; NaN below two observations. Times are skewed, so that it is
// too narrow upwards while n is small: below about 30, read it as a hint.
[[nodiscard]] Interval meanInterval(double mean, double variance, std::uint64_t count);

// The 97.5 % point of Student's t: from a table to 30 degrees of freedom, above by the expansion of Cornish and Fisher (error below 1e-4).
[[nodiscard]] double studentT975(std::uint64_t degrees);

// How far each value is out of line: 0.6745 (x - median) / MAD, where beyond ±3.5 counts as an outlier (B. Iglewicz, D. Hoaglin, "How to
// detect and handle outliers", 1993). All 0 when more than half are alike, for there is no measure then.
[[nodiscard]] std::vector<double> modifiedZ(std::span<const double> values);
inline constexpr double out_of_line_z = 3.5;

}  // namespace atrium
