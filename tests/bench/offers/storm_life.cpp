#include "storm_life.hpp"

#include <unistd.h>

#include "sim/desk_storm.hpp"
#include "sqlite_store.hpp"

// The child's side. Its lines:
//   o <offer> <state>    somebody was told of that offer in that state; after it was confirmed
//   l <lead>             likewise of an open lead
//   a <agent> <change>   likewise of a change of an agent
//   g <agent>            his removal is asked for; before it is
//   c <offer>            that offer was held against the rule of its queue; before the store is handed it
//   t <milliseconds>     time moves on to there; before it does
//   f <text>             an offer was wrong
// A line is one write of less than a pipe takes in one piece, so that it is there as a whole or not at all.
namespace atrium::bench {

namespace {

class PipeWitness final : public sim::StormWitness {
 public:
  explicit PipeWitness(int pipe) : pipe_(pipe) {}
  void offer(const std::string& offer_id, std::string_view state) override { say("o " + offer_id + " " + std::string(state)); }
  void lead(const std::string& lead_id) override { say("l " + lead_id); }
  void agent(const std::string& agent_id, std::uint64_t change) override { say("a " + agent_id + " " + std::to_string(change)); }
  void agentMayGo(const std::string& agent_id) override { say("g " + agent_id); }
  void checked(const std::string& offer_id) override { say("c " + offer_id); }
  void time(std::chrono::milliseconds since) override { say("t " + std::to_string(since.count())); }
  void say(std::string line) const {
    line += '\n';
    // Nobody listens any more: there is nothing to be done here.
    if (::write(pipe_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(4);
  }

 private:
  const int pipe_;
};

}  // namespace

int runLife(const LifeOptions& options) {
  PipeWitness witness(options.pipe);
  SqliteStore store(options.directory / "plugins", options.directory / "storm.db");
  sim::DeskStorm storm(
      options.seed, {.store = &store, .life = options.life, .begins = std::chrono::milliseconds(options.begins_ms), .witness = &witness});
  while (storm.flaw().empty()) storm.step();
  witness.say("f " + storm.flaw());
  return 3;
}

}  // namespace atrium::bench
