#include "kill/crowd.hpp"

#include <algorithm>
#include <charconv>

#include "load/failure.hpp"

namespace atrium::fault {

namespace {

constexpr std::size_t talkers_per_room = 4;
constexpr std::uint32_t in_flight = 16;  // Messages each talker lets wait for their confirmation.
constexpr bench::Nanos limit = 30 * bench::second;

}  // namespace

class Crowd::Talker final : public bench::AtriumMember {
 public:
  Talker(Crowd& crowd, const std::string& room_id, std::size_t index, std::uint64_t round)
      : AtriumMember(room_id, talkerId(room_id, index)),
        crowd_(crowd),
        prefix_("r" + std::to_string(round) + "-" + std::to_string(index) + "-") {}

  void begin() {
    for (std::uint32_t i = 0; i < in_flight; ++i) say();
  }
  void expectEnd() { ending_ = true; }

 private:
  void say() {
    const std::string text = prefix_ + std::to_string(said_++);
    crowd_.ledger_.sent(roomId(), text);
    send(R"({"event_type":"send_message","content":")" + text + R"(","client_message_id":")" + text + "\"}");
  }
  void note(std::string_view json) {
    Place place{.epoch = std::string(bench::jsonMember(json, "epoch")), .message_id = std::string(bench::jsonMember(json, "message_id"))};
    const std::string_view seq = bench::jsonMember(json, "seq");
    std::from_chars(seq.data(), seq.data() + seq.size(), place.seq);
    const std::string text(bench::jsonMember(json, "client_message_id"));
    if (text.empty() || place.seq == 0 || place.epoch.empty() || place.message_id.empty()) {
      throw bench::Failure("an event does not say which message stands where: " + std::string(json));
    }
    crowd_.ledger_.told(roomId(), text, place);
  }
  void onMessage(std::string_view json, bench::Nanos) override { note(json); }
  void onEvent(std::string_view event_type, std::string_view json, bench::Nanos when) override {
    if (event_type != "message_confirmation") return AtriumMember::onEvent(event_type, json, when);
    note(json);
    ++crowd_.confirmed_;
    if (!ending_) say();
  }
  void onEnd() override {
    if (!ending_) throw bench::Failure("the server dropped " + userId() + " before it was killed");
  }

  Crowd& crowd_;
  std::string prefix_;
  std::uint64_t said_ = 0;
  bool ending_ = false;
};

Crowd::Crowd(bench::PeerLoop& loop, std::uint16_t port, Ledger& ledger, const std::vector<std::string>& room_ids, std::uint64_t round)
    : loop_(loop), ledger_(ledger) {
  for (const std::string& room_id : room_ids) {
    for (std::size_t index = 0; index < talkers_per_room; ++index) {
      talkers_.push_back(std::make_unique<Talker>(*this, room_id, index, round));
      talkers_.back()->connect(loop, port);
    }
  }
  const auto joined = [this] { return std::ranges::all_of(talkers_, [](const auto& talker) { return talker->joined_at != 0; }); };
  if (!loop.run(joined, limit)) throw bench::Failure("the talkers did not all get into their rooms in time");
}

Crowd::~Crowd() = default;

void Crowd::talk(std::uint64_t confirmations, bench::Nanos longer) {
  for (const auto& talker : talkers_) talker->begin();
  if (!loop_.run([&] { return confirmed_ >= confirmations; }, limit)) throw bench::Failure("the server confirms no messages");
  loop_.run([] { return false; }, longer);
}

void Crowd::readRest() {
  for (const auto& talker : talkers_) talker->expectEnd();
  const auto ended = [this] { return std::ranges::none_of(talkers_, [](const auto& talker) { return talker->open(); }); };
  if (!loop_.run(ended, limit)) throw bench::Failure("connections outlive their server");
}

std::string talkerId(const std::string& room_id, std::size_t index) { return "talker-" + room_id + "-" + std::to_string(index); }

}  // namespace atrium::fault
