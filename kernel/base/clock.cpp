#include "base/clock.hpp"

namespace atrium {

namespace {
void writeDigits(char* out, unsigned value, int digits) {
  for (int at = digits - 1; at >= 0; --at, value /= 10) out[at] = static_cast<char>('0' + value % 10);
}

// Exactly `digits` digits at `at`, which moves behind them; nothing when there is something else.
std::optional<unsigned> readDigits(std::string_view text, std::size_t& at, std::size_t digits) {
  unsigned value = 0;
  for (const std::size_t end = at + digits; at < end; ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[at] - '0');
  }
  return value;
}

bool take(std::string_view text, std::size_t& at, char wanted) { return at < text.size() && text[at++] == wanted; }

// Milliseconds of ".5" or ".123456"; 0 where no fraction stands.
std::optional<unsigned> readFraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  const std::size_t first = ++at;
  unsigned ms = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - first < 9) {
    if (at - first < 3) ms = ms * 10 + static_cast<unsigned>(text[at] - '0');
    ++at;
  }
  if (at == first) return std::nullopt;
  for (std::size_t digits = at - first; digits < 3; ++digits) ms *= 10;
  return ms;
}
}  // namespace

std::optional<Wall> parseTime(std::string_view text) {
  std::size_t at = 0;
  const auto year = readDigits(text, at, 4);
  if (!year || *year < 1970 || !take(text, at, '-')) return std::nullopt;
  const auto month = readDigits(text, at, 2);
  if (!month || !take(text, at, '-')) return std::nullopt;
  const auto day = readDigits(text, at, 2);
  if (!day || !take(text, at, 'T')) return std::nullopt;
  const auto hour = readDigits(text, at, 2);
  if (!hour || *hour > 23 || !take(text, at, ':')) return std::nullopt;
  const auto minute = readDigits(text, at, 2);
  if (!minute || *minute > 59 || !take(text, at, ':')) return std::nullopt;
  const auto second = readDigits(text, at, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto ms = readFraction(text, at);
  if (!ms || !take(text, at, 'Z') || at != text.size()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return Wall{std::chrono::sys_days(date)} + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::milliseconds(*ms);
}

void formatTime(Wall wall, char* out) {
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date{day};
  const auto ms = static_cast<unsigned>((wall - day).count());
  writeDigits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  writeDigits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  writeDigits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  writeDigits(out + 11, ms / 3'600'000, 2);
  out[13] = ':';
  writeDigits(out + 14, ms / 60'000 % 60, 2);
  out[16] = ':';
  writeDigits(out + 17, ms / 1000 % 60, 2);
  out[19] = '.';
  writeDigits(out + 20, ms % 1000, 3);
  out[23] = 'Z';
}

std::string formatTime(Wall wall) {
  std::string text(24, '\0');
  formatTime(wall, text.data());
  return text;
}

}  // namespace atrium
