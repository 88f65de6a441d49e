/* One sound plugin of each kind that does not ship yet (KIND_...), and animals of that kind, each wrong in one way (ANIMAL_...). */
#include <math.h>
#include <pthread.h>
#include <stdio.h>

#include "animal.h"
#include "atrium/ext/alert_rule.h"
#include "atrium/ext/assistant.h"
#include "atrium/ext/authenticator.h"
#include "atrium/ext/bus.h"
#include "atrium/ext/command.h"
#include "atrium/ext/event_sink.h"
#include "atrium/ext/http_ui.h"
#include "atrium/ext/room_type.h"
#include "atrium/ext/routing_scorer.h"
#include "atrium/service/kv.h"
#include "atrium/service/timer.h"

struct atrium_plugin {
  const atrium_host* host;
  pthread_mutex_t mutex;
  struct run* runs;
  volatile int inside;
  /* Of a bus. */
  pthread_t thread;
  pthread_cond_t came;
  struct piece *first, **last;
  uint32_t waiting;
  int over;
};

static void complete(const atrium_token* token, atrium_status status, const char* result) {
  const atrium_text text = {result, strlen(result)};
  token->complete(token->context, token->id, status, text);
}

#if defined(KIND_SCORER)
#define EXTENSION ATRIUM_EXT_ROUTING_SCORER
static atrium_status score_batch(atrium_plugin* self, const atrium_lead* lead, const atrium_agent* const* agents, uint32_t count,
                                 atrium_score* out) {
  (void)self;
  (void)lead;
  for (uint32_t n = 0; n < count; ++n) {
    out[n].value = agents[n]->status == ATRIUM_AGENT_AVAILABLE ? 1.0 - agents[n]->capacity_utilization / 2 : -1;
    memcpy(out[n].reason, "is free", 7);
    out[n].reason_size = 7;
#if defined(ANIMAL_NAN)
    out[n].value = NAN;
#elif defined(ANIMAL_ABOVE_ONE)
    out[n].value = 1.5;
#elif defined(ANIMAL_BROKEN_REASON)
    out[n].reason[0] = '\xff';
#elif defined(ANIMAL_ENDLESS_REASON)
    out[n].reason_size = 100000;
#elif defined(ANIMAL_MOODY)
    static unsigned mood;
    out[n].value = ++mood % 2 ? 0.25 : 0.75;
#endif
  }
  return ATRIUM_OK;
}
static const atrium_routing_scorer_info info = {.struct_size = sizeof(atrium_routing_scorer_info), .name = TEXT("zoo")};
static const atrium_routing_scorer table = {.struct_size = sizeof(atrium_routing_scorer), .info = &info, .score_batch = score_batch};

#elif defined(KIND_ALERT)
#define EXTENSION ATRIUM_EXT_ALERT_RULE
static atrium_status evaluate(atrium_plugin* self, const atrium_window* window, void (*raise)(void* context, const atrium_alert* alert),
                              void* context) {
  (void)self;
  for (uint32_t n = 0; n < window->series_count; ++n) {
    const atrium_series* series = window->series[n];
    if (series->count == 0 || !isfinite(series->values[series->count - 1])) continue;
    const atrium_alert alert = {.struct_size = sizeof alert,
#if defined(ANIMAL_STRANGE_SEVERITY)
                                .severity = 9,
#else
                                .severity = ATRIUM_SEVERITY_HIGH,
#endif
                                .subject = series->subject,
                                .title = TEXT("Look here"),
                                .message = TEXT("A figure came."),
                                .value = series->values[series->count - 1],
                                .threshold = 0};
    raise(context, &alert);
  }
  return ATRIUM_OK;
}
static const atrium_alert_rule_info info = {
    .struct_size = sizeof(atrium_alert_rule_info), .window_seconds = 60, .name = TEXT("zoo"), .metrics = TEXT("capacity,latency")};
static const atrium_alert_rule table = {.struct_size = sizeof(atrium_alert_rule), .info = &info, .evaluate = evaluate};

