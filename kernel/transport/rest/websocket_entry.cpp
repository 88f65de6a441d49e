#include "rest/websocket_entry.hpp"

#include <algorithm>
#include <utility>

#include "base/ids.hpp"
#include "engine/events.hpp"
#include "protocol/errors.hpp"
#include "transport/utf8.hpp"

namespace atrium {

namespace {

std::unexpected<SocketRefusal> refuse(CloseCode close, Code code, std::string detail) {
  return std::unexpected(SocketRefusal{Error{code, std::move(detail), 0, {}}, close});
}

bool showable(std::string_view label) {
  Utf8Validator validator;
  return label.size() <= display_name_max && validator.feed(label) && validator.complete() &&
         std::ranges::none_of(label, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

class SessionSocket final : public WebSocketHandler {
 public:
  SessionSocket(Shard& shard, Admission admission) : shard_(shard), admission_(std::move(admission)) {}

  void onOpen(Link& link) override {
    link_ = &link;
    session_ = &shard_.openSession(std::move(admission_.principal), link, std::move(admission_.session));
  }
  void onText(std::string_view text) override { session_->onText(text); }
  void onBinary(std::string_view) override {
    link_->push(
        errorEvent({Code::unsupported_media, "This session speaks JSON in text frames; the binary frame was ignored.", 0, {}}, {}, {}), {});
  }
  void onClosed(bool clean) override { session_->onClosed(clean); }
  FramePtr onCut(CloseCode code) override { return byeEvent(code, title(code), 0); }

 private:
  Shard& shard_;
  Admission admission_;
  Link* link_ = nullptr;
  Session* session_ = nullptr;  // The shard's; gone when onClosed() returns.
};

class RefusedSocket final : public WebSocketHandler {
 public:
  RefusedSocket(CloseCode code, std::string reason) : code_(code), reason_(std::move(reason)) {}

  void onOpen(Link& link) override { link.close(code_, title(code_), byeEvent(code_, reason_, 0)); }
  void onText(std::string_view) override {}  // It is on its way out.
  void onBinary(std::string_view) override {}
  void onClosed(bool) override {}

 private:
  CloseCode code_;
  std::string reason_;
};

}  // namespace

std::expected<Admission, SocketRefusal> admit(const HttpRequest& request, const std::string* room_id, const Result<Principal>& who) {
  if (!who) {
    const CloseCode close = who.error().code == Code::forbidden         ? CloseCode::forbidden
                            : info(who.error().code).http_status >= 500 ? CloseCode::state_lost
                                                                        : CloseCode::bad_token;
    return std::unexpected(SocketRefusal{who.error(), close});
  }
  Principal principal = *who;
  std::string value;
  if (request.parameter("user_id", value) && value != principal.user_id)
    return refuse(CloseCode::forbidden, Code::identity_mismatch, "The user_id in the query is not the token's.");
  if (request.parameter("tenant_id", value) && value != principal.tenant_id)
    return refuse(CloseCode::forbidden, Code::identity_mismatch, "The tenant_id in the query is not the token's.");
  if (!principal.name_verified && request.parameter("display_name", value) && !value.empty()) {
    if (!showable(value))
      return refuse(CloseCode::bad_request, Code::bad_request,
                    "The display_name must be UTF-8 without control characters, at most 256 bytes.");
    principal.display_name = value;
  }
  if (room_id && !parseId(room_prefix, *room_id)) return refuse(CloseCode::forbidden, Code::not_found, "There is no such room.");

  return Admission{std::make_shared<const Principal>(std::move(principal)), {.room_id = room_id ? *room_id : std::string()}};
}

std::unique_ptr<WebSocketHandler> makeSessionSocket(Shard& shard, Admission admission) {
  return std::make_unique<SessionSocket>(shard, std::move(admission));
}

std::unique_ptr<WebSocketHandler> makeRefusedSocket(CloseCode code, std::string reason) {
  return std::make_unique<RefusedSocket>(code, std::move(reason));
}

}  // namespace atrium
