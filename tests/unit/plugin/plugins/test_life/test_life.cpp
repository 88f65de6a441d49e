// Counts its checks and the runs of its command; the count is the state it hands to its next generation. "count" says it as an annotation,
// "version" which one runs. The command answers "VERSION COUNT"; "/life wait OUT IN" first writes to one pipe and
// reads from another; with "owe" for "wait" that is done after execute() has returned.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <atrium/plugin.hpp>

struct TestLife {
  explicit TestLife(const atrium::Json& options)
      : start(options["start"].as_text().value()), takes_state(options["takes_state"].as_bool().value_or(true)) {
    if (start == "fail") throw std::runtime_error("told to fail");
    if (start == "exit") ::_exit(3);
    if (start == "crash") std::abort();
  }

  void check(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) {
    const std::uint64_t now = ++count;
    const std::string_view content = message.content();
    if (content == "count") reply.annotate("count", std::to_string(now));
    if (content == "version") reply.annotate_text("version", VERSION);
    if (content == "throw") throw std::runtime_error("told to");
    if (content == "not-utf8") reply.deny("\xff\xfe");
    if (content == "crash") std::abort();
    if (content == "fork") {
      int status = 0;
      const pid_t child = ::fork();
      if (child == 0) ::_exit(0);
      ::waitpid(child, &status, 0);
      reply.annotate("child", std::to_string(WEXITSTATUS(status)));
    }
    if (content == "hang-export") hangs_export = true;
    if (content == "exit") std::exit(3);
    if (content == "_exit") ::_exit(0);
    if (content == "hang")
      while (true) ::pause();
  }

  ~TestLife() {
    if (debtor.joinable()) debtor.join();
  }

  void execute(const atrium::CommandCall& call, atrium::Completion done) {
    const std::string deed = call["deed"].as_text().value_or("");
    int out = -1, in = -1;
    if (std::sscanf(deed.c_str(), "wait %d %d", &out, &in) == 2) await(out, in);
    if (std::sscanf(deed.c_str(), "owe %d %d", &out, &in) == 2) {
      if (debtor.joinable()) debtor.join();
      debtor = std::thread([this, out, in, done = std::move(done)]() mutable {
        await(out, in);
        done.complete(VERSION " " + std::to_string(++count));
      });
      return;
    }
    done.complete(VERSION " " + std::to_string(++count));
  }
  static void await(int out, int in) {
    char byte = 0;
    if (::write(out, &byte, 1) != 1 || ::read(in, &byte, 1) != 1) throw std::runtime_error("a pipe broke");
  }

  std::string export_state() {
    while (hangs_export) ::pause();
    return std::to_string(count);
  }
  bool import_state(std::uint32_t, std::string_view state) {
    count = std::stoull(std::string(state));
    return takes_state;
  }
  std::string self_test() const { return start == "test_fails" ? "told to fail it" : ""; }

  std::string start;
  bool takes_state;
  bool hangs_export = false;
  std::atomic<std::uint64_t> count = 0;
  std::thread debtor;  // Answers later.
  atrium::MessageTypeInfo message_type{.name = "test_life"};
  static constexpr atrium::CommandInfo command{.name = "life", .summary = "Counts.", .positional = "deed"};
};

ATRIUM_PLUGIN(TestLife, "test.life", VERSION)
