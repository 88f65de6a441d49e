#include "plugin/services/pending_calls.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace atrium {

namespace {

constexpr std::chrono::seconds answer_deadline{1};

}  // namespace

std::optional<std::uint64_t> PendingCalls::begin(const atrium_token* token) {
  // The part of the token that every interface has.
  if (!token || token->struct_size < sizeof(atrium_token) || !token->complete) return std::nullopt;
  atrium_status refused = ATRIUM_OK;
  {
    const std::scoped_lock lock(mutex_);
    if (ended_)
      refused = ATRIUM_CANCELLED;
    else if (tokens_.size() >= calls_max_)
      refused = ATRIUM_FULL;
    else
      return tokens_.emplace(++last_number_, *token).first->first;
  }
  complete(*token, refused, refused == ATRIUM_FULL ? "too many calls of this plugin are under way" : "the plugin is ending");
  return std::nullopt;
}

void PendingCalls::progress(std::uint64_t number, std::string_view piece) {
  {
    const std::scoped_lock lock(mutex_);
    if (ended_ || !tokens_.contains(number)) return;
    const auto [waiting, first] = pieces_.try_emplace(number);
    waiting->second.append(piece);
    if (!first) return;
  }
  static_cast<void>(answers_.postAlways([self = shared_from_this(), number] { self->tellPieces(number); }, plugin_ + " answer", plugin_));
}

// What is held, and what waits for a job that never comes, is told before the end.
void PendingCalls::tellPieces(std::uint64_t number) {
  atrium_token token;
  std::string pieces;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = tokens_.find(number);
    const auto waiting = pieces_.find(number);
    if (holding_ || waiting == pieces_.end()) return;
    pieces = std::move(waiting->second);
    pieces_.erase(waiting);
    if (found == tokens_.end() || !found->second.progress) return;
    token = found->second;
    ++inside_;
  }
  for (std::string_view rest = pieces; !rest.empty();) {
    const std::string_view piece = rest.substr(0, ATRIUM_PROGRESS_MAX);
    rest.remove_prefix(piece.size());
    guarded_("progress", answer_deadline, [&] { token.progress(token.context, token.id, {piece.data(), piece.size()}); });
  }
  const std::scoped_lock lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

void PendingCalls::finish(std::uint64_t number, atrium_status status, std::string result) {
  // A pool that has stopped forgets it; end() completes the token then.
  static_cast<void>(answers_.postAlways(
      [self = shared_from_this(), number, status, result = std::move(result)] { self->completeNow(number, status, result); },
      plugin_ + " answer", plugin_));
}

void PendingCalls::completeNow(std::uint64_t number, atrium_status status, std::string_view result) {
  tellPieces(number);
  atrium_token token;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = tokens_.find(number);
    if (found == tokens_.end()) return;
    if (holding_) {
      const bool waits = std::ranges::find(held_, number, &Held::number) != held_.end();
      if (!waits) held_.push_back({number, status, std::string(result)});
      return;
    }
    token = found->second;
    tokens_.erase(found);
    pieces_.erase(number);
    ++inside_;
  }
  complete(token, status, result);
  const std::scoped_lock lock(mutex_);
  if (--inside_ == 0) left_.notify_all();
}

void PendingCalls::complete(const atrium_token& token, atrium_status status, std::string_view result) const {
  guarded_("answer", answer_deadline, [&] { token.complete(token.context, token.id, status, {result.data(), result.size()}); });
}

bool PendingCalls::hold(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  holding_ = true;
  return left_.wait_for(lock, patience, [this] { return inside_ == 0; });
}

void PendingCalls::letGo() {
  std::vector<Held> held;
  {
    const std::scoped_lock lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (Held& one : held) finish(one.number, one.status, std::move(one.result));
}

bool PendingCalls::end(std::chrono::milliseconds patience) {
  std::vector<std::uint64_t> left;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    for (const auto& [number, token] : tokens_) left.push_back(number);
  }
  // Where answers come from, not here: a completion that does not come back is the plugin's trouble, not this thread's.
  for (const std::uint64_t number : left)
    if (!answers_.postAlways([self = shared_from_this(), number] { self->completeNow(number, ATRIUM_CANCELLED, "the plugin is ending"); },
                             plugin_ + " answer", plugin_))
      completeNow(number, ATRIUM_CANCELLED, "the plugin is ending");
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [this] { return tokens_.empty() && inside_ == 0; });
}

}  // namespace atrium
