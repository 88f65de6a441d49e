// How many messages a second a storage plugin takes, and for how long.
//
//   bench_storage --backend sqlite --rooms 100 --seconds 35 --batch 1000 --directory .
//
// One thread appends full batches, each spread over all rooms, as the store's writer does under load. Prints the rate of the whole run and
// of its last five seconds, the time a batch takes, and a checksum of what was read back.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "store.hpp"

namespace atrium::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string backend = "sqlite";
  std::string directory = std::filesystem::temp_directory_path();
  std::size_t rooms = 100;
  std::size_t batch = 1000;
  std::size_t body = 400;
  double seconds = 5;
  bool keyed = true;
};

// What this process has used of the processors, which a busy machine does not change.
double cpuSeconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double secondsBetween(Clock::time_point from, Clock::time_point to) { return std::chrono::duration<double>(to - from).count(); }

// The same batch again and again, with other ids and keys: what is measured is the store.
class Load {
 public:
  explicit Load(const Options& options) : keyed_(options.keyed), items_(options.batch), appends_(options.batch), results_(options.batch) {
    for (std::size_t n = 0; n < options.batch; ++n) {
      Item& item = items_[n];
      item.room = id('r', 1 + n % options.rooms);
      item.body = "{\"content\":\"";
      while (item.body.size() + 2 < options.body) item.body += static_cast<char>('a' + (n + item.body.size() * 7) % 26);
      item.body += "\"}";
      if (keyed_) item.idempotency_key = "ana/00000000-0000-0000-0000-000000000000";
      append_pointers_.push_back(&appends_[n]);
      result_pointers_.push_back(&results_[n]);
      results_[n].struct_size = sizeof(atrium_append_result);
      appends_[n] = {.struct_size = sizeof(atrium_append),
                     .body_format = 1,
                     .kind = 0,
                     .reserved = 0,
                     .room = roomKey(item.room),
                     .message = {},
                     .thread = {},
                     .sent_at_ms = 0,
                     .expected_seq = 0,
                     .fingerprint = 0,
                     .sender_id = text(item.sender_id),
                     .message_type = text(item.message_type),
                     .idempotency_key = text(item.idempotency_key),
                     .audience = {},
                     .body = text(item.body)};
    }
  }

  void prepare(std::uint64_t sent_at_ms) {
    for (std::size_t n = 0; n < items_.size(); ++n) {
      ++message_;
      appends_[n].message = id('m', message_);
      appends_[n].sent_at_ms = sent_at_ms;
      appends_[n].fingerprint = message_ * 0x9E3779B97F4A7C15ULL;
      if (keyed_) {
        const std::string number = std::to_string(message_);
        std::ranges::copy(number, items_[n].idempotency_key.end() - static_cast<std::ptrdiff_t>(number.size()));
      }
    }
  }

  bool append(const Store& store) {
    const atrium_append_batch batch{sizeof batch, static_cast<std::uint32_t>(items_.size()), append_pointers_.data(),
                                    result_pointers_.data()};
    return store.table().append_batch(store.self(), &batch) == ATRIUM_OK &&
           std::ranges::all_of(results_, [](const atrium_append_result& result) { return result.status == ATRIUM_OK; });
  }

 private:
  const bool keyed_;
  std::uint64_t message_ = 0;
  std::vector<Item> items_;
  std::vector<atrium_append> appends_;
  std::vector<atrium_append_result> results_;
  std::vector<const atrium_append*> append_pointers_;
  std::vector<atrium_append_result*> result_pointers_;
};

// Reads every room's newest page back and folds positions and bytes together.
std::uint64_t checksum(const Store& store, std::size_t rooms) {
  std::uint64_t sum = 14695981039346656037ULL;
  for (std::size_t room = 1; room <= rooms; ++room)
    for (const Record& record : store.page(id('r', room), {.limit = 100}).records)
      for (const char byte : record.body + std::to_string(record.seq)) sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  return sum;
}

