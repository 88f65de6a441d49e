#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace atrium::sim {

// Who hears what people were told of a desk.
class StormWitness {
 public:
  virtual ~StormWitness() = default;
  virtual void offer(const std::string& offer_id, std::string_view state) = 0;
  virtual void lead(const std::string& lead_id) = 0;
  // A change of an agent was confirmed; they are numbered, and his name ends in the number.
  virtual void agent(const std::string& agent_id, std::uint64_t change) = 0;
  // Somebody asks for his removal: from now on he may be there or not.
  virtual void agentMayGo(const std::string& agent_id) = 0;
  // An offer was held against the rule of its queue. With a real store, before that is handed it.
  virtual void checked(const std::string&) {}
  // Time moves on to that much after the beginning of all. Before anything of that time.
  virtual void time(std::chrono::milliseconds) {}
};

}  // namespace atrium::sim
