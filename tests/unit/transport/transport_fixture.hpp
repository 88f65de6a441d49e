#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "loop/loop_pool.hpp"
#include "protocol/errors.hpp"
#include "protocol/metrics.hpp"
#include "test_client.hpp"
#include "transport/echo.hpp"
#include "transport/transport.hpp"

namespace atrium {

// The machine's time, and as much further as a test skips: what takes a minute is tested in no time.
class SkippingClock final : public Clock {
 public:
  [[nodiscard]] Now now() const override {
    Now now = system_.now();
    now.mono += std::chrono::nanoseconds(skipped_ns_.load());
    return now;
  }
  void skip(std::chrono::nanoseconds time) { skipped_ns_ += time.count(); }

 private:
  SystemClock system_;
  std::atomic<std::int64_t> skipped_ns_{0};
};

// What handlers on a loop tell the test: words, in order.
class Journal {
 public:
  void write(std::string word) {
    const std::scoped_lock lock(mutex_);
    words_.push_back(std::move(word));
    written_.notify_all();
  }
  // Waits until that many words are there and returns all.
  std::vector<std::string> read(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(written_.wait_for(lock, std::chrono::seconds{10}, [&] { return words_.size() >= count; }))
        << words_.size() << " of " << count;
    return words_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable written_;
  std::vector<std::string> words_;
};

// Answers by path; on the loop's thread.
//   /hello  200 "hello"           /body   200 and the request's body       /drop  forgets the responder
//   /later  waits in `waiting`    /big    200 and eight MiB                 /echo  a WebSocket that echoes
//   /ws     a WebSocket that tells the journal and whose link is `link`
class TestHandler final : public HttpHandler {
 public:
  void handle(const HttpRequest& request, Responder responder) override {
    if (request.path == "/hello") return responder.send({200, "text/plain", "hello", {}});
    if (request.path == "/body") return responder.send({200, "text/plain", std::string(request.body), {}});
    if (request.path == "/drop") return;
    if (request.path == "/big") return responder.send({200, "text/plain", std::string(8U << 20, 'b'), {}});
    if (request.path == "/echo") return answerWithEcho(request, std::move(responder));
    if (request.path == "/ws") return responder.upgrade(socket_options, std::make_unique<Socket>(*this));
    if (request.path == "/later") {
      journal.write("later " + std::string(request.query));
      return waiting.push_back(std::move(responder));
    }
    responder.sendProblem({Code::not_found, "", 0, {}});
  }

  class Socket final : public WebSocketHandler {
   public:
    explicit Socket(TestHandler& owner) : owner_(owner) {}
    void onOpen(Link& link) override {
      owner_.link = &link;
      owner_.journal.write("open");
    }
    void onText(std::string_view text) override { owner_.journal.write("text " + std::string(text)); }
    void onBinary(std::string_view bytes) override { owner_.journal.write("binary " + std::string(bytes)); }
    void onClosed(bool clean) override {
      owner_.link = nullptr;
      owner_.journal.write(clean ? "closed clean" : "closed");
    }
    FramePtr onCut(CloseCode code) override {
      FrameBuilder builder;
      builder.append("bye " + std::to_string(static_cast<int>(code)));
      return builder.finish();
    }

   private:
    TestHandler& owner_;
  };

  Journal journal;
  std::vector<Responder> waiting;
  WebSocketOptions socket_options;
  Link* link = nullptr;
};

// A transport on each of a few loops, with one handler for all.
class TransportTest : public testing::Test {
 protected:
  void start(unsigned loop_count = 1) {
    budget = std::make_unique<ConnectionBudget>(connections_max);
    loops = std::make_unique<LoopPool>(loop_count, Loop::Options{}, clock, metrics);
    auto sockets = listenAt({}, loop_count);
    ASSERT_TRUE(sockets) << sockets.error().detail;
    port = sockets->front().port();
    for (unsigned at = 0; at < loop_count; ++at) {
      Transport& transport = *transports.emplace_back(std::make_unique<Transport>((*loops)[at], limits, *budget, handler));
      transport.listen(std::move((*sockets)[at]));
      if (before_flush) (*loops)[at].atTurnEnd([this] { before_flush(); });
      (*loops)[at].atTurnEnd([&transport] { transport.flush(); });
    }
    loops->start();
  }
  ~TransportTest() override {
    if (loops) loops->stop();
    transports.clear();
  }

  // Runs `work` on a loop's thread, in a turn of its own, and waits for the turn's end.
  template <typename Work>
  void on(unsigned loop, Work work) {
    std::promise<void> worked, turned;
    (*loops)[loop].postAlways([&] {
      work();
      worked.set_value();
    });
    worked.get_future().wait();
    (*loops)[loop].postAlways([&] { turned.set_value(); });
    turned.get_future().wait();
  }
  template <typename Work>
  void onLoop(Work work) {
    on(0, std::move(work));
  }
  // Moves time forward and lets the loops notice.
  void skip(std::chrono::nanoseconds time) {
    clock.skip(time);
    for (unsigned at = 0; at < loops->size(); ++at) on(at, [] {});
  }
  TestClient connect(int receive_buffer = 0) { return TestClient(port, receive_buffer); }
  static FramePtr textFrame(std::string_view text) {
    FrameBuilder builder(text.size());
    builder.append(text);
    return builder.finish();
  }

  SkippingClock clock;
  MetricRegistry metrics{metric_table};
  TransportLimits limits;
  std::size_t connections_max = 1000;
  std::unique_ptr<ConnectionBudget> budget;
  TestHandler handler;
  std::function<void()> before_flush;  // Ends every turn, ahead of the transport; set before start().
  std::unique_ptr<LoopPool> loops;
  std::vector<std::unique_ptr<Transport>> transports;
  std::uint16_t port = 0;
};

}  // namespace atrium