int run(const Options& options) {
  const std::filesystem::path file = std::filesystem::path(options.directory) / ("bench_storage_" + std::to_string(getpid()) + ".db");
  const auto remove = [&] {
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(file.string() + suffix);
  };
  remove();
  const bool memory = options.backend == "memory";
  auto opened = memory
                    ? Store::open(ATRIUM_STORAGE_MEMORY, R"({"max_records_per_room": 1000, "max_memory_mib": 4096})")
                    : Store::open(ATRIUM_STORAGE_SQLITE, R"({"path": ")" + file.string() +
                                                             R"(", "cache_mib": 64, "wal_mib": 64, "key_memory_mib": 256, "readers": 2})");
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().c_str());
    return 1;
  }

  Load load(options);
  std::vector<double> batch_ms;
  std::deque<std::pair<Clock::time_point, std::uint64_t>> recent;  // What was stored when, of the last five seconds.
  std::uint64_t stored = 0;
  const double cpu_before = cpuSeconds();
  const auto start = Clock::now();
  auto now = start;
  for (auto report = start + std::chrono::seconds(5); secondsBetween(start, now) < options.seconds;) {
    load.prepare(1'700'000'000'000 + stored / 100);
    const auto before = Clock::now();
    if (!load.append(*opened)) {
      std::fprintf(stderr, "an append failed after %llu messages\n", static_cast<unsigned long long>(stored));
      return 1;
    }
    now = Clock::now();
    batch_ms.push_back(secondsBetween(before, now) * 1e3);
    stored += options.batch;
    recent.emplace_back(now, stored);
    while (secondsBetween(recent.front().first, now) > 5) recent.pop_front();
    if (now >= report) {
      std::printf("%5.0f s  %9.0f messages/s over the last 5 s\n", secondsBetween(start, now),
                  static_cast<double>(stored - recent.front().second) / secondsBetween(recent.front().first, now));
      report += std::chrono::seconds(5);
    }
  }

  const double cpu_us = (cpuSeconds() - cpu_before) * 1e6 / static_cast<double>(stored);
  const double total = static_cast<double>(stored) / secondsBetween(start, now);
  const double window = secondsBetween(recent.front().first, now);
  const double last = window > 0 ? static_cast<double>(stored - recent.front().second) / window : total;
  std::ranges::sort(batch_ms);
  const auto quantile = [&](double q) {
    return batch_ms[std::min(batch_ms.size() - 1, static_cast<std::size_t>(q * static_cast<double>(batch_ms.size())))];
  };
  std::printf("%s: %zu rooms, batches of %zu, bodies of %zu bytes, %s\n", options.backend.c_str(), options.rooms, options.batch,
              options.body, options.keyed ? "keyed" : "without keys");
  std::printf(
      "messages/s %.0f, last 5 s %.0f; cpu us a message %.2f; ms a batch p50 %.3f p99 %.3f max %.3f; %llu messages, checksum %016llx\n",
      total, last, cpu_us, quantile(0.5), quantile(0.99), batch_ms.back(), static_cast<unsigned long long>(stored),
      static_cast<unsigned long long>(checksum(*opened, options.rooms)));
  opened = std::unexpected(std::string());
  remove();
  return 0;
}

}  // namespace
}  // namespace atrium::test

int main(int argc, char** argv) {
  atrium::test::Options options;
  CLI::App app("Measures a storage plugin.");
  app.add_option("--backend", options.backend)->check(CLI::IsMember({"memory", "sqlite"}))->capture_default_str();
  app.add_option("--directory", options.directory, "Where the database goes; a real disk, not a tmpfs")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  app.add_option("--rooms", options.rooms)->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--batch", options.batch)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--body", options.body, "Bytes of a message's body")->check(CLI::Range(20, 100'000))->capture_default_str();
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.01, 3600.0))->capture_default_str();
  app.add_option("--keyed", options.keyed, "Whether messages carry an idempotency key")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return atrium::test::run(options);
}
