#include "coaching/day_budget.hpp"

#include <cmath>

#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr double tokens_believed = 1e9;  // Of one answer.
constexpr double cost_believed = 1e6;    // Likewise.
constexpr double cost_unit = 1e6;        // The store keeps millionths.

double amountOf(const JsonView& value, double most) {
  double number = 0;
  if (!value.number(number) || !(number > 0)) return 0;
  return std::fmin(number, most);
}

}  // namespace

bool DaySpend::add(const JsonView& figures) {
  const auto more =
      static_cast<std::uint64_t>(amountOf(figures["input_tokens"], tokens_believed) + amountOf(figures["output_tokens"], tokens_believed));
  const double more_cost = amountOf(figures["cost"], cost_believed);
  if (more == 0 && more_cost == 0) return false;
  tokens += more;
  cost += more_cost;
  ++answers;
  return true;
}

bool DaySpend::reaches(const DayBounds& bounds) const {
  return (bounds.tokens > 0 && tokens >= bounds.tokens) || (bounds.cost > 0 && cost >= bounds.cost);
}

std::string DaySpend::encode() const {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("tokens").value(tokens).key("cost_millionths").value(static_cast<std::uint64_t>(std::llround(cost * cost_unit)));
  json.key("answers").value(answers).end('}');
  return text;
}

DaySpend DaySpend::decode(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) return {};
  const auto number = [&document](std::string_view name) {
    std::int64_t value = 0;
    return document->root()[name].integer(value) && value > 0 ? static_cast<std::uint64_t>(value) : 0;
  };
  return {.tokens = number("tokens"), .cost = static_cast<double>(number("cost_millionths")) / cost_unit, .answers = number("answers")};
}

std::string dayOf(Wall wall) { return formatTime(wall).substr(0, 10); }

}  // namespace atrium
