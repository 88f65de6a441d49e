#include "plugin/library.hpp"

#include <dlfcn.h>

#include <vector>  // Boost.DLL 1.74 forgets it.
#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <exception>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

struct Library::Handle {
  std::filesystem::path file;
  boost::dll::shared_library library;
};

Library::Library(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Library::Library(Library&&) noexcept = default;
Library& Library::operator=(Library&&) noexcept = default;
Library::~Library() = default;

Result<Library> Library::load(const std::filesystem::path& file) {
  try {
    auto handle = std::make_unique<Handle>();
    handle->file = file;
    std::error_code error;
    ::dlerror();
    handle->library.load(file, error, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    if (!error) return Library(std::move(handle));
    // Boost keeps the code and drops the text, which is what tells an operator something.
    const char* reason = nullptr;
    if (void* again = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL))
      ::dlclose(again);
    else
      reason = ::dlerror();
    return fail(Code::plugin_failed, std::string("the system cannot load it: ") + (reason ? reason : error.message()));
  } catch (const std::exception& problem) {
    return fail(Code::plugin_failed, std::string("the system cannot load it: ") + problem.what());
  }
}

const void* Library::symbol(const char* name) const {
  try {
    if (handle_->library.has(name)) return &handle_->library.get<const char>(name);
  } catch (const std::exception&) {  // Lost between the two questions: the same as not there.
  }
  return nullptr;
}

bool Library::unload() {
  handle_->library.unload();
  void* still_there = ::dlopen(handle_->file.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (still_there) ::dlclose(still_there);
  return still_there == nullptr;
}

}  // namespace atrium
