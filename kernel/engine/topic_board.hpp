#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/shard.hpp"
#include "engine/topics.hpp"
#include "protocol/frame.hpp"

namespace atrium {

// Where somebody stands in a topic. An empty epoch: nowhere.
struct TopicPosition {
  std::string epoch{};
  std::uint64_t seq = 0;
};

// What brings a reader from where he stands to `now`.
struct TopicCatchup {
  TopicPosition now;
  std::vector<FramePtr> frames;  // A snapshot and the changes after it, or only changes.
};

// The topics of the tenants whose home is this shard: their state, what changed lately, and which shards have readers (TopicReaders).
class TopicBoard final : public Topics {
 public:
  explicit TopicBoard(Shard::Impl& shard);
  ~TopicBoard() override;

  bool put(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) override;
  void remove(std::string_view tenant_id, Topic topic, std::string_view key) override;
  bool append(std::string_view tenant_id, Topic topic, std::string_view key, std::string_view value) override;

  // From now on `shard` is handed what changes. Who `subscribes` gets a frame in any case, others perhaps none.
  [[nodiscard]] TopicCatchup read(std::string_view tenant_id, Topic topic, unsigned shard, const TopicPosition& from, bool subscribes);
  // That shard has no reader any more.
  void leave(std::string_view tenant_id, Topic topic, unsigned shard);

 private:
  class Published;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Tenant = std::array<std::unique_ptr<Published>, topic_count>;

  Published& published(std::string_view tenant_id, Topic topic);
  [[nodiscard]] Published* find(std::string_view tenant_id, Topic topic);
  void forgetIfEmpty(std::string_view tenant_id, Topic topic);

  Shard::Impl& shard_;
  std::unordered_map<std::string, Tenant, Hash, std::equal_to<>> tenants_;
};

}  // namespace atrium
