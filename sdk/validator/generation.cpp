#include "validator/generation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>

namespace atrium::validate {

std::unique_ptr<Image> Image::load(Check& check) {
  static int number = 0;
  const std::filesystem::path file = check.settings().scratch / fmt::format("generation.{}.so", ++number);
  const auto& bytes = check.facts().bytes;
  {
    std::ofstream copy(file, std::ios::binary);
    copy.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  const std::size_t threads = threadCount();
  auto library = Library::load(file);
  if (!library) {
    check.fail("load.opens", "a library that the system loads", library.error().detail);
    return nullptr;
  }
  std::unique_ptr<Image> image(new Image(*std::move(library), file, threads));
  const void* symbol = image->library_->symbol("atrium_entry");
  const auto entry = Instance::grown<atrium_entry_table>(symbol);
  if (!entry || entry->struct_size < sizeof(atrium_entry_table) || !entry->create || !entry->destroy || !entry->get_extension) {
    check.fail("contract.entry",
               fmt::format("atrium_entry with a size of at least {} bytes and three functions", sizeof(atrium_entry_table)),
               !entry                                            ? "no such symbol"
               : entry->struct_size < sizeof(atrium_entry_table) ? fmt::format("a size of {}", entry->struct_size)
                                                                 : "a function is NULL");
    return nullptr;
  }
  image->entry_ = *entry;
  return image;
}

Image::~Image() {
  if (!library_) return;
  if (threadCount() > threads_)
    static_cast<void>(new Library(*std::move(library_)));  // Left behind on purpose.
  else
    static_cast<void>(unload());
}

bool Image::unload() {
  const bool gone = library_->unload();
  library_.reset();
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  return gone;
}

void Collector::write(void* context, const void* data, std::uint64_t size) {
  auto& self = *static_cast<Collector*>(context);
  const std::size_t room = self.max_ - self.text_.size();
  self.over_ = self.over_ || size > room;
  self.text_.append(static_cast<const char*>(data), std::min<std::uint64_t>(size, room));
}

std::unique_ptr<Instance> Instance::create(const Image& image, const Check& check, std::string_view options, FakeHost::Manner manner,
                                           Creation& said) {
  manner.seed = check.settings().seed;
  std::unique_ptr<Instance> instance(new Instance(&image.entry(), check.facts().manifest, manner));
  const auto document = JsonDocument::parse(options);
  if (!document) {
    said.sentence = "the options are not JSON";
    return nullptr;
  }
  static char untouched = 0;
  auto* const mark = reinterpret_cast<atrium_plugin*>(&untouched);
  atrium_plugin* made = mark;
  Collector sentence(64 * 1024);
  try {
    said.status = image.entry().create(instance->host_.abi(), document->root().abi(), sentence.sink(), &made);
  } catch (...) {  // Nothing of the exception is kept: its type may live in the plugin's code.
    said.threw = true;
  }
  said.sentence = sentence.text();
  said.out_touched = made != mark;
  if (said.status != ATRIUM_OK || said.threw) return nullptr;
  instance->self_ = said.out_touched ? made : nullptr;
  if (!instance->self_) return instance;
  std::vector<std::string> ids = {ATRIUM_EXT_STATE, ATRIUM_EXT_SELF_TEST};
  for (const ManifestExtension& extension : check.facts().manifest.extensions) ids.push_back("atrium." + extension.kind + "/1");
  for (std::string& id : ids)
    if (const void* table = instance->rawTable(id.c_str())) instance->tables_.emplace_back(std::move(id), table);
  return instance;
}

std::unique_ptr<Instance> Instance::createDefault(const Image& image, Check& check, FakeHost::Manner manner) {
  Creation said;
  auto instance = create(image, check, check.facts().options, manner, said);
  if (!instance)
    check.fail("contract.defaults", "an instance with the options " + shown(check.facts().options),
               said.threw ? "an exception" : fmt::format("status {} and the sentence {}", said.status, shown(said.sentence)));
  return instance;
}

std::unique_ptr<Instance> Instance::of(const Facts& facts, atrium_plugin* self, std::vector<std::pair<std::string, const void*>> tables) {
  std::unique_ptr<Instance> instance(new Instance(nullptr, facts.manifest, {}));
  instance->self_ = self;
  instance->tables_ = std::move(tables);
  return instance;
}

Instance::~Instance() {
  host_.settle();
  if (!self_ || !entry_) return;
  try {
    entry_->destroy(self_);
  } catch (...) {
  }
}

}  // namespace atrium::validate
