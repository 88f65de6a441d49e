#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "base/metrics.hpp"
#include "plugin/store_host.hpp"
#include "plugin_world.hpp"
#include "sim/world_store.hpp"

namespace atrium::bench {

// The SQLite plugin behind the server's own StoreHost, with its threads, as the store of a simulated world. The world's thread is the one
// shard: answers run in work() and await().
class SqliteStore final : public sim::WorldStore {
 public:
  // `plugins` holds the plugin alone; the database is kept at `database`. Throws std::runtime_error when the plugin does not start.
  SqliteStore(const std::filesystem::path& plugins, const std::filesystem::path& database);
  ~SqliteStore() override;

  std::unique_ptr<Store> port(std::function<void(Task)> post) override;
  void work() override;
  void await() override;
  [[nodiscard]] bool idle() const override { return on_their_way_ == 0; }
  [[nodiscard]] std::vector<Document> documents(const DocumentKey& prefix) const override;

 private:
  class Port;
  // The world's loop: what the store's threads post waits for it.
  class OneLoop final : public Shards {
   public:
    [[nodiscard]] unsigned count() const override { return 1; }
    bool post(unsigned shard, Task task) override { return postAlways(shard, std::move(task)), true; }
    void postAlways(unsigned shard, Task task) override;
    // Runs what has come; `wait`: for something to come.
    void run(bool wait);

   private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<Task> tasks_;
  };

  test::PluginWorld plugins_;
  SystemClock clock_;
  MetricRegistry metrics_;
  mutable OneLoop loop_;
  std::optional<StoreHost> host_;
  std::unique_ptr<Store> own_;
  std::size_t on_their_way_ = 0;
  std::uint64_t turns_ = 0;
};

}  // namespace atrium::bench
