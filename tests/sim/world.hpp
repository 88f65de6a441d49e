#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "engine/shard.hpp"
#include "protocol/json_index.hpp"
#include "sim/commands.hpp"
#include "sim/store.hpp"
#include "sim/types.hpp"

// The engine without sockets, threads and clock: several shards, their mailboxes, a store and clients, driven by one seed. Which shard
// turns next, how much of its mailbox it takes, how long the store thinks and how fast clients read is all drawn from it.
namespace atrium::sim {

// A client's end of a link: what it was sent, in order.
class Client final : public Link {
 public:
  Client(std::string tenant, std::string user, unsigned shard) : tenant_id(std::move(tenant)), user_id(std::move(user)), shard(shard) {}

  Pushed push(const FramePtr& frame, const PushOptions& options) override;
  [[nodiscard]] std::uint64_t queued() const override { return queued_; }
  [[nodiscard]] std::uint64_t flushed() const override { return flushed_; }
  [[nodiscard]] std::size_t waiting() const override { return waiting_bytes_; }
  void close(CloseCode code, std::string_view reason, FramePtr last) override;

  // Hands over at most `frames` of what waits.
  void flush(std::size_t frames);
  // The events received so far of that type, as indexed JSON.
  [[nodiscard]] std::vector<const JsonDocument*> events(std::string_view event_type) const;
  [[nodiscard]] const JsonDocument* last(std::string_view event_type) const;

  const std::string tenant_id;
  const std::string user_id;
  const unsigned shard;
  Session* session = nullptr;  // Null once closed.
  std::vector<JsonDocument> received;
  std::vector<PushOptions> received_options;  // How each of them was to travel.
  std::optional<CloseCode> closed;            // By the server.
  std::size_t outbox_max = 1 << 20;           // bytes
  std::size_t reads_per_turn = static_cast<std::size_t>(-1);

 private:
  struct Waiting {
    FramePtr frame;
    PushOptions options;
  };
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t queued_ = 0, flushed_ = 0;
};

struct WorldOptions {
  unsigned shards = 2;
  EngineOptions engine{};
  StoreOptions store{};
  std::size_t mailbox_tasks = 65536;
  Types* types = nullptr;               // Others than World::types; they outlive the world.
  EventListeners* listeners = nullptr;  // They outlive the world.
  Workplace* workplace = nullptr;       // Likewise.
};

class World final : private Shards, private Tokens {
 public:
  explicit World(std::uint64_t seed, WorldOptions options = {});
  ~World() override;

  // Opens a session; on a shard of the seed's choice. `room_id`: as /collaboration/ws/{room_id}.
  Client& connect(std::string tenant, std::string user, std::string room_id = {}, std::uint32_t roles = ATRIUM_ROLE_AGENT);
  // Likewise on that shard, for anyone.
  Client& connect(unsigned shard, PrincipalPtr who, SessionOptions options);
  void disconnect(Client& client, bool clean = true);
  void send(Client& client, std::string_view frame);

  // Turns shards until nothing is on its way any more (timers apart).
  void settle();
  // Some turns, so that things stay half done.
  void stir(unsigned turns);
  // That shard turns no more until it is let go.
  void hold(unsigned shard, bool held) { parts_[shard]->held = held; }
  // Ends the shards as they are, with sessions in rooms and whatever is on its way; nothing else may be asked of this world then.
  void end();
  // Moves the clock on in steps, turning as it goes.
  void pass(std::chrono::milliseconds time);

  // A request as REST makes it: runs to its completion.
  template <typename T, typename F>
  Result<T> request(F start) {
    std::optional<Result<T>> result;
    start(anyShard(), Completion<T>([&result](Result<T> answer) { result.emplace(std::move(answer)); }));
    settle();
    ATRIUM_ASSERT(result.has_value(), "a request completes");
    return std::move(*result);
  }
  // A room of type "open" in `tenant`, owned by `owner`; its id.
  std::string createRoom(const std::string& tenant, const std::string& owner, std::vector<std::string> members = {},
                         std::string room_type = "open", std::uint32_t max_members = 0);
  static PrincipalPtr principal(std::string tenant, std::string user, std::uint32_t roles = ATRIUM_ROLE_AGENT);

  [[nodiscard]] unsigned shards() const { return static_cast<unsigned>(parts_.size()); }
  Shard& anyShard() { return *parts_[random.below(parts_.size())]->shard; }
  Shard& shard(unsigned index) { return *parts_[index]->shard; }
  [[nodiscard]] unsigned homeOf(const RoomKey& room) const { return static_cast<unsigned>(RoomKeyHash{}(room) % parts_.size()); }
  [[nodiscard]] unsigned homeOf(const UserKey& user) const { return static_cast<unsigned>(UserKeyHash{}(user) % parts_.size()); }
  [[nodiscard]] std::int64_t metric(Metric metric) const { return registry_.sum(metric); }
  [[nodiscard]] EngineFigures figures(const std::string& tenant);

  // A token "asked:user@tenant" is not known at once; it waits here for the test to complete it.
  static constexpr std::string_view asked_prefix = "asked:";
  std::vector<std::pair<std::string, Completion<Principal>>> asked;

  Random random;
  ManualClock clock;
  SimStore store;
  SimTypes types;
  SimCommands commands;

 private:
  struct Part {
    Part(World& world, unsigned index);
    Mailbox mailbox;
    std::deque<Task> tasks;
    Now now;
    TimerWheel timers;
    MetricSet& metrics;
    std::unique_ptr<Store> store;
    std::unique_ptr<Shard> shard;
    bool held = false;
  };

  [[nodiscard]] unsigned count() const override { return static_cast<unsigned>(parts_.size()); }
  bool post(unsigned shard, Task task) override;
  void postAlways(unsigned shard, Task task) override;
  [[nodiscard]] std::optional<Result<Principal>> verify(std::string_view token, Wall now) override;
  void ask(std::string token, Completion<Principal> done) override;
  void turn(unsigned index);
  [[nodiscard]] bool quiet();

  WorldOptions options_;
  MetricRegistry registry_;
  Log log_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace atrium::sim
