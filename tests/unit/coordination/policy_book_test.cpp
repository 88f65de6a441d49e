#include "coordination/policy_book.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coordination/policy_books.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "sim/store.hpp"

namespace atrium {
namespace {

// Remembers what a completion was told.
template <typename T>
struct Told {
  std::shared_ptr<std::optional<Result<T>>> result = std::make_shared<std::optional<Result<T>>>();
  [[nodiscard]] Completion<T> completion() const {
    return [result = result](Result<T> told) { *result = std::move(told); };
  }
  [[nodiscard]] bool done() const { return result->has_value(); }
  [[nodiscard]] std::add_lvalue_reference_t<const T> value() const { return (*result)->value(); }
  [[nodiscard]] Code code() const { return (*result)->error().code; }
};

RoutingPolicy weighing(std::string name, double weight) { return {.name = std::move(name), .agents = {{"match", weight}}, .queue = {}}; }

class PolicyBookTest : public testing::Test {
 protected:
  PolicyBookTest() : books(*store, log, metrics, makePolicyBase("house", {weighing("house", 5), weighing("seed", 6)})) {}

  Result<PolicyEntry> get(std::string name, const std::string& tenant = "acme") {
    Told<PolicyEntry> told;
    books.of(tenant).get(std::move(name), told.completion());
    return **told.result;
  }
  [[nodiscard]] double weight(const std::string& name, const std::string& tenant = "acme") {
    const auto entry = get(name, tenant);
    return entry ? entry->policy->agents.front().weight : -1;
  }
  Result<PolicyEntry> put(RoutingPolicy policy) {
    Told<PolicyEntry> told;
    books.of("acme").put(std::move(policy), told.completion());
    return **told.result;
  }
  Result<void> remove(std::string name) {
    Told<void> told;
    books.of("acme").remove(std::move(name), told.completion());
    return **told.result;
  }
  Result<PolicyEntry> choose(std::string name) {
    Told<PolicyEntry> told;
    books.of("acme").setDefault(std::move(name), told.completion());
    return **told.result;
  }
  // Another process with the same storage.
  void restart() { again.emplace(*store, log, metrics, makePolicyBase("house", {weighing("house", 5), weighing("seed", 6)})); }

  Random random{7};
  sim::SimStore sim{random, {}};
  std::unique_ptr<Store> store = sim.port([](Task task) { task(); });
  Log log{Log::Options{.level = LogLevel::error}};
  MetricSet metrics{metric_table};
  PolicyBooks books;
  std::optional<PolicyBooks> again;
};

TEST_F(PolicyBookTest, theConfigurationComesBeforeThePlatform) {
  EXPECT_EQ(weight("house"), 5);
  EXPECT_EQ(weight("seed"), 6);
  EXPECT_EQ(get("seed")->origin, PolicyOrigin::configuration);
  EXPECT_EQ(get("balanced")->origin, PolicyOrigin::built_in);
  EXPECT_EQ(get("balanced")->version, 0u);
  EXPECT_EQ(get("")->policy->name, "house");
  EXPECT_TRUE(get("house")->chosen);
  EXPECT_EQ(get("nothing").error().code, Code::not_found);
}

TEST_F(PolicyBookTest, whatATenantChangesComesBeforeBothAndOutlivesTheProcess) {
  const auto changed = put(weighing("seed", 1));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->version, 1u);
  EXPECT_EQ(changed->origin, PolicyOrigin::tenant);
  EXPECT_EQ(weight("seed"), 1);
  EXPECT_EQ(weight("seed", "other"), 6);
  ASSERT_TRUE(put(weighing("own", 2)));
  ASSERT_TRUE(choose("own"));
  EXPECT_EQ(get("")->policy->name, "own");

