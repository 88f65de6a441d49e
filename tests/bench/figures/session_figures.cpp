#include "figures/session_figures.hpp"

#include <memory>
#include <string>
#include <vector>

#include "load/atrium_stage.hpp"
#include "load/failure.hpp"

namespace atrium::bench {

namespace {

constexpr Nanos event_limit = 10 * second;
constexpr std::uint32_t page = 50;

class Guest final : public AtriumMember {
 public:
  using AtriumMember::AtriumMember;
  // Whose presence is watched, how often it changed as far as this guest knows, and when it did last.
  std::string watched;
  std::uint32_t changes = 0;
  Nanos changed_at = 0;

 private:
  void onEvent(std::string_view event_type, std::string_view json, Nanos when) override {
    if (event_type != "presence_update") return AtriumMember::onEvent(event_type, json, when);
    if (watched.empty() || jsonMember(json, "user_id") != watched) return;
    ++changes;
    changed_at = when;
  }
};

void await(PeerLoop& loop, const std::function<bool()>& done, const char* what) {
  if (!loop.run(done, event_limit)) throw Failure(std::string("nothing came of ") + what);
}

void joinRoom(PeerLoop& loop, Guest& guest, const std::string& room_id) {
  guest.send(R"({"event_type":"join_room","room_id":")" + room_id + "\"}");
  await(loop, [&] { return guest.joined_at != 0; }, "join_room");
}

}  // namespace

Samples roomCreation(std::uint16_t port, std::uint32_t count) {
  HttpClient owner(port, userToken("founder"));
  Samples samples;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Nanos start = now();
    static_cast<void>(createRoom(owner, "Team " + std::to_string(i), page));
    samples.add(now() - start);
  }
  return samples;
}

Entering entering(PeerLoop& loop, std::uint16_t port, std::uint32_t rooms, std::uint32_t members) {
  Entering result;
  HttpClient owner(port, userToken("host"));
  std::vector<std::unique_ptr<Guest>> guests;
  for (std::uint32_t room = 0; room < rooms; ++room) {
    const std::string room_id = createRoom(owner, "Meeting " + std::to_string(room), members + 1);
    for (std::uint32_t i = 0; i < members; ++i) {
      Guest& guest = *guests.emplace_back(std::make_unique<Guest>("", "guest" + std::to_string(room) + "_" + std::to_string(i)));
      guest.connect(loop, port);
      await(loop, [&] { return guest.established_at != 0; }, "a connection");
      result.connection.add(guest.established_at - guest.connected_at);
      const Nanos start = now();
      joinRoom(loop, guest, room_id);
      result.join.add(guest.joined_at - start);
    }
  }
  return result;
}

Samples presence(PeerLoop& loop, std::uint16_t port, std::uint32_t members, std::uint32_t count) {
  HttpClient owner(port, userToken("watcher0"));
  const std::string room_id = createRoom(owner, "Floor", members);
  std::vector<std::unique_ptr<Guest>> guests;
  for (std::uint32_t i = 0; i < members; ++i) {
    Guest& guest = *guests.emplace_back(std::make_unique<Guest>(room_id, "watcher" + std::to_string(i)));
    guest.connect(loop, port);
    await(loop, [&] { return guest.joined_at != 0; }, "a connection to a room");
  }
  for (const auto& guest : guests) guest->watched = guests[0]->userId();
  // The first change is not measured: those watcher0 made by coming may still be on their way, and it comes after them.
  guests[0]->send(R"({"event_type":"update_presence","status":"in_call"})");
  const auto seen = [&](std::uint32_t times) {
    for (const auto& guest : guests) {
      if (guest->changes < times) return false;
    }
    return true;
  };
  await(loop, [&] { return seen(1); }, "update_presence");
  for (const auto& guest : guests) guest->changes = 0;

  Samples samples;
  for (std::uint32_t i = 1; i <= count; ++i) {
    const Nanos start = now();
    guests[0]->send(i % 2 == 0 ? R"({"event_type":"update_presence","status":"busy"})"
                               : R"({"event_type":"update_presence","status":"away"})");
    await(loop, [&] { return seen(i); }, "update_presence");
    Nanos last = start;
    for (const auto& guest : guests) last = std::max(last, guest->changed_at);
    samples.add(last - start);
  }
  return samples;
}

Samples history(std::uint16_t port, std::uint32_t messages, std::uint32_t count) {
  HttpClient reader(port, userToken("reader"));
  const std::string room_id = createRoom(reader, "Archive", 2);
  for (std::uint32_t i = 0; i < messages; ++i) {
    reader.expect(
        200, "POST", "/collaboration/messages",
        R"({"room_id":")" + room_id + R"(","message_type":"text","content":"What we agreed on, number )" + std::to_string(i) + "\"}");
  }
  Samples samples;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Nanos start = now();
    const std::string answer = reader.expect(200, "GET", "/collaboration/rooms/" + room_id + "/history?limit=" + std::to_string(page));
    samples.add(now() - start);
    if (!answer.contains("number " + std::to_string(messages - 1) + "\"")) throw Failure("the history lacks the newest message: " + answer);
  }
  return samples;
}

}  // namespace atrium::bench
