#include "ctl/ctl.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "auth/token_verifier.hpp"

namespace atrium {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  ExitCode code;
  std::string out, err;
};

class Ctl : public testing::Test {
 protected:
  Ctl() { fs::create_directories(directory_); }
  ~Ctl() override { fs::remove_all(directory_); }

  Outcome run(const std::vector<std::string>& arguments) {
    std::ostringstream out, err;
    const ExitCode code = runCtl(arguments, {environment, now, ATRIUM_PROGRAM_DIRECTORY, out, err});
    return {code, out.str(), err.str()};
  }
  std::string write(const std::string& name, std::string_view text) {
    const fs::path path = directory_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  // The principal of the token that was printed, for a server with these rules.
  Result<Principal> verify(const std::string& printed, TokenRules rules, Wall at) {
    EXPECT_TRUE(printed.ends_with('\n') && printed.find('\n') == printed.size() - 1) << "the token and nothing else";
    return TokenVerifier::make(std::move(rules))->verify(std::string_view(printed).substr(0, printed.size() - 1), at);
  }

  const std::string secret = "0123456789abcdef0123456789abcdef";
  Environment environment{{"JWT_SECRET_KEY", secret}};
  const Wall now = fromMillis(1'768'000'000'000);

 private:
  fs::path directory_ = fs::temp_directory_path() / ("atrium-ctl-" + std::to_string(std::random_device()()));
};

TEST_F(Ctl, checkConfigSaysOneLineOfAGoodFile) {
  const std::string file = write("good.yaml", "server: {port: 9000}\nstorage: {backend: memory}\n");
  const Outcome outcome = run({"check-config", file});
  EXPECT_EQ(outcome.code, ExitCode::done);
  EXPECT_EQ(outcome.out, file + " is fine: storage memory, data directory ./data, address 127.0.0.1:9000\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Ctl, checkConfigTellsAllProblems) {
  const std::string file = write("bad.yaml", "server: {prot: 1}\nlog: {level: loud}\n");
  const Outcome outcome = run({"check-config", file});
  EXPECT_EQ(outcome.code, ExitCode::wrong);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(file + ":1:10: there is no option \"server.prot\"\n    did you mean \"port\"?\n"), std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find(file + ":2:14: log.level"), std::string::npos) << outcome.err;
}

TEST_F(Ctl, checkConfigKnowsThePlugins) {
  const auto told = [this](std::string_view text) {
    const Outcome outcome = run({"check-config", write("plugins.yaml", text)});
    EXPECT_EQ(outcome.code, ExitCode::wrong) << text;
    EXPECT_EQ(outcome.out, "") << text;
    return outcome.err;
  };
  const std::string all = told("storage: {backend: sqlit}\nroom_types: {agent_tem: true}\nplugins: {use: {atrium.storage.nothing: {}}}\n");
  for (const auto* name : {"backend sqlit\n", "room-type agent_tem\n", "atrium.storage.nothing"})
    EXPECT_NE(all.find(name), std::string::npos) << all;
  const std::string options = told("plugins: {use: {atrium.storage.sqlite: {config: {wal_mib: many}}}}\n");
  EXPECT_NE(options.find("plugins.yaml:1:"), std::string::npos) << options;
  EXPECT_NE(options.find("wal_mib"), std::string::npos) << options;
  EXPECT_NE(told("plugins: {directories: [/nowhere/at/all]}\n").find("/nowhere/at/all"), std::string::npos);
}

TEST_F(Ctl, checkConfigNeedsASecretAndWarnsOfAShortOne) {
  const std::string file = write("plain.yaml", "");
  environment["JWT_SECRET_KEY"] = "short";
  const Outcome weak = run({"check-config", file});
  EXPECT_EQ(weak.code, ExitCode::done);
  EXPECT_NE(weak.err.find("warning: the token secret has 5 bytes"), std::string::npos) << weak.err;
  environment.clear();
  const Outcome without = run({"check-config", file});
  EXPECT_EQ(without.code, ExitCode::wrong);
  EXPECT_NE(without.err.find("JWT_SECRET_KEY"), std::string::npos) << without.err;
}

TEST_F(Ctl, mintPrintsATokenThatTheServerBelieves) {
  const Outcome outcome = run(
      {"token", "mint", "--tenant", "acme", "--user", "ana", "--name", "Ana Lima", "--role", "admin", "--role", "client", "--ttl", "90s"});
  ASSERT_EQ(outcome.code, ExitCode::done) << outcome.err;
  const auto principal = verify(outcome.out, {.secret = secret, .leeway = {}}, now + std::chrono::seconds{89});
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->tenant_id, "acme");
  EXPECT_EQ(principal->user_id, "ana");
  EXPECT_EQ(principal->display_name, "Ana Lima");
  EXPECT_EQ(principal->roles, std::uint32_t{ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_CLIENT});
  EXPECT_EQ(principal->expires, now + std::chrono::seconds{90});
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Ctl, mintMakesAnAgentForTwelveHoursWhenNotToldOtherwise) {
  const Outcome outcome = run({"token", "mint", "--tenant", "acme", "--sub", "ana"});
  ASSERT_EQ(outcome.code, ExitCode::done) << outcome.err;
  const auto principal = verify(outcome.out, {.secret = secret}, now);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->roles, std::uint32_t{ATRIUM_ROLE_AGENT});
  EXPECT_EQ(principal->expires, now + std::chrono::hours{12} + TokenRules{}.leeway);
}