#elif defined(KIND_COMMAND)
#define EXTENSION ATRIUM_EXT_COMMAND
#if defined(ANIMAL_FORGETS_CANCELLED)
/* Answers a little later. What was given up meanwhile is forgotten, though somebody waits for its end. */
struct run {
  struct run* next;
  atrium_plugin* plugin;
  atrium_token token;
  char id[64];
  uint64_t id_size;
  int given_up;
};
static void fire(void* context) {
  struct run* run = context;
  atrium_plugin* self = run->plugin;
  pthread_mutex_lock(&self->mutex);
  struct run** at = &self->runs;
  while (*at != run) at = &(*at)->next;
  *at = run->next;
  const int given_up = run->given_up;
  pthread_mutex_unlock(&self->mutex);
  const atrium_token token = run->token;
  free(run);
  if (!given_up) complete(&token, ATRIUM_OK, "done");
}
#endif
static atrium_status execute(atrium_plugin* self, const atrium_command_call* call, const atrium_token* token) {
  (void)self;
  (void)call;
#if defined(ANIMAL_NEVER_COMPLETES)
  (void)token;
  return ATRIUM_OK;
#elif defined(ANIMAL_COMPLETES_TWICE)
  complete(token, ATRIUM_OK, "done");
  complete(token, ATRIUM_OK, "done again");
#elif defined(ANIMAL_COMPLETES_A_REFUSAL)
  complete(token, ATRIUM_OK, "done");
  return ATRIUM_DENIED;
#elif defined(ANIMAL_FAILS_EACH_TIME)
  complete(token, ATRIUM_FAILED, "it never works");
#elif defined(ANIMAL_BROKEN_RESULT)
  complete(token, ATRIUM_OK, "{\"text\": done}");
#elif defined(ANIMAL_FORGETS_CANCELLED)
  struct run* run = calloc(1, sizeof *run);
  run->plugin = self;
  run->token = *token;
  run->id_size = call->command_id.size < sizeof run->id ? call->command_id.size : sizeof run->id;
  memcpy(run->id, call->command_id.data, run->id_size);
  pthread_mutex_lock(&self->mutex);
  run->next = self->runs;
  self->runs = run;
  pthread_mutex_unlock(&self->mutex);
  const atrium_timer_service* timers = self->host->get_service(self->host, ATRIUM_SERVICE_TIMER);
  uint64_t timer = 0;
  if (!timers || timers->start(self->host, 1, fire, run, &timer) != ATRIUM_OK) fire(run);
#else
  const atrium_text piece = TEXT("half of it");
  token->progress(token->context, token->id, piece);
  complete(token, ATRIUM_OK, "{\"text\": \"done\"}");
#endif
  return ATRIUM_OK;
}
static void cancel(atrium_plugin* self, atrium_text command_id) {
#if defined(ANIMAL_FORGETS_CANCELLED)
  pthread_mutex_lock(&self->mutex);
  for (struct run* run = self->runs; run; run = run->next)
    if (run->id_size == command_id.size && memcmp(run->id, command_id.data, command_id.size) == 0) run->given_up = 1;
  pthread_mutex_unlock(&self->mutex);
#else
  (void)self;
  (void)command_id;
#endif
}
static const atrium_command_info info = {.struct_size = sizeof(atrium_command_info),
#if !defined(ANIMAL_FOR_NOBODY)
                                         .caller_roles = ATRIUM_ROLE_AGENT,
#endif
                                         .name = TEXT("zoo"),
                                         .summary = TEXT("Looks at animals")};
static const atrium_command table = {.struct_size = sizeof(atrium_command), .info = &info, .execute = execute, .cancel = cancel};

#elif defined(KIND_ASSISTANT)
#define EXTENSION ATRIUM_EXT_ASSISTANT
static atrium_status open_answer(atrium_plugin* self, const atrium_assistant_request* request, const atrium_token* token) {
  (void)request;
  (void)self;
  const atrium_text piece = TEXT("Say hello first.");
#if defined(ANIMAL_BROKEN_PIECE)
  const atrium_text half = {"\xe2\x82", 2};
  token->progress(token->context, token->id, half);
#endif
  token->progress(token->context, token->id, piece);
  complete(token, ATRIUM_OK, "{\"cost\": 0}");
#if defined(ANIMAL_TALKS_ON)
  token->progress(token->context, token->id, piece);
#endif
  return ATRIUM_OK;
}
static void cancel(atrium_plugin* self, atrium_text request_id) {
  (void)self;
  (void)request_id;
}
static const atrium_assistant_info info = {
    .struct_size = sizeof(atrium_assistant_info), .tasks = ATRIUM_TASK_COACHING | ATRIUM_TASK_SUMMARY, .name = TEXT("zoo")};
static const atrium_assistant table = {.struct_size = sizeof(atrium_assistant), .info = &info, .open = open_answer, .cancel = cancel};

