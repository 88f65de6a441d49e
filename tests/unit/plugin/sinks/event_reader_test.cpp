// What a page of the event log says of messages that are not in their rooms any more: kernel/plugin/sinks/event_reader.cpp.
#include "plugin/sinks/event_reader.hpp"

#include <gtest/gtest.h>

#include "engine/event_log.hpp"
#include "protocol/errors.hpp"

namespace atrium {
namespace {

// A log of events, and rooms of which a message is there or is not. Answers at once.
class FewRooms final : public Store {
 public:
  struct Room {
    RoomHead head;
    Wall oldest{};  // When its first message was sent.
  };
  Durability durabilityMax() const override { return Durability::stored; }
  void append(std::unique_ptr<AppendBatch> batch, AppendDone done) override { done(std::move(batch)); }
  void write(std::vector<DocumentWrite>, Completion<void> done) override { done({}); }
  void trim(RoomKey, std::uint64_t, Wall, Completion<std::uint64_t> done) override { done(std::uint64_t{0}); }
  void head(const RoomKey& room, Completion<RoomHead> done) override { done(rooms.at(room).head); }
  void locate(const RoomKey&, const Id& message, Completion<std::uint64_t> done) override {
    if (message.bytes[15] == present) return done(std::uint64_t{7});
    done(fail(Code::not_found));
  }
  void page(PageQuery query, Completion<RecordPage> done) override {
    if (query.room == eventLogKey()) return done(RecordPage{events, 0});
    Record first;
    first.seq = query.after_seq + 1;
    first.sent_at = rooms.at(query.room).oldest;
    done(RecordPage{{first}, 0});
  }
  void get(DocumentKey, Completion<std::optional<Document>> done) override { done(std::optional<Document>()); }
  void scan(DocumentKey, DocumentKey, std::uint32_t, Completion<std::vector<Document>> done) override { done(std::vector<Document>()); }

  static constexpr std::uint8_t present = 99;
  std::vector<Record> events;
  std::unordered_map<RoomKey, Room, RoomKeyHash> rooms;
};

Id idOf(std::uint8_t last) {
  Id id;
  id.bytes[15] = last;
  return id;
}

class EventReaderTest : public testing::Test {
 protected:
  void posted(std::uint8_t room, std::uint8_t message, Wall at) {
    Record record;
    record.seq = store.events.size() + 1;
    record.sent_at = at;
    record.message = idOf(200);
    record.sender_id = "acme";
    record.message_type = word(EventType::message_posted);
    record.body =
        R"({"room_id":")" + formatId(room_prefix, idOf(room)) + R"(","message_id":")" + formatId(message_prefix, idOf(message)) + "\"}";
    store.events.push_back(std::move(record));
  }
  EventPage read() {
    EventPage page;
    EventReader(store).read(0, all_event_types, [&page](Result<EventPage> came) { page = *std::move(came); });
    return page;
  }
  FewRooms store;
};

TEST_F(EventReaderTest, aMessageThatItsRoomHasDroppedIsToldOf) {
  store.rooms[{"acme", idOf(1)}] = {{"e", 5, 9}, fromMillis(1000)};
  store.rooms[{"acme", idOf(2)}] = {{"e", 10, 9}, {}};
  posted(1, FewRooms::present, fromMillis(2000));
  posted(1, 2, fromMillis(999));
  posted(2, 3, fromMillis(2000));
  const EventPage page = read();
  ASSERT_EQ(page.events.size(), 1u);
  EXPECT_EQ(page.events[0].data.find(R"({"seq":7,)"), 0u);
  EXPECT_EQ(page.trimmed, 2u) << "one older than the oldest of its room, one of a room that keeps none";
}

TEST_F(EventReaderTest, aMessageThatNeverWasIsNot) {
  store.rooms[{"acme", idOf(1)}] = {{"e", 1, 9}, fromMillis(1000)};
  store.rooms[{"acme", idOf(2)}] = {{"e", 5, 9}, fromMillis(1000)};
  posted(1, 2, fromMillis(999));
  posted(2, 3, fromMillis(1000));
  const EventPage page = read();
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.trimmed, 0u) << "a repeat of what is there";
}

}  // namespace
}  // namespace atrium
