// The same message sent twice is stored once, for as long as its key is remembered.
#include "backend.hpp"

namespace atrium::test {
namespace {

class StorageIdempotency : public StorageContract {
 protected:
  // A message under `key`; `meaning` is what its fingerprint stands for.
  Item keyed(std::string key, std::uint64_t meaning = 1) {
    Item keyed = item(room_);
    keyed.idempotency_key = std::move(key);
    keyed.fingerprint = meaning;
    return keyed;
  }
};
STORAGE_SUITE(StorageIdempotency);

constexpr std::uint64_t day_ms = ATRIUM_KEYED_MS;

TEST_P(StorageIdempotency, aRepeatGetsTheFirstResult) {
  const Item first = keyed("k");
  const Outcome original = store().append(first);
  fill(room_, 3);
  const Item again = keyed("k");
  const Outcome repeated = store().append(again);
  EXPECT_EQ(repeated.status, ATRIUM_DUPLICATE);
  EXPECT_EQ(repeated.seq, original.seq);
  EXPECT_EQ(repeated.sent_at_ms, first.sent_at_ms);
  EXPECT_TRUE(repeated.message == first.message);
  EXPECT_EQ(repeated.epoch, original.epoch);
  EXPECT_EQ(repeated.durability, original.durability);
  EXPECT_EQ(store().head(room_).last_seq, 4u);
  EXPECT_EQ(store().locate(room_, again.message), 0u);
}

TEST_P(StorageIdempotency, aRepeatWithinOneBatchIsOneToo) {
  const auto outcomes = store().append({keyed("k"), keyed("other"), keyed("k"), keyed("k", 2), keyed("")});
  EXPECT_EQ(outcomes[0].status, ATRIUM_OK);
  EXPECT_EQ(outcomes[1].status, ATRIUM_OK);
  EXPECT_EQ(outcomes[2].status, ATRIUM_DUPLICATE);
  EXPECT_EQ(outcomes[2].seq, 1u);
  EXPECT_TRUE(outcomes[2].message == outcomes[0].message);
  EXPECT_EQ(outcomes[3].status, ATRIUM_CONFLICT);
  EXPECT_EQ(outcomes[4].status, ATRIUM_OK);
  EXPECT_EQ(outcomes[4].seq, 3u);
  EXPECT_EQ(store().page(room_).records.size(), 3u);
}

TEST_P(StorageIdempotency, anotherMessageUnderTheSameKeyIsAConflict) {
  ASSERT_EQ(store().append(keyed("k", 1)).status, ATRIUM_OK);
  EXPECT_EQ(store().append(keyed("k", UINT64_MAX)).status, ATRIUM_CONFLICT);
  EXPECT_EQ(store().append(keyed("k", 1)).status, ATRIUM_DUPLICATE);
  EXPECT_EQ(store().head(room_).last_seq, 1u);
}

TEST_P(StorageIdempotency, aRepeatIsRecognisedBeforeItsPositionIsChecked) {
  Item first = keyed("k");
  first.expected_seq = 1;
  ASSERT_EQ(store().append(first).status, ATRIUM_OK);
  EXPECT_EQ(store().append(first).status, ATRIUM_DUPLICATE);
}

TEST_P(StorageIdempotency, whatWasRefusedLeavesNoKeyBehind) {
  Item refused = keyed("k", 1);
  refused.expected_seq = 7;
  ASSERT_EQ(store().append(refused).status, ATRIUM_PRECONDITION);
  EXPECT_EQ(store().append(keyed("k", 2)).status, ATRIUM_OK);
}

TEST_P(StorageIdempotency, keysBelongToTheirRoomAndAreComparedWhole) {
  const std::string longest(ATRIUM_IDEMPOTENCY_KEY_MAX, 'k');
  std::string nearly = longest;
  nearly.back() = 'j';
  Item elsewhere = keyed(longest);
  elsewhere.room = id('r', 2);
  Item other_tenant = keyed(longest);
  other_tenant.tenant_id = "tenant_b";
  for (const Outcome& outcome : store().append({keyed(longest), keyed(nearly), elsewhere, other_tenant, keyed(std::string("a\0b", 3)),
                                                keyed(std::string("a\0c", 3)), keyed("a"), keyed(std::string("a\0", 2))}))
    EXPECT_EQ(outcome.status, ATRIUM_OK);
  EXPECT_EQ(store().append(keyed(longest)).status, ATRIUM_DUPLICATE);
  EXPECT_EQ(store().append(keyed(std::string("a\0c", 3))).seq, 4u);
}

TEST_P(StorageIdempotency, aKeyIsForgottenAfterADay) {
  Item first = keyed("k"), late = keyed("k"), later = keyed("k", 2);
  late.sent_at_ms = first.sent_at_ms + day_ms - 1;
  later.sent_at_ms = first.sent_at_ms + day_ms;
  ASSERT_EQ(store().append(first).status, ATRIUM_OK);
  EXPECT_EQ(store().append(late).status, ATRIUM_DUPLICATE);
  const Outcome fresh = store().append(later);
  EXPECT_EQ(fresh.status, ATRIUM_OK);
  EXPECT_EQ(fresh.seq, 2u);
  // From now on the key stands for the later message.
  later.sent_at_ms += 1000;
  EXPECT_EQ(store().append(later).seq, 2u);
}

TEST_P(StorageIdempotency, theLastHundredThousandKeysAreRemembered) {
  std::uint64_t number = 0;
  const auto batch = [&] {
    std::vector<Item> items;
    for (; items.size() < ATRIUM_BATCH_MAX && number < ATRIUM_KEYED_MAX; ++number) {
      items.push_back(keyed("key " + std::to_string(number)));
      items.back().sent_at_ms = 1'700'000'000'000;
    }
    return items;
  };
  for (auto items = batch(); !items.empty(); items = batch())
    for (const Outcome& outcome : store().append(items)) ASSERT_EQ(outcome.status, ATRIUM_OK);
  for (const std::uint64_t probe : {0u, 1u, 777u, 50'000u, 99'998u, 99'999u}) {
    const Outcome outcome = store().append(keyed("key " + std::to_string(probe)));
    EXPECT_EQ(outcome.status, ATRIUM_DUPLICATE) << probe;
    EXPECT_EQ(outcome.seq, probe + 1);
  }
  // One more, then all but the first are still owed.
  ASSERT_EQ(store().append(keyed("one more")).status, ATRIUM_OK);
  EXPECT_EQ(store().append(keyed("key 1")).status, ATRIUM_DUPLICATE);
  EXPECT_EQ(store().append(keyed("key 99999")).status, ATRIUM_DUPLICATE);
}

TEST_P(StorageIdempotency, trimmingForgetsNoKeyThatIsStillOwed) {
  ASSERT_EQ(store().append(item(room_)).status, ATRIUM_OK);
  const Item first = keyed("k");
  ASSERT_EQ(store().append(first).status, ATRIUM_OK);
  fill(room_, 5);
  store().trim(room_, 1, 0, first.sent_at_ms + day_ms - 1);
  const Outcome repeated = store().append(keyed("k"));
  EXPECT_EQ(repeated.status, ATRIUM_DUPLICATE);
  EXPECT_EQ(repeated.seq, 2u);
  EXPECT_GT(store().head(room_).first_seq, 1u);
  // A day later nothing holds the trim back.
  store().trim(room_, 1, 0, first.sent_at_ms + day_ms);
  EXPECT_EQ(store().page(room_).records.size(), 1u);
}

}  // namespace
}  // namespace atrium::test
