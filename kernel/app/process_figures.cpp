#include "app/process_figures.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace atrium {

namespace {

std::uint64_t entriesOf(const char* directory) {
  std::error_code error;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) ++count;
  return count;
}

double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

}  // namespace

ProcessFigures readProcessFigures() {
  ProcessFigures figures;
  std::uint64_t total_pages = 0, resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> total_pages >> resident_pages)
    figures.resident_bytes = resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  figures.open_descriptors = entriesOf("/proc/self/fd");
  figures.threads = entriesOf("/proc/self/task");
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.descriptors_max = limit.rlim_cur;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) figures.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return figures;
}

void appendProcessMetrics(std::string& out, const ProcessFigures& figures) {
  const auto append = [&out](std::string_view name, std::string_view kind, std::string_view help, auto value) {
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, kind, value);
  };
  append("process_resident_memory_bytes", "gauge", "Resident memory.", figures.resident_bytes);
  append("process_open_fds", "gauge", "Open descriptors.", figures.open_descriptors);
  append("process_max_fds", "gauge", "Descriptors the process may have open.", figures.descriptors_max);
  append("process_threads", "gauge", "Threads.", figures.threads);
  append("process_cpu_seconds_total", "counter", "Processor time, user and system.", figures.cpu_seconds);
}

}  // namespace atrium
