// A session's life: its start, its token, what it is sent, and its end. session_frames.cpp has what it asks for, session_rooms.cpp the
// rooms that it is in.
#include "engine/session.hpp"

#include <algorithm>
#include <utility>

#include "engine/events.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

constexpr auto expiry_warning = std::chrono::seconds(60);
constexpr std::uint32_t retry_spread_ms = 2000;

// The longest a timer is armed for the token's end; then it looks again.
constexpr auto expiry_look = std::chrono::hours(1);

}  // namespace

LiveSession::LiveSession(Shard::Impl& shard, std::uint64_t number, PrincipalPtr principal, Link& link, SessionOptions options)
    : shard_(shard),
      number_(number),
      principal_(std::move(principal)),
      link_(link),
      options_(std::move(options)),
      resync_timer_([this] { sendResync(); }),
      expiry_([this] { watchExpiry(); }) {}

LiveSession::~LiveSession() = default;

void LiveSession::start() {
  TenantFigures& figures = shard_.figures.of(principal_->tenant_id);
  ++figures.sessions;
  shard_.ports.metrics.add(Metric::sessions);
  if (shard_.draining) return bye(CloseCode::shutdown, "The server is stopping.");
  ++figures.sessions_opened;
  shard_.ports.metrics.add(Metric::sessions_opened);
  send(helloEvent(*principal_, shard_.ids.next(shard_.ports.now.wall), options_, shard_.options, shard_.ports.now.wall));
  watchExpiry();
  const UserKey user{principal_->tenant_id, principal_->user_id};
  shard_.thereAlways(shard_.homeOf(user), [user, me = self()](Shard::Impl& home) {
    if (home.users.sessionOpened(user, me)) return;
    home.thereAlways(me.shard, [number = me.number](Shard::Impl& there) {
      LiveSession* session = there.sessions.find(number);
      if (!session) return;
      ++there.figures.of(session->principal().tenant_id).sessions_refused;
      session->bye(CloseCode::too_many, "You have as many connections as you may.");
    });
  });
  // One that is being sent away already, because its token has ended or it is one too many, makes nobody a member.
  if (!leaving_ && !options_.room_id.empty()) joinRoom(options_.room_id, {}, true);
}

SessionRef LiveSession::self() const { return {shard_.ports.index, number_}; }

void LiveSession::watchExpiry() {
  const auto left = principal_->expires - shard_.ports.now.wall;
  if (left <= 0ms) return bye(CloseCode::token_expired, "The token has expired.");
  if (left <= expiry_warning && !warned_) {
    warned_ = true;
    send(tokenExpiringEvent(principal_->expires));
  }
  const auto next = std::min<std::chrono::milliseconds>(warned_ ? left : left - expiry_warning, expiry_look);
  shard_.ports.timers.arm(expiry_, shard_.ports.now.mono + std::max<std::chrono::milliseconds>(next, 1ms));
}

void LiveSession::closeSlow() {
  if (leaving_) return;
  shard_.ports.metrics.add(Metric::slow_closed);
  bye(CloseCode::slow, "The client reads too slowly.");
}

Pushed LiveSession::push(const FramePtr& frame, const PushOptions& options) {
  return leaving_ ? Pushed::closed : link_.push(frame, options);
}

bool LiveSession::send(const FramePtr& frame, const PushOptions& options) {
  const Pushed pushed = push(frame, options);
  if (pushed == Pushed::full) closeSlow();
  return pushed == Pushed::queued;
}

void LiveSession::sendError(const Error& error, std::string_view ref, std::string_view client_message_id) {
  send(errorEvent(error, ref, client_message_id));
}

void LiveSession::bye(CloseCode code, std::string_view reason) {
  if (leaving_) return;
  const bool again = mayReconnect(code);
  leaving_ = true;
  link_.close(code, reason, byeEvent(code, reason, again ? static_cast<std::uint32_t>(shard_.random.below(retry_spread_ms)) : 0));
}

void LiveSession::onClosed(bool clean) {
  leaving_ = true;
  for (const auto& [key, run] : runs_) giveUp(shard_, *run);
  runs_.clear();
  shard_.fanout.sessionClosed(*this);
  shard_.topic_readers.sessionClosed(*this);
  const UserKey user{principal_->tenant_id, principal_->user_id};
  // Before the rooms are left, so that the linger keeps his place in them.
  shard_.thereAlways(shard_.homeOf(user), [user, me = self(), clean](Shard::Impl& home) { home.users.sessionClosed(user, me, clean); });
  detachAll();
  --shard_.figures.of(principal_->tenant_id).sessions;
  shard_.ports.metrics.add(Metric::sessions, -1);
  if (!clean) {
    shard_.ports.metrics.add(Metric::sessions_closed_abnormal);
    shard_.ports.log.info(
        "connection.error",
        {{"tenant_id", principal_->tenant_id}, {"user_id", principal_->user_id}, {"detail", "closed without a handshake"}});
  }
  shard_.sessions.end(*this);
}

LiveSession& Sessions::open(PrincipalPtr principal, Link& link, SessionOptions options) {
  const std::uint64_t number = next_++;
  auto session = std::make_unique<LiveSession>(shard_, number, std::move(principal), link, std::move(options));
  LiveSession& opened = *session;
  sessions_.emplace(number, std::move(session));
  return opened;
}

void Sessions::end(LiveSession& session) { sessions_.erase(session.id()); }

LiveSession* Sessions::find(std::uint64_t number) {
  const auto it = sessions_.find(number);
  return it == sessions_.end() ? nullptr : it->second.get();
}

}  // namespace atrium
