// A server that only echoes: one transport a loop, the echo handler at every path. Ends in good order on SIGTERM.
//   echo_server [PORT [LOOPS]]     PORT 0 (the default) picks a free one; the first line of output names it.
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <latch>
#include <string_view>

#include "loop/loop_pool.hpp"
#include "protocol/metrics.hpp"
#include "transport/echo.hpp"
#include "transport/transport.hpp"

namespace {

using namespace atrium;

class EchoEverywhere final : public HttpHandler {
 public:
  void handle(const HttpRequest& request, Responder responder) override { answerWithEcho(request, std::move(responder)); }
};

unsigned numberFrom(int argc, char** argv, int index, unsigned fallback) {
  if (index >= argc) return fallback;
  const std::string_view text(argv[index]);
  std::from_chars(text.data(), text.data() + text.size(), fallback);
  return fallback;
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  const SystemClock clock;
  MetricRegistry metrics(metric_table);
  const TransportLimits limits;
  ConnectionBudget budget(10'000);
  EchoEverywhere handler;
  LoopPool loops(numberFrom(argc, argv, 2, availableCores()), {}, clock, metrics);
  auto sockets = listenAt({.port = static_cast<std::uint16_t>(numberFrom(argc, argv, 1, 0))}, loops.size());
  if (!sockets) {
    std::fprintf(stderr, "%s\n", sockets.error().detail.c_str());
    return 2;
  }
  const unsigned port = sockets->front().port();
  std::vector<std::unique_ptr<Transport>> transports;
  for (unsigned at = 0; at < loops.size(); ++at) {
    Transport& transport = *transports.emplace_back(std::make_unique<Transport>(loops[at], limits, budget, handler));
    transport.listen(std::move((*sockets)[at]));
    loops[at].atTurnEnd([&transport] { transport.flush(); });
  }
  loops.start();
  std::printf("listening on http://127.0.0.1:%u\n", port);
  std::fflush(stdout);

  int signal = 0;
  sigwait(&ending, &signal);
  std::latch closed(loops.size());
  for (unsigned at = 0; at < loops.size(); ++at)
    loops[at].postAlways(
        [&transport = *transports[at], &closed] { transport.drain(std::chrono::seconds{5}, [&closed] { closed.count_down(); }); });
  closed.wait();
  loops.stop();
}
