#include "engine/shard.hpp"

#include <algorithm>

#include "engine/command_runs.hpp"
#include "engine/shard_impl.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

Shard::Impl::Impl(const ShardPorts& shard_ports, const EngineOptions& engine_options)
    : ports(shard_ports),
      options(engine_options),
      random(shard_ports.seed),
      ids(Random(shard_ports.seed ^ 0xA5A5'5A5A'0F0F'F0F0ULL)),
      trace(engine_options.trace_entries),
      sessions(*this),
      fanout(*this),
      topics(*this),
      topic_readers(*this),
      users(*this),
      events(*this),
      rooms(*this),
      writes(*this),
      retention(*this),
      posts(*this) {}

Shard::Shard(const ShardPorts& ports, const EngineOptions& options) : impl_(std::make_unique<Impl>(ports, options)) {}
Shard::~Shard() = default;

void Shard::connect(std::vector<Shard*> shards) {
  impl_->peers.clear();
  for (Shard* shard : shards) impl_->peers.push_back(shard->impl_.get());
}

void Shard::submit() { impl_->posts.submit(); }

void Shard::settle() {
  impl_->fanout.settle();
  impl_->topic_readers.catchUp();
}

Session& Shard::openSession(PrincipalPtr principal, Link& link, SessionOptions options) {
  LiveSession& session = impl_->sessions.open(std::move(principal), link, std::move(options));
  session.start();
  return session;
}

namespace {

// Runs f(Room&, Completion<T>) on the shard of that room, with the room in memory.
template <typename T, typename F>
void withRoom(Shard::Impl& shard, const Principal& caller, std::string_view room_id, Completion<T> done, F f) {
  const auto id = parseId(room_prefix, room_id);
  if (!id) return done(fail(Code::not_found, "There is no such room."));
  const RoomKey key{caller.tenant_id, *id};
  shard.ask<T>(shard.homeOf(key), std::move(done), [key, f = std::move(f)](Shard::Impl& home, Completion<T> answer) mutable {
    home.rooms.find(key, [f = std::move(f), answer = std::move(answer)](Result<RoomPin> room) mutable {
      if (!room) return answer(fail(room.error()));
      f(**room, std::move(answer));
    });
  });
}

// Refuses a page that no store could give.
Result<void> checkPage(std::uint32_t limit, std::size_t message_types = 0) {
  Error error{Code::validation_failed, "The page cannot be as asked.", 0, {}};
  if (limit < 1 || limit > page_max) error.fields.push_back({"/limit", "must be a whole number from 1 to " + std::to_string(page_max)});
  if (message_types > ATRIUM_PAGE_TYPES_MAX)
    error.fields.push_back({"/message_type", "may be given at most " + std::to_string(ATRIUM_PAGE_TYPES_MAX) + " times"});
  if (error.fields.empty()) return {};
  return fail(std::move(error));
}

// How many rooms one page of a list asks at most, of which a filter may want none, before it says where to go on.
constexpr std::size_t listed_looks_max = 1000;
static_assert(listed_looks_max >= page_max, "a page without a filter comes whole");

// Walks a user's rooms in order of id, asking each whether it belongs into the list.
class Listing : public std::enable_shared_from_this<Listing> {
 public:
  Listing(Shard::Impl& shard, PrincipalPtr caller, ListRooms query, Completion<std::string> done)
      : shard_(shard), caller_(std::move(caller)), query_(std::move(query)), done_(std::move(done)) {}

  void start(std::vector<Id> rooms) {
    rooms_ = std::move(rooms);
    if (const auto cursor = parseId(room_prefix, query_.cursor))
      at_ = static_cast<std::size_t>(std::ranges::upper_bound(rooms_, *cursor) - rooms_.begin());
    out_ = R"({"items":[)";
    pump();
  }

 private:
  void pump() {
    if (pumping_) return;  // The loop below goes on, so that rooms of this shard do not nest.
    pumping_ = true;
    while (!waiting_ && at_ < rooms_.size() && found_ < query_.limit && looks_ < listed_looks_max) {
      waiting_ = true;
      ++looks_;
      withRoom<std::string>(
          shard_, *caller_, formatId(room_prefix, rooms_[at_++]),
          [self = shared_from_this()](Result<std::string> item) { self->take(std::move(item)); },
          [caller = caller_, query = query_](Room& room, Completion<std::string> answer) { answer(room.listed(*caller, query)); });
    }
    pumping_ = false;
    if (waiting_) return;
    if (failed_) return done_(fail(*failed_));
    out_ += R"(],"next_cursor":)";
    out_ += at_ < rooms_.size() ? '"' + formatId(room_prefix, rooms_[at_ - 1]) + '"' : std::string("null");
    out_ += '}';
    done_(std::move(out_));
  }

  void take(Result<std::string> item) {
    waiting_ = false;
    if (!item) {
      // A room that has gone meanwhile is no reason to fail, nor is one whose type is switched off; a store that does not answer is.
      if (item.error().code != Code::not_found && item.error().code != Code::plugin_unavailable) {
        failed_ = item.error();
        at_ = rooms_.size();
      }
    } else if (!item->empty()) {
      if (found_++ > 0) out_ += ',';
      out_ += *item;
    }
    pump();
  }

  Shard::Impl& shard_;
  PrincipalPtr caller_;
  ListRooms query_;
  Completion<std::string> done_;
  std::vector<Id> rooms_;
  std::size_t at_ = 0;
  std::uint32_t found_ = 0;
  std::size_t looks_ = 0;
  std::string out_;
  std::optional<Error> failed_;
  bool pumping_ = false;
  bool waiting_ = false;
};

}  // namespace

void Shard::createRoom(PrincipalPtr caller, CreateRoom command, Completion<std::string> done) {
  if (impl_->draining) return done(fail(Code::shutting_down, "The server is stopping.", 2000));
  const Id room = impl_->ids.next(impl_->ports.now.wall);
  const RoomKey key{caller->tenant_id, room};
  impl_->ask<std::string>(
      impl_->homeOf(key), std::move(done),
      [caller = std::move(caller), room, command = std::move(command)](Impl& home, Completion<std::string> answer) mutable {
        home.rooms.create(std::move(caller), room, std::move(command), std::move(answer));
      });
}

void Shard::listRooms(PrincipalPtr caller, ListRooms query, Completion<std::string> done) {
  if (const auto page = checkPage(query.limit); !page) return done(fail(page.error()));
  if (!query.cursor.empty() && !parseId(room_prefix, query.cursor)) {
    Error error{Code::validation_failed, "The page cannot be as asked.", 0, {}};
    error.fields.push_back({"/cursor", "must be the next_cursor of the page before"});
    return done(fail(std::move(error)));
  }
  const UserKey user{caller->tenant_id, caller->user_id};
  impl_->ask<std::vector<Id>>(
      impl_->homeOf(user),
      [impl = impl_.get(), caller, query = std::move(query), done = std::move(done)](Result<std::vector<Id>> rooms) mutable {
        if (!rooms) return done(fail(rooms.error()));
        std::make_shared<Listing>(*impl, std::move(caller), std::move(query), std::move(done))->start(std::move(*rooms));
      },
      [user](Impl& home, Completion<std::vector<Id>> answer) { home.users.rooms(user, std::move(answer)); });
}

void Shard::readRoom(PrincipalPtr caller, std::string room_id, Completion<std::string> done) {
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller](Room& room, Completion<std::string> answer) { room.read(*caller, std::move(answer)); });
}

