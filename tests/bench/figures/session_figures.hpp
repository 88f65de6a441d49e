#pragma once

#include <cstdint>

#include "load/child.hpp"
#include "load/peer_loop.hpp"
#include "load/samples.hpp"

// What one user waits for: rooms, entering, presence, history. Each function measures one of the seed's figures on an idle server.
namespace atrium::bench {

// `count` rooms created one after another over REST.
[[nodiscard]] Samples roomCreation(std::uint16_t port, std::uint32_t count);

struct Entering {
  Samples connection{};  // From connect() to `connection_established`: TCP, upgrade and token.
  Samples join{};        // From `join_room` to `room_joined`, by new members.
};
// `members` users come into each of `rooms` rooms one after another, so that the last one of a room is announced to all others.
[[nodiscard]] Entering entering(PeerLoop& loop, std::uint16_t port, std::uint32_t rooms, std::uint32_t members);

// `count` changes of status in a room of `members`, from the frame sent to `presence_update` at the last member.
[[nodiscard]] Samples presence(PeerLoop& loop, std::uint16_t port, std::uint32_t members, std::uint32_t count);

// `count` readings over REST of the newest 50 messages of a room that holds `messages`.
[[nodiscard]] Samples history(std::uint16_t port, std::uint32_t messages, std::uint32_t count);

}  // namespace atrium::bench
