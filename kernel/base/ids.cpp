#include "base/ids.hpp"

#include <random>

namespace atrium {

namespace {
constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr std::array<std::int8_t, 256> makeReverse() {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 32; ++i) table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto reverse = makeReverse();

__extension__ using Wide = unsigned __int128;
}  // namespace

void formatId(const Id& id, char* out) {
  Wide value = 0;
  for (const auto byte : id.bytes) value = value << 8 | byte;
  for (int at = static_cast<int>(id_text_size) - 1; at >= 0; --at, value >>= 5) out[at] = alphabet[static_cast<unsigned>(value) & 31U];
}

std::string formatId(std::string_view prefix, const Id& id) {
  std::string text(prefix.size() + id_text_size, '\0');
  std::memcpy(text.data(), prefix.data(), prefix.size());
  formatId(id, text.data() + prefix.size());
  return text;
}

std::optional<Id> parseId(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + id_text_size || !text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.front() > '7') return std::nullopt;  // 26 characters carry 130 bits; the first may use three of its five.
  Wide value = 0;
  for (const char c : text) {
    const auto digit = reverse[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    value = value << 5 | static_cast<unsigned>(digit);
  }
  Id id;
  for (int at = 15; at >= 0; --at, value >>= 8) id.bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(value);
  return id;
}

std::uint64_t Random::seedFromSystem() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32 | device();
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
  return z ^ z >> 31;
}

Id IdSource::next(Wall wall) {
  const std::uint64_t ms = toMillis(wall);
  if (ms > last_ms_) {
    last_ms_ = ms;
    for (int at = 0; at < 6; ++at) last_.bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(ms >> (8 * (5 - at)));
    const std::uint64_t high = random_.next(), low = random_.next();
    std::memcpy(last_.bytes.data() + 6, &high, 2);
    std::memcpy(last_.bytes.data() + 8, &low, 8);
    last_.bytes[6] &= 0x7F;  // Leaves room to count up within the millisecond.
    return last_;
  }
  for (std::size_t at = 15; ++last_.bytes[at] == 0 && at > 0;) --at;
  return last_;
}

}  // namespace atrium