void Shard::changeRoom(PrincipalPtr caller, std::string room_id, ChangeRoom command, Completion<std::string> done) {
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller, command = std::move(command)](Room& room, Completion<std::string> answer) mutable {
             room.change(caller, std::move(command), std::move(answer));
           });
}

void Shard::closeRoom(PrincipalPtr caller, std::string room_id, Completion<void> done) {
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller](Room& room, Completion<void> answer) { room.close(caller, std::move(answer)); });
}

void Shard::addMember(PrincipalPtr caller, std::string room_id, AddMember command, Completion<std::string> done) {
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller, command = std::move(command)](Room& room, Completion<std::string> answer) mutable {
             room.addMember(caller, std::move(command), std::move(answer));
           });
}

void Shard::removeMember(PrincipalPtr caller, std::string room_id, std::string user_id, Completion<void> done) {
  withRoom(*impl_, *caller, room_id, std::move(done), [caller, user_id = std::move(user_id)](Room& room, Completion<void> answer) mutable {
    room.removeMember(caller, std::move(user_id), std::move(answer));
  });
}

void Shard::changeRole(PrincipalPtr caller, std::string room_id, std::string user_id, ChangeRole command, Completion<std::string> done) {
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller, user_id = std::move(user_id), role = command.role](Room& room, Completion<std::string> answer) mutable {
             room.changeRole(caller, std::move(user_id), role, std::move(answer));
           });
}

void Shard::sendMessage(PrincipalPtr caller, JsonDocument body, Mono received, Completion<std::string> done) {
  const auto command = readSendMessage(body.root(), *caller);
  if (!command) return done(fail(command.error()));
  const std::string room_id(command->room_id);
  if (room_id.empty()) return done(fail({Code::validation_failed, "/room_id is required", 0, {{"/room_id", "is required"}}}));
  auto counted = [impl = impl_.get(), caller, done = std::move(done)](Result<std::string> answer) mutable {
    if (!answer) impl->figures.noteRefusal(caller->tenant_id, answer.error().code);
    done(std::move(answer));
  };
  withRoom(*impl_, *caller, room_id, Completion<std::string>(std::move(counted)),
           [caller, body = std::move(body), received](Room& room, Completion<std::string> answer) mutable {
             const auto again = readSendMessage(body.root(), *caller);
             Origin origin{0, 0, {}, std::move(answer), received};
             room.post(caller, *again, std::move(origin));
           });
}

