#ifndef ATRIUM_TESTKIT_PLUGIN_HPP
#define ATRIUM_TESTKIT_PLUGIN_HPP
// A plugin in a test, in one of two ways: from its class (a unit test, with breakpoints and sanitizers), or from its file (as a server
// loads it). Link with the platform's dl library for files.
#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "atrium/plugin.hpp"
#include "atrium/testkit/fake_host.hpp"

namespace atrium::testkit {

// One instance of a plugin, over a host that outlives it. Making it throws std::runtime_error with the plugin's own sentence when it does
// not start, or with what is wrong with its file.
class Plugin {
 public:
  // `options` is what the operator would configure, as JSON, complete: the defaults of a manifest are the server's business.
  Plugin(FakeHost& host, const atrium_entry_table& entry, const JsonText& options = "{}") : host_(&host), entry_(&entry) {
    create(options);
  }
  Plugin(FakeHost& host, const std::filesystem::path& file, const JsonText& options = "{}") : host_(&host) {
    library_ = dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library_) throw std::runtime_error(dlerror());
    try {
      entry_ = static_cast<const atrium_entry_table*>(dlsym(library_, "atrium_entry"));
      if (!entry_) throw std::runtime_error(file.string() + " does not export atrium_entry");
      if (entry_->abi_major != ATRIUM_ABI_MAJOR)
        throw std::runtime_error(file.string() + " is built for interface " + std::to_string(entry_->abi_major));
      create(options);
    } catch (...) {
      dlclose(library_);
      throw;
    }
  }
  // From its class: Plugin::of<VipScorer>(host).
  template <typename Class, atrium::sdk::detail::Literal id = "test.plugin">
  [[nodiscard]] static Plugin of(FakeHost& host, const JsonText& options = "{}") {
    static constexpr atrium_entry_table entry = atrium::sdk::detail::entry<Class, id>("1.0.0");
    return Plugin(host, entry, options);
  }

  Plugin(Plugin&& other) noexcept
      : host_(other.host_),
        guest_(other.guest_),
        library_(std::exchange(other.library_, nullptr)),
        entry_(other.entry_),
        self_(std::exchange(other.self_, nullptr)) {}
  Plugin& operator=(Plugin&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(guest_, other.guest_);
    std::swap(library_, other.library_);
    std::swap(entry_, other.entry_);
    std::swap(self_, other.self_);
    return *this;
  }
  ~Plugin() {
    if (self_) {
      host_->end_calls(guest_);
      entry_->destroy(self_);
      host_->leave(guest_);
    }
    if (library_) dlclose(library_);
  }

  [[nodiscard]] std::string_view id() const { return view(entry_->id); }
  [[nodiscard]] const atrium_entry_table& entry() const { return *entry_; }
  [[nodiscard]] atrium_plugin* self() const { return self_; }
  // The object itself, of a plugin that was made from its class.
  template <typename Class>
  [[nodiscard]] Class& object() const {
    return plugin_of<Class>(self_);
  }
  // The table of an extension, or nullptr: extension<atrium_command>(ATRIUM_EXT_COMMAND).
  template <typename Table>
  [[nodiscard]] const Table* extension(const char* extension_id) const {
    return static_cast<const Table*>(entry_->get_extension(self_, extension_id));
  }
  // As extension(), but throws where the plugin does not have it.
  template <typename Table>
  [[nodiscard]] const Table& need(const char* extension_id) const {
    const auto* table = extension<Table>(extension_id);
    if (!table) throw std::runtime_error(std::string(id()) + " does not offer " + extension_id);
    return *table;
  }

 private:
  void create(const JsonText& options) {
    std::string why;
    const atrium_sink error{.context = &why, .write = atrium::sdk::detail::append_to_string};
    guest_ = host_->enter();
    const atrium_status status = entry_->create(guest_, options.abi(), error, &self_);
    if (status == ATRIUM_OK && self_) return;
    host_->end_calls(guest_);
    host_->leave(guest_);
    throw std::runtime_error(why.empty() ? "create() answered " + std::to_string(status) + " and gave no reason" : why);
  }

  FakeHost* host_;
  const atrium_host* guest_ = nullptr;  // What it was created with.
  void* library_ = nullptr;
  const atrium_entry_table* entry_ = nullptr;
  atrium_plugin* self_ = nullptr;
};

// The bytes that an atrium_sink was given.
class Collected {
 public:
  [[nodiscard]] atrium_sink sink() { return {.context = &bytes, .write = atrium::sdk::detail::append_to_string}; }
  std::string bytes;
};

}  // namespace atrium::testkit
#endif