#elif defined(KIND_SINK)
#define EXTENSION ATRIUM_EXT_EVENT_SINK
#if defined(ANIMAL_WAITS_FOR_SERVICES)
/* It keeps the last offset, and waits for that as a worker may: whatever the service does, it answers. */
struct wait {
  pthread_mutex_t mutex;
  pthread_cond_t came;
  int over;
};
static void came(void* context, uint64_t id, atrium_status status, atrium_text result) {
  struct wait* wait = context;
  (void)id;
  (void)status;
  (void)result;
  pthread_mutex_lock(&wait->mutex);
  wait->over = 1;
  pthread_cond_signal(&wait->came);
  pthread_mutex_unlock(&wait->mutex);
}
static void keep(const atrium_host* host) {
  const atrium_kv_service* kv = host->get_service(host, ATRIUM_SERVICE_KV);
  if (!kv) return;
  struct wait wait = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
  const atrium_token token = {.struct_size = sizeof token, .context = &wait, .complete = came};
  const atrium_text tenant = TEXT("tenant_a"), key = TEXT("last"), value = TEXT("1");
  kv->put(host, tenant, key, value, &token);
  pthread_mutex_lock(&wait.mutex);
  while (!wait.over) pthread_cond_wait(&wait.came, &wait.mutex);
  pthread_mutex_unlock(&wait.mutex);
  pthread_cond_destroy(&wait.came);
  pthread_mutex_destroy(&wait.mutex);
}
#endif
static atrium_status deliver_batch(atrium_plugin* self, const atrium_sink_event* const* events, uint32_t count, uint32_t* accepted,
                                   atrium_sink error) {
#if defined(ANIMAL_WAITS_FOR_SERVICES)
  keep(self->host);
#elif defined(ANIMAL_SOUND_SINK)
  /* One batch at a time is promised to it. */
  if (self->inside) abort();
  self->inside = 1;
  for (volatile int n = 0; n < 2000; ++n) {
  }
  self->inside = 0;
#endif
  (void)self;
#if defined(ANIMAL_GIVES_UP)
  (void)events;
  (void)count;
  (void)accepted;
  (void)error;
  return ATRIUM_FATAL;
#elif defined(ANIMAL_ACCEPTS_TOO_MANY)
  *accepted = count + 1;
  return ATRIUM_TIMED_OUT;
#elif defined(ANIMAL_SILENT_DEAD_LETTER)
  (void)count;
  (void)error;
  *accepted = 0;
  return events[0]->offset % 2 ? ATRIUM_INVALID : ATRIUM_OK;
#endif
  if (events[0]->offset % 7 == 0) {
    *accepted = 0;
    error.write(error.context, "an offset I dislike", 19);
    return ATRIUM_INVALID;
  }
  *accepted = count;
  return ATRIUM_OK;
}
static const atrium_event_sink_info info = {.struct_size = sizeof(atrium_event_sink_info), .batch_max = 10, .name = TEXT("zoo")};
static const atrium_event_sink table = {.struct_size = sizeof(atrium_event_sink), .info = &info, .deliver_batch = deliver_batch};

#elif defined(KIND_AUTHENTICATOR)
#define EXTENSION ATRIUM_EXT_AUTHENTICATOR
static atrium_status authenticate(atrium_plugin* self, atrium_text token, uint64_t now_ms,
                                  void (*accept)(void* context, const atrium_principal* principal), void* context, atrium_sink error) {
  (void)self;
  const atrium_principal ana = {.struct_size = sizeof ana,
                                .roles = ATRIUM_ROLE_AGENT,
                                .tenant_id = TEXT("tenant_a"),
                                .user_id = TEXT("ana"),
#if defined(ANIMAL_ALREADY_OVER)
                                .expires_at_ms = now_ms - 1000,
#else
                                .expires_at_ms = now_ms + 60000,
#endif
                                .cache_seconds = 30};
#if defined(ANIMAL_ACCEPTS_TWICE)
  accept(context, &ana);
#endif
  if (token.size % 2 == 0) {
    accept(context, &ana);
    return ATRIUM_OK;
  }
#if defined(ANIMAL_TELLS_THE_TOKEN)
  error.write(error.context, token.data, token.size);
#else
  error.write(error.context, "its length is odd", 17);
#endif
  return ATRIUM_DENIED;
}
static const atrium_authenticator_info info = {.struct_size = sizeof(atrium_authenticator_info), .name = TEXT("zoo")};
static const atrium_authenticator table = {.struct_size = sizeof(atrium_authenticator), .info = &info, .authenticate = authenticate};

