// Any bytes: the parser must come to the same requests or the same refusal however they are cut, and stay within its limits.
#include "base/assert.hpp"
#include "fuzz_support.hpp"
#include "parse_support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace atrium;
  const HttpParserLimits limits{.head_max = 1024, .headers_max = 10, .target_max = 256, .body_max = 512};
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const ParseOutcome whole = parseWhole(stream, limits);
  for (const auto& cuts : waysToCut(stream)) ATRIUM_ASSERT(parseInPieces(stream, cuts, limits) == whole, "a cut changed what was read");
  for (const auto& request : whole.requests) {
    ATRIUM_ASSERT(request.body.size() <= limits.body_max && request.headers.size() <= limits.headers_max, "a limit was passed");
    ATRIUM_ASSERT(request.path.starts_with('/'), "a path begins with a slash");
  }
  return 0;
}
