#ifndef ATRIUM_TESTKIT_CONTRACT_SUBJECT_HPP
#define ATRIUM_TESTKIT_CONTRACT_SUBJECT_HPP
// What a contract suite is run against, and what the suites share. One source file of a test program names its plugins:
//   #include <atrium/testkit/contract.hpp>
//   ATRIUM_CONTRACT_TESTS(RoutingScorer, "plugins/acme_vip.so")
//   ATRIUM_CONTRACT_TESTS(Command, "plugins/assign.so", .options = R"({"team": "a"})", .samples = {R"({"to": "ben"})"})
// A path is one from where the tests run; ctest runs those of atrium_add_plugin() in the build's folder.
// Each adds the suite of its kind and the one that holds for every plugin. The suites ask for what the headers in sdk/include promise to
// the server, and for nothing that is a plugin's own business.
#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "atrium/testkit.hpp"

namespace atrium::testkit {

struct Subject {
  std::string file;
  std::string options = "{}";  // What the operator would configure, complete, as JSON.
  // Good input, of which each kind makes what it can: arguments of a command, messages ({"content", "metadata"}) of a message type, tokens
  // an authenticator accepts, contexts of an assistant, paths of a plugin's pages. The suites bring bad input themselves.
  std::vector<std::string> samples = {};
  std::map<std::string, std::string, std::less<>> secrets = {};
};
inline void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.file; }

// A host and an instance on it.
class ContractTest : public testing::TestWithParam<Subject> {
 protected:
  void SetUp() override {
    prepare(host);
    try {
      plugin_.emplace(host, std::filesystem::path(GetParam().file), JsonText(GetParam().options));
    } catch (const std::exception& problem) {
      FAIL() << GetParam().file << " does not start: " << problem.what();
    }
  }
  static void prepare(FakeHost& host) { host.secrets = GetParam().secrets; }
  [[nodiscard]] Plugin& plugin() { return *plugin_; }
  [[nodiscard]] static Plugin another(FakeHost& on) {
    return Plugin(on, std::filesystem::path(GetParam().file), JsonText(GetParam().options));
  }

  // The plugin's good input, and at least `fallback`.
  [[nodiscard]] static std::vector<std::string> samples(std::string fallback) {
    return GetParam().samples.empty() ? std::vector{std::move(fallback)} : GetParam().samples;
  }
  // Lets everything happen that waits for time, jobs or answers, for `ms` of the host's time.
  void settle(std::uint64_t ms = 10'000) {
    for (std::uint64_t passed = 0; passed <= ms; passed += 100) {
      while (host.run_jobs() + host.answer_calls() > 0) continue;
      host.advance_ms(100);
    }
  }

  FakeHost host;

 private:
  std::optional<Plugin> plugin_;
};

// Values that nobody expects, for any place that takes JSON.
inline std::vector<std::string> strange_values() {
  return {"null",
          "true",
          "-1",
          "0",
          "1e308",
          "-9223372036854775808",
          "18446744073709551615",
          "0.1",
          "\"\"",
          "\"\\u0000\"",
          "\"\\ud83d\\ude00\"",
          "\"" + std::string(5000, 'x') + "\"",
          "[]",
          "{}",
          "[[[[[[]]]]]]",
          R"({"a":{"a":{"a":{"a":null}}}})"};
}
// Objects that nobody expects: each of `names` with each strange value.
inline std::vector<JsonText> strange_objects(std::initializer_list<std::string_view> names) {
  std::vector<JsonText> objects = {"{}", R"({"":"","\u0000":[],"constructor":{},"__proto__":null})"};
  for (const std::string_view name : names)
    for (const std::string& value : strange_values()) objects.emplace_back("{" + json_quoted(name) + ":" + value + "}");
  return objects;
}

// The name a manifest could give: 1 to 64 of a-z, 0-9, _ and -.
inline bool is_offered_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

}  // namespace atrium::testkit

// Subject's members in their order may follow the path: .options, .samples, .secrets.
#define ATRIUM_CONTRACT_TESTS(Kind, ...) ATRIUM_CONTRACT_TESTS_AT_(Kind, __LINE__, __VA_ARGS__)
#define ATRIUM_CONTRACT_TESTS_AT_(Kind, line, ...) ATRIUM_CONTRACT_TESTS_AS_(Kind, line, __VA_ARGS__)
#define ATRIUM_CONTRACT_TESTS_AS_(Kind, line, path, ...)                                                                      \
  namespace atrium::testkit {                                                                                                 \
  INSTANTIATE_TEST_SUITE_P(Kind##line, AnyPluginContract, testing::Values(Subject{.file = path __VA_OPT__(, ) __VA_ARGS__})); \
  INSTANTIATE_TEST_SUITE_P(Plugin##line, Kind##Contract, testing::Values(Subject{.file = path __VA_OPT__(, ) __VA_ARGS__}));  \
  }                                                                                                                           \
  static_assert(true, "")
#endif
