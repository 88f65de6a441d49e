#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kill/ledger.hpp"
#include "load/atrium_stage.hpp"

namespace atrium::fault {

// Users who all sit in some rooms and all talk at once, as fast as they are confirmed, and write everything they are told into the ledger,
// until the server dies under them.
class Crowd {
 public:
  // `round` makes the texts of this crowd differ from those of others. Returns when all have joined; nobody talks yet.
  Crowd(bench::PeerLoop& loop, std::uint16_t port, Ledger& ledger, const std::vector<std::string>& room_ids, std::uint64_t round);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // Everybody begins to talk; returns after `confirmations` of them, in the midst of all others, and `longer` after that.
  void talk(std::uint64_t confirmations, bench::Nanos longer);
  // The server has died: reads what had still reached the sockets, until every connection has ended.
  void readRest();

 private:
  class Talker;
  bench::PeerLoop& loop_;
  Ledger& ledger_;
  std::vector<std::unique_ptr<Talker>> talkers_;
  std::uint64_t confirmed_ = 0;
};

// Who sits in room `room_id` at place `index`; his token opens it over REST, too.
[[nodiscard]] std::string talkerId(const std::string& room_id, std::size_t index);

}  // namespace atrium::fault