TEST_F(Ctl, mintFollowsTheServersConfiguration) {
  environment.clear();
  const std::string file =
      write("s.yaml", "auth: {jwt_secret: the-secret-of-the-configuration-file, issuer: me, audience: atrium}\ntenants: {allow: [acme]}\n");
  const Outcome outcome = run({"token", "mint", "--tenant", "acme", "--user", "ana", "--config", file});
  ASSERT_EQ(outcome.code, ExitCode::done) << outcome.err;
  EXPECT_TRUE(verify(outcome.out, {.secret = "the-secret-of-the-configuration-file", .issuer = "me", .audience = "atrium"}, now));
  const Outcome foreign = run({"token", "mint", "--tenant", "other", "--user", "ana", "--config", file});
  EXPECT_EQ(foreign.code, ExitCode::wrong);
  EXPECT_EQ(foreign.err, "the server would refuse this token: this tenant is not served here\n");
  EXPECT_EQ(foreign.out, "");
}

struct Wrong {
  const char* label;
  std::vector<std::string> arguments;
  const char* said;
};
void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.label; }
class CtlRefuses : public Ctl, public testing::WithParamInterface<Wrong> {};

TEST_P(CtlRefuses, withASentenceAndAnExitCode) {
  const Outcome outcome = run(GetParam().arguments);
  EXPECT_EQ(outcome.code, ExitCode::wrong);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find(GetParam().said), std::string::npos) << outcome.err;
}

INSTANTIATE_TEST_SUITE_P(
    Each, CtlRefuses,
    testing::Values(Wrong{"nothing", {}, "subcommand"}, Wrong{"unknownCommand", {"destroy"}, "atriumctl has no command \"destroy\".\n"},
                    Wrong{"mistypedCommand", {"plguin", "list"}, "atriumctl has no command \"plguin\"; did you mean \"plugin\"?\n"},
                    Wrong{"unknownVerb", {"plugin", "frob"}, "plugin has no command \"frob\".\n"},
                    Wrong{"mistypedVerb", {"plugin", "lsit"}, "did you mean \"list\"?"}, Wrong{"noVerb", {"plugin"}, "subcommand"},
                    Wrong{"noFile", {"check-config"}, "file"},
                    Wrong{"missingFile", {"check-config", "nowhere.yaml"}, "cannot read nowhere.yaml: No such file"},
                    Wrong{"noTenant", {"token", "mint", "--user", "u"}, "--tenant"},
                    Wrong{"noUser", {"token", "mint", "--tenant", "t"}, "--user"},
                    Wrong{"unknownOption", {"token", "mint", "--tenant", "t", "--user", "u", "--colour", "red"}, "--colour"},
                    Wrong{"unknownRole", {"token", "mint", "--tenant", "t", "--user", "u", "--role", "root"}, "--role root is not a role"},
                    Wrong{"noUnit", {"token", "mint", "--tenant", "t", "--user", "u", "--ttl", "12"}, "--ttl 12 is no lifetime"},
                    Wrong{"tooShort", {"token", "mint", "--tenant", "t", "--user", "u", "--ttl", "10ms"}, "no lifetime"},
                    Wrong{"tooLong", {"token", "mint", "--tenant", "t", "--user", "u", "--ttl", "4000d"}, "no lifetime"},
                    Wrong{"emptyUser", {"token", "mint", "--tenant", "t", "--user", ""}, "\"sub\" is empty"},
                    Wrong{"controlCharacter", {"token", "mint", "--tenant", "t", "--user", "a\nb"}, "control characters"},
                    Wrong{"missingConfig", {"token", "mint", "--tenant", "t", "--user", "u", "--config", "nowhere.yaml"}, "cannot read"}),
    [](const auto& test) { return std::string(test.param.label); });

TEST_F(Ctl, mintNeedsASecret) {
  for (const Environment& without : {Environment{}, Environment{{"JWT_SECRET_KEY", ""}}}) {
    environment = without;
    const Outcome outcome = run({"token", "mint", "--tenant", "t", "--user", "u"});
    EXPECT_EQ(outcome.code, ExitCode::wrong);
    EXPECT_NE(outcome.err.find("set JWT_SECRET_KEY"), std::string::npos);
  }
}

TEST_F(Ctl, helpAndVersionAreNoMistakes) {
  EXPECT_EQ(run({"--help"}).code, ExitCode::done);
  const Outcome version = run({"--version"});
  EXPECT_EQ(version.code, ExitCode::done);
  EXPECT_TRUE(version.out.starts_with("atriumctl "));
}

}  // namespace
}  // namespace atrium
