// Packed plugins come from strangers: whatever archive is accepted, writing it again makes the same bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "plugin/package.hpp"
#include "plugin/tar.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view archive(reinterpret_cast<const char*>(data), size);
  if (const auto files = atrium::readTar(archive, 5); files && atrium::writeTar(*files) != archive) std::abort();
  static_cast<void>(atrium::readPackage(archive));
  return 0;
}
