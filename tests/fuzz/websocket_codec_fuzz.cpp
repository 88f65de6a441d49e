// Any bytes: the decoder must come to the same events however they are cut, show valid text only, and stay within its limits.
#include "base/assert.hpp"
#include "decode_support.hpp"
#include "fuzz_support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace atrium;
  constexpr std::size_t message_max = 300;
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const std::vector<Seen> whole = decodeInPieces(stream, {}, message_max);
  for (const auto& cuts : waysToCut(stream))
    ATRIUM_ASSERT(decodeInPieces(stream, cuts, message_max) == whole, "a cut changed what was read");
  for (const Seen& seen : whole) {
    ATRIUM_ASSERT(seen.payload.size() <= message_max, "a limit was passed");
    Utf8Validator text;
    if (seen.kind == WebSocketDecoder::Kind::text) ATRIUM_ASSERT(text.feed(seen.payload) && text.complete(), "text is UTF-8");
  }
  return 0;
}
