#include "plugin/completion_desk.hpp"

#include <fmt/format.h>

#include <utility>

#include "config/source_text.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/metrics.hpp"

namespace atrium {

atrium_token CompletionDesk::open(Ends ends) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t id = ++last_id_;
  open_.emplace(id, std::make_shared<const Ends>(std::move(ends)));
  return {.struct_size = sizeof(atrium_token), .reserved = 0, .context = this, .id = id, .complete = complete, .progress = progress};
}

bool CompletionDesk::forget(std::uint64_t id) {
  std::shared_ptr<const Ends> forgotten;  // Destroyed outside the lock.
  const std::scoped_lock lock(mutex_);
  const auto found = open_.find(id);
  if (found == open_.end()) return false;
  forgotten = std::move(found->second);
  open_.erase(found);
  return true;
}

void CompletionDesk::complete(void* context, std::uint64_t id, atrium_status status, atrium_text result) {
  auto& self = *static_cast<CompletionDesk*>(context);
  std::shared_ptr<const Ends> ends;
  {
    const std::scoped_lock lock(self.mutex_);
    const auto found = self.open_.find(id);
    if (found != self.open_.end()) {
      ends = std::move(found->second);
      self.open_.erase(found);
    } else {
      self.metrics_.add(Metric::plugin_late_answers);
    }
  }
  if (!ends) return;
  if (result.size > ATRIUM_COMPLETION_MAX)
    return ends->complete(ATRIUM_FAILED, fmt::format("its result is longer than {} bytes", ATRIUM_COMPLETION_MAX));
  const std::string_view text = viewOf(result);
  if (!validUtf8(text)) return ends->complete(ATRIUM_FAILED, "its result is not UTF-8");
  ends->complete(status, std::string(text));
}

void CompletionDesk::progress(void* context, std::uint64_t id, atrium_text piece) {
  auto& self = *static_cast<CompletionDesk*>(context);
  std::shared_ptr<const Ends> ends;
  {
    const std::scoped_lock lock(self.mutex_);
    const auto found = self.open_.find(id);
    if (found != self.open_.end()) ends = found->second;
  }
  if (ends && ends->progress) ends->progress(safeText(piece, ATRIUM_PROGRESS_MAX));
}

}  // namespace atrium
