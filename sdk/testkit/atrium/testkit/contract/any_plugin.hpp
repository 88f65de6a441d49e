#ifndef ATRIUM_TESTKIT_CONTRACT_ANY_PLUGIN_HPP
#define ATRIUM_TESTKIT_CONTRACT_ANY_PLUGIN_HPP
// What holds for every plugin, whatever its kind.
#include "atrium/testkit/contract/subject.hpp"

namespace atrium::testkit {

class AnyPluginContract : public ContractTest {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(AnyPluginContract);

inline const std::vector<const char*>& every_extension() {
  static const std::vector<const char*> ids = {
      "atrium.room-type/1",  "atrium.message-type/1",  "atrium.routing-scorer/1", "atrium.alert-rule/1", "atrium.storage-backend/1",
      "atrium.bus/1",        "atrium.authenticator/1", "atrium.command/1",        "atrium.assistant/1",  "atrium.http-ui/1",
      "atrium.event-sink/1", "atrium.state/1",         "atrium.self-test/1"};
  return ids;
}

TEST_P(AnyPluginContract, hasAnEntryThatTheServerCanUse) {
  const atrium_entry_table& entry = plugin().entry();
  EXPECT_GE(entry.struct_size, sizeof(atrium_entry_table));
  EXPECT_EQ(entry.abi_major, ATRIUM_ABI_MAJOR);
  EXPECT_LE(entry.abi_minor, ATRIUM_ABI_MINOR);
  EXPECT_NE(view(entry.id).find('.'), std::string_view::npos) << "an id is like com.acme.name";
  EXPECT_FALSE(view(entry.version).empty());
}

TEST_P(AnyPluginContract, offersSomethingAndAlwaysTheSame) {
  int offered = 0;
  for (const char* id : every_extension()) {
    const void* table = plugin().extension<void>(id);
    EXPECT_EQ(plugin().extension<void>(id), table) << id << ": a table lives as long as the instance";
    if (!table) continue;
    ++offered;
    std::uint32_t struct_size = 0;
    std::memcpy(&struct_size, table, sizeof struct_size);
    EXPECT_GE(struct_size, 2 * sizeof(void*)) << id << ": struct_size is not set";
  }
  EXPECT_GT(offered, 0) << "it offers no extension";
}

TEST_P(AnyPluginContract, offersNothingUnderIdsItCannotKnow) {
  const std::string endless(10'000, 'x');
  for (const char* id :
       {"", "atrium.", "atrium.command", "atrium.command/0", "atrium.command/4294967296", "atrium.unknown/1", "\xFF", endless.c_str()})
    EXPECT_EQ(plugin().extension<void>(id), nullptr) << id;
}

TEST_P(AnyPluginContract, runsInSeveralInstancesThatComeAndGo) {
  FakeHost other_host;
  prepare(other_host);
  for (int n = 0; n < 3; ++n) {
    const Plugin other = another(other_host);
    EXPECT_NE(other.self(), plugin().self());
  }
}

TEST_P(AnyPluginContract, startsWithoutServicesOrSaysWhatItNeeds) {
  FakeHost bare;
  bare.refuse_everything();
  try {
    const Plugin alone = another(bare);
  } catch (const std::runtime_error& problem) {
    EXPECT_TRUE(is_utf8(problem.what()));
    EXPECT_EQ(std::string_view(problem.what()).find("gave no reason"), std::string_view::npos) << problem.what();
  }
}

TEST_P(AnyPluginContract, startsInAServerOfALaterInterface) {
  FakeHost later;
  prepare(later);
  later.pretend_to_be_later();
  const Plugin there = another(later);
  EXPECT_NE(there.self(), nullptr);
}

TEST_P(AnyPluginContract, passesItsOwnSelfTest) { EXPECT_EQ(self_test(plugin()), ""); }

TEST_P(AnyPluginContract, handsItsStateToTheNextGeneration) {
  if (!plugin().extension<atrium_state>(ATRIUM_EXT_STATE)) return;
  const Plugin next = another(host);
  EXPECT_EQ(hand_over(plugin(), next), ATRIUM_OK);
  const auto& table = next.need<atrium_state>(ATRIUM_EXT_STATE);
  for (const std::string_view foreign :
       {std::string_view(), std::string_view("\0\xFF{", 3), std::string_view("{\"format\":\"of another plugin\"}")})
    EXPECT_NE(table.import_state(next.self(), 4'000'000'000u, text_of(foreign)), ATRIUM_OK) << "a format that does not exist";
}

}  // namespace atrium::testkit
#endif
