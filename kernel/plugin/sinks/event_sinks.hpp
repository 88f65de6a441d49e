#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/sinks/event_interest.hpp"
#include "plugin/sinks/sink_delivery.hpp"

namespace atrium {

// All event sinks: those that plugins offer and those that did and have a place in the log still. It tells the shards which events to
// record, and drops from the log what every sink is past, or what is too old or too much (SinkOptions). A sink that appears for the first
// time begins at the log's end. One that is gone keeps its place, and the log what it has not seen, until forget().
// On the thread of the shard EventInterest::home; it begins with begin().
class EventSinks {
 public:
  static constexpr std::chrono::seconds look_interval{1};   // Looks for plugins, and for the log's end.
  static constexpr std::chrono::seconds trim_interval{10};  // While there is something to drop.
  static constexpr std::uint32_t letters_page_max = 200;
  static constexpr std::size_t letters_page_bytes = std::size_t{1} << 20;  // A page ends with the letter that reaches them.
  static constexpr std::size_t letters_at_once = 500;                      // That one retry() or drop() is for.

  // All of it outlives it.
  struct Parts {
    Store& store;
    Shards& shards;
    EventInterest& interest;
    PluginRegistry& registry;
    WorkerCalls& calls;
    TimerWheel& timers;
    const Now& now;
    Log& log;
    SinkBoard& board;
    std::uint64_t seed;
  };
  EventSinks(const Parts& parts, const SinkOptions& options);

  // Reads the places of the sinks, then serves. Once, when the loop turns.
  void begin();
  // Other plugins may be there than before. What happens from the time at which EventInterest expects one is told to it.
  void changed();

  // Dead letters behind that offset, oldest first and as many as a page holds, as a DeadLetterList of schemas.yaml. Refusals of these four:
  // not_found for a sink that is not there, and what the store refuses.
  void deadLetters(const std::string& sink, std::uint64_t after, std::uint32_t limit, Completion<std::string> done);
  // Tries that dead letter again, or the first letters_at_once of them; completes with how many. Conflict when no such plugin is active.
  void retry(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::size_t> done);
  // Removes that dead letter, or the first letters_at_once of them.
  void drop(const std::string& sink, std::optional<std::uint64_t> offset, Completion<std::size_t> done);
  // Forgets where the sink stands. Conflict while a plugin offers it or dead letters are left.
  void forget(const std::string& sink, Completion<void> done);

 private:
  struct LettersPage;
  void addLetters(std::unique_ptr<LettersPage> page);
  void readPlaces();
  void restore(Result<std::vector<Document>> places);
  void look();
  void findPlugins();
  void add(const std::string& name, SinkPlace place);
  void askHead();
  void headRead(const Result<RoomHead>& head);
  void tellInterest();
  void trim(const RoomHead& head);
  void trimTo(std::uint64_t keep_last, Wall sent_before);
  [[nodiscard]] SinkDelivery* find(const std::string& sink);
  using Letters = std::vector<SinkDelivery::Letter>;
  void lettersOf(const std::string& sink, std::optional<std::uint64_t> offset, Completion<Letters> done);
  void moreLetters(const std::string& sink, Letters letters, Completion<Letters> done);

  Parts parts_;
  const SinkOptions options_;
  std::map<std::string, std::unique_ptr<SinkDelivery>, std::less<>> sinks_;
  RoomHead head_;
  std::uint64_t generation_ = 0;  // Of the registry, as it was looked at last.
  bool looking_ = false;          // All places are known; before that nothing may be dropped from the log.
  bool trimming_ = false;
  bool asking_ = false, ask_again_ = false;  // For the log's head.
  Mono trimmed_{};
  Timer timer_;
};

}  // namespace atrium