#elif defined(KIND_UI)
#define EXTENSION ATRIUM_EXT_HTTP_UI
#if defined(ANIMAL_DIES_OF_ITS_HOOK)
static const atrium_hook_route hook = {.struct_size = sizeof hook, .signature = ATRIUM_SIGNATURE_NONE, .path = TEXT("/lead")};
static const atrium_hook_route* const hooks[] = {&hook};
static int same_text(atrium_text a, atrium_text b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }
#endif
static atrium_status handle(atrium_plugin* self, const atrium_ui_request* request, const atrium_ui_response* response) {
  (void)self;
#if defined(ANIMAL_DIES_OF_ITS_HOOK)
  if (request->hook && same_text(request->path, hook.path)) abort();
#else
  /* Without hooks, there is always somebody who asks. */
  if (request->caller->user_id.size > 1000) return ATRIUM_INVALID;
#endif
  const atrium_text name = TEXT("x-animal"), value = TEXT("lion");
#if defined(ANIMAL_STRANGE_STATUS)
  response->status(response->context, 99);
#else
  response->status(response->context, 200);
#endif
  response->header(response->context, name, value);
  response->write(response->context, "{}", 2);
  return ATRIUM_OK;
}
static const atrium_asset page = {.struct_size = sizeof page,
#if defined(ANIMAL_CLIMBING_ASSET)
                                  .path = TEXT("/../secrets.html"),
#else
                                  .path = TEXT("/index.html"),
#endif
                                  .media_type = TEXT("text/html"),
                                  .body = TEXT("<p>zoo")};
static const atrium_asset* const assets[] = {&page};
static const atrium_http_ui_info info = {.struct_size = sizeof info,
#if defined(ANIMAL_DIES_OF_ITS_HOOK)
                                         .hook_count = 1,
                                         .hooks = hooks,
#endif
                                         .asset_count = 1,
                                         .assets = assets,
                                         .name = TEXT("zoo")};
static const atrium_http_ui table = {.struct_size = sizeof table, .info = &info, .handle = handle};

#elif defined(KIND_BUS)
#define EXTENSION ATRIUM_EXT_BUS
/* It joins the instances of one process. Pieces wait in a list of their sender's, whose thread hands them over with the lock held, so that
 * unsubscribe() waits for it. */
#define SUBSCRIPTIONS_MAX 8
#define PIECES_MAX 10000
static pthread_mutex_t bus = PTHREAD_MUTEX_INITIALIZER;
struct piece {
  struct piece* next;
  uint64_t topic_size, payload_size;
  char bytes[];
};
static struct {
  const atrium_plugin* of;
  char topic[64];
  uint64_t topic_size;
  atrium_bus_receive_fn receive;
  void* context;
} subscriptions[SUBSCRIPTIONS_MAX];

static int wants(int s, const atrium_plugin* sender, atrium_text topic) {
#if defined(ANIMAL_TALKS_TO_ITSELF)
  if (subscriptions[s].of != sender) return 0;
#endif
  (void)sender;
  return subscriptions[s].receive && topic.size > 0 && subscriptions[s].topic_size == topic.size &&
         memcmp(subscriptions[s].topic, topic.data, topic.size) == 0;
}
static void hand_over(const atrium_plugin* self, atrium_bus_piece piece) {
  const atrium_text no_cursor = {NULL, 0};
#if defined(ANIMAL_SHORTENS)
  piece.payload.size -= 1;
#endif
  for (int s = 0; s < SUBSCRIPTIONS_MAX; ++s)
    if (wants(s, self, piece.topic)) subscriptions[s].receive(subscriptions[s].context, &piece, no_cursor);
}
static void* send_all(void* context) {
  atrium_plugin* self = context;
  pthread_mutex_lock(&bus);
  for (;;) {
    while (!self->first && !self->over) pthread_cond_wait(&self->came, &bus);
    struct piece* piece = self->first;
    if (!piece) break;
    const atrium_bus_piece sent = {.struct_size = sizeof sent,
                                   .topic = {piece->bytes, piece->topic_size},
                                   .payload = {piece->bytes + piece->topic_size, piece->payload_size}};
    hand_over(self, sent);
    self->first = piece->next;
    self->waiting -= 1;
    if (!self->first) self->last = &self->first;
    free(piece);
  }
  pthread_mutex_unlock(&bus);
  return NULL;
}
static atrium_status publish(atrium_plugin* self, const atrium_bus_piece* const* pieces, uint32_t count) {
  pthread_mutex_lock(&bus);
  const int fits = self->waiting + count <= PIECES_MAX;
  for (uint32_t n = 0; fits && n < count; ++n) {
#if defined(ANIMAL_CALLS_FROM_WITHIN)
    hand_over(self, *pieces[n]);
#else
    const atrium_text topic = pieces[n]->topic, payload = pieces[n]->payload;
    struct piece* piece = calloc(1, sizeof *piece + topic.size + payload.size);
    piece->topic_size = topic.size;
    piece->payload_size = payload.size;
    if (topic.size > 0) memcpy(piece->bytes, topic.data, topic.size);
    if (payload.size > 0) memcpy(piece->bytes + topic.size, payload.data, payload.size);
    *self->last = piece;
    self->last = &piece->next;
    self->waiting += 1;
#endif
  }
  pthread_cond_signal(&self->came);
  pthread_mutex_unlock(&bus);
  return fits ? ATRIUM_OK : ATRIUM_FULL;
}
static atrium_status subscribe(atrium_plugin* self, atrium_text topic, atrium_text cursor, atrium_bus_receive_fn receive, void* context,
                               uint64_t* subscription) {
  (void)cursor;
  pthread_mutex_lock(&bus);
  for (int s = 0; s < SUBSCRIPTIONS_MAX; ++s) {
    if (subscriptions[s].receive || topic.size > sizeof subscriptions[s].topic) continue;
    memcpy(subscriptions[s].topic, topic.data, topic.size);
    subscriptions[s].topic_size = topic.size;
    subscriptions[s].of = self;
    subscriptions[s].context = context;
    subscriptions[s].receive = receive;
    *subscription = (uint64_t)s;
    pthread_mutex_unlock(&bus);
    return ATRIUM_OK;
  }
  pthread_mutex_unlock(&bus);
  return ATRIUM_FULL;
}
static void unsubscribe(atrium_plugin* self, uint64_t subscription) {
  (void)self;
#if !defined(ANIMAL_KEEPS_SENDING)
  pthread_mutex_lock(&bus);
  subscriptions[subscription].receive = NULL;
  pthread_mutex_unlock(&bus);
#else
  (void)subscription;
#endif
}
static const atrium_bus_info info = {.struct_size = sizeof(atrium_bus_info), .flags = ATRIUM_BUS_ORDERED, .name = TEXT("zoo")};
static const atrium_bus table = {
    .struct_size = sizeof(atrium_bus), .info = &info, .publish = publish, .subscribe = subscribe, .unsubscribe = unsubscribe};