  restart();
  Told<std::vector<PolicyEntry>> list;
  again->of("acme").list(list.completion());
  std::string names;
  for (const PolicyEntry& entry : list.value()) names += entry.policy->name + (entry.chosen ? "* " : " ");
  EXPECT_EQ(names, "balanced house match own* seed ");
  EXPECT_EQ(list.value().back().version, 1u);
  EXPECT_EQ(list.value().back().policy->agents.front().weight, 1);
}

TEST_F(PolicyBookTest, removalGoesBackAndNoVersionComesTwice) {
  ASSERT_TRUE(put(weighing("seed", 1)));
  ASSERT_TRUE(put(weighing("seed", 2)));
  EXPECT_EQ(get("seed")->version, 2u);
  ASSERT_TRUE(remove("seed"));
  EXPECT_EQ(weight("seed"), 6);
  EXPECT_EQ(get("seed")->origin, PolicyOrigin::configuration);
  EXPECT_EQ(get("seed")->version, 3u);
  ASSERT_TRUE(remove("seed")) << "nothing to do is no failure";
  EXPECT_EQ(get("seed")->version, 3u);
  EXPECT_EQ(put(weighing("seed", 3))->version, 4u);
  EXPECT_EQ(remove("nothing").error().code, Code::not_found);
}

TEST_F(PolicyBookTest, theDefaultIsAlwaysThere) {
  EXPECT_EQ(choose("nothing").error().code, Code::not_found);
  EXPECT_EQ(choose("").error().code, Code::not_found);
  ASSERT_TRUE(put(weighing("own", 2)));
  ASSERT_TRUE(choose("own"));
  EXPECT_EQ(remove("own").error().code, Code::conflict);
  ASSERT_TRUE(choose("seed"));
  ASSERT_TRUE(remove("own"));
  EXPECT_EQ(get("own").error().code, Code::not_found);

  // A configuration without what the tenant chose: its own default holds, until what was chosen is back.
  ASSERT_TRUE(choose("house"));
  books.setBase(makePolicyBase("match", {}));
  EXPECT_EQ(get("")->policy->name, "match");
  books.setBase(makePolicyBase("match", {weighing("house", 9)}));
  EXPECT_EQ(weight(""), 9);
}

TEST_F(PolicyBookTest, nothingHoldsBeforeItIsStored) {
  EXPECT_EQ(weight("seed"), 6);
  sim.options.refuse_write = 1000;
  EXPECT_EQ(put(weighing("seed", 1)).error().code, Code::storage_unavailable);
  EXPECT_EQ(weight("seed"), 6);
  EXPECT_EQ(choose("seed").error().code, Code::storage_unavailable);
  EXPECT_EQ(get("")->policy->name, "house");
  // Nobody knows what became of a write that failed. Who decides goes on with what is known; who changes something needs it read again.
  EXPECT_FALSE(put(weighing("seed", 1)));
  sim.options.refuse_read = 1000;
  EXPECT_EQ(weight("seed"), 6);
  sim.options.refuse_write = 0;
  EXPECT_EQ(put(weighing("seed", 1)).error().code, Code::storage_unavailable);
  EXPECT_EQ(get("seed", "unheard-of").error().code, Code::storage_unavailable);
  sim.options.refuse_read = 0;
  EXPECT_EQ(put(weighing("seed", 1))->version, 1u);
}

TEST_F(PolicyBookTest, changesWaitForEachOtherAndForSoMany) {
  sim.stall(true);
  sim.options.turns_max = 1;
  std::vector<Told<PolicyEntry>> told(PolicyBook::waiting_max + 1);
  for (std::size_t at = 0; at < told.size(); ++at)
    books.of("acme").put(weighing("seed", static_cast<double>(at + 1)), told[at].completion());
  ASSERT_TRUE(told.back().done());
  EXPECT_EQ(told.back().code(), Code::overloaded);
  EXPECT_FALSE(told.front().done());
  sim.stall(false);
  while (!sim.idle()) sim.work();
  for (std::size_t at = 0; at + 1 < told.size(); ++at) EXPECT_EQ(told[at].value().version, at + 1);
  EXPECT_EQ(weight("seed"), static_cast<double>(PolicyBook::waiting_max));
}

TEST_F(PolicyBookTest, aTenantChangesSoManyPolicies) {
  for (std::size_t at = 0; at < PolicyBook::changed_max; ++at) ASSERT_TRUE(put(weighing("p" + std::to_string(at), 1)));
  EXPECT_EQ(put(weighing("one-more", 1)).error().code, Code::conflict);
  EXPECT_TRUE(put(weighing("p7", 2)));
  ASSERT_TRUE(remove("p8"));
  EXPECT_TRUE(put(weighing("one-more", 1)));
}

TEST_F(PolicyBookTest, whatIsDamagedIsPassedOver) {
  sim.put({"policy", "acme", "seed"}, "{");
  sim.put({"policy", "acme", "own"}, R"({"version":9,"agents":{"match":2},"queue":{},"ageing_guard_ms":1})");
  sim.put({"policies", "acme"}, "?");
  EXPECT_EQ(weight("seed"), 6);
  EXPECT_EQ(weight("own"), 2);
  EXPECT_EQ(put(weighing("seed", 1))->version, 10u);
}

TEST_F(PolicyBookTest, theTenantThatWasNotUsedForLongestGivesWay) {
  ASSERT_TRUE(put(weighing("seed", 1)));
  for (std::size_t at = 0; at < PolicyBooks::tenants_max; ++at) ASSERT_EQ(weight("seed", "tenant-" + std::to_string(at)), 6);
  EXPECT_EQ(metrics.read(Metric::policy_books), static_cast<std::int64_t>(PolicyBooks::tenants_max));
  EXPECT_EQ(weight("seed"), 1) << "and is read again";
}

}  // namespace
}  // namespace atrium
