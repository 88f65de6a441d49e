#pragma once

#include "plugin/store_host.hpp"

namespace atrium {

// The two ways in which a shard reaches its store.

// Over the host's threads.
class StoreHost::QueuedStore final : public Store {
 public:
  QueuedStore(StoreHost& host, unsigned shard) : host_(host), shard_(shard) {}
  Durability durabilityMax() const override;
  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override;
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override;
  void trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) override;
  void head(const RoomKey& room, Completion<RoomHead> done) override;
  void locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) override;
  void page(PageQuery query, Completion<RecordPage> done) override;
  void get(DocumentKey key, Completion<std::optional<Document>> done) override;
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override;

 private:
  template <typename T, typename Call>
  void read(Call call, Completion<T> done);
  StoreHost& host_;
  unsigned shard_;
};

// On the shard's own thread, for a store that never blocks: everything is answered before the function returns, but for a trim, which takes
// a turn of the loop for each step.
class StoreHost::InlineStore final : public Store {
 public:
  InlineStore(StoreHost& host, unsigned shard)
      : host_(host), shard_(shard), calls_(*host.inline_plugin_, host.options_.deadline, host.clock_) {}
  Durability durabilityMax() const override;
  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override;
  void write(std::vector<DocumentWrite> writes, Completion<void> done) override;
  void trim(RoomKey room, std::uint64_t keep_last, Wall sent_before, Completion<std::uint64_t> done) override;
  void head(const RoomKey& room, Completion<RoomHead> done) override;
  void locate(const RoomKey& room, const Id& message, Completion<std::uint64_t> done) override;
  void page(PageQuery query, Completion<RecordPage> done) override;
  void get(DocumentKey key, Completion<std::optional<Document>> done) override;
  void scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) override;

 private:
  std::optional<Error> begin(std::size_t items, std::optional<CircuitBreaker::Call>& call);
  void trimMore(TrimJob work);
  template <typename T, typename Call>
  void read(Call call, Completion<T> done);
  StoreHost& host_;
  unsigned shard_;
  StoreCalls calls_;
};

}  // namespace atrium
