#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/http_client.hpp"
#include "load/stage.hpp"

namespace atrium::bench {

// One user with one WebSocket, as the seed's browser code connects: /collaboration/ws/{room_id}, no sub-protocol.
class AtriumMember : public Peer {
 public:
  // Without a room_id it connects to /collaboration/ws and is in no room until it asks for one.
  AtriumMember(std::string room_id, std::string user_id);
  ~AtriumMember() override;

  void connect(PeerLoop& loop, std::uint16_t port);
  // Sends an event: a JSON object as text.
  void send(std::string_view event);
  // Ends the session with a closing handshake.
  void close();

  // When the TCP connection was begun, and when the first event of each kind came; 0: not yet.
  Nanos connected_at = 0;
  Nanos established_at = 0;
  Nanos joined_at = 0;

  [[nodiscard]] const std::string& roomId() const { return room_id_; }
  [[nodiscard]] const std::string& userId() const { return user_id_; }

 protected:
  // Events other than the first two and `collaboration_message`; `json` is the whole event.
  virtual void onEvent(std::string_view event_type, std::string_view json, Nanos when);
  // The event `collaboration_message`.
  virtual void onMessage(std::string_view json, Nanos when);
  std::size_t onBytes(std::string_view bytes, Nanos when) override;
  void onEnd() override;

 private:
  std::size_t readUpgrade(std::string_view bytes);
  void onText(std::string_view json, Nanos when);

  std::string room_id_;
  std::string user_id_;
  std::uint32_t mask_ = 0x9e3779b9;
  bool upgraded_ = false;
  bool closing_ = false;
};

// Fresh rooms on an Atrium server, each full of members of its own. The first member of a room has created it and sends.
class AtriumStage final : public Stage {
 public:
  // Every confirmation must say that the message is as durable as `durability` ("received", "fsynced"), so that no figure is reported for
  // another kind of storage than it was measured on. Returns when everybody has joined. Throws Failure when that takes longer than 30 s.
  AtriumStage(PeerLoop& loop, AtriumServer& server, Shape shape, std::string_view durability);
  ~AtriumStage() override;
  [[nodiscard]] const std::vector<std::string>& roomIds() const { return room_ids_; }

 private:
  class Member;
  void publish(std::uint32_t room, std::string_view content) override;
  std::string durability_;
  std::vector<std::string> room_ids_;
  std::vector<std::unique_ptr<Member>> members_;  // Room by room.
  std::string event_;
};

// A token for a user of the generator's one tenant.
[[nodiscard]] std::string userToken(std::string_view user_id);

// Creates a room of the type agent_team for `members` users and returns its id.
[[nodiscard]] std::string createRoom(HttpClient& owner, std::string_view name, std::uint32_t members);

}  // namespace atrium::bench
