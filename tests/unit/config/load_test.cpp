#include "config/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>

namespace atrium {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A directory of configuration files that lives as long as the test.
class ConfigDirectory : public testing::Test {
 protected:
  ConfigDirectory() : directory_(fs::temp_directory_path() / ("atrium-config-" + std::to_string(std::random_device()()))) {
    fs::create_directories(directory_);
  }
  ~ConfigDirectory() override { fs::remove_all(directory_); }

  std::string write(const std::string& name, std::string_view text) {
    const fs::path path = directory_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }

  LoadedConfig load(std::string_view text) {
    auto loaded = loadConfig(write("a.yaml", text), environment);
    if (loaded) return *std::move(loaded);
    ADD_FAILURE() << formatProblems(loaded.error());
    return {};
  }
  ConfigProblems problems(std::string_view text) {
    auto loaded = loadConfig(write("a.yaml", text), environment);
    return loaded ? ConfigProblems{} : loaded.error();
  }

  Environment environment{{"JWT_SECRET_KEY", "0123456789abcdef0123456789abcdef"}};

 private:
  fs::path directory_;
};
using LoadConfig = ConfigDirectory;

TEST_F(LoadConfig, anEmptyFileGivesTheDefaults) {
  const LoadedConfig loaded = load("");
  const Settings& settings = loaded.settings;
  EXPECT_EQ(settings.server.host, "127.0.0.1");
  EXPECT_EQ(settings.server.port, 8000);
  EXPECT_EQ(settings.server.body_max, 1024U * 1024U);
  EXPECT_EQ(settings.websocket.heartbeat_interval, 30s);
  EXPECT_EQ(settings.rooms.message_ttl, 7 * 24h);
  EXPECT_EQ(settings.rooms.flush_window, 1ms);
  EXPECT_EQ(settings.storage.backend, "sqlite");
  EXPECT_EQ(settings.log.level, LogLevel::info);
  EXPECT_EQ(settings.plugins.directories, std::vector<std::string>{"../plugins"});
  EXPECT_EQ(settings.auth.jwt_secret, environment["JWT_SECRET_KEY"]);
  EXPECT_EQ(loaded.files, std::vector<std::string>{path("a.yaml")});
}

TEST_F(LoadConfig, readsEveryTypeOfOption) {
  const Settings settings = load(R"(
server: {host: 0.0.0.0, port: 0, header_max: 8KiB, linger: 500ms, allowed_origins: [https://a.example, "http://localhost:3000"]}
ops: {public: true}
rooms: {flush_window: 250us}
log: {level: error}
plugins:
  directories: [/opt/a, /opt/b]
  enabled_by_default: false
  use:
    com.acme.x: {enabled: false, deadline: 750us, on_failure: deny, config: {bonus: 0.2}}
    com.acme.y:
room_types: {training_session: false, agent_team: true}
message_types: {alert: false}
)")
                                .settings;
  EXPECT_EQ(settings.server.host, "0.0.0.0");
  EXPECT_EQ(settings.server.port, 0);
  EXPECT_EQ(settings.server.header_max, 8192U);
  EXPECT_EQ(settings.server.linger, 500ms);
  EXPECT_EQ(settings.server.allowed_origins, (std::vector<std::string>{"https://a.example", "http://localhost:3000"}));
  EXPECT_TRUE(settings.ops.is_public);
  EXPECT_EQ(settings.rooms.flush_window, 250us);
  EXPECT_EQ(settings.log.level, LogLevel::error);
  EXPECT_FALSE(settings.plugins.enabled_by_default);
  ASSERT_EQ(settings.plugins.use.size(), 2U);
  const PluginUse& x = settings.plugins.use.at("com.acme.x");
  EXPECT_FALSE(x.enabled);
  EXPECT_EQ(x.deadline, 750us);
  EXPECT_EQ(x.on_failure, OnFailure::deny);
  EXPECT_EQ(toJson(x.config), R"({"bonus":0.2})");
  EXPECT_EQ(x.config.find("bonus")->place.line, 10U);
  const PluginUse& y = settings.plugins.use.at("com.acme.y");
  EXPECT_TRUE(y.enabled);
  EXPECT_FALSE(y.deadline);
  EXPECT_FALSE(y.on_failure);
  EXPECT_EQ(y.place.line, 11U);
  EXPECT_FALSE(settings.room_types.at("training_session").on);
  EXPECT_TRUE(settings.room_types.at("agent_team").on);
  EXPECT_EQ(settings.message_types.at("alert").place.line, 13U);
}

TEST_F(LoadConfig, tellsEveryMistakeAtOnceWithPlaceAndHint) {
  const ConfigProblems found = problems(R"(
server:
  prot: 8001
  port: 70000
  idle_timeout: 75
  header_max: 16KB
  loops: 02x
websocket: [1]
heartbeat_interval: 30s
rooms: {flush_window: 1m, message_ttl: 1500us}
log: {level: warn}
storage: {backend: ''}
plugins: {directories: [], use: {a: {enabled: 1, dedline: 1s}}}
room_types: {agent_team: on}
colour: red
)");
  std::vector<std::string> told;
  for (const ConfigProblem& problem : found)
    told.push_back(std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message + " | " + problem.hint);
  const std::vector<std::string> expected = {
      "3:3: there is no option \"server.prot\" | did you mean \"port\"?",
      "4:9: server.port: 70000 is too much | the most is 65535",
      "5:17: server.idle_timeout: \"75\" is not a duration | write a whole number with us, ms, s, m, h or d, as in 30s",
      "6:15: server.header_max: \"16KB\" is not a size | write a whole number with B, KiB, MiB or GiB, as in 64KiB",
      "7:10: server.loops: \"02x\" is not a whole number | write it in decimal digits, without quotes",
      "8:12: websocket: a list is not a mapping | write one name: value a line, indented",
      "9:1: there is no option \"heartbeat_interval\" | it belongs under websocket",
      "10:23: rooms.flush_window: 1m is too much | the most is 1s",
      "10:40: rooms.message_ttl: 1500us is too little | the least is 1m",
      "11:14: log.level: \"warn\" is not among the choices | write one of: debug, info, warning, error",
      "12:20: storage.backend: 0 bytes is too little | the least is 1 byte",
      "13:24: plugins.directories: 0 entries is too little | the least is 1 entry",
      "13:47: plugins.use.a.enabled: \"1\" is not true or false | write true or false",
      "13:50: there is no option \"plugins.use.a.dedline\" | did you mean \"deadline\"?",
      "14:26: room_types.agent_team: \"on\" is not true or false | write true, false, or a mapping with based_on or with",
      "15:1: there is no option \"colour\" | what can stand here: server, ops, websocket, rooms, presence, auth, ui, tenants, storage, "
      "redis, "
      "workers, events, alerts, analytics, assistants, log, plugins, coordination, "
      "room_types, message_types"};
  EXPECT_EQ(told, expected);
}

TEST_F(LoadConfig, readsWhatTheOperatorWantsOfAlertRules) {
  const Settings settings = load(R"(
alerts:
  interval: 10s
  rules:
    information: false
    response_time: true
    agent_overload: {for: 1m, keep_firing_for: 90s, severity: critical, group_by: [rule, subject], inhibits: [response_time], escalate_after: 15m}
)")
                                .settings;
  EXPECT_EQ(settings.alerts.interval, 10s);
  EXPECT_FALSE(settings.alerts.rules.at("information").enabled);
  EXPECT_EQ(settings.alerts.rules.at("response_time"), AlertRuleWish{});
  const AlertRuleWish& wish = settings.alerts.rules.at("agent_overload");
  EXPECT_EQ(wish.pending, 1min);
  EXPECT_EQ(wish.keep_firing_for, 90s);
  EXPECT_EQ(wish.severity, 3u);
  EXPECT_EQ(wish.group_by, (std::vector<std::string>{"rule", "subject"}));
  EXPECT_EQ(wish.inhibits, std::vector<std::string>{"response_time"});
  EXPECT_EQ(wish.escalate_after, 15min);
  EXPECT_EQ(wish.place.line, 7U);
}

TEST_F(LoadConfig, tellsWhatIsWrongWithAlertRules) {
  const ConfigProblems found = problems(R"(
alerts:
  rules:
    a: yes
    b: {for: 60, severty: high, severity: worse, group_by: [team], inhibits: x, enabled: 1, keep_firing_for: 8d}
    c: {inhibits: [a, c]}
)");
  std::vector<std::string> told;
  for (const ConfigProblem& problem : found)
    told.push_back(std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": " + problem.message + " | " + problem.hint);
  const std::vector<std::string> expected = {
      "4:8: alerts.rules.a: \"yes\" is not true or false | write true, false, or a mapping as in {for: 1m}",
      "5:14: alerts.rules.b: for: \"60\" is not a duration | write a whole number with us, ms, s, m, h or d, as in 30s",
      "5:18: alerts.rules.b: there is no option \"severty\" | did you mean \"severity\"?",
      "5:43: alerts.rules.b: severity: \"worse\" is none of low, medium, high, critical | ",
      "5:61: alerts.rules.b: group_by: \"team\" is none of rule, subject, severity | ",
      "5:78: alerts.rules.b: inhibits is not a list of names | write [name, name]",
      "5:90: alerts.rules.b: \"1\" is not true or false | ",
      "5:110: alerts.rules.b: keep_firing_for: 8d is too much | the most is 7d",
      "6:19: alerts.rules.c: inhibits: it names the rule itself | take it out"};
  EXPECT_EQ(told, expected);
}

TEST_F(LoadConfig, refusesADurationFinerThanItsOption) {
  const ConfigProblems found = problems("server: {linger: 1500us}");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].hint, "write a multiple of 1ms");
}

TEST_F(LoadConfig, theSecretIsRequiredAndNeverShown) {
  environment.clear();
  ConfigProblems found = problems("server: {port: 1}");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].message, "auth.jwt_secret is not set");
  EXPECT_NE(found[0].hint.find("JWT_SECRET_KEY"), std::string::npos);
  found = problems("auth: {jwt_secret: '${JWT_SECRET_KEY}'}");
  ASSERT_EQ(found.size(), 1U) << "said once";
  EXPECT_EQ(found[0].message, "the environment variable JWT_SECRET_KEY is not set");
  EXPECT_FALSE(problems("auth: {jwt_secret: ''}").empty());
  EXPECT_FALSE(problems("auth: {jwt_secret: [hunter2]}").empty());
  EXPECT_EQ(load("auth: {jwt_secret: hunter2}").settings.auth.jwt_secret, "hunter2");
  found = problems("redis: {url: 'http://hunter2'}\nauth: {jwt_secret: x}");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(formatProblems(found).find("hunter2"), std::string::npos);
}

