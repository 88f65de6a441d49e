#pragma once

#include <Poco/Net/StreamSocket.h>

#include "transport/stream.hpp"

namespace atrium {

// A plain TCP connection. A Poco socket owns the descriptor; the bytes go past it, straight to the system.
class SocketStream final : public Stream {
 public:
  // Takes an accepted, non-blocking descriptor.
  explicit SocketStream(int descriptor);

  [[nodiscard]] Moved read(std::span<char> into) override;
  [[nodiscard]] Moved write(std::span<const iovec> pieces) override;
  void endWrites() override;
  [[nodiscard]] int descriptor() const override { return descriptor_; }

 private:
  Poco::Net::StreamSocket socket_;
  int descriptor_;
};

}  // namespace atrium
