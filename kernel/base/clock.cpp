#include "base/clock.hpp"

namespace atrium {

namespace {
void writeDigits(char* out, unsigned value, int digits) {
  for (int at = digits - 1; at >= 0; --at, value /= 10) out[at] = static_cast<char>('0' + value % 10);
}
}  // namespace

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
