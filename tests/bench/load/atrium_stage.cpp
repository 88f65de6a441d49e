#include "load/atrium_stage.hpp"

#include <charconv>

#include "load/failure.hpp"
#include "load/token.hpp"
#include "load/ws_frame.hpp"

namespace atrium::bench {

namespace {

constexpr std::string_view tenant = "bench";
constexpr Nanos join_limit = 30 * second;
constexpr std::uint32_t joins_at_once = 100;  // Fewer than any listener's backlog.

// What follows `mark` in `json`, which must be there: the server writes its events without spaces, and no text of ours has quotes in it.
std::string_view after(std::string_view json, std::string_view mark) {
  const std::size_t at = json.find(mark);
  if (at == std::string_view::npos) throw Failure("an event lacks " + std::string(mark) + ": " + std::string(json.substr(0, 500)));
  return json.substr(at + mark.size());
}

std::string_view untilQuote(std::string_view text) { return text.substr(0, text.find('"')); }

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

AtriumMember::AtriumMember(std::string room_id, std::string user_id) : room_id_(std::move(room_id)), user_id_(std::move(user_id)) {}
AtriumMember::~AtriumMember() = default;

void AtriumMember::connect(PeerLoop& loop, std::uint16_t port) {
  connected_at = now();
  loop.connect(*this, port);
  out() += upgradeRequest(port, room_id_.empty() ? "/collaboration/ws" : "/collaboration/ws/" + room_id_,
                          "Authorization: Bearer " + userToken(user_id_) + "\r\n");
}

void AtriumMember::send(std::string_view event) { appendFrame(out(), Opcode::text, event, mask_ += 0x9e3779b9); }

void AtriumMember::close() {
  closing_ = true;
  appendFrame(out(), Opcode::close, std::string_view("\x03\xe8", 2), mask_ += 0x9e3779b9);
}

std::size_t AtriumMember::onBytes(std::string_view bytes, Nanos when) {
  std::size_t used = 0;
  if (!upgraded_) {
    used = readUpgrade(bytes);
    if (used == 0) return 0;
    upgraded_ = true;
  }
  while (const auto frame = readFrame(bytes.substr(used))) {
    used += frame->size;
    if (frame->opcode == Opcode::text) {
      onText(frame->payload, when);
    } else if (frame->opcode == Opcode::ping) {
      appendFrame(out(), Opcode::pong, frame->payload, mask_ += 0x9e3779b9);
    } else if (frame->opcode == Opcode::close && !closing_) {
      throw Failure("the server closed the session of " + user_id_);
    }
  }
  return used;
}

std::size_t AtriumMember::readUpgrade(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view head = bytes.substr(0, end);
  if (!head.starts_with("HTTP/1.1 101 ") || head.find(upgradeAccept()) == std::string_view::npos) {
    throw Failure("the server refused a WebSocket: " + std::string(bytes.substr(0, 500)));
  }
  return end + 4;
}

void AtriumMember::onText(std::string_view json, Nanos when) {
  constexpr std::string_view opening = "{\"event_type\":\"";
  if (!json.starts_with(opening)) throw Failure("an event does not begin with its type: " + std::string(json.substr(0, 200)));
  const std::string_view type = untilQuote(json.substr(opening.size()));
  if (type == "collaboration_message") return onMessage(json, when);
  if (type == "connection_established" && established_at == 0) {
    established_at = when;
  } else if (type == "room_joined" && joined_at == 0) {
    joined_at = when;
  } else {
    onEvent(type, json, when);
  }
}

void AtriumMember::onEvent(std::string_view event_type, std::string_view json, Nanos) {
  if (event_type == "error" || event_type == "bye" || event_type == "resync")
    throw Failure("the server answered " + user_id_ + " with " + std::string(json));
}

void AtriumMember::onMessage(std::string_view, Nanos) {}

void AtriumMember::onEnd() {
  if (!closing_) throw Failure("the server dropped the connection of " + user_id_);
}

class AtriumStage::Member final : public AtriumMember {
 public:
  Member(AtriumStage& stage, std::uint32_t room, std::uint32_t index)
      : AtriumMember(stage.room_ids_[room], "u" + std::to_string(room) + "_" + std::to_string(index)),
        stage_(stage),
        room_(room),
        index_(index) {}

