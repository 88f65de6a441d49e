// bench_transport: what one delivery costs in the transport alone. One loop serves groups of WebSocket clients in this process; a message
// from the first client of a group is sent to all of it as one shared frame, and a group keeps a fixed number of messages in flight.
// Measured is the CPU time of the loop's thread, its user part apart from the system's: the latter is the price of TCP, the same for every
// server that writes once a turn. What came out is counted to the byte.
#include <CLI/CLI.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "loop/loop_pool.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "transport/transport.hpp"

namespace atrium::bench {
namespace {

struct Options {
  unsigned groups = 20;
  unsigned members = 50;
  std::uint64_t deliveries = 2'000'000;
  std::size_t payload = 128;
  std::chrono::microseconds window{0};
};

// Server side: /g/N is group N.
class Groups final : public HttpHandler {
 public:
  explicit Groups(const Options& options) : options_(options), links_(options.groups) {}

  void handle(const HttpRequest& request, Responder responder) override {
    unsigned group = 0;
    std::from_chars(request.path.data() + 3, request.path.data() + request.path.size(), group);
    WebSocketOptions socket;
    socket.heartbeat = std::chrono::seconds{0};  // The clients answer no pings, and every byte is counted.
    responder.upgrade(std::move(socket), std::make_unique<Member>(*this, group % options_.groups));
  }

 private:
  class Member final : public WebSocketHandler {
   public:
    Member(Groups& owner, unsigned group) : owner_(owner), group_(group) {}
    void onOpen(Link& link) override {
      link_ = &link;
      owner_.links_[group_].push_back(link_);
    }
    void onText(std::string_view text) override { owner_.fanOut(group_, text); }
    void onBinary(std::string_view) override {}
    void onClosed(bool) override { std::erase(owner_.links_[group_], link_); }

   private:
    Groups& owner_;
    unsigned group_;
    Link* link_ = nullptr;
  };

  void fanOut(unsigned group, std::string_view text) {
    FrameBuilder builder(text.size());
    builder.append(text);
    const FramePtr frame = builder.finish();
    const PushOptions push{.lane = Lane::messages, .shed = Shed::never, .collapse_key = 0, .flush_window = options_.window};
    for (Link* link : links_[group])
      if (link->push(frame, push) != Pushed::queued) throw std::runtime_error("a client was too slow");
  }

