#include "plugin/tombstone.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>
#include <sstream>
#include <system_error>
#include <utility>

#include "plugin/call_mark.hpp"
#include "plugin/replace_file.hpp"

namespace atrium {

namespace {

constexpr std::size_t line_max = 1000;            // bytes of one tombstone
constexpr std::size_t signal_stack_size = 65536;  // bytes
constexpr int exit_by_plugin = 70;
constexpr std::array crash_signals{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ATRIUM_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ATRIUM_SANITIZED 1
#endif
#endif
#ifdef ATRIUM_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// The exceptions to "no mutable globals": a signal handler is called with nothing else. The process is named because a child that a plugin
// forks is none of the server's business.
constinit volatile std::sig_atomic_t tombstone_descriptor = -1;
constinit volatile pid_t watched_process = 0;

// Which plugin the calling thread is inside of, when it is this process that ends.
const CallMark* culprit() { return current_call && ::getpid() == watched_process ? current_call : nullptr; }

[[noreturn]] void endProcess(int status) {
  while (true) ::syscall(SYS_exit_group, status);
}

// Likewise for the handlers of fork().
constinit std::atomic<const std::function<void(const CallMark&)>*> forks_told = nullptr;

// A line made of parts, without anything that a signal handler may not call.
class Line {
 public:
  Line& add(std::string_view text) {
    const std::size_t taken = std::min(text.size(), text_.size() - size_);
    std::memcpy(text_.data() + size_, text.data(), taken);
    size_ += taken;
    return *this;
  }
  Line& add(std::uint64_t number, int base) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
    return add({digits, static_cast<std::size_t>(end - digits)});
  }
  void writeTo(int descriptor) const {
    if (descriptor >= 0 && ::write(descriptor, text_.data(), size_) < 0) return;  // Nobody is left to be told.
  }

 private:
  std::array<char, line_max> text_;
  std::size_t size_ = 0;
};

std::string_view nameOf(int signal) {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    case SIGABRT: return "SIGABRT";
    default: return "a signal";
  }
}

// plugin <tab> sha256 <tab> reason
void onCrash(int signal, siginfo_t* info, void*) {
  if (const CallMark* call = culprit()) {
    Line line;
    line.add(call->plugin).add("\t").add(call->sha256).add("\tit crashed the server with ").add(nameOf(signal)).add(" in ").add(call->hook);
    if (signal != SIGABRT) line.add(" (address 0x").add(reinterpret_cast<std::uintptr_t>(info->si_addr), 16).add(")");
    line.add("\n");
    line.writeTo(tombstone_descriptor);
    Line told;
    told.add("atriumd: the plugin ").add(call->plugin).add(" crashed in ").add(call->hook).add("; the next start quarantines it\n");
    told.writeTo(STDERR_FILENO);
  }
  std::signal(signal, SIG_DFL);
  ::raise(signal);  // It waits until this handler returns; then the process dies as if nobody had looked.
}

// Returns when no plugin calls `function`, which ends the process. Otherwise nothing may be taken down under the other threads, which are
// at work; and whoever started the server is to see that it did not end in order.
void endOfPlugin(std::string_view function) {
  const CallMark* call = culprit();
  if (!call) return;
  Line line;
  line.add(call->plugin).add("\t").add(call->sha256).add("\tit ended the server by ").add(function).add("() in ").add(call->hook).add("\n");
  line.writeTo(tombstone_descriptor);
  Line told;
  told.add("atriumd: the plugin ").add(call->plugin).add(" called ").add(function).add("() in ").add(call->hook);
  told.add("; the next start quarantines it\n");
  told.writeTo(STDERR_FILENO);
  endProcess(exit_by_plugin);
}

void onForkHere() {
  const auto* told = forks_told.load(std::memory_order_acquire);
  if (current_call && told) (*told)(*current_call);
}

void onForkInChild() {
  if (!current_call || !forks_told.load(std::memory_order_relaxed)) return;
  Line told;
  told.add("atriumd: the plugin ").add(current_call->plugin).add(" forked in ").add(current_call->hook).add("; the child was ended\n");
  told.writeTo(STDERR_FILENO);
  endProcess(exit_by_plugin);
}

// A thread's stack for signals.
class SignalStack {
 public:
  SignalStack() {
    const stack_t own{.ss_sp = bytes_.get(), .ss_flags = 0, .ss_size = signal_stack_size};
    ::sigaltstack(&own, nullptr);
  }
  ~SignalStack() {
    const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
    ::sigaltstack(&none, nullptr);
  }
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> bytes_ = std::make_unique_for_overwrite<std::byte[]>(signal_stack_size);
};

void readCulprits(const std::filesystem::path& file, std::vector<Culprit>& culprits) {
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line) && culprits.size() < 100;) {
    std::istringstream parts(line);
    Culprit culprit;
    if (std::getline(parts, culprit.plugin, '\t') && std::getline(parts, culprit.sha256, '\t') && std::getline(parts, culprit.reason) &&
        !culprit.plugin.empty())
      culprits.push_back(std::move(culprit));
  }
}

