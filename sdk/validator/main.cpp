// atrium-validate: holds a plugin against everything the interface asks of it.
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "base/read_all.hpp"
#include "validator/child.hpp"
#include "validator/facts.hpp"
#include "validator/probe.hpp"
#include "validator/report.hpp"

namespace {

using namespace atrium::validate;

enum ExitCode { exit_kept = 0, exit_broken = 1, exit_usage = 2 };
constexpr int shrink_tries = 300;
constexpr std::chrono::seconds shrink_budget{20};
constexpr int level_default = 8;  // What a build can wait for; fuzzing and chaos are asked for.

struct Wishes {
  Settings settings;
  int level = level_default;
  std::string only, probe, options_file;
  std::string given;  // What a repetition needs besides, as it was given: " --patience 20".
  std::int64_t patience = 10, fuzz = 2;
  bool in_process = false, json = false, junit = false, verbose = false, list = false;
};

// A directory for this run, gone when it ends.
class Scratch {
 public:
  Scratch() {
    std::string path = (std::filesystem::temp_directory_path() / "atrium-validate.XXXXXX").string();
    if (::mkdtemp(path.data())) path_ = path;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

bool concerns(const Rule& rule, const Facts* facts) { return rule.kind.empty() || !facts || facts->manifest.has(rule.kind); }

// Every rule of the wished levels, not looked at until somebody has.
class Run {
 public:
  Run(const Wishes& wishes, FileReport file, std::vector<std::string> arguments)
      : wishes_(wishes), file_(std::move(file)), arguments_(std::move(arguments)) {
    report_.plugin = wishes.settings.plugin.string();
    if (file_.facts) report_.id = file_.facts->manifest.id, report_.version = file_.facts->manifest.version;
    for (const Rule& rule : allRules())
      if (concerns(rule, file_.facts.get()) && (wishes.only.empty() ? rule.level <= wishes.level : rule.id == wishes.only))
        report_.results.push_back({.rule = &rule, .came = "not looked at"});
  }

  Report run() {
    const auto start = std::chrono::steady_clock::now();
    for (const FileFinding& finding : file_.findings) take({finding.rule, finding.expected, finding.came});
    const std::string first = file_.findings.empty() ? std::string() : file_.findings.front().rule;
    for (const Rule& rule : allRules())
      if (rule.level == 1 && std::ranges::find(file_.findings, rule.id, &FileFinding::rule) == file_.findings.end())
        take(file_.facts || std::ranges::find(file_.kept, rule.id) != file_.kept.end() ? keptRule(rule.id) : notLookedAt(rule.id, first));
    for (const Probe& probe : allProbes()) runProbe(probe);
    for (RuleResult& result : report_.results)
      if (result.verdict == Verdict::broken) result.repeat = repeatCommand(*result.rule) + result.repeat;
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(report_);
  }

 private:
  void runProbe(const Probe& probe) {
    const bool wanted =
        wishes_.only.empty() ? probe.level <= wishes_.level : std::ranges::find(probe.rules, wishes_.only) != probe.rules.end();
    if (!wanted) return;
    std::string in_the_way = file_.facts ? "" : "the file itself";
    for (const std::string_view need : probe.needs)
      if (std::ranges::find(broken_, need) != broken_.end()) in_the_way = need;
    if (!in_the_way.empty()) {
      for (const std::string_view rule : probe.rules) take(notLookedAt(rule, in_the_way));
      return;
    }
    const auto findings =
        wishes_.in_process ? runHere(probe, wishes_.settings, *file_.facts) : runInChild(probe, wishes_.settings, arguments_);
    for (Finding finding : findings) {
      if (!finding.input.empty() && finding.broken() && !wishes_.in_process && settingsHaveNoInput()) shrink(probe, finding);
      take(finding);
    }
  }
  [[nodiscard]] bool settingsHaveNoInput() const { return wishes_.settings.input_file.empty(); }

  // Makes the input that broke a rule as small as it gets while it still breaks it; one that does not do it by itself stays as it is.
  void shrink(const Probe& probe, Finding& finding) const {
    const std::string file = (wishes_.settings.scratch / "input.json").string();
    std::vector<std::string> arguments = arguments_;
    arguments.insert(arguments.end(), {"--input", file});
    const auto end = std::chrono::steady_clock::now() + shrink_budget;
    const auto breaks = [&](const std::string& input) {
      std::ofstream(file) << input;
      const auto found = std::chrono::steady_clock::now() < end ? runInChild(probe, wishes_.settings, arguments) : std::vector<Finding>();
      return std::ranges::any_of(found, [&](const Finding& f) { return f.rule == finding.rule && f.broken(); });
    };
    if (breaks(finding.input)) finding.input = shrunk(finding.input, shrink_tries, breaks);
  }

  [[nodiscard]] static Finding keptRule(std::string_view rule) { return {std::string(rule), {}, {}, Finding::Kind::kept}; }
  [[nodiscard]] static Finding notLookedAt(std::string_view rule, const std::string& in_the_way) {
    return {std::string(rule), {}, "not looked at, because something is wrong with " + in_the_way, Finding::Kind::skipped};
  }

  // What several probes say of one rule: broken for one, it is broken; passed over by one, it is not wholly kept.
  void take(const Finding& finding) {
    const auto result = std::ranges::find(report_.results, finding.rule, [](const RuleResult& r) { return r.rule->id; });
    const bool shown = result != report_.results.end();
    if (finding.broken()) broken_.push_back(finding.rule);
    if (!shown || result->verdict == Verdict::broken) return;
    if (finding.kind == Finding::Kind::counted) {
      result->calls = finding.calls;
      return;
    }
    if (finding.kind == Finding::Kind::kept && result->looked_at) return;
    result->looked_at = true;
    result->verdict = finding.broken() ? Verdict::broken : finding.kind == Finding::Kind::kept ? Verdict::kept : Verdict::skipped;
    result->expected = finding.expected;
    result->came = finding.came;
    if (finding.input.empty() || !finding.broken()) return;
    const std::string file = fmt::format("{}.{}.json", wishes_.settings.plugin.stem().string(), finding.rule);
    std::ofstream(file) << finding.input << '\n';
    result->repeat = " --input " + file;
  }

  [[nodiscard]] std::string repeatCommand(const Rule& rule) const {
    return fmt::format("atrium-validate {} --only {} --seed {}{}{}", report_.plugin, rule.id, wishes_.settings.seed,
                       wishes_.options_file.empty() ? "" : " --options " + wishes_.options_file, wishes_.given);
  }

  const Wishes& wishes_;
  FileReport file_;
  std::vector<std::string> arguments_;
  Report report_;
  std::vector<std::string> broken_;
};

int usage(const std::string& sentence) {
  std::cerr << "atrium-validate: " << sentence << '\n';
  return exit_usage;
}

int listRules() {
  for (const Rule& rule : allRules())
    std::cout << fmt::format("{} {}{}: {}\n", rule.level, rule.id, rule.kind.empty() ? "" : fmt::format(" ({})", rule.kind), rule.sentence);
  return exit_kept;
}

int validate(Wishes& wishes, std::vector<std::string> arguments) {
  Settings& settings = wishes.settings;
  settings.plugin = std::filesystem::absolute(settings.plugin);
  settings.patience = std::chrono::seconds(wishes.patience);
  settings.fuzz = std::chrono::seconds(wishes.fuzz);
  if (settings.runner.empty()) {
    std::error_code unknown;
    const auto beside = std::filesystem::read_symlink("/proc/self/exe", unknown).parent_path() / "atrium-runner";
    if (std::filesystem::exists(beside, unknown)) settings.runner = beside;
  }
  for (auto* file : {&wishes.options_file, &settings.input_file}) {
    if (file->empty()) continue;
    *file = std::filesystem::absolute(*file).string();
    std::ifstream in(*file, std::ios::binary);
    if (!in) return usage("cannot read " + *file);
    std::string text = atrium::readAll(in);
    (file == &settings.input_file ? settings.input_file : settings.options) = std::move(text);
  }
  const bool child = !wishes.probe.empty();
  std::optional<Scratch> scratch;
  if (!child) {
    scratch.emplace();
    if (scratch->path().empty()) return usage("no temporary directory can be made");
    settings.scratch = scratch->path();
  }
  FileReport file = readFacts(settings);
  if (!file.options_problem.empty()) return usage("the plugin's options: " + file.options_problem);
  if (child) {
    const auto probe = std::ranges::find(allProbes(), wishes.probe, &Probe::name);
    if (probe == allProbes().end() || !file.facts) return exit_usage;
    beChild(*probe, settings, *file.facts, 3);
  }
  arguments.insert(arguments.end(), {"--scratch", settings.scratch.string()});
  const Report report = Run(wishes, std::move(file), std::move(arguments)).run();
  std::cout << (wishes.json ? asJson(report) : wishes.junit ? asJunit(report) : asText(report, wishes.verbose)) << std::flush;
  return report.count(Verdict::broken) > 0 ? exit_broken : exit_kept;
}

}  // namespace

int main(int argc, char** argv) {
  Wishes wishes;
  CLI::App app(
      "Holds an Atrium plugin against the rules of the plugin interface. Exit code 0: all kept; 1: some broken; 2: could not look.",
      "atrium-validate");
  app.add_option("plugin", wishes.settings.plugin, "The library");
  app.add_option("--level", wishes.level, "The last level to look at")->check(CLI::Range(1, level_max))->capture_default_str();
  app.add_option("--only", wishes.only, "One rule by its id, of any level");
  app.add_option("--seed", wishes.settings.seed, "What inputs are made from")->capture_default_str();
  auto* patience = app.add_option("--patience", wishes.patience, "Seconds without an answer that count as hanging")
                       ->check(CLI::Range(1, 3600))
                       ->capture_default_str();
  auto* fuzz = app.add_option("--fuzz-seconds", wishes.fuzz, "For the level fuzz")->check(CLI::Range(1, 86400))->capture_default_str();
  app.add_option("--options", wishes.options_file, "A YAML file with the plugin's config");
  app.add_option("--input", wishes.settings.input_file, "A kept input, which the rule's probe calls with instead of its own");
  auto* runner = app.add_option("--runner", wishes.settings.runner,
                                "atrium-runner, for the rule swap.placement; the one beside this program otherwise");
  auto* in_process = app.add_flag("--in-process", wishes.in_process, "Look in this process, for a debugger");
  app.add_flag("--verbose", wishes.verbose, "Show what was kept, too");
  app.add_flag("--list", wishes.list, "Show all rules and end");
  auto* json = app.add_flag("--json", wishes.json, "Answer in JSON");
  app.add_flag("--junit", wishes.junit, "Answer in JUnit's XML")->excludes(json);
  app.add_option("--probe", wishes.probe)->group("");
  app.add_option("--scratch", wishes.settings.scratch)->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? exit_kept : exit_usage;
  }
  if (*patience) wishes.given += fmt::format(" --patience {}", wishes.patience);
  if (*fuzz) wishes.given += fmt::format(" --fuzz-seconds {}", wishes.fuzz);
  if (*runner) wishes.given += " --runner " + wishes.settings.runner.string();
  if (*in_process) wishes.given += " --in-process";
  if (wishes.list) return listRules();
  if (wishes.settings.plugin.empty()) return usage("which plugin? (--help tells more)");
  if (!wishes.only.empty() && !findRule(wishes.only)) return usage(fmt::format("there is no rule \"{}\"; --list shows all", wishes.only));
  return validate(wishes, std::vector<std::string>(argv + 1, argv + argc));
}