// Before a value is known to be the secret, it is refused for its form.
TEST_F(LoadConfig, aSecretThatLooksLikeSomethingElseIsNotShownEither) {
  environment = {{"DIGITS", std::string(32, '7')}};
  for (const auto* written : {"'a${hunter2'", "07777777777777777777777777777777", "77777777777777777777777777777777", "${DIGITS}"}) {
    const ConfigProblems found = problems("auth:\n  jwt_secret: " + std::string(written) + "\n");
    ASSERT_FALSE(found.empty()) << written;
    EXPECT_EQ(found[0].line, 2U) << written;
    for (const ConfigProblem& problem : found)
      for (const std::string& said : {problem.message, problem.hint}) {
        EXPECT_EQ(said.find("hunter2"), std::string::npos) << said;
        EXPECT_EQ(said.find("7777"), std::string::npos) << said;
      }
  }
}

TEST_F(LoadConfig, theEnvironmentNamesOfTheSeedOverrideTheFile) {
  environment = {{"REDIS_URL", "redis://:secret@cache:6380/2"},
                 {"REDIS_MAX_CONNECTIONS", "7"},
                 {"WEBSOCKET_MAX_CONNECTIONS", "1000"},
                 {"WEBSOCKET_HEARTBEAT_INTERVAL", "31"},
                 {"JWT_SECRET_KEY", "from-the-environment"},
                 {"JWT_ALGORITHM", "HS256"},
                 {"COLLABORATION_MAX_CONCURRENT_PROCESSING", "201"},
                 {"COLLABORATION_MESSAGE_HISTORY_LIMIT", "1001"},
                 {"COLLABORATION_MESSAGE_TTL", "604801"},
                 {"ATRIUM_PORT", "0"},
                 {"ATRIUM_DATA_DIR", "/var/lib/atrium"}};
  const Settings settings = load("auth: {jwt_secret: from-the-file}\nserver: {port: 9000}\nstorage: {backend: memory}\n").settings;
  EXPECT_EQ(settings.redis.url, "redis://:secret@cache:6380/2");
  EXPECT_EQ(settings.redis.max_connections, 7U);
  EXPECT_EQ(settings.server.max_connections, 1000U);
  EXPECT_EQ(settings.websocket.heartbeat_interval, 31s);
  EXPECT_EQ(settings.auth.jwt_secret, "from-the-environment");
  EXPECT_EQ(settings.workers.max_jobs, 201U);
  EXPECT_EQ(settings.rooms.message_history_limit, 1001U);
  EXPECT_EQ(settings.rooms.message_ttl, 604801s);
  EXPECT_EQ(settings.server.port, 0);
  EXPECT_EQ(settings.server.data_dir, "/var/lib/atrium");
  EXPECT_EQ(settings.storage.backend, "memory") << "an address of Redis chooses no backend";
}

