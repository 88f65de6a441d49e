#include "load/stage.hpp"

#include "load/failure.hpp"

namespace atrium::bench {

namespace {

constexpr Nanos drain_limit = 10 * second;  // A delivery that takes longer than this after the last send is lost.

// What is counted between the start and the end of a run.
class Meter {
 public:
  explicit Meter(Stage& stage) : stage_(stage), outcome_{.messages = stage.sentCount(), .deliveries = stage.deliveries()} {
    bytes_ = stage.loop().bytesRead();
    reads_ = stage.loop().reads();
    for (std::uint32_t room = 0; room < stage.shape().rooms; ++room) stage.audit(room).collect(&outcome_.latency);
    stage.confirmations = &outcome_.confirmation;
    outcome_.server_cpu = stage.server().cpuTime();
    outcome_.wall = now();
  }
  ~Meter() { release(); }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  // Waits until all that was sent has arrived, so that what was paid for is also counted.
  Outcome finish() {
    stage_.loop().run([this] { return stage_.quiet(); }, drain_limit);
    release();
    outcome_.wall = now() - outcome_.wall;
    outcome_.server_cpu = stage_.server().cpuTime() - outcome_.server_cpu;
    outcome_.messages = stage_.sentCount() - outcome_.messages;
    outcome_.deliveries = stage_.deliveries() - outcome_.deliveries;
    const double deliveries = static_cast<double>(outcome_.deliveries);
    outcome_.bytes_per_delivery = static_cast<double>(stage_.loop().bytesRead() - bytes_) / deliveries;
    outcome_.reads_per_delivery = static_cast<double>(stage_.loop().reads() - reads_) / deliveries;
    return std::move(outcome_);
  }

 private:
  void release() {
    for (std::uint32_t room = 0; room < stage_.shape().rooms; ++room) stage_.audit(room).collect(nullptr);
    stage_.confirmations = nullptr;
    stage_.on_complete = nullptr;
  }
  Stage& stage_;
  Outcome outcome_;
  std::uint64_t bytes_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace

Stage::Stage(PeerLoop& loop, Child& server, Shape shape) : loop_(loop), server_(server), shape_(shape) {
  for (std::uint32_t room = 0; room < shape.rooms; ++room) audits_.emplace_back(room, shape.members);
}

std::uint64_t Stage::deliveries() const {
  std::uint64_t sum = 0;
  for (const RoomAudit& audit : audits_) sum += audit.deliveries();
  return sum;
}

std::uint64_t Stage::sentCount() const {
  std::uint64_t sum = 0;
  for (const RoomAudit& audit : audits_) sum += audit.sentCount();
  return sum;
}

bool Stage::quiet() const {
  std::uint64_t complete = 0;
  for (const RoomAudit& audit : audits_) complete += audit.complete();
  const std::uint64_t sent = sentCount();
  return complete == sent && confirmed_ == sent;
}

Faults Stage::faults() const {
  Faults faults{.misrouted = misrouted_};
  for (const RoomAudit& audit : audits_) faults.add(audit.faults());
  return faults;
}

void Stage::send(std::uint32_t room, Nanos intended) {
  content_.clear();
  writeContent(content_, room, audits_[room].sent(intended), shape_.payload);
  publish(room, content_);
}

void Stage::delivered(std::uint32_t room, std::size_t receiver, std::string_view content, std::uint64_t position, Nanos when) {
  const ContentMark mark = readContent(content);
  if (position == 0) position = mark.number + 1;
  if (audits_[room].received(receiver, mark.room, mark.number, position, when) && on_complete) on_complete(room);
}

double Outcome::cpuSecondsPerMillion() const {
  return static_cast<double>(server_cpu) / static_cast<double>(second) / (static_cast<double>(deliveries) / 1e6);
}

Outcome runClosed(Stage& stage, std::uint32_t in_flight, Nanos duration) {
  Meter meter(stage);
  const Nanos end = now() + duration;
  stage.on_complete = [&stage, end](std::uint32_t room) {
    if (const Nanos time = now(); time < end) stage.send(room, time);
  };
  for (std::uint32_t i = 0; i < in_flight; ++i) {
    for (std::uint32_t room = 0; room < stage.shape().rooms; ++room) stage.send(room, now());
  }
  stage.loop().run([end] { return now() >= end; }, duration + second);
  return meter.finish();
}

Outcome runOpen(Stage& stage, double rate, Nanos duration) {
  Meter meter(stage);
  const auto count = static_cast<std::uint64_t>(rate * static_cast<double>(duration) / static_cast<double>(second));
  const double interval = static_cast<double>(second) / rate;
  const Nanos start = now() + milli;
  const auto due = [start, interval](std::uint64_t index) { return start + static_cast<Nanos>(static_cast<double>(index) * interval); };
  std::uint64_t next = 0;
  std::function<void()> tick = [&] {
    for (const Nanos time = now(); next < count && due(next) <= time; ++next) {
      stage.send(static_cast<std::uint32_t>(next % stage.shape().rooms), due(next));
    }
    if (next < count) stage.loop().setTimer(due(next), tick);
  };
  stage.loop().setTimer(due(0), tick);
  if (!stage.loop().run([&] { return next == count; }, duration + 10 * second)) throw Failure("the generator could not keep its schedule");
  return meter.finish();
}

}  // namespace atrium::bench
