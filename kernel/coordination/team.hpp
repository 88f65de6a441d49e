#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "coordination/lead.hpp"
#include "coordination/offer.hpp"
#include "coordination/question.hpp"
#include "coordination/queue_rule.hpp"
#include "protocol/commands.hpp"

namespace atrium {

// What the platform has measured of an agent. Stored with each change of it. A value.
struct AgentRecord {
  static constexpr std::size_t kinds_max = 50;  // Kinds of lead remembered; others are not counted.
  struct Outcomes {
    std::uint32_t won = 0;
    std::uint32_t closed = 0;
  };
  double value_received = 0;  // Of the leads accepted, halved every half_life, as of value_at.
  Wall value_at{};
  Wall last_assigned{};                                   // Zero: never.
  double response_minutes = -1;                           // A moving mean; negative: none yet.
  std::map<std::string, Outcomes, std::less<>> outcomes;  // By kind of lead.

  // What counts of the value received after a while: an agent who joins is not to catch up with years.
  static constexpr std::chrono::hours half_life{8};
  [[nodiscard]] double valueAt(Wall now) const;
  void receive(double value, Wall now);
  void respond(double minutes);
  void close(const std::string& kind, bool won);
};

// One agent of the roster and how he stands.
struct Seat {
  std::shared_ptr<const AgentProfile> profile;
  AgentRecord record;
  Status presence = Status::offline;
  std::size_t sessions = 0;
  Wall back{};                                              // When he came back; zero: he is not here.
  Wall lost{};                                              // When his last session went; zero: he is here, or was never.
  std::set<std::string> offers;                             // Those that take a place.
  std::map<std::string, std::uint32_t, std::less<>> taken;  // Places by channel.
  std::deque<Wall> lately;  // When he was offered something, within the last minute; at most the ramp-in's number is looked at.
  std::map<std::string, Wall, std::less<>> rooms;  // Where he has talked with a client lately.
  Mono look_at{};                                  // When it is looked again what he takes, as time alone stood against it; zero: not.
  std::shared_ptr<const JsonDocument> fields;      // For scorers; null: to be made anew.
  Wall fields_at{};
  bool known = false;  // While the desk is read: whether the store has him.

  [[nodiscard]] std::uint32_t places() const { return static_cast<std::uint32_t>(offers.size()); }
  [[nodiscard]] double utilisation() const { return static_cast<double>(places()) / profile->capacity; }
  [[nodiscard]] AgentStatus status() const;
  [[nodiscard]] std::uint32_t conversations(Wall now) const;
  // He and a client have talked in that room.
  void talked(const std::string& room, Wall now);
};

// What keeps an agent from a lead, and until when, if time alone will end it.
struct Hindrance {
  Exclusion rule{};
  Wall until{};  // Zero: something has to happen.
};

// The agents of one tenant. On its desk.
class Team {
 public:
  using Seats = std::map<std::string, Seat, std::less<>>;

  [[nodiscard]] Seat* find(std::string_view agent_id);
  [[nodiscard]] const Seat* find(std::string_view agent_id) const;
  [[nodiscard]] Seats& seats() { return seats_; }
  [[nodiscard]] const Seats& seats() const { return seats_; }
  // Puts the profile in the place of the one before. What is known of that user's presence is his from the start.
  Seat& put(AgentProfile profile);
  void remove(std::string_view agent_id);
  void clear() { seats_.clear(); }

  // Of any user of the tenant: who is not on the roster yet may come to be.
  void presence(const std::string& user_id, Status status, std::size_t sessions, Wall now);

  // A place is taken by an offer, or free again.
  static void take(Seat& seat, const LeadOffer& offer, Wall now);
  static void free(Seat& seat, const LeadOffer& offer);

  // The first rule that speaks against offering this agent any lead now, but for his places.
  [[nodiscard]] static std::optional<Hindrance> hindrance(const Seat& seat, Wall now);
  // The first rule that speaks against offering this lead to this agent now.
  [[nodiscard]] static std::optional<Hindrance> hindrance(const Seat& seat, const Lead& lead, const QueueRule& rule, Wall now);
  // Whether all his places are taken, or those of that channel.
  [[nodiscard]] static bool full(const Seat& seat, const std::string& channel);
  // How an agent goes into a question.
  [[nodiscard]] static AgentView view(Seat& seat, Wall now);

 private:
  struct Seen {
    Status status = Status::offline;
    std::size_t sessions = 0;
    Wall back{};  // When he came; zero: he is not here.
  };
  Seats seats_;
  std::map<std::string, Seen, std::less<>> present_;  // Users with a live session or a status.
};

[[nodiscard]] std::string encodeRecord(const AgentRecord& record);
[[nodiscard]] std::optional<AgentRecord> decodeRecord(const Document& document);
// An agent for clients: profile, workload in the seed's words, and status.
[[nodiscard]] std::string agentJson(const Seat& seat, Wall now);

}  // namespace atrium
