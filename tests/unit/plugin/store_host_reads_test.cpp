// What is read of a storage: kernel/plugin/store_host.cpp.
#include <gtest/gtest.h>

#include "store_world.hpp"

namespace atrium::test {
namespace {

class StoreHostReads : public StoreWorld {};

TEST_F(StoreHostReads, readsBesideTheWriter) {
  start();
  occupy();
  std::optional<RoomHead> head;
  stores[0]->head({"t", Id{{9}}}, [&](Result<RoomHead> result) { head = *result; });
  shards.runOne();
  EXPECT_EQ(head->epoch, "e1");
  std::optional<Result<std::uint64_t>> seq;
  stores[0]->locate({"t", Id{{9}}}, Id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}},
                    [&](Result<std::uint64_t> result) { seq = result; });
  shards.runOne();
  EXPECT_EQ(**seq, 7u);
  stores[0]->locate({"t", Id{{9}}}, Id{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200}},
                    [&](Result<std::uint64_t> result) { seq = result; });
  shards.runOne();
  EXPECT_EQ(seq->error().code, Code::not_found);
  std::vector<Document> documents;
  stores[0]->scan({"p"}, {}, 3, [&](Result<std::vector<Document>> result) { documents = *result; });
  shards.runOne();
  EXPECT_EQ(documents.size(), 3u) << "a store that goes on after the limit is not listened to";
  std::optional<Document> document;
  stores[0]->get({"d"}, [&](auto result) { document = *result; });
  shards.runOne();
  EXPECT_EQ(document->value, "value");
  EXPECT_EQ(document->version, 3u);
  stores[0]->get({"absent"}, [&](auto result) { document = *result; });
  shards.runOne();
  EXPECT_FALSE(document);
  gate.open();
  wait();
}

TEST_F(StoreHostReads, knowsARoomWithoutALogFromOneThatCannotBeRead) {
  start();
  std::optional<Result<RoomHead>> head;
  const auto ask = [&](std::uint8_t first) {
    stores[0]->head({"t", Id{{first}}}, [&](Result<RoomHead> result) { head = std::move(result); });
    shards.runOne();
  };
  ask(1);
  EXPECT_EQ((*head)->last_seq, 0u);
  EXPECT_TRUE((*head)->epoch.empty());
  ask(2);
  EXPECT_EQ(head->error().code, Code::storage_unavailable);
  ask(3);
  EXPECT_EQ(head->error().code, Code::storage_unavailable) << "a head that makes no sense";
}

TEST_F(StoreHostReads, aPageSaysWhereToGoOn) {
  start();
  RecordPage found;
  const auto page = [&](PageQuery query) {
    stores[0]->page(std::move(query), [&](Result<RecordPage> result) { found = std::move(*result); });
    shards.runOne();
  };
  page({.room = {"t", Id{{9}}}, .limit = 30, .message_types = {"even"}, .sender_id = {}, .thread = {}});
  ASSERT_EQ(found.records.size(), 5u) << "one call, which looks at ten records";
  EXPECT_EQ(found.records.front().seq, 100u);
  EXPECT_EQ(found.next, 91u);
  page({.room = {"t", Id{{9}}}, .limit = 30, .before_seq = 11, .message_types = {"even"}, .sender_id = {}, .thread = {}});
  ASSERT_EQ(found.records.size(), 5u);
  EXPECT_EQ(found.records.back().seq, 2u);
  EXPECT_EQ(found.next, 0u) << "the log ends there";
  page({.room = {"t", Id{{9}}}, .limit = 500, .after_seq = 80, .forward = true, .message_types = {"odd"}, .sender_id = {}, .thread = {}});
  ASSERT_EQ(found.records.size(), 5u);
  EXPECT_EQ(found.records.front().seq, 81u);
  EXPECT_EQ(found.next, 90u);
  std::optional<Code> stuck;
  stores[0]->page({.room = {"t", Id{{4}}}, .limit = 5, .before_seq = 50, .message_types = {}, .sender_id = {}, .thread = {}},
                  [&](auto result) { stuck = result.error().code; });
  shards.runOne();
  EXPECT_EQ(stuck, Code::storage_unavailable) << "a page that never ends is a broken contract";
}

TEST_F(StoreHostReads, boundsTheReadsThatWait) {
  start(false, {.queue_reads = 2, .readers = 1});
  int answered = 0, refused = 0;
  const auto read = [&](const char* key) { stores[0]->get({key}, [&](auto result) { result ? ++answered : ++refused; }); };
  read("wait");
  gate.awaitArrival();
  for (int n = 0; n < 5; ++n) read("wait");
  EXPECT_EQ(refused, 3) << "one is being read, two wait";
  gate.open(3);
  while (answered < 3) shards.runOne();
  EXPECT_EQ(refused, 3);
}

}  // namespace
}  // namespace atrium::test