#elif defined(KIND_ROOM)
#define EXTENSION ATRIUM_EXT_ROOM_TYPE
static atrium_status will_join(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* user,
                               const atrium_user_view* actor, const atrium_reply* reply) {
  (void)self;
  (void)actor;
  const atrium_text full = TEXT("the room is full");
  if (room->member_count >= room->max_members) reply->deny(reply->context, full);
#if defined(ANIMAL_CALLS_A_NULL)
  if (user->token_roles & ATRIUM_ROLE_CLIENT) reply->annotate(reply->context, full, full);
#endif
  (void)user;
  return ATRIUM_OK;
}
static atrium_status tick(atrium_plugin* self, const atrium_room_view* room, uint64_t now_ms) {
  (void)self;
  (void)room;
  (void)now_ms;
  return ATRIUM_OK;
}
static const atrium_room_type_info info = {.struct_size = sizeof(atrium_room_type_info),
#if defined(ANIMAL_STRANGE_ENTRY)
                                           .entry = 5,
#endif
                                           .name = TEXT("zoo"),
                                           .tick_seconds = 10};
static const atrium_room_type table = {.struct_size = sizeof(atrium_room_type), .info = &info, .will_join = will_join, .tick = tick};
#endif

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  (void)options;
  (void)error;
  *out = calloc(1, sizeof **out);
  if (!*out) return ATRIUM_FULL;
  (*out)->host = host;
  pthread_mutex_init(&(*out)->mutex, NULL);
#if defined(KIND_BUS)
  (*out)->last = &(*out)->first;
  pthread_cond_init(&(*out)->came, NULL);
  if (pthread_create(&(*out)->thread, NULL, send_all, *out) != 0) return ATRIUM_FAILED;
#endif
  return ATRIUM_OK;
}
static void destroy(atrium_plugin* self) {
#if defined(ANIMAL_FORGETS_CANCELLED)
  for (struct run *run = self->runs, *next; run; run = next) {
    next = run->next;
    free(run);
  }
#endif
#if defined(KIND_BUS)
  pthread_mutex_lock(&bus);
  self->over = 1;
  pthread_cond_signal(&self->came);
  pthread_mutex_unlock(&bus);
  pthread_join(self->thread, NULL);
  pthread_cond_destroy(&self->came);
#endif
  pthread_mutex_destroy(&self->mutex);
  free(self);
}
static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return same(extension_id, EXTENSION) ? &table : NULL;
}
ZOO_ENTRY(create, destroy, get_extension);
