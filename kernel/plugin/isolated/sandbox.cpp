#include "plugin/isolated/sandbox.hpp"

#include <asm/sockios.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <system_error>
#include <vector>

#include "protocol/errors.hpp"

// The filter is a list of what is refused, not of what is allowed: a plugin may be anything that can be linked, and a list of allowances
// would break honest ones with each new libc. What it is to keep out is named one by one: other processes, other machines, and the parts of
// the kernel that are doors of their own.
namespace atrium {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t this_machine = AUDIT_ARCH_X86_64;
constexpr std::uint32_t foreign_calls = 0x40000000;  // The numbers of the x32 interface.
#elif defined(__aarch64__)
constexpr std::uint32_t this_machine = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t foreign_calls = 0;
#else
#error "no filter of system calls for this machine"
#endif

// Built without sanitizers, whose shadow memory counts as data.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_countable = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool memory_countable = false;
#else
constexpr bool memory_countable = true;
#endif
#else
constexpr bool memory_countable = true;
#endif

// As linux/ioprio.h has it, which names a parameter `class` in some of Debian's versions.
constexpr std::uint32_t ioprio_who_process = 1;

std::unexpected<Error> cannotShutIn(const std::string& what) {
  return fail(Code::plugin_failed, "its runner cannot be shut in: " + what + ": " + std::generic_category().message(errno));
}

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, this_machine, 1, 0);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
    if (foreign_calls) {
      add(BPF_JMP | BPF_JGE | BPF_K, foreign_calls, 0, 1);
      answer(SECCOMP_RET_KILL_PROCESS);
    }
  }
  void refuseCall(long number, std::uint32_t error = EPERM) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1);
    answer(SECCOMP_RET_ERRNO | error);
  }
  // Unless its argument `at` is one of these, as far as 32 bits tell, which is as far as the system looks at it.
  void refuseUnless(long number, unsigned at, std::initializer_list<std::uint32_t> values) {
    const auto count = static_cast<unsigned>(values.size());
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, count + 3);
    loadArgument(at);
    unsigned left = count;
    for (const std::uint32_t value : values) add(BPF_JMP | BPF_JEQ | BPF_K, value, left--, 0);
    answer(SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
  }
  void refuseIf(long number, unsigned at, std::uint32_t value) { onArgument(number, at, BPF_JEQ, value, 0, 1); }
  void refuseWithout(long number, unsigned at, std::uint32_t bit) { onArgument(number, at, BPF_JSET, bit, 1, 0); }

  // For every thread this process has or makes.
  [[nodiscard]] bool install() {
    answer(SECCOMP_RET_ALLOW);
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
  }

 private:
  void add(int code, std::uint32_t value, unsigned if_true = 0, unsigned if_false = 0) {
    code_.push_back({static_cast<unsigned short>(code), static_cast<unsigned char>(if_true), static_cast<unsigned char>(if_false), value});
  }
  void loadArgument(unsigned at) {
    load(offsetof(seccomp_data, args) + at * sizeof(std::uint64_t));  // The lower half: both machines are little-endian.
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void answer(std::uint32_t what) { add(BPF_RET | BPF_K, what); }
  // Skips the refusal by `if_true` or `if_false` instructions.
  void onArgument(long number, unsigned at, int test, std::uint32_t value, unsigned if_true, unsigned if_false) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 4);
    loadArgument(at);
    add(BPF_JMP | test | BPF_K, value, if_true, if_false);
    answer(SECCOMP_RET_ERRNO | EPERM);
    load(offsetof(seccomp_data, nr));
  }
  std::vector<sock_filter> code_;
};

constexpr long refused_calls[] = {
    // Programs and processes.
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_open, SYS_pidfd_getfd,
    SYS_pidfd_send_signal, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_tkill, SYS_kcmp, SYS_process_madvise, SYS_process_mrelease,
#if defined(__x86_64__)
    SYS_fork, SYS_vfork,
#endif
    // The kernel's larger doors.
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_mount, SYS_umount2,
    SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsmount, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_add_key, SYS_request_key, SYS_keyctl, SYS_personality, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_quotactl, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_seccomp,
    // Memory that no limit counts, and that may outlive the process.
    SYS_memfd_create, SYS_shmget, SYS_shmat, SYS_semget, SYS_msgget, SYS_mq_open};

// A process in a Landlock domain of its own can neither trace one outside nor open its memory, whoever owns both. The domain itself
// forbids the one thing nobody misses. Systems without Landlock go without: there the filter alone stands.
void enterDomain() {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK;
  const long rules = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (rules < 0) return;
  static_cast<void>(::syscall(SYS_landlock_restrict_self, rules, 0));
  ::close(static_cast<int>(rules));
}

bool limit(int resource, std::uint64_t most) {
  const rlimit both{most, most};
  return ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both) == 0;
}

}  // namespace

bool dieWith(int parent) { return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent; }

Result<void> enterSandbox(const SandboxRules& rules) {
  if (!limit(RLIMIT_CORE, 0)) return cannotShutIn("core dumps");
  if (memory_countable && rules.memory_bytes != 0 && !limit(RLIMIT_DATA, rules.memory_bytes)) return cannotShutIn("memory");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannotShutIn("privileges");
  enterDomain();

  const auto self = static_cast<std::uint32_t>(::getpid());
  Filter filter;
  for (const long call : refused_calls) filter.refuseCall(call);
  filter.refuseCall(SYS_clone3, ENOSYS);  // Its flags lie in memory, out of the filter's sight; the C library then takes clone.
  filter.refuseWithout(SYS_clone, 0, CLONE_THREAD);
  filter.refuseUnless(SYS_kill, 0, {self});
  filter.refuseUnless(SYS_prlimit64, 0, {0});  // Its own limits, and nobody else's.
  filter.refuseUnless(SYS_tgkill, 0, {self});
  // Whoever owns a descriptor is sent a signal when something can be read from it, and which one can be chosen.
  for (const std::uint32_t command : {F_SETOWN, F_SETOWN_EX, F_SETSIG}) filter.refuseIf(SYS_fcntl, 1, command);
  for (const std::uint32_t command : {FIOSETOWN, SIOCSPGRP}) filter.refuseIf(SYS_ioctl, 1, command);
  filter.refuseUnless(SYS_setpriority, 0, {PRIO_PROCESS});
  filter.refuseUnless(SYS_setpriority, 1, {0, self});
  filter.refuseUnless(SYS_ioprio_set, 0, {ioprio_who_process});
  filter.refuseUnless(SYS_ioprio_set, 1, {0, self});
  // A thread that names another one by its number is refused, too: the filter cannot tell whose it is.
  for (const long call :
       {SYS_sched_setaffinity, SYS_sched_setattr, SYS_sched_setparam, SYS_sched_setscheduler, SYS_migrate_pages, SYS_move_pages})
    filter.refuseUnless(call, 0, {0, self});
  filter.refuseIf(SYS_prctl, 0, PR_SET_PDEATHSIG);
  filter.refuseIf(SYS_prctl, 0, PR_SET_SECCOMP);
  if (!rules.network) {
    filter.refuseCall(SYS_socket);
  }
  if (!filter.install()) return cannotShutIn("system calls");
  return {};
}

}  // namespace atrium
