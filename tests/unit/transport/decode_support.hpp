#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "parse_support.hpp"
#include "transport/websocket_codec.hpp"

namespace atrium {

// One event of a decoder, kept.
struct Seen {
  WebSocketDecoder::Kind kind;
  std::uint16_t code;
  std::string payload;
  friend bool operator==(const Seen&, const Seen&) = default;
};

// For GoogleTest's messages.
inline void PrintTo(const Seen& seen, std::ostream* out) {
  *out << "kind " << static_cast<int>(seen.kind) << " code " << seen.code << " \"" << seen.payload.substr(0, 40) << '"';
}

// Feeds `stream`, cut at `cuts` (ascending positions), up to the last event.
inline std::vector<Seen> decodeInPieces(std::string_view stream, const std::vector<std::size_t>& cuts, std::size_t message_max) {
  using Kind = WebSocketDecoder::Kind;
  std::vector<Seen> all;
  WebSocketDecoder decoder(message_max);
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= cuts.size(); ++at) {
    const std::size_t end = at < cuts.size() ? cuts[at] : stream.size();
    Padded piece(stream.substr(begin, end - begin));
    begin = end;
    std::span<char> input = piece.span();
    while (true) {
      const auto event = decoder.next(input);
      if (event.kind == Kind::more) break;
      all.push_back({event.kind, event.code, std::string(event.payload)});
      if (event.kind == Kind::close || event.kind == Kind::failed) return all;
    }
  }
  return all;
}

}  // namespace atrium
