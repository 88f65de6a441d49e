#include "plugin_world.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "base/read_all.hpp"
#include "engine/hook_row.hpp"

namespace atrium::test {

namespace {

atrium_text text(std::string_view view) { return {view.data(), view.size()}; }

HookOutcome ask(std::span<HookTarget* const> row, const HookCall& call) {
  std::optional<HookOutcome> outcome;
  askRow(row, call, [&](HookOutcome said) { outcome = std::move(said); });
  EXPECT_TRUE(outcome) << "the hook did not complete before it returned";
  return outcome ? *std::move(outcome) : HookOutcome{};
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "atrium-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) std::abort();
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string readFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return readAll(file);
}

void writeFile(const std::filesystem::path& path, std::string_view content) {
  {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
  }
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
}

YamlNode yaml(std::string_view text) {
  auto node = parseYaml(text, "test.yaml");
  if (!node) ADD_FAILURE() << formatProblems(node.error());
  return node ? *std::move(node) : YamlNode{};
}

Result<void> PluginWorld::start() {
  auto host = PluginHost::start({.directories = {directory_},
                                 .copies = copies(),
                                 .wishes = wishes,
                                 .runner = runner,
                                 .memory = memory,
                                 .call_patience = call_patience,
                                 .lease_patience = lease_patience},
                                log, clock);
  if (!host) return fail(host.error());
  host_ = *std::move(host);
  return {};
}

std::string PluginWorld::tell(std::string_view file, std::string_view key) const {
  const auto document = JsonDocument::parse(host_->adminJson());
  EXPECT_TRUE(document) << host_->adminJson();
  if (!document) return {};
  const JsonView items = document->root()["items"];
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items))
    if (item["file"].text().ends_with("/" + std::string(file)))
      return item[key].isString() ? item[key].text() : std::string(item[key].raw());
  return {};
}

JsonDocument Scene::json(std::string_view text) {
  auto document = JsonDocument::parse(text);
  EXPECT_TRUE(document) << text;
  return document ? *std::move(document) : JsonDocument::emptyObject();
}

atrium_room_view Scene::room() const {
  return {.struct_size = sizeof(atrium_room_view),
          .member_count = 2,
          .max_members = 50,
          .reserved = 0,
          .tenant_id = text("tenant_a"),
          .room_id = text("room_01J00000000000000000000000"),
          .room_type = text("some_type"),
          .name = text("A room"),
          .settings = settings.root().abi(),
          .context = context.root().abi()};
}

atrium_user_view Scene::user() const {
  return {.struct_size = sizeof(atrium_user_view),
          .token_roles = token_roles,
          .room_role = room_role,
          .reserved = 0,
          .user_id = text("ana"),
          .display_name = text("Ana")};
}

atrium_message_view Scene::message() const {
  return {.struct_size = sizeof(atrium_message_view),
          .priority = ATRIUM_PRIORITY_NORMAL,
          .message_type = text(message_type),
          .content = text(content),
          .metadata = metadata.empty() ? atrium_json{} : metadata.root().abi()};
}

HookOutcome Scene::checkSettings(RoomType& type) const {
  const atrium_room_view its_room = room();
  const atrium_user_view its_user = user();
  return ask(type.row(), {.hook = Hook::check_settings, .room = &its_room, .actor = &its_user});
}
HookOutcome Scene::willJoin(RoomType& type) const {
  const atrium_room_view its_room = room();
  const atrium_user_view its_user = user();
  return ask(type.row(), {.hook = Hook::will_join, .room = &its_room, .user = &its_user, .actor = &its_user});
}
HookOutcome Scene::willPost(RoomType& type) const {
  const atrium_room_view its_room = room();
  const atrium_user_view its_user = user();
  const atrium_message_view its_message = message();
  return ask(type.row(), {.hook = Hook::will_post, .room = &its_room, .user = &its_user, .message = &its_message});
}
HookOutcome Scene::check(MessageType& type) const {
  const atrium_room_view its_room = room();
  const atrium_user_view its_user = user();
  const atrium_message_view its_message = message();
  HookTarget* const target = &type;
  return ask({&target, type.has(Hook::check) ? 1u : 0u},
             {.hook = Hook::check, .room = &its_room, .user = &its_user, .message = &its_message});
}

}  // namespace atrium::test

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Debian's libraries are not instrumented: the sanitizer sees their memory and not their locks.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libspdlog\ncalled_from_lib:libfmt\n"; }
#endif
#endif
