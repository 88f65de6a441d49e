// fault_kill: kills the server (SIGKILL, in the midst of commits and deliveries) again and again and asks it afterwards for everything it
// ever said. What a client was told, by a confirmation or a delivery, must stand in the history: once, at the same (epoch, seq), under the
// same id. What was on its way is sent again with the same client_message_id, which must not double it. All rounds share one database.
#include <simdjson.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <random>

#include "kill/crowd.hpp"
#include "kill/ledger.hpp"
#include "load/failure.hpp"

namespace atrium::fault {
namespace {

constexpr std::size_t rooms_per_round = 2;  // New in each round...
constexpr std::size_t rooms_talking = 6;    // ...and so many of the newest are talked in.
constexpr std::uint64_t confirmations_max = 1500;
constexpr bench::Nanos longer_max = 5 * bench::milli;  // Several commits long.
constexpr std::size_t page = 500;
constexpr std::size_t problems_shown = 20;

struct Options {
  std::string server = ATRIUM_SERVER;
  std::string config = KILL_CONFIG;
  std::uint64_t seed = 1;
  int rounds = 20;
};

Place placeOf(simdjson::dom::element message) {
  return {.epoch = std::string(message["epoch"].get_string().value()),
          .seq = message["seq"].get_uint64().value(),
          .message_id = std::string(message["message_id"].get_string().value())};
}

class Trial {
 public:
  explicit Trial(const Options& options) : options_(options) { start(); }

  // One life and death of the server.
  void round(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < rooms_per_round; ++i) {
      bench::HttpClient owner(server_->port(), bench::userToken("owner"));
      room_ids_.push_back(bench::createRoom(owner, "Room of seed " + std::to_string(seed), 50));
    }
    const std::size_t first = room_ids_.size() > rooms_talking ? room_ids_.size() - rooms_talking : 0;
    const std::vector<std::string> talked_in(room_ids_.begin() + static_cast<std::ptrdiff_t>(first), room_ids_.end());
    {
      bench::PeerLoop loop;
      Crowd crowd(loop, server_->port(), ledger_, talked_in, seed);
      crowd.talk(1 + random() % confirmations_max, static_cast<bench::Nanos>(random() % longer_max));
      server_->child().kill();
      crowd.readRest();
    }
    start();
    compareAll();
    for (const std::string& room_id : talked_in) sendAgain(room_id, random);
    compareAll();
  }

  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
  [[nodiscard]] std::size_t toldCount() const { return ledger_.toldCount(); }
  [[nodiscard]] std::size_t sentAgain() const { return sent_again_; }
  [[nodiscard]] std::size_t foundAgain() const { return found_again_; }

 private:
  void start() {
    server_.reset();
    server_ = std::make_unique<bench::AtriumServer>(options_.server, options_.config, data_.path(), -1);
  }

  std::vector<Stored> history(const std::string& room_id) {
    bench::HttpClient reader(server_->port(), bench::userToken(talkerId(room_id, 0)));
    std::vector<Stored> all;
    for (;;) {
      const std::uint64_t last = all.empty() ? 0 : all.back().place.seq;
      const simdjson::padded_string json = reader.expect(
          200, "GET", "/collaboration/rooms/" + room_id + "/history?limit=" + std::to_string(page) + "&after=" + std::to_string(last));
      std::size_t count = 0;
      for (const simdjson::dom::element message : parser_.parse(json).get_array()) {
        all.push_back({.text = std::string(message["content"].get_string().value()), .place = placeOf(message)});
        ++count;
      }
      if (count < page) return all;
    }
  }

  void compareAll() {
    for (const std::string& room_id : ledger_.rooms()) {
      for (std::string& problem : ledger_.compare(room_id, history(room_id))) problems_.push_back(room_id + ": " + std::move(problem));
    }
  }

  // Everything of which nobody was told, and some of what somebody was told: a client that lost its connection does not know which is
  // which.
  void sendAgain(const std::string& room_id, std::mt19937_64& random) {
    const std::vector<Stored> before = history(room_id);
    std::map<std::string, Place> stands;
    for (const Stored& stored : before) stands.emplace(stored.text, stored.place);
    std::vector<std::string> texts = ledger_.untold(room_id);
    for (int i = 0; i < 10 && !before.empty(); ++i) texts.push_back(before[random() % before.size()].text);

    std::map<std::size_t, bench::HttpClient> senders;
    for (const std::string& text : texts) {
      // The text says who sent it: r<round>-<index>-<number>.
      const std::size_t index = std::stoul(text.substr(text.find('-') + 1));
      bench::HttpClient& sender = senders.try_emplace(index, server_->port(), bench::userToken(talkerId(room_id, index))).first->second;
      const simdjson::padded_string json =
          sender.expect(200, "POST", "/collaboration/messages",
                        R"({"room_id":")" + room_id + R"(","content":")" + text + R"(","client_message_id":")" + text + "\"}");
      const simdjson::dom::element reply = parser_.parse(json);
      const bool duplicate = reply["duplicate"].get_bool();
      const Place place = placeOf(reply);
      const auto stood = stands.find(text);
      ++sent_again_;
      found_again_ += stood != stands.end() ? 1 : 0;
      if (duplicate != (stood != stands.end()))
        problems_.push_back(room_id + ": sent again, " + text + (duplicate ? " is called" : " is not called") + " a duplicate");
      if (stood != stands.end() && stood->second != place) problems_.push_back(room_id + ": sent again, " + text + " got another place");
      ledger_.told(room_id, text, place);
      stands.emplace(text, place);
    }
  }

  Options options_;
  bench::ScratchDirectory data_;
  std::unique_ptr<bench::AtriumServer> server_;
  Ledger ledger_;
  std::vector<std::string> room_ids_;
  std::vector<std::string> problems_;
  simdjson::dom::parser parser_;
  std::size_t sent_again_ = 0;
  std::size_t found_again_ = 0;
};

int run(const Options& options) {
  Trial trial(options);
  for (int i = 0; i < options.rounds; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    trial.round(seed);
    if (trial.problems().empty()) continue;
    std::printf("%zu problems after the kill of seed %llu (repeat with --seed %llu --rounds %d):\n", trial.problems().size(),
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(options.seed), i + 1);
    for (std::size_t shown = 0; shown < std::min(problems_shown, trial.problems().size()); ++shown)
      std::printf("  %s\n", trial.problems()[shown].c_str());
    return 1;
  }
  std::printf("%d kills: %zu messages confirmed or delivered, 0 lost, 0 doubled, 0 moved; %zu sent again, %zu of them were there already\n",
              options.rounds, trial.toldCount(), trial.sentAgain(), trial.foundAgain());
  return 0;
}

}  // namespace
}  // namespace atrium::fault

int main(int argc, char** argv) {
  atrium::fault::Options options;
  CLI::App app(
      "Kills the server under load and compares what it kept with what it had said. Exit code: 0, 1 a promise broken, 2 no result");
  app.add_option("--server", options.server, "The atriumd to kill")->capture_default_str();
  app.add_option("--config", options.config, "Its configuration, with storage that syncs")->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first round; each further one takes the next")->capture_default_str();
  app.add_option("--rounds", options.rounds)->check(CLI::Range(1, 100'000))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return atrium::fault::run(options);
  } catch (const atrium::bench::Failure& failure) {
    std::fprintf(stderr, "fault_kill: %s\n", failure.what());
  } catch (const simdjson::simdjson_error& error) {
    std::fprintf(stderr, "fault_kill: the server's answer is not what was asked for: %s\n", error.what());
  }
  return 2;
}
