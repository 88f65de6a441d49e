// What is said to sessions that no room brings together: everyone of a tenant, one user, those of a role, those who operate the server.
#include <memory>
#include <utility>

#include "engine/shard.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::uint32_t everyone = ~std::uint32_t{0};

// Runs on every shard what `work` gives for it, each of which returns how many sessions it has reached, and tells shard `asker` the sum.
// Past the mailboxes' bounds: half of those it is for must not miss what the other half was told. Whoever begins it bounds how many there
// are: the requests in work, or what agents may have on their hands.
template <typename Work>
void tellShards(Shard::Impl& from, unsigned asker, Shard::Told told, Work work) {
  struct Count {
    std::uint64_t sessions = 0;
    std::size_t shards;
    Shard::Told told;
  };
  const auto count = std::make_shared<Count>(Count{0, from.peers.size(), std::move(told)});
  for (unsigned shard = 0; shard < from.peers.size(); ++shard) {
    from.thereAlways(shard, [asker, count, work = work(shard)](Shard::Impl& there) mutable {
      there.thereAlways(asker, [count, reached = work(there)](Shard::Impl&) {
        count->sessions += reached;
        if (--count->shards == 0 && count->told) count->told(count->sessions);
      });
    });
  }
}

}  // namespace

void Shard::broadcast(PrincipalPtr caller, Broadcast command, Completion<std::string> done) {
  if (!caller->has(ATRIUM_ROLE_SUPERVISOR | ATRIUM_ROLE_ADMIN | ATRIUM_ROLE_SERVICE))
    return done(fail(Code::forbidden, "Only supervisors, admins and services may speak to everyone."));
  const Id id = impl_->ids.next(impl_->ports.now.wall);
  const Wall sent_at = impl_->ports.now.wall;
  FrameBuilder out(512 + command.content.size());
  JsonWriter json(out);
  json.begin('{').key("event_type").value("broadcast");
  json.key("message_id").id(message_prefix, id).key("tenant_id").value(caller->tenant_id).key("sender_id").value(caller->user_id);
  json.key("sender_name").value(caller->display_name).key("message_type").value("system").key("content").value(command.content);
  json.key("priority")
      .value(word(command.priority))
      .key("metadata")
      .raw(command.metadata.empty() ? std::string_view("{}") : command.metadata.text());
  json.key("sent_at").time(sent_at).end('}');

  tellTenant(caller->tenant_id, everyone, out.finish(), [id, sent_at, done = std::move(done)](std::uint64_t sessions) mutable {
    std::string text;
    JsonWriter reply(text);
    reply.begin('{').key("message_id").id(message_prefix, id).key("delivered_count").value(sessions);
    reply.key("durability").value("received").key("timestamp").time(sent_at).end('}');
    done(std::move(text));
  });
}

void Shard::tellUser(const std::string& tenant_id, const std::string& user_id, FramePtr event, Told told) {
  const UserKey user{tenant_id, user_id};
  impl_->thereAlways(impl_->homeOf(user),
                     [asker = impl_->ports.index, user, event = std::move(event), told = std::move(told)](Impl& home) mutable {
                       // His sessions by their shards, each of which says how many took it.
                       std::vector<std::vector<std::uint64_t>> sessions(home.peers.size());
                       for (const SessionRef& session : home.users.sessions(user)) sessions[session.shard].push_back(session.number);
                       tellShards(home, asker, std::move(told), [&](unsigned shard) -> std::move_only_function<std::uint64_t(Impl&)> {
                         return [event, numbers = std::move(sessions[shard])](Impl& there) {
                           std::uint64_t reached = 0;
                           for (const std::uint64_t number : numbers)
                             if (LiveSession* session = there.sessions.find(number)) reached += session->send(event);
                           return reached;
                         };
                       });
                     });
}

void Shard::tellTenant(const std::string& tenant_id, std::uint32_t roles, FramePtr event, Told told) {
  tellShards(*impl_, impl_->ports.index, std::move(told), [&](unsigned) -> std::move_only_function<std::uint64_t(Impl&)> {
    return [event, tenant_id, roles](Impl& there) {
      std::uint64_t reached = 0;
      there.sessions.forEach([&](LiveSession& session) {
        if (session.principal().tenant_id == tenant_id && session.principal().has(roles)) reached += session.send(event);
      });
      return reached;
    };
  });
}

void Shard::tellOperators(std::span<const FramePtr> events) {
  impl_->sessions.forEach([&](LiveSession& session) {
    if (!operatesServer(session.principal(), impl_->options.operator_tenants)) return;
    for (const FramePtr& event : events) session.send(event);
  });
}

}  // namespace atrium
