#include "app/loop_access.hpp"

#include <memory>
#include <utility>

#include "atrium/service/coordination.h"
#include "engine/room_key.hpp"
#include "protocol/errors.hpp"

namespace atrium {

namespace {

std::string hashKey(const DocumentKey& key) {
  std::string joined;
  for (const std::string& part : key) joined.append(part).push_back('\x1f');
  return joined;
}

PrincipalPtr principalOf(const std::string& tenant_id, const std::string& plugin_id) {
  return std::make_shared<const Principal>(Principal{.tenant_id = tenant_id,
                                                     .user_id = plugin_id,
                                                     .display_name = plugin_id,
                                                     .name_verified = true,
                                                     .roles = ATRIUM_ROLE_SERVICE,
                                                     .expires = {},
                                                     .plugin = true});
}

// `operation` is one of those, and no other.
CoordinationCommand::Verb verbOf(std::uint32_t operation) {
  using Verb = CoordinationCommand::Verb;
  switch (operation) {
    case ATRIUM_COORDINATION_ROUTE_LEAD: return Verb::route_lead;
    case ATRIUM_COORDINATION_WITHDRAW_LEAD: return Verb::withdraw_lead;
    case ATRIUM_COORDINATION_PUT_AGENT: return Verb::put_agent;
    case ATRIUM_COORDINATION_PUT_WORKLOAD: return Verb::put_workload;
    case ATRIUM_COORDINATION_PAUSE_AGENT: return Verb::pause_agent;
    case ATRIUM_COORDINATION_RESUME_AGENT: return Verb::resume_agent;
    default: return Verb::read_agent;
  }
}

}  // namespace

void LoopAccess::open(Shards& shards, std::vector<Place> places) {
  std::vector<std::move_only_function<void()>> waiting;
  {
    const std::scoped_lock lock(mutex_);
    shards_ = &shards;
    places_ = std::move(places);
    waiting.swap(waiting_);
  }
  for (auto& ask : waiting) ask();
}

void LoopAccess::close() {
  std::vector<std::move_only_function<void()>> waiting;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    waiting.swap(waiting_);
  }
  for (auto& ask : waiting) ask();
}

template <typename T>
void LoopAccess::at(std::string key, Completion<T> done, std::move_only_function<void(const Place&, Completion<T>)> job) {
  const Place* place = nullptr;
  unsigned shard = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (!closed_ && !shards_) {
      waiting_.emplace_back([this, key = std::move(key), done = std::move(done), job = std::move(job)]() mutable {
        at<T>(std::move(key), std::move(done), std::move(job));
      });
      return;
    }
    if (!closed_) {
      shard = static_cast<unsigned>(stableHash(key) % places_.size());
      place = &places_[shard];
    }
  }
  if (!place) return done(fail(Code::shutting_down, "The server is stopping."));
  // The completion has to survive a refused post, so it is held outside the task until that is sure.
  auto held = std::make_shared<Completion<T>>(std::move(done));
  if (!shards_->post(shard, [place, held, job = std::move(job)]() mutable { job(*place, std::move(*held)); }))
    (*held)(fail(Code::overloaded, "The server has more work than it can queue.", 1000));
}

void LoopAccess::get(DocumentKey key, Completion<std::optional<Document>> done) {
  std::string hashed = hashKey(key);
  at<std::optional<Document>>(std::move(hashed), std::move(done),
                              [key = std::move(key)](const Place& place, Completion<std::optional<Document>> answer) mutable {
                                place.store->get(std::move(key), std::move(answer));
                              });
}

void LoopAccess::write(std::vector<DocumentWrite> writes, Completion<void> done) {
  std::string hashed = writes.empty() ? std::string() : hashKey(writes.front().key);
  at<void>(std::move(hashed), std::move(done), [writes = std::move(writes)](const Place& place, Completion<void> answer) mutable {
    place.store->write(std::move(writes), std::move(answer));
  });
}

void LoopAccess::scan(DocumentKey prefix, DocumentKey after, std::uint32_t limit, Completion<std::vector<Document>> done) {
  std::string hashed = hashKey(prefix);
  at<std::vector<Document>>(
      std::move(hashed), std::move(done),
      [prefix = std::move(prefix), after = std::move(after), limit](const Place& place, Completion<std::vector<Document>> answer) mutable {
        place.store->scan(std::move(prefix), std::move(after), limit, std::move(answer));
      });
}

void LoopAccess::post(PluginPost post, Completion<std::string> done) {
  std::string hashed = post.tenant_id + '\x1f' + post.room_id;
  at<std::string>(std::move(hashed), std::move(done), [post = std::move(post)](const Place& place, Completion<std::string> answer) mutable {
    place.engine->sendMessage(principalOf(post.tenant_id, post.plugin_id), std::move(post.body), std::move(answer));
  });
}

void LoopAccess::coordinate(PluginCoordination request, Completion<std::string> done) {
  std::string hashed = request.tenant_id;
  at<std::string>(std::move(hashed), std::move(done),
                  [request = std::move(request)](const Place& place, Completion<std::string> answer) mutable {
                    place.coordination->run({.verb = verbOf(request.operation),
                                             .caller = principalOf(request.tenant_id, request.plugin_id),
                                             .id = std::move(request.id),
                                             .body = std::move(request.body),
                                             .received = place.now->mono},
                                            std::move(answer));
                  });
}

}  // namespace atrium
