#pragma once

#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/shard.hpp"
#include "plugin/services/server_access.hpp"
#include "rest/coordination_control.hpp"

namespace atrium {

// The way of plugins' services to the shards. What is asked before open() waits for it, bounded by what each service lets
// wait; what is asked after close() is refused with shutting_down.
class LoopAccess final : public ServerAccess {
 public:
  // What stands on one shard.
  struct Place {
    Store* store;
    Shard* engine;
    CoordinationControl* coordination;
    const Now* now;
  };

  // The server is complete. All of it outlives close(). Once.
  void open(Shards& shards, std::vector<Place> places);
  void close();

  void get(DocumentKey key, Completion<std::optional<Document>> done) override;
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override;
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override;
  void post(PluginPost post, Completion<std::string> done) override;
  void coordinate(PluginCoordination request, Completion<std::string> done) override;

 private:
  // Runs `job` on the shard for `key`, so that what concerns one thing keeps its order, or completes with why not.
  template <typename T>
  void at(std::string key, Completion<T> done, std::move_only_function<void(const Place&, Completion<T>)> job);

  std::mutex mutex_;
  Shards* shards_ = nullptr;
  std::vector<Place> places_;
  std::vector<std::move_only_function<void()>> waiting_;
  bool closed_ = false;
};

}  // namespace atrium
