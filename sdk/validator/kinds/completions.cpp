#include "validator/kinds/completions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace atrium::validate {

using namespace std::chrono_literals;

atrium_token Completions::open(Check& check) {
  const std::lock_guard lock(mutex_);
  check_ = &check;
  open_[++last_id_];
  return {.struct_size = sizeof(atrium_token),
          .reserved = 0,
          .context = this,
          .id = last_id_,
          .complete = [](void* context, std::uint64_t id, atrium_status status,
                         atrium_text result) { of(context).complete(id, status, result); },
          .progress = [](void* context, std::uint64_t id, atrium_text piece) { of(context).progress(id, piece); }};
}

void Completions::complete(std::uint64_t id, atrium_status status, atrium_text result) {
  const std::lock_guard lock(mutex_);
  const auto at = open_.find(id);
  if (at == open_.end() || ++at->second.completions > 1) return check_->fail(once_rule_, "one complete() for a token", "another");
  if (status < ATRIUM_OK || status > ATRIUM_TIMED_OUT)
    check_->fail("calls.status", "one of atrium_status in complete()", fmt::format("{}", status));
  at->second.so_far.status = status;
  at->second.so_far.result.assign(result.data ? result.data : "",
                                  result.data ? std::min<std::uint64_t>(result.size, 2 * ATRIUM_COMPLETION_MAX) : 0);
  came_.notify_all();
}

void Completions::progress(std::uint64_t id, atrium_text piece) {
  const std::lock_guard lock(mutex_);
  const auto at = open_.find(id);
  if (at == open_.end() || at->second.completions > 0) return check_->fail(once_rule_, "nothing behind complete()", "progress()");
  Completed& so_far = at->second.so_far;
  so_far.largest_piece = std::max<std::size_t>(so_far.largest_piece, piece.size);
  so_far.pieces.append(piece.data ? piece.data : "", piece.data ? std::min<std::uint64_t>(piece.size, 2 * ATRIUM_PROGRESS_MAX) : 0);
}

std::optional<Completed> Completions::wait(const atrium_token& token, std::chrono::milliseconds deadline) {
  std::unique_lock lock(mutex_);
  Open& open = open_.at(token.id);
  // Less than what counts as hanging, so that it is told as what it is; and once is enough.
  auto patience = std::min<std::chrono::milliseconds>(deadline + 1s, check_->settings().patience * 6 / 10);
  if (check_->failed(once_rule_)) patience = 50ms;
  const bool in_time = came_.wait_for(lock, patience, [&open] { return open.completions > 0; });
  Completed completed = std::move(open.so_far);
  open_.erase(token.id);
  if (in_time) return completed;
  check_->fail(once_rule_, fmt::format("complete() within {} ms", deadline.count()), "none");
  return std::nullopt;
}

void Completions::refuse(const atrium_token& token) {
  const std::lock_guard lock(mutex_);
  if (open_.at(token.id).completions > 0) check_->fail(once_rule_, "no complete() of a call that was refused", "one");
  open_.erase(token.id);
}

}  // namespace atrium::validate
