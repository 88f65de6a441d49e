#include "app/loop_sinks.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "protocol/errors.hpp"

namespace atrium {

namespace {

Completion<std::size_t> counted(Completion<std::string> done) {
  return [done = std::move(done)](Result<std::size_t> count) mutable {
    if (!count) return done(fail(std::move(count.error())));
    done(fmt::format(R"({{"count":{}}})", *count));
  };
}

}  // namespace

void LoopSinks::run(SinkCommand command, Completion<std::string> done) {
  if (command.verb != SinkCommand::Verb::dead_letters) {
    constexpr std::string_view verbs[] = {"dead_letters", "retry", "drop", "forget"};
    log_.info("sink.command", {{"command", verbs[static_cast<unsigned>(command.verb)]}, {"sink", command.sink}, {"by", command.by}});
  }
  // Shared, so that a refused post has not taken the completion with it.
  auto answer = std::make_shared<Completion<std::string>>(std::move(done));
  auto back = [this, answer](Result<std::string> result) {
    shards_.postAlways(index_, [answer, result = std::move(result)]() mutable { (*answer)(std::move(result)); });
  };
  if (!shards_.post(EventInterest::home, [this, command = std::move(command), back] { runThere(command, back); }))
    (*answer)(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
}

// On the sinks' own loop.
void LoopSinks::runThere(const SinkCommand& command, Completion<std::string> done) {
  using Verb = SinkCommand::Verb;
  switch (command.verb) {
    case Verb::dead_letters: return sinks_->deadLetters(command.sink, command.after, command.limit, std::move(done));
    case Verb::retry: return sinks_->retry(command.sink, command.offset, counted(std::move(done)));
    case Verb::drop: return sinks_->drop(command.sink, command.offset, counted(std::move(done)));
    case Verb::forget:
      return sinks_->forget(command.sink, [done = std::move(done)](Result<void> gone) mutable {
        if (!gone) return done(fail(std::move(gone.error())));
        done(std::string());
      });
  }
}

}  // namespace atrium
