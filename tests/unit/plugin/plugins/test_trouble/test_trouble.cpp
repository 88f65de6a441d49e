// Makes the trouble it is told to, and tells with a refusal what became of it.
#include <asm/sockios.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "atrium/ext/room_type.h"

namespace {

atrium_text text(std::string_view view) { return {view.data(), view.size()}; }

struct Trouble {
  static std::string outcome(long result) { return result >= 0 ? "done" : std::strerror(errno); }

  std::string make(std::string_view trouble) {
    if (trouble == "crash") raise(SIGSEGV);
    if (trouble == "abort") std::abort();
    if (trouble == "exit") std::exit(7);
    if (trouble == "hang")
      for (;;) pause();
    if (trouble == "spin")
      for (volatile bool on = true; on;) {
      }
    if (constexpr std::string_view once = "crash unless "; trouble.starts_with(once)) {  // ...there is that file.
      const int mark = ::open(std::string(trouble.substr(once.size())).c_str(), O_CREAT | O_EXCL | O_WRONLY, 0600);
      if (mark >= 0) raise(SIGSEGV);
      return "came through";
    }
    if (trouble == "fork") {
      const pid_t child = fork();
      if (child == 0) _exit(0);
      if (child > 0) waitpid(child, nullptr, 0);
      return outcome(child);
    }
    if (trouble == "exec") {
      char name[] = "/bin/true";
      char* arguments[] = {name, nullptr};
      return outcome(execv(name, arguments));
    }
    if (trouble == "socket") return outcome(socket(AF_INET, SOCK_STREAM, 0));
    if (trouble == "unix socket") return outcome(socket(AF_UNIX, SOCK_STREAM, 0));
    if (trouble == "io_uring") return outcome(syscall(SYS_io_uring_setup, 1, nullptr));
    if (trouble == "signal by owner" || trouble == "signal by owner of a thread" || trouble == "signal of one's choice" ||
        trouble == "signal by ioctl" || trouble == "signal by the socket's ioctl") {
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return "no sockets";
      const f_owner_ex owner{F_OWNER_PID, getppid()};
      const int group = getppid();
      const long result = trouble == "signal by owner"               ? fcntl(ends[0], F_SETOWN, getppid())
                          : trouble == "signal by owner of a thread" ? fcntl(ends[0], F_SETOWN_EX, &owner)
                          : trouble == "signal of one's choice"
                              ? fcntl(ends[0], F_SETSIG, SIGKILL)
                              : ioctl(ends[0], trouble == "signal by ioctl" ? FIOSETOWN : SIOCSPGRP, &group);
      const std::string came = outcome(result);
      close(ends[0]), close(ends[1]);
      return came;
    }
    // What is set is what there is: a server that is not kept from it takes no harm.
    if (trouble == "priority") return outcome(setpriority(PRIO_PROCESS, getppid(), getpriority(PRIO_PROCESS, getppid())));
    if (trouble == "own priority") return outcome(setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0)));
    if (trouble == "priority of a group") return outcome(setpriority(PRIO_PGRP, 0, getpriority(PRIO_PGRP, 0)));
    if (trouble == "io priority") return outcome(syscall(SYS_ioprio_set, 1, getppid(), syscall(SYS_ioprio_get, 1, getppid())));
    if (trouble == "processors" || trouble == "own processors") {
      const pid_t whose = trouble == "processors" ? getppid() : 0;
      cpu_set_t set;
      return sched_getaffinity(whose, sizeof set, &set) != 0 ? "unknown" : outcome(sched_setaffinity(whose, sizeof set, &set));
    }
    if (trouble == "scheduler") {
      const sched_param none{};
      return outcome(sched_setscheduler(getppid(), SCHED_OTHER, &none));
    }
    if (trouble == "pages") return outcome(syscall(SYS_move_pages, getppid(), 0ul, nullptr, nullptr, nullptr, 0));
    if (trouble == "signal") return outcome(kill(getppid(), SIGTERM));
    if (trouble == "trace") return outcome(ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr));
    if (trouble == "memfd") return outcome(memfd_create("hidden", 0));
    if (trouble == "segment") return outcome(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    if (trouble == "memory") return outcome(open(("/proc/" + std::to_string(getppid()) + "/mem").c_str(), O_RDONLY));
    if (trouble == "environment") return std::getenv("ATRIUM_TEST_SECRET") ? "seen" : "not seen";
    if (trouble == "descriptors") {
      std::string open;
      for (int descriptor = 0; descriptor < 1024; ++descriptor)
        if (fcntl(descriptor, F_GETFD) >= 0) open += open.empty() ? std::to_string(descriptor) : "," + std::to_string(descriptor);
      return open;
    }
    if (trouble == "leak") {
      try {
        for (;;) {
          kept.push_back(std::string(1 << 20, 'x'));
        }
      } catch (const std::bad_alloc&) {
        kept.clear();
        return "refused";
      }
    }
    if (trouble == "share") {  // Memory that counts as nobody's data.
      for (;;) {
        void* memory = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) std::memset(memory, 1, 1 << 20);
      }
    }
    if (trouble == "scribble")
      for (int descriptor = 4; descriptor < 64; ++descriptor)
        if (send(descriptor, "nonsense", 8, MSG_NOSIGNAL) > 0) return "written";
    if (trouble == "close")
      for (int descriptor = 3; descriptor < 64; ++descriptor) close(descriptor);
    if (trouble == "write") {
      const char line[] = "a line by hand\n";
      return outcome(write(STDOUT_FILENO, line, sizeof line - 1));
    }
    return {};
  }

  std::vector<std::string> kept;
};