TEST_F(LoadConfig, aDurationInTheEnvironmentMayNameItsUnit) {
  environment["WEBSOCKET_HEARTBEAT_INTERVAL"] = "1m";
  EXPECT_EQ(load("").settings.websocket.heartbeat_interval, 1min);
}

TEST_F(LoadConfig, anEmptyVariableCountsAsUnset) {
  environment["ATRIUM_PORT"] = "";
  EXPECT_EQ(load("server: {port: 9000}").settings.server.port, 9000);
}

TEST_F(LoadConfig, mistakesInTheEnvironmentNameTheVariable) {
  environment["ATRIUM_PORT"] = "http";
  environment["JWT_ALGORITHM"] = "none";
  environment["ATRIUM_DATA_DIR"] = "\xFF";
  environment["REDIS_URL"] = "http://localhost";
  const std::string text = formatProblems(problems(""));
  EXPECT_NE(text.find("ATRIUM_PORT: server.port: \"http\" is not a whole number"), std::string::npos) << text;
  EXPECT_NE(text.find("JWT_ALGORITHM: auth.jwt_algorithm: \"none\" is not among the choices"), std::string::npos) << text;
  EXPECT_NE(text.find("ATRIUM_DATA_DIR: server.data_dir: the environment variable is not valid UTF-8"), std::string::npos) << text;
  EXPECT_NE(text.find("REDIS_URL: redis.url is not the address of a Redis"), std::string::npos) << text;
}