  const Options& options_;
  std::vector<std::vector<Link*>> links_;
};

int connectTo(std::uint16_t port, const std::string& path) {
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("cannot connect");
  const int now = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
  const std::string request = "GET " + path +
                              " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  std::string answer;
  char piece[1024];
  if (::send(client, request.data(), request.size(), 0) < 0) throw std::runtime_error("cannot send");
  while (!answer.ends_with("\r\n\r\n")) {
    const ssize_t got = ::recv(client, piece, sizeof piece, 0);
    if (got <= 0) throw std::runtime_error("no handshake");
    answer.append(piece, static_cast<std::size_t>(got));
  }
  ::fcntl(client, F_SETFL, O_NONBLOCK);
  return client;
}

// Client side: one thread for all of them.
class Generator {
 public:
  Generator(const Options& options, std::uint16_t port)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)), received_(options.groups) {
    for (unsigned group = 0; group < options.groups; ++group) {
      for (unsigned member = 0; member < options.members; ++member) {
        const int client = connectTo(port, "/g/" + std::to_string(group));
        epoll_event event{.events = EPOLLIN, .data = {.u64 = static_cast<std::uint64_t>(group) << 32 | static_cast<unsigned>(client)}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client, &event);
        clients_.push_back(client);
      }
    }
    // A masked text frame, with a mask of zeros.
    message_ =
        std::string("\x81\xFE", 2) + static_cast<char>(options.payload >> 8) + static_cast<char>(options.payload) + std::string(4, '\0');
    message_.append(options.payload, 'x');
  }
  ~Generator() {
    for (const int client : clients_) ::close(client);
    ::close(epoll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Sends `messages` to every group, at most `in_flight` at a time, and waits until all have come back. Returns the bytes received.
  std::uint64_t run(std::uint64_t messages, std::uint64_t in_flight) {
    const std::uint64_t round = (options_.payload + 4) * options_.members;  // Bytes a message makes.
    std::vector<std::uint64_t> sent(options_.groups, 0);
    std::fill(received_.begin(), received_.end(), 0);
    for (unsigned group = 0; group < options_.groups; ++group) publish(group, sent[group], std::min(in_flight, messages));
    std::uint64_t total = 0;
    epoll_event ready[256];
    while (total < round * messages * options_.groups) {
      const int count = ::epoll_wait(epoll_, ready, 256, 10'000);
      if (count <= 0) throw std::runtime_error("deliveries are missing");
      for (int at = 0; at < count; ++at) {
        const auto group = static_cast<unsigned>(ready[at].data.u64 >> 32);
        const ssize_t got = ::recv(static_cast<int>(ready[at].data.u64 & 0xFFFFFFFFU), buffer_, sizeof buffer_, 0);
        if (got <= 0) continue;
        total += static_cast<std::uint64_t>(got);
        received_[group] += static_cast<std::uint64_t>(got);
        const std::uint64_t wanted = std::min(messages, received_[group] / round + in_flight);
        if (wanted > sent[group]) publish(group, sent[group], wanted);
      }
    }
    return total;
  }

 private:
  void publish(unsigned group, std::uint64_t& sent, std::uint64_t until) {
    std::string batch;
    for (; sent < until; ++sent) batch += message_;
    const int publisher = clients_[group * options_.members];
    if (::send(publisher, batch.data(), batch.size(), 0) != static_cast<ssize_t>(batch.size())) throw std::runtime_error("cannot publish");
  }

  const Options& options_;
  int epoll_;
  std::vector<int> clients_;
  std::vector<std::uint64_t> received_;
  std::string message_;
  char buffer_[65536];
};

struct Usage {
  double user_us = 0, system_us = 0;
  std::int64_t writes = 0;
};

class Server {
 public:
  explicit Server(const Options& options)
      : groups_(options), loops_(1, {}, clock_, metrics_), transport_(loops_[0], limits_, budget_, groups_) {
    auto sockets = listenAt({}, 1);
    if (!sockets) throw std::runtime_error(sockets.error().detail);
    port_ = sockets->front().port();
    transport_.listen(std::move(sockets->front()));
    loops_[0].atTurnEnd([this] { transport_.flush(); });
    loops_.start();
  }
  ~Server() { loops_.stop(); }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // What the loop's thread has used so far.
  Usage usage() {
    std::promise<Usage> promise;
    loops_[0].post([&] {
      rusage used{};
      ::getrusage(RUSAGE_THREAD, &used);
      const auto us = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
      promise.set_value({us(used.ru_utime), us(used.ru_stime), metrics_.sum(Metric::writes)});
    });
    return promise.get_future().get();
  }

 private:
  SystemClock clock_;
  MetricRegistry metrics_{metric_table};
  TransportLimits limits_;
  ConnectionBudget budget_{100'000};
  Groups groups_;
  LoopPool loops_;
  Transport transport_;
  std::uint16_t port_ = 0;
};

std::uint64_t residentBytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

int run(const Options& options, const std::vector<std::uint64_t>& in_flight, int rounds) {
  Server server(options);
  const std::uint64_t before = residentBytes();
  Generator generator(options, server.port());
  const std::uint64_t clients = std::uint64_t{options.groups} * options.members;
  // The clients' own end is a few bytes each; sockets are the system's memory.
  std::printf("%llu clients in groups of %u, %.0f resident bytes each\n", static_cast<unsigned long long>(clients), options.members,
              static_cast<double>(residentBytes() - before) / static_cast<double>(clients));
  std::printf("in flight   user us  system us  per delivery   writes/delivery  deliveries/s        bytes\n");
  for (int round = 0; round < rounds; ++round) {
    for (const std::uint64_t depth : in_flight) {
      const std::uint64_t messages = std::max<std::uint64_t>(1, options.deliveries / clients);
      const auto deliveries = static_cast<double>(messages * clients);
      const Usage begin = server.usage();
      const auto started = std::chrono::steady_clock::now();
      const std::uint64_t bytes = generator.run(messages, depth);
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
      const Usage end = server.usage();
      const double user = (end.user_us - begin.user_us) / deliveries, system = (end.system_us - begin.system_us) / deliveries;
      std::printf("%9llu %9.3f %10.3f %13.3f %17.3f %13.0f %12llu\n", static_cast<unsigned long long>(depth), user, system, user + system,
                  static_cast<double>(end.writes - begin.writes) / deliveries, deliveries / took.count(),
                  static_cast<unsigned long long>(bytes));
    }
  }
  return 0;
}

}  // namespace
}  // namespace atrium::bench

int main(int argc, char** argv) {
  CLI::App app("CPU time of one delivery in the transport");
  atrium::bench::Options options;
  std::vector<std::uint64_t> in_flight{1, 8};
  int rounds = 3;
  long window_us = 0;
  bool quick = false;
  app.add_option("--groups", options.groups, "Groups")->check(CLI::Range(1U, 1000U))->capture_default_str();
  app.add_option("--members", options.members, "Clients in each")->check(CLI::Range(1U, 10'000U))->capture_default_str();
  app.add_option("--deliveries", options.deliveries, "Deliveries in each measurement")->capture_default_str();
  app.add_option("--payload", options.payload, "Bytes of a message")->check(CLI::Range(126U, 60'000U))->capture_default_str();
  app.add_option("--window-us", window_us, "Flush window")->check(CLI::Range(0L, 100'000L))->capture_default_str();
  app.add_option("--in-flight", in_flight, "Messages in flight in each group")->capture_default_str();
  app.add_option("--rounds", rounds, "Measurements of each")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_flag("--quick", quick, "A few messages only: checks that every byte comes out");
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    options.groups = 3;
    options.members = 4;
    options.deliveries = 1200;
    rounds = 1;
  }
  options.window = std::chrono::microseconds{window_us};
  try {
    return atrium::bench::run(options, in_flight, rounds);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_transport: %s\n", error.what());
    return 1;
  }
}
