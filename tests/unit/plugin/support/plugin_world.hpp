#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "engine/ports.hpp"
#include "plugin/plugin_host.hpp"
#include "protocol/json_index.hpp"

namespace atrium::test {

// A directory that goes with the object; writable by its owner alone, as a plugin directory must be.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string readFile(const std::filesystem::path& path);
void writeFile(const std::filesystem::path& path, std::string_view content);

// A YAML text as the configuration would hand it over.
[[nodiscard]] YamlNode yaml(std::string_view text);

// A plugin host over one directory, with what it needs. By default everything is on but storage.
class PluginWorld {
 public:
  explicit PluginWorld(std::filesystem::path directory) { wishes.storage = "", directory_ = std::move(directory); }

  // Starts the host; the reason when it does not.
  [[nodiscard]] Result<void> start();
  [[nodiscard]] PluginHost& host() { return *host_; }
  // Where the host keeps its private copies.
  [[nodiscard]] std::filesystem::path copies() const { return copies_.path() / "copies"; }
  // What the host tells of the file of that name (with its .so), as the admin's JSON has it.
  [[nodiscard]] std::string tell(std::string_view file, std::string_view key) const;

  PluginWishes wishes;
  std::chrono::milliseconds call_patience{30000};
  std::filesystem::path runner = {};  // The program; empty: nothing can be isolated.
  std::filesystem::path memory = {};  // Where the host remembers what must survive it; empty: nowhere.
  std::chrono::milliseconds lease_patience{50};
  ManualClock clock;
  Log log{Log::Options{.level = LogLevel::error}};

 private:
  std::filesystem::path directory_;
  TemporaryDirectory copies_;
  std::unique_ptr<PluginHost> host_;
};

// The views a hook gets, made of plain values.
struct Scene {
  JsonDocument settings = JsonDocument::emptyObject();
  JsonDocument context = JsonDocument::emptyObject();
  JsonDocument metadata;  // Absent unless set.
  std::string content = "hello";
  std::string message_type = "text";
  std::uint32_t token_roles = ATRIUM_ROLE_AGENT;
  std::uint32_t room_role = ATRIUM_ROOM_ROLE_MEMBER;

  static JsonDocument json(std::string_view text);
  [[nodiscard]] atrium_room_view room() const;
  [[nodiscard]] atrium_user_view user() const;
  [[nodiscard]] atrium_message_view message() const;

  // What the hooks say of this scene; they complete inline, which is checked.
  [[nodiscard]] HookOutcome checkSettings(RoomType& type) const;
  [[nodiscard]] HookOutcome willJoin(RoomType& type) const;
  [[nodiscard]] HookOutcome willPost(RoomType& type) const;
  [[nodiscard]] HookOutcome check(MessageType& type) const;
};

}  // namespace atrium::test