TEST_F(LoadConfig, joinsIncludedFiles) {
  write("sub/base.yaml",
        "include: [deeper.yaml]\nserver: {port: 1, host: 10.0.0.1}\nplugins: {directories: [/a], use: {x: {config: {k: 1, l: 2}}}}\n");
  write("sub/deeper.yaml", "server: {loops: 4, port: 3}\nlog:\n  level: debug\n");
  const LoadedConfig loaded = load(
      "include: [sub/base.yaml]\nserver: {port: 2}\nlog:\n  # level: error\nplugins: {directories: [/b], use: {x: {config: {l: 3}}}}\n");
  EXPECT_EQ(loaded.settings.server.port, 2);
  EXPECT_EQ(loaded.settings.server.host, "10.0.0.1");
  EXPECT_EQ(loaded.settings.server.loops, 4U);
  EXPECT_EQ(loaded.settings.log.level, LogLevel::debug);
  EXPECT_EQ(loaded.settings.plugins.directories, std::vector<std::string>{"/b"});
  EXPECT_EQ(toJson(loaded.settings.plugins.use.at("x").config), R"({"k":1,"l":3})");
  EXPECT_EQ(loaded.files, (std::vector<std::string>{path("sub/deeper.yaml"), path("sub/base.yaml"), path("a.yaml")}));
}

TEST_F(LoadConfig, mistakesInIncludedFilesNameThem) {
  write("b.yaml", "server:\n  port: 99999\n");
  write("c.yaml", "a: 'open\n");
  const ConfigProblems found = problems("include: [b.yaml, c.yaml, missing.yaml, [x]]\nserver: {host: ''}\n");
  ASSERT_EQ(found.size(), 5U) << formatProblems(found);
  EXPECT_EQ(found[0].file, path("c.yaml"));
  EXPECT_NE(found[1].message.find("missing.yaml: No such file"), std::string::npos) << found[1].message;
  EXPECT_EQ(found[1].column, 27U);
  EXPECT_EQ(found[2].message, "this is not the name of a file");
  EXPECT_EQ(found[3].file, path("b.yaml"));
  EXPECT_EQ(found[3].line, 2U);
  EXPECT_EQ(found[4].file, path("a.yaml"));
}

