#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace atrium {

using Digest = std::array<std::uint8_t, 32>;

// HMAC-SHA-256 with one key, and plain SHA-256, by OpenSSL. Fetches the algorithms once; a call allocates nothing. One thread.
class Hmac {
 public:
  // Fails, with a sentence, only when OpenSSL does not offer the algorithms or the key is empty.
  [[nodiscard]] static std::expected<Hmac, std::string> make(std::string_view key);

  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;
  ~Hmac();

  [[nodiscard]] Digest sign(std::string_view text);
  [[nodiscard]] Digest hash(std::string_view text);

 private:
  struct Contexts;
  explicit Hmac(std::unique_ptr<Contexts> contexts);
  std::unique_ptr<Contexts> contexts_;
};

// Takes the same time whatever the difference.
[[nodiscard]] bool sameBytes(const Digest& digest, std::string_view bytes);

}  // namespace atrium
