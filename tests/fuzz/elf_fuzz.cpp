// Plugin files: whatever the bytes are, the reader refuses them or finds a manifest, which is then refused or read; and what it found lies
// within the file.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "plugin/elf.hpp"
#include "plugin/elf_traits.hpp"
#include "plugin/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto contents = atrium::readElf(bytes);
  const auto traits = atrium::readElfTraits(bytes);
  if (traits && !contents) std::abort();
  if (!contents) return 0;
  const auto* begin = reinterpret_cast<const char*>(data);
  const std::string_view manifest = contents->manifest;
  if (manifest.data() < begin || manifest.data() + manifest.size() > begin + size || contents->seal_offset + 32 > size) std::abort();
  static_cast<void>(atrium::parseManifest(manifest, "plugin.yaml"));
  return 0;
}