TEST_F(LoadConfig, refusesIncludesThatTurnInACircle) {
  write("b.yaml", "include: [./a.yaml]\n");
  const ConfigProblems found = problems("include: [b.yaml]\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].message.find("includes itself"), std::string::npos);
  EXPECT_EQ(found[0].file, path("b.yaml"));
}

TEST_F(LoadConfig, boundsTheNumberOfIncludedFiles) {
  write("leaf.yaml", "log: {level: debug}\n");
  std::string list = "leaf.yaml";
  for (unsigned i = 1; i + 1 < config_files_max; ++i) list += ", leaf.yaml";
  EXPECT_TRUE(problems("include: [" + list + "]\n").empty());
  EXPECT_EQ(problems("include: [" + list + ", leaf.yaml]\n").size(), 1U);
}

TEST_F(LoadConfig, refusesWhatIsNoFileOfSettings) {
  for (const auto* text : {"- a\n", "just text\n", "include: other.yaml\n"}) EXPECT_EQ(problems(text).size(), 1U) << text;
  EXPECT_FALSE(loadConfig(path("nowhere.yaml"), environment));
  const auto directory = loadConfig(path("."), environment);
  ASSERT_FALSE(directory);
  EXPECT_NE(directory.error()[0].message.find("it is a directory"), std::string::npos);
}

TEST_F(LoadConfig, checksOptionsAgainstEachOther) {
  const ConfigProblems found = problems(R"(
rooms: {history_page_default: 50, history_page_max: 10, max_members_default: 60, max_members_limit: 5}
server: {drain_delay: 20s, allowed_origins: [https://ok.example, '*', https://x.example/]}
redis: {url: localhost:6379}
)");
  ASSERT_EQ(found.size(), 6U) << formatProblems(found);
  EXPECT_EQ(found[0].column, 31U);
  EXPECT_EQ(found[1].column, 78U);
  EXPECT_EQ(found[2].column, 23U);
  EXPECT_EQ(found[3].message, "\"*\" is not an origin");
  EXPECT_EQ(found[4].column, 71U);
  EXPECT_EQ(found[5].line, 4U);
}

// The example file says of every option what its default is; this takes it at its word.
TEST_F(LoadConfig, theExampleFileShowsTheDefaults) {
  std::ifstream file(ATRIUM_CONFIG_DIR "/atrium.yaml");
  ASSERT_TRUE(file);
  std::stringstream text;
  text << file.rdbuf();
  std::string uncommented = std::regex_replace(text.str(), std::regex("\n( *)#([a-z_]+:)"), "\n$1$2");
  uncommented = std::regex_replace(uncommented, std::regex("jwt_secret:"), "jwt_secret: x");
  const Settings shown = load(uncommented).settings;
  const Settings defaults;
  EXPECT_EQ(shown.server, defaults.server);
  EXPECT_EQ(shown.ops, defaults.ops);
  EXPECT_EQ(shown.websocket, defaults.websocket);
  EXPECT_EQ(shown.rooms, defaults.rooms);
  EXPECT_EQ(shown.presence, defaults.presence);
  EXPECT_EQ(shown.tenants, defaults.tenants);
  EXPECT_EQ(shown.storage, defaults.storage);
  EXPECT_EQ(shown.redis, defaults.redis);
  EXPECT_EQ(shown.workers, defaults.workers);
  EXPECT_EQ(shown.log, defaults.log);
  EXPECT_EQ(shown.plugins.directories, defaults.plugins.directories);
  EXPECT_TRUE(shown.plugins.use.empty());
}

TEST_F(LoadConfig, theShippedFilesLoad) {
  for (const auto* name : {"atrium.yaml", "demo.yaml", "bench.yaml"}) {
    const auto loaded = loadConfig(std::string(ATRIUM_CONFIG_DIR "/") + name, environment);
    EXPECT_TRUE(loaded) << name << (loaded ? "" : formatProblems(loaded.error()));
  }
  EXPECT_EQ(loadConfig(ATRIUM_CONFIG_DIR "/demo.yaml", environment)->settings.storage.backend, "sqlite");
  EXPECT_EQ(loadConfig(ATRIUM_CONFIG_DIR "/bench.yaml", environment)->settings.storage.backend, "memory");
}

}  // namespace
}  // namespace atrium
