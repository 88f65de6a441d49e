#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "atrium/ext/message_type.h"
#include "atrium/ext/room_type.h"
#include "atrium/ext/storage_backend.h"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "plugin/guard.hpp"
#include "plugin/library.hpp"
#include "plugin/manifest.hpp"

namespace atrium {

// An extension's table with its constants, copied out of the plugin as far as the plugin's struct_size reaches; the rest is zero.
template <typename Table, typename Info>
struct Extension {
  Table table{};
  Info info{};
};

// One plugin in memory: its library, its instance, its tables and the services it was granted. Made and ended on the main thread, when
// no other call is inside; the tables may be read by any thread.
class LoadedPlugin {
 public:
  // What every plugin is handed. All of it outlives the plugin.
  struct Environment {
    Log& log;
    const Clock& clock;
    const CallClock& call_clock;
  };

  // Loads the private copy at `library_file`, compares it with its manifest, makes an instance and fetches its tables. `options` is
  // checked configuration: one JSON object. Fails with plugin_failed and one sentence; then nothing stays loaded. The manifest
  // outlives the plugin. The copy is removed in the end.
  [[nodiscard]] static Result<std::unique_ptr<LoadedPlugin>> load(const Manifest& manifest, const std::filesystem::path& library_file,
                                                                  std::string_view options, Environment environment);
  ~LoadedPlugin();
  LoadedPlugin(const LoadedPlugin&) = delete;
  LoadedPlugin& operator=(const LoadedPlugin&) = delete;

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] atrium_plugin* self() const { return self_; }

  // What the plugin is; null when it is not. Valid until the plugin ends.
  using RoomTypeExtension = Extension<atrium_room_type, atrium_room_type_info>;
  using MessageTypeExtension = Extension<atrium_message_type, atrium_message_type_info>;
  using StorageExtension = Extension<atrium_storage_backend, atrium_storage_info>;
  [[nodiscard]] const RoomTypeExtension* roomType() const { return room_type_ ? &*room_type_ : nullptr; }
  [[nodiscard]] const MessageTypeExtension* messageType() const { return message_type_ ? &*message_type_ : nullptr; }
  [[nodiscard]] const StorageExtension* storage() const { return storage_ ? &*storage_ : nullptr; }

  // A guard for calls of `hook` by one thread. It lives as long as the plugin, and the figures of all guards of a hook are shown
  // together. Before the threads start.
  [[nodiscard]] HookGuard& makeGuard(std::string hook, std::chrono::nanoseconds deadline);
  [[nodiscard]] const std::deque<HookGuard>& guards() const { return guards_; }

  // Counts and logs an answer that was a failure or broke the contract. On the guard's thread.
  void report(HookGuard& guard, std::string_view what) const;

  // Ends the instance and unloads. True when the code is proven to have left the process. To be called once, when nothing is inside.
  [[nodiscard]] bool end();

 private:
  struct Services;
  LoadedPlugin(const Manifest& manifest, std::filesystem::path library_file, Library library, Environment environment);
  Result<void> checkEntry();
  Result<void> create(std::string_view options);
  template <typename Table, typename Info>
  Result<void> fetch(const char* extension_id, std::string_view kind, Extension<Table, Info>& extension);
  template <typename Hook>
  Result<void> keepListed(Hook& hook, std::string_view name) const;
  Result<void> fetchRoomType();
  Result<void> fetchMessageType();
  Result<void> fetchStorage();

  const Manifest& manifest_;
  std::filesystem::path library_file_;
  Environment environment_;
  std::optional<Library> library_;
  std::unique_ptr<Services> services_;
  atrium_entry_table entry_{};
  atrium_plugin* self_ = nullptr;
  std::optional<RoomTypeExtension> room_type_;
  std::optional<MessageTypeExtension> message_type_;
  std::optional<StorageExtension> storage_;
  std::deque<HookGuard> guards_;
};

}  // namespace atrium
