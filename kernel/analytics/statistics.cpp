#include "analytics/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace atrium {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double z975 = 1.959963984540054;

double medianOf(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

double jain(std::span<const double> values) {
  if (values.empty()) return unknown;
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += value * value;
  }
  return squares == 0 ? 1.0 : sum * sum / (static_cast<double>(values.size()) * squares);
}

Interval wilson(std::uint64_t hits, std::uint64_t trials) {
  if (trials == 0 || hits > trials) return {unknown, unknown};
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double z2 = z975 * z975;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = z975 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double studentT975(std::uint64_t degrees) {
  static constexpr double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
                                     2.2010,  2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
                                     2.0796,  2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
  if (degrees == 0) return unknown;
  if (degrees <= std::size(table)) return table[degrees - 1];
  const auto v = static_cast<double>(degrees);
  const double z3 = z975 * z975 * z975, z5 = z3 * z975 * z975;
  return z975 + (z3 + z975) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z975) / (96 * v * v);
}

Interval meanInterval(double mean, double variance, std::uint64_t count) {
  if (count < 2) return {unknown, unknown};
  const double half = studentT975(count - 1) * std::sqrt(variance / static_cast<double>(count));
  return {mean - half, mean + half};
}

std::vector<double> modifiedZ(std::span<const double> values) {
  std::vector<double> scores(values.size(), 0.0);
  if (values.empty()) return scores;
  const double median = medianOf({values.begin(), values.end()});
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - median));
  const double mad = medianOf(std::move(distances));
  if (mad == 0) return scores;
  for (std::size_t at = 0; at < values.size(); ++at) scores[at] = 0.6745 * (values[at] - median) / mad;
  return scores;
}

}  // namespace atrium
