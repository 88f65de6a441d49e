#include "killed_storm.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>

#include "backend.hpp"
#include "sim/desk_flaw.hpp"
#include "sim/desk_storm.hpp"
#include "store.hpp"

namespace atrium::bench {

namespace {

constexpr std::uint64_t pause_ms = 1000;      // Between the last time that a process told of and the first of the next one.
constexpr std::uint64_t early_lines = 100;    // So many lines are said before a process has begun in earnest.
constexpr std::uint64_t lines_any = 1 << 30;  // No bound.

// The child's end of the pipe, whatever number it has.
pid_t spawn(const std::vector<std::string>& arguments) {
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execv("/proc/self/exe", raw.data());
    ::_exit(127);
  }
  return pid;
}

std::uint64_t numberOf(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

KilledStorm::KilledStorm(std::filesystem::path directory, std::uint64_t seed)
    : directory_(std::move(directory)), seed_(seed), random_(seed ^ 0x57011) {
  std::filesystem::create_directories(directory_ / "plugins");
  const std::filesystem::path plugin = ATRIUM_STORAGE_SQLITE;
  std::filesystem::copy_file(plugin, directory_ / "plugins" / plugin.filename(), std::filesystem::copy_options::overwrite_existing);
  using std::filesystem::perms;
  std::filesystem::permissions(directory_ / "plugins", perms::owner_all);
}

std::string KilledStorm::run(std::uint64_t offers, std::uint64_t kills) {
  const std::uint64_t share = std::max<std::uint64_t>(1, 2 * offers / std::max<std::uint64_t>(1, kills));
  while (flaw_.empty() && told_.offers() < offers) {
    // Some die while they read what the one before has left.
    if (random_.below(8) == 0)
      live(offers, 1 + random_.below(early_lines));
    else
      live(std::min(offers, told_.offers() + 1 + random_.below(share)), lines_any);
    if (flaw_.empty()) look(false);
  }
  if (flaw_.empty()) look(true);
  if (flaw_.empty()) std::filesystem::remove_all(directory_);
  return flaw_;
}

// One process, from its beginning to its end.
void KilledStorm::live(std::uint64_t offers_max, std::uint64_t lines_max) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  time_ms_ += pause_ms;
  const pid_t child = spawn({"bench_offers", "--life", std::to_string(kills_), "--pipe", std::to_string(ends[1]), "--begins",
                             std::to_string(time_ms_), "--seed", std::to_string(seed_), "--directory", directory_.string()});
  ::close(ends[1]);
  bool killed = false;
  std::string said;
  std::uint64_t lines = 0;
  char buffer[65536];
  for (ssize_t size = 0; (size = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = said.find('\n', begin)) != std::string::npos; begin = end + 1, ++lines)
      hear(said.substr(begin, end - begin));
    said.erase(0, begin);
    // What it has said meanwhile is still read: it was told.
    if (!killed && (told_.offers() >= offers_max || lines >= lines_max)) killed = ::kill(child, SIGKILL) == 0;
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ++kills_;
  if (flaw_.empty() && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
    flaw_ = "the process ended by itself, with status " + std::to_string(status);
}

void KilledStorm::hear(const std::string& line) {
  if (line.size() < 3) return;
  const std::size_t space = line.find(' ', 2);
  const std::string id = line.substr(2, space == std::string::npos ? space : space - 2);
  const std::string rest = space == std::string::npos ? std::string() : line.substr(space + 1);
  switch (line[0]) {
    case 'o': return told_.offer(id, rest);
    case 'l': return told_.lead(id);
    case 'a': return told_.agent(id, numberOf(rest));
    case 'g': return told_.agentMayGo(id);
    case 'c': checked_.insert(id); return;
    case 't': time_ms_ = numberOf(id); return;
    case 'f': flaw_ = line.substr(2); return;
    default: flaw_ = "the process said \"" + line + "\"";
  }
}

// Opens the database as the next process would, and compares.
void KilledStorm::look(bool in_the_end) {
  const auto store = test::Store::open(ATRIUM_STORAGE_SQLITE, R"({"path":")" + (directory_ / "storm.db").string() +
                                                                  R"(","cache_mib":16,"wal_mib":16,"key_memory_mib":16,"readers":1})");
  if (!store) {
    flaw_ = "the database cannot be opened: " + store.error();
    return;
  }
  const auto documents = [&store](const DocumentKey& prefix) {
    std::vector<Document> all;
    for (bool more = true; more;) {
      auto found = store->scan(prefix, all.empty() ? test::Key{} : all.back().key);
      more = found.size() == ATRIUM_SCAN_MAX;
      for (test::Document& one : found) all.push_back({std::move(one.key), one.version, std::move(one.value)});
    }
    return all;
  };
  const auto find = [&store](const DocumentKey& key) -> std::optional<std::string> {
    test::Document found = store->get(key);
    return found.version == 0 ? std::nullopt : std::optional(std::move(found.value));
  };
  flaw_ = sim::deskFlaw(documents, "acme", sim::DeskStorm::shrinks);
  if (flaw_.empty()) flaw_ = in_the_end ? told_.missingInTheEnd(find) : told_.missing(find);
  for (const char* collection : {"offer", "offer_ended"}) {
    if (!flaw_.empty() || (!in_the_end && std::string_view(collection) == "offer_ended")) break;
    for (const Document& offer : documents({collection, "acme"}))
      if (!checked_.contains(offer.key[2])) flaw_ = offer.key[2] + " is stored, and nobody has held it against its rule";
  }
}

}  // namespace atrium::bench