void Shard::sendMessage(PrincipalPtr caller, JsonDocument body, Completion<std::string> done) {
  sendMessage(std::move(caller), std::move(body), impl_->ports.now.mono, std::move(done));
}

Topics& Shard::topics() { return impl_->topics; }

EventOutbox& Shard::eventOutbox() { return impl_->events; }

void Shard::history(PrincipalPtr caller, HistoryQuery query, Completion<HistoryPage> done) {
  if (const auto page = checkPage(query.limit, query.message_types.size()); !page) return done(fail(page.error()));
  const std::string room_id = query.room_id;
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller, query = std::move(query)](Room& room, Completion<HistoryPage> answer) mutable {
             room.history(*caller, std::move(query), std::move(answer));
           });
}

void Shard::updatePresence(PrincipalPtr caller, UpdatePresence command, Completion<void> done) {
  const UserKey user{caller->tenant_id, caller->user_id};
  impl_->ask<void>(impl_->homeOf(user), std::move(done), [user, command = std::move(command)](Impl& home, Completion<void> answer) mutable {
    home.users.update(user, std::move(command), std::move(answer));
  });
}

void Shard::roomPresence(PrincipalPtr caller, std::string room_id, Completion<std::string> done) {
  withRoom(*impl_, *caller, room_id, std::move(done),
           [caller](Room& room, Completion<std::string> answer) { room.presence(*caller, std::move(answer)); });
}

void Shard::listCommands(PrincipalPtr caller, Completion<std::string> done) {
  if (!impl_->ports.commands) return done(R"({"items":[],"next_cursor":null})");
  done(impl_->ports.commands->list(*caller));
}

void Shard::runCommand(PrincipalPtr caller, RunCommand command, Completion<std::string> done) {
  const std::string name = command.name, room_id = command.room_id;
  const auto held = std::make_shared<Completion<std::string>>(std::move(done));
  atrium::runCommand(*impl_, caller, std::move(command), std::make_shared<CommandRun>(),
                     {.progress = {}, .done = [held, name, room_id](const Id& command_id, Result<std::string> result) {
                        if (!result) return (*held)(fail(result.error()));
                        (*held)(commandReply(command_id, name, room_id, *result));
                      }});
}

void Shard::figures(std::string tenant_id, Completion<EngineFigures> done) {
  struct Sum {
    EngineFigures figures;
    std::size_t shards;
    Completion<EngineFigures> done;
  };
  auto sum = std::make_shared<Sum>(Sum{{}, impl_->peers.size(), std::move(done)});
  for (unsigned shard = 0; shard < impl_->peers.size(); ++shard) {
    impl_->ask<EngineFigures>(
        shard,
        [sum](Result<EngineFigures> part) {
          if (part) sum->figures.add(*part);
          if (--sum->shards == 0) sum->done(std::move(sum->figures));
        },
        [tenant_id](Impl& there, Completion<EngineFigures> answer) { answer(there.figures.read(tenant_id, there.ports.now.mono)); });
  }
}

void Shard::eachTenantsMessages(
    const std::function<void(std::string_view tenant_id, const Histogram& latency, std::uint64_t failed)>& visit) const {
  impl_->figures.each(
      [&visit](std::string_view tenant_id, const TenantFigures& figures) { visit(tenant_id, figures.latency, figures.messages_failed); });
}

void Shard::trace(std::string tenant_id, std::string message, Completion<std::string> done) {
  struct Gathering {
    std::string json;
    std::size_t shards;
    Completion<std::string> done;
  };
  auto all = std::make_shared<Gathering>(Gathering{R"({"items":[)", impl_->peers.size(), std::move(done)});
  for (unsigned shard = 0; shard < impl_->peers.size(); ++shard) {
    impl_->ask<std::string>(
        shard,
        [all](Result<std::string> part) {
          // All calls for one message are on the shard of its room.
          if (part && !part->empty()) all->json += (all->json.ends_with('[') ? "" : ",") + *part;
          if (--all->shards == 0) all->done(all->json + "]}");
        },
        [tenant_id, message](Impl& there, Completion<std::string> answer) {
          std::string items = "[";
          there.trace.append(items, tenant_id, message);
          answer(items.substr(1));
        });
  }
}

void Shard::drain(CloseCode code, std::move_only_function<void()> done) {
  impl_->draining = true;
  impl_->sessions.forEach([code](LiveSession& session) { session.bye(code, title(code)); });
  impl_->posts.whenIdle(std::move(done));
}

}  // namespace atrium
