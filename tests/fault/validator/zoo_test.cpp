// The zoo: each animal breaks the rule that is meant for it, and none but that and those that must follow from it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin_world.hpp"
#include "protocol/json_index.hpp"
#include "sealed.hpp"
#include "validator/rule.hpp"

extern char** environ;

namespace atrium::validate {
namespace {

using test::TemporaryDirectory;
using Names = std::set<std::string>;

struct Outcome {
  int exit_code = -1;
  std::string output;
  Names broken, kept, skipped;
};

// Runs the program in `directory`, where it leaves what it keeps.
Outcome validate(const std::filesystem::path& directory, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ATRIUM_VALIDATE);
  const std::string out = (directory / "out.txt").string();
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
  pid_t child = -1;
  EXPECT_EQ(::posix_spawn(&child, ATRIUM_VALIDATE, &actions, nullptr, argv.data(), environ), 0);
  ::posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome{WIFEXITED(status) ? WEXITSTATUS(status) : -1, test::readFile(out), {}, {}, {}};
  if (const auto document = JsonDocument::parse(outcome.output)) {
    const JsonView rules = document->root()["rules"];
    for (JsonView rule = rules.first(); rule.exists(); rule = rule.sibling(rules))
      (rule["verdict"].text() == "broken" ? outcome.broken
       : rule["verdict"].text() == "kept" ? outcome.kept
                                          : outcome.skipped)
          .insert(rule["id"].text());
  }
  return outcome;
}

std::string animalFile(const std::string& name) { return std::string(ATRIUM_ZOO) + "/zoo_" + name + ".so"; }

std::string listed(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += " " + name;
  return out;
}

// As the test framework takes a name.
std::string underscored(std::string name) {
  std::ranges::replace(name, '-', '_');
  return name;
}

struct Animal {
  std::string name;
  std::string rule;
  Names follows;  // Rules that may be broken besides, because they must.
  int level = 6;  // Up to here nothing else may be broken.
};
void PrintTo(const Animal& animal, std::ostream* out) { *out << animal.name; }
std::string nameOf(const testing::TestParamInfo<Animal>& info) { return underscored(info.param.name); }

class Zoo : public testing::TestWithParam<Animal> {};

TEST_P(Zoo, isCaughtByItsRule) {
  const Animal& animal = GetParam();
  TemporaryDirectory directory;
  // Under a sanitizer, where all of this takes long, no further than the rule's own level.
  const int level = ATRIUM_SLOWED ? findRule(animal.rule)->level : animal.level;
  const Outcome outcome = validate(
      directory.path(), {animalFile(animal.name), "--json", "--patience", "4", "--fuzz-seconds", "4", "--level", std::to_string(level)});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  EXPECT_TRUE(outcome.broken.contains(animal.rule)) << "broken:" << listed(outcome.broken) << "\n" << outcome.output;
  for (const std::string& rule : outcome.broken)
    EXPECT_TRUE(rule == animal.rule || animal.follows.contains(rule)) << rule << " is broken too\n" << outcome.output;
}

const Names every_answer = {"calls.deterministic", "contract.instances", "threads.answers"};

const Animal load_animals[] = {Animal{"two-exports", "file.exports", {}},
                               Animal{"unique", "file.unique", {"file.exports", "load.unloads"}},
                               Animal{"run-path", "file.run-path", {}},
                               Animal{"no-delete", "file.no-delete", {"load.unloads"}},
                               Animal{"no-build-id", "file.build-id", {}},
                               Animal{"executable-stack", "file.stack", {"load.opens"}},  // Which hardened systems refuse to load.
                               Animal{"text-relocations", "file.text-relocations", {"load.opens"}},  // Likewise.
                               Animal{"needs-a-stranger", "file.needed", {}},
                               Animal{"pins-itself", "load.unloads", {}},
                               Animal{"crashes-at-load", "load.opens", {}},
                               Animal{"exits-at-load", "load.opens", {}},
                               Animal{"loud-constructor", "load.constructors", {}},
                               Animal{"opens-at-load", "load.constructors", {}},
                               Animal{"crashes-at-create", "load.creates", {}},
                               Animal{"hangs-at-create", "load.creates", {}},
                               Animal{"creates-nothing", "load.creates", {}},
                               Animal{"throws-at-create", "load.creates", {}},
                               Animal{"crashes-at-destroy", "load.destroys", {}},
                               Animal{"hangs-at-destroy", "load.destroys", {}},
                               Animal{"leaks-at-create", "load.heap", {}},
                               Animal{"leaks-descriptor", "load.descriptors", {}},
                               Animal{"leaks-thread", "load.threads", {}},
                               Animal{"takes-signal", "load.surroundings", {}},
                               Animal{"takes-signal-at-load", "load.surroundings", {}},
                               Animal{"thread-local", "load.thread-local", {}}};
INSTANTIATE_TEST_SUITE_P(Animals, Zoo, testing::ValuesIn(load_animals), nameOf);

const Animal contract_animals[] = {
    Animal{"small-entry", "contract.entry", {}},
    Animal{"other-version", "contract.identity", {}},
    Animal{"refuses-defaults", "contract.defaults", {}},
    Animal{"refuses-bound", "contract.option-bounds", {}},
    Animal{"refuses-silently", "contract.refusal", {}},
    Animal{"answers-everything", "contract.extensions", {"contract.unknown-extension", "contract.struct-size"}},
    Animal{"knows-the-future", "contract.unknown-extension", {}},
    Animal{"no-extension", "contract.extensions", {}},
    Animal{"two-tables", "contract.same-table", {}},
    Animal{"small-table", "contract.struct-size", {}},
    Animal{"other-name", "contract.names", {}},
    Animal{"missing-hook", "contract.hooks", {}},
    Animal{"strange-constants", "contract.constants", {}},
    Animal{"strange-entry", "contract.constants", {}},
    Animal{"for-nobody", "contract.constants", {}},
    Animal{"climbing-asset", "contract.constants", {}},
    Animal{"needs-clock", "contract.no-services", {}},
    Animal{"reads-past-host", "contract.host-size", {}},
    Animal{"counts-together", "contract.instances", {"threads.answers"}}};
INSTANTIATE_TEST_SUITE_P(ContractAnimals, Zoo, testing::ValuesIn(contract_animals), nameOf);

const Animal call_animals[] = {Animal{"crashes", "calls.crash", {}},
                               Animal{"calls-a-null", "calls.crash", {}},
                               Animal{"dies-of-its-hook", "calls.crash", {}},
                               Animal{"hangs", "calls.hang", {}},
                               Animal{"exits", "calls.exit", {}},
                               Animal{"forks", "calls.fork", {}},
                               Animal{"forks-and-returns", "calls.fork", {}},
                               Animal{"throws", "calls.exception", {}},
                               Animal{"odd-status", "calls.status", {}},
                               Animal{"fails", "calls.status", {}},
                               Animal{"fails-each-time", "calls.status", {}},
                               Animal{"gives-up", "calls.status", {}},
                               Animal{"scribbles", "calls.input-unchanged", {}},
                               Animal{"keeps-borrowed", "calls.borrowed", {"threads.answers", "threads.safe"}},
                               Animal{"throws-dice", "calls.deterministic", every_answer},
                               Animal{"moody", "calls.pure", {"threads.answers", "contract.instances"}},
                               Animal{"leaks", "calls.heap", {}},
                               Animal{"loud", "calls.quiet", {}},
                               Animal{"reason-not-utf8", "reply.reason", {}},
                               Animal{"reason-too-long", "reply.reason", {}},
                               Animal{"field-is-no-pointer", "reply.field", {}},
                               Animal{"annotates-no-json", "reply.annotation", {"message-type.settled"}},
                               Animal{"content-too-long", "reply.content", {}},
                               Animal{"strange-audience", "reply.audience", {}},
                               Animal{"patches-the-room", "reply.patch", {"message-type.settled"}},
                               Animal{"long-summary", "message-type.summary", {}},
                               Animal{"never-settles", "message-type.settled", {}},
                               Animal{"tags-again", "message-type.settled", {}},
                               Animal{"fails-self-test", "self-test.passes", {}},
                               Animal{"forgets-state", "state.import", {}},
                               Animal{"takes-any-state", "state.foreign", {}},
                               Animal{"dies-of-state", "state.foreign", {}},
                               Animal{"refuses-export", "state.export", {}}};
INSTANTIATE_TEST_SUITE_P(CallAnimals, Zoo, testing::ValuesIn(call_animals), nameOf);

const Animal kind_animals[] = {Animal{"nan", "routing-scorer.range", {}},
                               Animal{"above-one", "routing-scorer.range", {}},
                               Animal{"broken-reason", "routing-scorer.reason", {}},
                               Animal{"endless-reason", "routing-scorer.reason", {}},
                               Animal{"strange-severity", "alert-rule.alert", {}},
                               Animal{"never-completes", "command.once", {}},
                               Animal{"completes-twice", "command.once", {}},
                               Animal{"completes-a-refusal", "command.once", {}},
                               Animal{"broken-result", "command.result", {}},
                               Animal{"broken-piece", "assistant.pieces", {}},
                               Animal{"talks-on", "assistant.once", {}},
                               Animal{"accepts-too-many", "event-sink.accepted", {}},
                               Animal{"silent-dead-letter", "event-sink.dead-letter", {}},
                               Animal{"already-over", "authenticator.principal", {}},
                               Animal{"accepts-twice", "authenticator.accept", {}},
                               Animal{"tells-the-token", "authenticator.secrecy", {}},
                               Animal{"strange-status", "http-ui.response", {}},
                               Animal{"shortens", "bus.delivery", {}},
                               Animal{"keeps-sending", "bus.delivery", {}},
                               Animal{"talks-to-itself", "bus.delivery", {}},
                               Animal{"calls-from-within", "bus.delivery", {}},
                               Animal{"forgets-repeats", "storage-backend.log", {}},
                               Animal{"half-a-batch", "storage-backend.documents", {}}};
INSTANTIATE_TEST_SUITE_P(KindAnimals, Zoo, testing::ValuesIn(kind_animals), nameOf);

const Animal later_animals[] = {Animal{"not-thread-safe", "threads.answers", {}},
                                Animal{"corrupted-by-threads", "threads.safe", {}},
                                Animal{"thread-of-call", "threads.own", {"calls.heap"}},
                                Animal{"dies-of-nul", "hostile.texts", {}},
                                Animal{"dies-of-depth", "hostile.json", {}},
                                Animal{"dies-of-size", "hostile.large", {}},
                                Animal{"fails-at-odd-text", "hostile.answers", {}},
                                Animal{"slow", "time.deadline", {}, 8},
                                Animal{"forgets-cancelled", "time.cancel", {}, 8},
                                Animal{"leaks-keys", "swap.load", {}, 8},
                                Animal{"remembers-too-much", "swap.state", {}, 8},
                                Animal{"knows-its-place", "swap.placement", {}, 8},
                                Animal{"rare", "fuzz.survives", {"hostile.texts"}, 9},
                                Animal{"fears-the-past", "chaos.clock", {}, 10},
                                Animal{"trusts-services", "chaos.services", {}, 10},
                                Animal{"locks-itself-out", "chaos.kill", {"swap.placement"}, 10}};
INSTANTIATE_TEST_SUITE_P(LaterAnimals, Zoo, testing::ValuesIn(later_animals), nameOf);

class Sound : public testing::TestWithParam<const char*> {};

TEST_P(Sound, keepsEveryRule) {
  TemporaryDirectory directory;
  const Outcome outcome = validate(directory.path(), {animalFile(GetParam()), "--level", "10", "--fuzz-seconds", "1"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

INSTANTIATE_TEST_SUITE_P(Kinds, Sound,
                         testing::Values("sound", "needs-a-secret", "sound-room", "sound-scorer", "sound-alert", "sound-command",
                                         "sound-assistant", "sound-sink", "waits-for-services", "sound-authenticator", "sound-ui",
                                         "sound-bus", "sound-store"),
                         [](const auto& info) { return underscored(info.param); });

// ---- Files that are wrong without being built so

// A copy of the sound animal that has something wrong with it.
struct BadFile {
  const char* name;
  const char* rule;
  void (*spoil)(std::string& bytes);
  void (*place)(std::filesystem::path& file) = [](std::filesystem::path&) {};
  const char* says = "";  // Part of what it is told.
};
void PrintTo(const BadFile& file, std::ostream* out) { *out << file.name; }

void replaceIn(std::string& bytes, std::string_view from, std::string_view to) { bytes.replace(bytes.find(from), from.size(), to); }

const BadFile bad_files[] = {
    {"truncated", "file.elf", [](std::string& bytes) { bytes.resize(700); }},
    {"text", "file.elf", [](std::string& bytes) { bytes = "hello"; }},
    {"changed", "file.seal", [](std::string& bytes) { replaceIn(bytes, "a message", "A message"); }, [](std::filesystem::path&) {},
     "seal it again with `atrium seal FILE`"},
    {"manifest_that_is_wrong", "file.manifest",
     [](std::string& bytes) {
       replaceIn(bytes, "maturity: draft", "maturity: dream");
       bytes = test::sealed(bytes);
     }},
    {"for_a_newer_interface", "file.interface",
     [](std::string& bytes) {
       replaceIn(bytes, "abi: \"1.0\"", "abi: \"9.0\"");
       bytes = test::sealed(bytes);
     }},
    {"everyone_may_write_to_it", "file.mode", [](std::string&) {}, [](std::filesystem::path& file) { ::chmod(file.c_str(), 0666); }},
    {"link", "file.readable", [](std::string&) {},
     [](std::filesystem::path& file) {
       const auto link = file.parent_path() / "link.so";
       std::filesystem::create_symlink(file, link);
       file = link;
     }},
};

class Files : public testing::TestWithParam<BadFile> {};

TEST_P(Files, areCaughtByTheirRule) {
  TemporaryDirectory directory;
  std::string bytes = test::readFile(animalFile("sound"));
  GetParam().spoil(bytes);
  std::filesystem::path file = directory.path() / "plugin.so";
  test::writeFile(file, bytes);
  ::chmod(file.c_str(), 0600);
  GetParam().place(file);
  const Outcome outcome = validate(directory.path(), {file.string(), "--json", "--level", "1"});
  EXPECT_EQ(outcome.broken, Names{GetParam().rule});
  EXPECT_NE(outcome.output.find(GetParam().says), std::string::npos) << outcome.output;
}

INSTANTIATE_TEST_SUITE_P(Bad, Files, testing::ValuesIn(bad_files), [](const auto& info) { return std::string(info.param.name); });

// ---- The program

TEST(Program, tellsAFindingSoThatItCanBeRepeated) {
  TemporaryDirectory directory;
  const std::string file = animalFile("scribbles");
  const Outcome outcome = validate(directory.path(), {file});
  for (const std::string& part :
       {std::string("calls.input-unchanged  It does not write to what it was lent."), std::string("expected  a process that lives"),
        std::string("came      SIG"), std::string("written   sdk/include/atrium/abi.h"),
        "repeat    atrium-validate " + file + " --only calls.input-unchanged --seed 1"})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  const Outcome again = validate(directory.path(), {file, "--only", "calls.input-unchanged", "--json"});
  EXPECT_EQ(again.broken, Names{"calls.input-unchanged"});
}

TEST(Program, repeatsWithTheOptionsThatWereGiven) {
  TemporaryDirectory directory;
  const std::string file = animalFile("scribbles"), given = " --patience 20 --fuzz-seconds 3 --runner /usr/bin/false";
  const Outcome outcome = validate(
      directory.path(), {file, "--only", "calls.input-unchanged", "--runner", "/usr/bin/false", "--patience", "20", "--fuzz-seconds", "3"});
  EXPECT_NE(outcome.output.find("--only calls.input-unchanged --seed 1" + given + "\n"), std::string::npos) << outcome.output;
}

TEST(Program, looksAtEachRuleAlone) {
  TemporaryDirectory directory;
  for (const auto& [animal, rule] : {std::pair("long-summary", "message-type.summary"), std::pair("completes-twice", "command.once"),
                                     std::pair("strange-status", "http-ui.response"), std::pair("talks-to-itself", "bus.delivery")})
    EXPECT_EQ(validate(directory.path(), {animalFile(animal), "--only", rule, "--json"}).broken, Names{rule});
}

TEST(Program, keepsNoRuleThatItDidNotLookAt) {
  TemporaryDirectory directory;
  const auto expectSkipped = [&](const std::string& file, const std::string& level, const Names& rules) {
    const Outcome outcome = validate(directory.path(), {file, "--level", level, "--patience", "4", "--json"});
    for (const std::string& rule : rules) EXPECT_TRUE(outcome.skipped.contains(rule)) << file << " " << rule << "\n" << outcome.output;
    return outcome;
  };
  expectSkipped(animalFile("crashes-at-load"), "2",
                {"load.creates", "load.destroys", "load.heap", "load.threads", "load.surroundings", "load.unloads", "load.thread-local"});
  const Outcome at_create = expectSkipped(animalFile("crashes-at-create"), "2", {"load.destroys", "load.heap", "load.unloads"});
  EXPECT_TRUE(at_create.kept.contains("load.opens")) << at_create.output;
  expectSkipped(animalFile("crashes"), "4", {"calls.hang", "calls.quiet", "calls.status", "reply.reason"});
  expectSkipped(animalFile("leaks-thread"), "2", {"load.heap", "load.descriptors", "load.unloads"});
  const std::string text = (directory.path() / "text.so").string();
  test::writeFile(text, "hello");
  ::chmod(text.c_str(), 0600);
  const Outcome no_library = expectSkipped(text, "2", {"file.seal", "file.manifest", "file.exports", "load.opens"});
  EXPECT_EQ(no_library.kept, (Names{"file.readable", "file.mode"}));
}

TEST(Program, keepsTheSmallestInputThatDoesIt) {
  TemporaryDirectory directory;
  const std::string file = animalFile("dies-of-nul");
  const Outcome outcome = validate(directory.path(), {file, "--only", "hostile.texts", "--json"});
  EXPECT_EQ(outcome.broken, Names{"hostile.texts"});
  const auto kept = directory.path() / "zoo_dies-of-nul.hostile.texts.json";
  ASSERT_TRUE(std::filesystem::exists(kept)) << outcome.output;
  EXPECT_LE(std::filesystem::file_size(kept), 200u) << test::readFile(kept);
  EXPECT_EQ(validate(directory.path(), {file, "--only", "hostile.texts", "--json", "--input", kept.string()}).broken,
            Names{"hostile.texts"});
  EXPECT_EQ(validate(directory.path(), {animalFile("sound"), "--only", "hostile.texts", "--json", "--input", kept.string()}).exit_code, 0);
}

// It leaves something behind in its calls alone, and its start takes longer than all of them.
TEST(Program, killsInACallHoweverLongTheStartTakes) {
  TemporaryDirectory directory;
  EXPECT_EQ(validate(directory.path(), {animalFile("locks-late"), "--only", "chaos.kill", "--json"}).broken, Names{"chaos.kill"});
}

TEST(Program, looksInItsOwnProcessForADebugger) {
  TemporaryDirectory directory;
  const Outcome outcome = validate(directory.path(), {animalFile("odd-status"), "--only", "calls.status", "--in-process", "--json"});
  EXPECT_EQ(outcome.broken, Names{"calls.status"}) << outcome.output;
}

// Also what comes behind more lines than a pipe takes.
TEST(Program, losesNothingInItsOwnProcess) {
  TemporaryDirectory directory;
  const Outcome outcome =
      validate(directory.path(), {animalFile("sound"), "--only", "fuzz.survives", "--in-process", "--fuzz-seconds", "2", "--json"});
  EXPECT_EQ(outcome.kept, Names{"fuzz.survives"}) << outcome.output;
  EXPECT_NE(outcome.output.find("\"calls\":"), std::string::npos) << outcome.output;
}

TEST(Program, saysWithHowManyCallsItFuzzed) {
  TemporaryDirectory directory;
  const auto fuzz = [&](const std::string& animal) {
    return validate(directory.path(), {animalFile(animal), "--only", "fuzz.survives", "--fuzz-seconds", "1", "--json"});
  };
  const Outcome sound = fuzz("sound");
  EXPECT_EQ(sound.exit_code, 0) << sound.output;
  const auto document = JsonDocument::parse(sound.output);
  ASSERT_TRUE(document) << sound.output;
  const JsonView rules = document->root()["rules"];
  std::int64_t calls = 0;
  EXPECT_TRUE(rules.first()["calls"].integer(calls)) << sound.output;
  EXPECT_GT(calls, 0);
  // Having counted, it still sees how the instance ends.
  EXPECT_EQ(fuzz("crashes-at-destroy").broken, Names{"fuzz.survives"});
}

TEST(Program, writesJunit) {
  TemporaryDirectory directory;
  const Outcome outcome = validate(directory.path(), {animalFile("other-name"), "--junit", "--level", "3"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("<testsuite name=\"zoo.other-name\""), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("<testcase classname=\"contract\" name=\"contract.names\"><failure message="), std::string::npos)
      << outcome.output;
}

TEST(Program, saysWhatItCannotLookAt) {
  TemporaryDirectory directory;
  EXPECT_EQ(validate(directory.path(), {}).exit_code, 2);
  EXPECT_EQ(validate(directory.path(), {animalFile("sound"), "--only", "no.such-rule"}).exit_code, 2);
  EXPECT_EQ(validate(directory.path(), {animalFile("sound"), "--options", "nowhere.yaml"}).exit_code, 2);
  const auto options = directory.path() / "options.yaml";
  test::writeFile(options, "colour: red\n");
  const Outcome outcome = validate(directory.path(), {animalFile("sound"), "--options", options.string()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.output.find("colour"), std::string::npos) << outcome.output;
}

TEST(Rules, areManyAndAllOnThePage) {
  const std::string page = test::readFile(std::string(ATRIUM_SOURCE) + "/docs/plugins/validator.md");
  EXPECT_GE(allRules().size(), 40u);
  Names ids;
  for (const Rule& rule : allRules()) {
    EXPECT_TRUE(ids.insert(std::string(rule.id)).second) << rule.id << " stands twice";
    const std::string row = "| `" + std::string(rule.id) + "` | " + std::string(rule.sentence) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << "docs/plugins/validator.md lacks the row\n" << row;
  }
  std::size_t rows = 0;
  for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) ++rows;
  EXPECT_EQ(rows, allRules().size()) << "a rule on the page that there is not";
}

TEST(Rules, haveAnAnimalEach) {
  Names meant;
  for (const std::span<const Animal> animals :
       {std::span<const Animal>(load_animals), std::span<const Animal>(contract_animals), std::span<const Animal>(call_animals),
        std::span<const Animal>(kind_animals), std::span<const Animal>(later_animals)})
    for (const Animal& animal : animals) meant.insert(animal.rule);
  for (const BadFile& file : bad_files) meant.insert(file.rule);
  for (const Rule& rule : allRules()) EXPECT_EQ(meant.erase(std::string(rule.id)), 1u) << rule.id << " has no animal that is meant for it";
  EXPECT_EQ(meant, Names{}) << "an animal of a rule that there is not";
}

}  // namespace
}  // namespace atrium::validate
