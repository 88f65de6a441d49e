// What comes from a runner, whose plugin may have taken it over: whatever the bytes are, the server's readers refuse them or read what lies
// within them, and a hook's outcome keeps its bounds. The first byte chooses the reader.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "plugin/isolated/hook_answer.hpp"
#include "plugin/isolated/offer.hpp"
#include "protocol/json_index.hpp"

namespace {

const atrium::Manifest& manifest() {
  static const atrium::Manifest known = [] {
    atrium::Manifest made;
    made.id = "test.fuzz";
    made.extensions = {{"room-type", "r"}, {"http-ui", "u"}};
    return made;
  }();
  return known;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // A block of its own, so that a read past the end is seen.
  const std::vector<char> bytes(data + 1, data + size);
  const std::string_view payload(bytes.data(), bytes.size());
  if (data[0] == 255) {
    static_cast<void>(atrium::decodeOffer(payload, manifest()));
    return 0;
  }
  static atrium::JsonIndexer indexer;
  atrium::HookOutcome outcome;
  const auto hook = static_cast<atrium::Hook>(data[0] % atrium::hook_count);
  if (atrium::readHookAnswer(hook, ATRIUM_OK, payload, indexer, outcome)) return 0;
  if (outcome.line.size() > atrium::summary_max || outcome.annotations.size() > ATRIUM_ANNOTATIONS_MAX ||
      outcome.audience.size() > ATRIUM_AUDIENCE_CLASSES_MAX)
    std::abort();
  return 0;
}
