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
#include "unit/support/document_store.hpp"

namespace atrium::test {

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
