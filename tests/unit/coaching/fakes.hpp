#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "atrium/room.h"
#include "coaching/assistants.hpp"
#include "coaching/tip_rooms.hpp"
#include "engine/ports.hpp"
#include "protocol/errors.hpp"

namespace atrium::test {

// Documents in memory, answered at once. Nothing else of a store is asked for here.
class FakeStore final : public Store {
 public:
  [[nodiscard]] Durability durabilityMax() const override { return Durability::received; }
  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override { done(std::move(batch)); }
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override {
    if (refusal) return done(fail(*refusal));
    if (before_write) std::exchange(before_write, nullptr)();
    for (const DocumentWrite& write : writes) {
      const auto found = documents.find(write.key);
      const std::uint64_t version = found == documents.end() ? 0 : found->second.version;
      if (write.expected_version != ATRIUM_VERSION_ANY && write.expected_version != version) return done(fail(Code::conflict));
    }
    for (DocumentWrite& write : writes) {
      if (!write.value) {
        documents.erase(write.key);
        continue;
      }
      Document& document = documents[write.key];
      document = {write.key, document.version + 1, *std::move(write.value)};
    }
    done({});
  }
  void trim(RoomKey, std::uint64_t, Wall, Completion<std::uint64_t> done) override { done(0); }
  void head(const RoomKey&, Completion<RoomHead> done) override { done(RoomHead{}); }
  void locate(const RoomKey&, const Id&, Completion<std::uint64_t> done) override { done(fail(Code::not_found)); }
  void page(PageQuery, Completion<RecordPage> done) override { done(RecordPage{}); }
  void get(DocumentKey key, Completion<std::optional<Document>> done) override {
    if (refusal) return done(fail(*refusal));
    const auto found = documents.find(key);
    done(found == documents.end() ? std::optional<Document>() : found->second);
  }
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override {
    if (refusal) return done(fail(*refusal));
    std::vector<Document> found;
    for (const auto& [key, document] : documents) {
      const bool fits = key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
      if (fits && (after.empty() || key > after) && found.size() < limit) found.push_back(document);
    }
    done(std::move(found));
  }

  std::map<DocumentKey, Document> documents;
  std::optional<Code> refusal;
  std::function<void()> before_write;  // Of the next one.
};

// Assistants that say what a test tells them to, when it tells them to.
class FakeAssistants final : public Assistants {
 public:
  void ask(AssistantCall call, Completion<AssistantAnswer> done) override {
    calls.push_back(std::move(call));
    const AssistantCall& asked = calls.back();
    if (later) return waiting.push_back(std::move(done));
    const auto failing = failures.find(asked.assistant);
    if (failing != failures.end()) return done(fail(failing->second, "Told to fail."));
    const auto figures = figures_of.find(asked.assistant);
    done(AssistantAnswer{"From " + asked.assistant + ".",
                         figures == figures_of.end() ? JsonDocument() : *JsonDocument::parse(figures->second)});
  }

  std::vector<AssistantCall> calls;
  std::map<std::string, Code> failures;
  std::map<std::string, std::string> figures_of;
  bool later = false;
  std::vector<Completion<AssistantAnswer>> waiting;
};

class FakeRooms final : public TipRooms {
 public:
  void conversation(PrincipalPtr caller, std::string room_id, Completion<JsonDocument> done) override {
    asked_by = caller->user_id;
    if (room_id != "room_a") return done(fail(Code::not_found));
    done(*JsonDocument::parse(messages));
  }
  void post(TipMessage message, Completion<std::string> done) override {
    if (refusal) return done(fail(*refusal, "Not here."));
    posted.push_back(std::move(message));
    done(std::string("msg_1"));
  }

  std::string asked_by;
  std::string messages = "[]";
  std::vector<TipMessage> posted;
  std::optional<Code> refusal;
};

inline PrincipalPtr who(std::string user_id, std::uint32_t roles = ATRIUM_ROLE_AGENT, std::string tenant_id = "acme") {
  return std::make_shared<const Principal>(Principal{.tenant_id = std::move(tenant_id),
                                                     .user_id = user_id,
                                                     .display_name = user_id,
                                                     .name_verified = true,
                                                     .roles = roles,
                                                     .expires = {}});
}

}  // namespace atrium::test