 private:
  void onMessage(std::string_view json, Nanos when) override {
    if (untilQuote(after(json, "\"room_id\":\"")) != roomId()) return stage_.misrouted();
    const std::uint64_t position = number(after(json, "\"seq\":"));
    if (index_ == 0) own_[position % own_.size()] = {position, when};
    stage_.delivered(room_, index_, untilQuote(after(json, "\"content\":\"")), position, when);
  }

  void onEvent(std::string_view event_type, std::string_view json, Nanos when) override {
    if (event_type != "message_confirmation") return AtriumMember::onEvent(event_type, json, when);
    if (untilQuote(after(json, "\"durability\":\"")) != stage_.durability_)
      throw Failure("not " + stage_.durability_ + ": " + std::string(json));
    stage_.confirmed();
    if (stage_.confirmations == nullptr) return;
    const std::uint64_t position = number(after(json, "\"seq\":"));
    const Own& own = own_[position % own_.size()];
    // A confirmation that overtakes the sender's own delivery costs nothing.
    stage_.confirmations->add(own.position == position ? when - own.when : 0);
  }

  struct Own {
    std::uint64_t position = 0;
    Nanos when = 0;
  };
  AtriumStage& stage_;
  std::uint32_t room_;
  std::uint32_t index_;
  std::vector<Own> own_{index_ == 0 ? 1024U : 0U};  // The sender's last deliveries.
};

AtriumStage::AtriumStage(PeerLoop& loop, AtriumServer& server, Shape shape, std::string_view durability)
    : Stage(loop, server.child(), shape), durability_(durability) {
  for (std::uint32_t room = 0; room < shape.rooms; ++room) {
    HttpClient owner(server.port(), userToken("u" + std::to_string(room) + "_0"));
    room_ids_.push_back(createRoom(owner, "fan-out " + std::to_string(room), shape.members));
  }
  for (std::uint32_t room = 0; room < shape.rooms; ++room) {
    for (std::uint32_t index = 0; index < shape.members; ++index) members_.push_back(std::make_unique<Member>(*this, room, index));
  }
  std::size_t joined = 0;
  for (std::size_t begin = 0; begin < members_.size(); begin += joins_at_once) {
    const std::size_t end = std::min(members_.size(), begin + joins_at_once);
    for (std::size_t i = begin; i < end; ++i) members_[i]->connect(loop, server.port());
    const auto all = [&] {
      while (joined < end && members_[joined]->joined_at != 0) ++joined;
      return joined == end;
    };
    if (!loop.run(all, join_limit)) throw Failure("the members did not all get into their rooms in time");
  }
}

AtriumStage::~AtriumStage() = default;

void AtriumStage::publish(std::uint32_t room, std::string_view content) {
  event_.assign(R"({"event_type":"send_message","message_type":"text","content":")");
  event_.append(content).append("\"}");
  members_[std::size_t{room} * shape().members]->send(event_);
}

std::string userToken(std::string_view user_id) { return mintToken(tenant, user_id); }

std::string createRoom(HttpClient& owner, std::string_view name, std::uint32_t members) {
  const std::string answer =
      owner.expect(201, "POST", "/collaboration/rooms",
                   R"({"room_type":"agent_team","name":")" + std::string(name) + R"(","max_members":)" + std::to_string(members) + "}");
  const std::string_view id = jsonMember(answer, "room_id");
  if (id.empty()) throw Failure("a new room has no room_id: " + answer);
  return std::string(id);
}

}  // namespace atrium::bench
