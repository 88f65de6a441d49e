#include <atrium/plugin.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <utility>

// Does what its context says: "says" is a list of pieces, "ends" the result, "fails" a sentence to fail with, and "keeps" keeps the stream
// open until it is cancelled. It takes coaching and nothing else.
class Told {
 public:
  void open(const atrium::AssistantRequest& request, atrium::Stream stream) {
    for (const atrium::Json piece : request["says"]) stream.piece(piece.as_text().value_or(""));
    if (request["keeps"] == true) {
      const std::lock_guard lock(mutex_);
      kept_.emplace(std::move(stream));
      return;
    }
    if (const auto why = request["fails"].as_text()) return stream.fail(ATRIUM_FAILED, *why);
    stream.finish(request["ends"].as_text().value_or(""));
  }
  void cancel(std::string_view) {
    const std::lock_guard lock(mutex_);
    if (kept_) kept_->fail(ATRIUM_CANCELLED, "cancelled");
    kept_.reset();
  }

  static constexpr atrium::AssistantInfo assistant{.tasks = ATRIUM_TASK_COACHING, .name = "told"};

 private:
  std::mutex mutex_;
  std::optional<atrium::Stream> kept_;
};

ATRIUM_PLUGIN(Told, "test.assistant", "1.0.0")
