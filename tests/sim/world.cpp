#include "sim/world.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/metrics.hpp"

namespace atrium::sim {

namespace {
constexpr auto expires_after = std::chrono::hours(12);
}  // namespace

Pushed Client::push(const FramePtr& frame, const PushOptions& options) {
  if (closed) return Pushed::closed;
  if (waiting_bytes_ + frame->size() > outbox_max) return Pushed::full;
  if (options.shed != Shed::never && waiting_bytes_ * 2 > outbox_max) return Pushed::shed;
  waiting_.push_back({frame, options});
  waiting_bytes_ += frame->size();
  queued_ += options.lane == Lane::messages;
  return Pushed::queued;
}

void Client::close(CloseCode code, std::string_view, FramePtr last) {
  if (closed) return;
  closed = code;
  std::erase_if(waiting_, [this](const Waiting& each) {
    if (each.options.lane != Lane::ephemeral) return false;
    waiting_bytes_ -= each.frame->size();
    return true;
  });
  if (!last) return;
  waiting_bytes_ += last->size();
  PushOptions options;
  options.lane = Lane::ephemeral;  // Behind everything, and no message.
  waiting_.push_back({std::move(last), options});
}

void Client::flush(std::size_t frames) {
  for (; frames > 0 && !waiting_.empty(); --frames) {
    auto event = JsonDocument::parse(waiting_.front().frame->payload());
    ATRIUM_ASSERT(event.has_value(), "every event is well-formed JSON");
    received.push_back(std::move(*event));
    received_options.push_back(waiting_.front().options);
    waiting_bytes_ -= waiting_.front().frame->size();
    flushed_ += waiting_.front().options.lane == Lane::messages;
    waiting_.pop_front();
  }
}

std::vector<const JsonDocument*> Client::events(std::string_view event_type) const {
  std::vector<const JsonDocument*> found;
  for (const JsonDocument& event : received)
    if (event.root()["event_type"].text() == event_type) found.push_back(&event);
  return found;
}

const JsonDocument* Client::last(std::string_view event_type) const {
  const auto all = events(event_type);
  return all.empty() ? nullptr : all.back();
}

World::Part::Part(World& world, unsigned index)
    : mailbox(world.options_.mailbox_tasks), now(world.clock.now()), timers(now.mono), metrics(world.registry_.makeSet()) {
  store = world.store.port([&world, index](Task task) { world.postAlways(index, std::move(task)); });
}

World::World(std::uint64_t seed, WorldOptions options)
    : random(seed),
      store(random, options.store),
      options_(options),
      registry_(metric_table),
      log_({.level = LogLevel::error, .queue_lines = 64, .burst = 1}) {
  for (unsigned index = 0; index < options_.shards; ++index) parts_.push_back(std::make_unique<Part>(*this, index));
  Types& its_types = options_.types ? *options_.types : types;
  std::vector<Shard*> shards;
  for (unsigned index = 0; index < options_.shards; ++index) {
    Part& part = *parts_[index];
    part.shard = std::make_unique<Shard>(ShardPorts{index, *this, *part.store, its_types, *this, part.timers, part.now, clock, part.metrics,
                                                    log_, seed * 31 + index, &commands, options_.listeners, options_.workplace},
                                         options_.engine);
    shards.push_back(part.shard.get());
  }
  for (Shard* shard : shards) shard->connect(shards);
}

World::~World() {
  if (!parts_.empty() && !parts_.front()->shard) return;
  for (const auto& client : clients_)
    if (client->session) disconnect(*client);
  for (const auto& part : parts_) part->held = false;
  store.stall(false);
  while (!types.waiting.empty()) types.release();
  settle();
}

PrincipalPtr World::principal(std::string tenant, std::string user, std::uint32_t roles) {
  Principal who;
  who.tenant_id = std::move(tenant);
  who.display_name = user;
  who.user_id = std::move(user);
  who.name_verified = true;
  who.roles = roles;
  who.expires = ManualClock().now().wall + expires_after;
  return std::make_shared<const Principal>(std::move(who));
}

Client& World::connect(std::string tenant, std::string user, std::string room_id, std::uint32_t roles) {
  return connect(static_cast<unsigned>(random.below(parts_.size())), principal(std::move(tenant), std::move(user), roles),
                 {.room_id = std::move(room_id)});
}

Client& World::connect(unsigned shard, PrincipalPtr who, SessionOptions options) {
  Client& client = *clients_.emplace_back(std::make_unique<Client>(who->tenant_id, who->user_id, shard));
  parts_[shard]->now = clock.now();
  client.session = &parts_[shard]->shard->openSession(std::move(who), client, std::move(options));
  return client;
}

void World::disconnect(Client& client, bool clean) {
  if (Session* session = std::exchange(client.session, nullptr)) session->onClosed(clean);
}

void World::send(Client& client, std::string_view frame) {
  if (!client.session) return;
  std::string padded(frame);
  padded.resize(frame.size() + JsonIndexer::padding);
  parts_[client.shard]->now = clock.now();
  client.session->onText(std::string_view(padded).substr(0, frame.size()));
}

bool World::post(unsigned shard, Task task) {
  bool wake = false;
  return parts_[shard]->mailbox.post(task, wake);
}

void World::postAlways(unsigned shard, Task task) {
  bool wake = false;
  parts_[shard]->mailbox.postAlways(task, wake);
}

std::optional<Result<Principal>> World::verify(std::string_view token, Wall now) {
  if (token.starts_with(asked_prefix)) return std::nullopt;
  // "user@tenant": enough for tests of what a session does with a verdict.
  const std::size_t at = token.find('@');
  if (at == token.npos) return Result<Principal>(fail(Code::unauthorized, "not a token"));
  Principal who = *principal(std::string(token.substr(at + 1)), std::string(token.substr(0, at)));
  who.expires = now + expires_after;
  return who;
}

void World::ask(std::string token, Completion<Principal> done) { asked.emplace_back(token.substr(asked_prefix.size()), std::move(done)); }

void World::turn(unsigned index) {
  Part& part = *parts_[index];
  if (part.held) return;
  part.now = clock.now();
  std::vector<Task> fresh;
  part.mailbox.take(fresh);
  std::ranges::move(fresh, std::back_inserter(part.tasks));
  // Not always everything: a turn may find a part of what was posted.
  std::size_t take = part.tasks.empty() ? 0 : 1 + random.below(part.tasks.size());
  for (; take > 0; --take) {
    Task task = std::move(part.tasks.front());
    part.tasks.pop_front();
    task();
  }
  part.timers.advance(part.now.mono);
  const auto flush = [this, index] {
    for (const auto& client : clients_) {
      if (client->shard != index) continue;
      client->flush(client->reads_per_turn);
      if (client->closed && client->waiting() == 0) disconnect(*client);
    }
  };
  part.shard->submit();
  flush();
  part.shard->settle();
  flush();
}

bool World::quiet() {
  if (!store.idle()) return false;
  return std::ranges::all_of(parts_, [](const auto& part) { return part->held || (part->tasks.empty() && part->mailbox.size() == 0); });
}

void World::stir(unsigned turns) {
  for (; turns > 0; --turns) {
    turn(static_cast<unsigned>(random.below(parts_.size())));
    if (random.below(3) == 0) store.work();
  }
}

void World::end() {
  for (const auto& client : clients_) client->session = nullptr;
  for (const auto& part : parts_) part->shard.reset();
}

void World::settle() {
  // Two quiet rounds in a row: the first may have left something behind at a turn's end.
  for (unsigned rounds = 0, calm = 0; calm < 2; ++rounds) {
    ATRIUM_ASSERT(rounds < 100'000, "the world comes to rest");
    for (unsigned index = 0; index < parts_.size(); ++index) turn(index);
    store.work();
    calm = quiet() ? calm + 1 : 0;
  }
}

void World::pass(std::chrono::milliseconds time) {
  for (const auto step = std::min<std::chrono::milliseconds>(time, 5ms); time > 0ms; time -= step) {
    clock.advance(std::min(step, time));
    settle();
  }
}

std::string World::createRoom(const std::string& tenant, const std::string& owner, std::vector<std::string> members, std::string room_type,
                              std::uint32_t max_members) {
  CreateRoom command;
  command.room_type = std::move(room_type);
  command.name = "room";
  command.initial_members = std::move(members);
  command.max_members = max_members;
  command.settings = JsonDocument::emptyObject();
  command.context = JsonDocument::emptyObject();
  const auto made = request<std::string>(
      [&](Shard& shard, Completion<std::string> done) { shard.createRoom(principal(tenant, owner), std::move(command), std::move(done)); });
  ATRIUM_ASSERT(made.has_value(), "the room is created");
  return JsonDocument::parse(*made)->root()["room_id"].text();
}

EngineFigures World::figures(const std::string& tenant) {
  return *request<EngineFigures>([&](Shard& shard, Completion<EngineFigures> done) { shard.figures(tenant, std::move(done)); });
}

}  // namespace atrium::sim