void writeMark(const std::filesystem::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

}  // namespace

Tombstone::Tombstone(std::filesystem::path directory) : directory_(std::move(directory)) {
  if (directory_.empty()) return;
  for (const char* name : {"tombstone", "loading"}) putAsideUnlessRegular(directory_ / name);
  std::error_code ignored;
  std::filesystem::create_directories(directory_, ignored);
  readCulprits(directory_ / "tombstone", culprits_);
  if (culprits_.empty()) readCulprits(directory_ / "loading", culprits_);
}

void Tombstone::forget() {
  if (directory_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(directory_ / "loading", ignored);
  std::filesystem::remove(directory_ / "tombstone", ignored);
}

Tombstone::~Tombstone() {
  if (forks_told.load() == &forked_) forks_told = nullptr;
  if (descriptor_ < 0) return;
  if (tombstone_descriptor == descriptor_) tombstone_descriptor = -1;
  ::close(descriptor_);
}

void Tombstone::loading(std::string_view plugin, std::string_view sha256) {
  if (directory_.empty()) return;
  std::string line(plugin);
  writeMark(directory_ / "loading", line.append("\t").append(sha256).append("\tthe server ended while it was being loaded\n"));
}

void Tombstone::loaded() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove(directory_ / "loading", ignored);
}

void Tombstone::watch() {
  if (directory_.empty() || sanitized) return;
  descriptor_ = ::open((directory_ / "tombstone").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  tombstone_descriptor = descriptor_;
  struct sigaction action{};
  action.sa_sigaction = onCrash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  for (const int signal : crash_signals) ::sigaction(signal, &action, nullptr);
  static const bool told_at_exit =
      std::atexit([] { endOfPlugin("exit"); }) == 0 && std::at_quick_exit([] { endOfPlugin("quick_exit"); }) == 0;
  static_cast<void>(told_at_exit);
  watched_process = ::getpid();
  watchThread();
}

void Tombstone::watchForks(std::function<void(const CallMark&)> told) {
  forked_ = std::move(told);
  forks_told.store(&forked_, std::memory_order_release);
  static const bool watched = ::pthread_atfork(nullptr, onForkHere, onForkInChild) == 0;
  static_cast<void>(watched);
}

void Tombstone::watchThread() {
  if (sanitized) return;
  thread_local const SignalStack stack;
  static_cast<void>(stack);
}

void Tombstone::blame(std::string_view plugin, std::string_view sha256, std::string_view how) {
  Line line;
  line.add(plugin).add("\t").add(sha256).add("\t").add(how).add("\n");
  line.writeTo(tombstone_descriptor);
}

}  // namespace atrium

// The C library's own names, which run nothing on the way out. The program's symbols come before those of its libraries, so a plugin that
// calls them calls these; a direct system call is all that goes by.
#ifndef ATRIUM_SANITIZED
extern "C" {
[[noreturn]] void _exit(int status) {
  atrium::endOfPlugin("_exit");
  atrium::endProcess(status);
}
[[noreturn]] void _Exit(int status) noexcept {
  atrium::endOfPlugin("_Exit");
  atrium::endProcess(status);
}
}
#endif
