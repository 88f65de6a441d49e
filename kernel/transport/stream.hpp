#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace atrium {

// The bytes of one client, in and out, without blocking: a TCP socket, or what TLS makes of one. Owns its descriptor. One loop.
class Stream {
 public:
  static constexpr std::size_t pieces_max = 64;

  enum class State : std::uint8_t {
    moved,  // `bytes` of them, at least one.
    again,  // None now; the descriptor will tell when.
    ended,  // None ever again: the peer has ended its side. Reads only.
    broken  // The connection is lost.
  };
  struct Moved {
    State state = State::again;
    std::size_t bytes = 0;
  };

  virtual ~Stream() = default;
  // Fills the front of `into`.
  [[nodiscard]] virtual Moved read(std::span<char> into) = 0;
  // Takes from the front of `pieces`, at most pieces_max of them and none empty; perhaps less than all.
  [[nodiscard]] virtual Moved write(std::span<const iovec> pieces) = 0;
  // Tells the peer that nothing more will be written.
  virtual void endWrites() = 0;
  // For the loop to watch.
  [[nodiscard]] virtual int descriptor() const = 0;
};

}  // namespace atrium