Trouble& of(atrium_plugin* self) { return *reinterpret_cast<Trouble*>(self); }
std::string_view view(const atrium_text& from) { return {from.data, from.size}; }

constexpr atrium_room_type_info info{.struct_size = sizeof info,
                                     .entry = ATRIUM_ENTRY_OPEN,
                                     .max_members = 0,
                                     .max_members_limit = 0,
                                     .retention_days = 0,
                                     .durability = 0,
                                     .flush_window_us = 0,
                                     .permissions = {},
                                     .name = {"test_trouble", 12},
                                     .message_types = {},
                                     .flags = 0,
                                     .tick_seconds = 0};

atrium_status willPost(atrium_plugin* self, const atrium_room_view*, const atrium_user_view*, const atrium_message_view* message,
                       const atrium_reply* reply) {
  const std::string came = of(self).make(view(message->content));
  if (!came.empty()) reply->deny(reply->context, text(came));
  return ATRIUM_OK;
}
atrium_status didPost(atrium_plugin* self, const atrium_room_view*, const atrium_user_view*, const atrium_message_view* message,
                      const atrium_position*) {
  of(self).make(view(message->content));
  return ATRIUM_OK;
}

constexpr atrium_room_type table{.struct_size = sizeof table,
                                 .reserved = 0,
                                 .info = &info,
                                 .check_settings = nullptr,
                                 .will_join = nullptr,
                                 .will_post = willPost,
                                 .will_create = nullptr,
                                 .did_create = nullptr,
                                 .did_join = nullptr,
                                 .did_leave = nullptr,
                                 .did_post = didPost,
                                 .did_close = nullptr,
                                 .tick = nullptr};

atrium_status create(const atrium_host*, atrium_json options, atrium_sink, atrium_plugin** out) {
  auto* made = new Trouble;
  // {"at_start":"..."}
  if (options.field_count > 1) made->make({options.text + options.fields[1].value_offset, options.fields[1].value_size});
  *out = reinterpret_cast<atrium_plugin*>(made);
  return ATRIUM_OK;
}
void destroy(atrium_plugin* self) { delete &of(self); }
const void* getExtension(atrium_plugin*, const char* id) { return std::string_view(id) == ATRIUM_EXT_ROOM_TYPE ? &table : nullptr; }

}  // namespace

extern "C" const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                                    .abi_major = ATRIUM_ABI_MAJOR,
                                                    .abi_minor = ATRIUM_ABI_MINOR,
                                                    .id = {"test.trouble", 12},
                                                    .version = {"1.0.0", 5},
                                                    .create = create,
                                                    .destroy = destroy,
                                                    .get_extension = getExtension};
