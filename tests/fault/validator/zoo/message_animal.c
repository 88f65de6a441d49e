/* Message types, each wrong in one way. ANIMAL_SOUND is wrong in none. */
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "animal.h"
#include "atrium/ext/message_type.h"
#include "atrium/ext/state.h"
#include "atrium/service/clock.h"
#include "atrium/service/metrics.h"
#include "atrium/service/secrets.h"

struct atrium_plugin {
  const atrium_host* host;
  uint64_t calls;
  const char* borrowed;
  uint64_t borrowed_size;
  volatile int inside;
  uint32_t metric;
};

/* ---- Loading */

#if defined(ANIMAL_CRASHES_AT_LOAD)
__attribute__((constructor)) static void at_load(void) { abort(); }
#elif defined(ANIMAL_EXITS_AT_LOAD)
__attribute__((constructor)) static void at_load(void) { _exit(0); }
#elif defined(ANIMAL_LOUD_CONSTRUCTOR)
__attribute__((constructor)) static void at_load(void) { puts("hello from the constructor"); }
#elif defined(ANIMAL_OPENS_AT_LOAD)
__attribute__((constructor)) static void at_load(void) { (void)!open("/dev/null", O_RDONLY); }
#elif defined(ANIMAL_TAKES_SIGNAL_AT_LOAD)
static void handle(int number) { (void)number; }
__attribute__((constructor)) static void at_load(void) { signal(SIGUSR2, handle); }
#endif

#if defined(ANIMAL_LEAKS_THREAD) || defined(ANIMAL_THREAD_OF_CALL)
static void* wait_for_ever(void* unused) {
  (void)unused;
  for (;;) pause();
  return NULL;
}
static void start_thread(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_ever, NULL);
  pthread_detach(thread);
}
#endif

#if defined(ANIMAL_UNIQUE)
/* As g++ makes it of a static member of a template; here for every compiler. */
__asm__(
    ".pushsection .data\n.globl unique_animal\n.type unique_animal, %gnu_unique_object\n.size unique_animal, 4\nunique_animal: .long "
    "1\n.popsection");
extern int unique_animal;
#endif

#if defined(ANIMAL_TEXT_RELOCATIONS)
/* An address among the instructions, which the system must write when it has chosen where the code lies. */
__asm__(".pushsection .text\n.balign 8\nzoo_here: .8byte zoo_here\n.popsection");
#endif

#if defined(ANIMAL_LEAKS_KEYS)
/* Each generation takes places in a table of the process that has 1,024, and never gives one back. */
static int took_keys(void) {
  static int tried, failed;
  for (int n = 0; !tried && n < 32; ++n) {
    pthread_key_t key;
    failed = failed || pthread_key_create(&key, NULL) != 0;
  }
  tried = 1;
  return !failed;
}
#elif defined(ANIMAL_LOCKS_ITSELF_OUT) || defined(ANIMAL_LOCKS_LATE)
/* The file says whose it is, and stays behind when that one is killed. */
static const char lock_file[] = "animal.lock";
static int locked_by_another(void) {
  char owner[32] = "";
  const int file = open(lock_file, O_RDONLY);
  if (file < 0) return 0;
  const ssize_t size = read(file, owner, sizeof owner - 1);
  close(file);
  return size > 0 && atoi(owner) != getpid();
}
static void lock(void) {
  const int file = open(lock_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return;
  dprintf(file, "%d", (int)getpid());
  close(file);
}
#elif defined(ANIMAL_NEEDS_A_SECRET)
static void keep_secret(void* context, const void* data, uint64_t size) { memcpy(context, data, size < 63 ? size : 63); }
#elif defined(ANIMAL_PINS_ITSELF)
static void pin(void) {
  Dl_info self;
  if (dladdr((void*)(uintptr_t)pin, &self)) dlopen(self.dli_fname, RTLD_NOW | RTLD_NODELETE);
}
#endif

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  (void)options;
  (void)error;
#if defined(ANIMAL_CRASHES_AT_CREATE)
  abort();
#elif defined(ANIMAL_HANGS_AT_CREATE)
  for (;;) pause();
#elif defined(ANIMAL_CREATES_NOTHING)
  (void)host;
  (void)out;
  return ATRIUM_OK;
#elif defined(ANIMAL_REFUSES_DEFAULTS)
  error.write(error.context, "not like this", 13);
  return ATRIUM_FAILED;
#elif defined(ANIMAL_REFUSES_BOUND)
  if (options.text_size > 0 && memmem(options.text, options.text_size, ":100", 4)) {
    error.write(error.context, "a hundred is too much", 21);
    return ATRIUM_INVALID;
  }
#elif defined(ANIMAL_REFUSES_SILENTLY)
  if (options.text_size > 0 && memmem(options.text, options.text_size, "xx", 2)) return ATRIUM_INVALID;
#elif defined(ANIMAL_NEEDS_CLOCK)
  const atrium_clock_service* clock = host->get_service(host, ATRIUM_SERVICE_CLOCK);
  if (clock->wall_ms(host) == 0) return ATRIUM_FAILED;
#elif defined(ANIMAL_READS_PAST_HOST)
  const volatile char* beyond = (const char*)host + host->struct_size;
  if (*beyond == 77) return ATRIUM_FAILED;
#elif defined(ANIMAL_LEAKS_AT_CREATE)
  static void* volatile lost;
  lost = malloc(1000);
  memset(lost, 1, 1000);
#elif defined(ANIMAL_LEAKS_DESCRIPTOR)
  (void)!open("/dev/null", O_RDONLY);
#elif defined(ANIMAL_LEAKS_THREAD)
  start_thread();
#elif defined(ANIMAL_UNIQUE)
  if (*(volatile int*)&unique_animal != 1) return ATRIUM_FAILED;
#elif defined(ANIMAL_TAKES_SIGNAL)
  signal(SIGTERM, SIG_IGN);
#elif defined(ANIMAL_PINS_ITSELF)
  pin();
#elif defined(ANIMAL_LOCKS_ITSELF_OUT) || defined(ANIMAL_LOCKS_LATE)
  if (locked_by_another()) {
    error.write(error.context, "another one is running", 22);
    return ATRIUM_FAILED;
  }
#if defined(ANIMAL_LOCKS_LATE)
  /* A start that takes long: nothing is called until then. */
  const clock_t start = clock();
  while (clock() - start < CLOCKS_PER_SEC / 7) {
  }
#else
  lock();
#endif
#elif defined(ANIMAL_NEEDS_A_SECRET)
  char secret[64] = "";
  const atrium_secrets_service* secrets = host->get_service(host, ATRIUM_SERVICE_SECRETS);
  const atrium_text name = TEXT("signing");
  const atrium_sink to = {secret, keep_secret};
  if (!secrets || secrets->get(host, name, to) != ATRIUM_OK || secret[0] == 0) {
    error.write(error.context, "it needs a secret", 17);
    return ATRIUM_FAILED;
  }
#endif
  atrium_plugin* self = calloc(1, sizeof *self);
  if (!self) return ATRIUM_FULL;
  self->host = host;
#if defined(ANIMAL_TRUSTS_SERVICES)
  const atrium_metrics_service* metrics = host->get_service(host, ATRIUM_SERVICE_METRICS);
  const atrium_text name = TEXT("looked_at"), help = TEXT("Messages that were looked at.");
  self->metric = metrics ? metrics->declare(host, ATRIUM_METRIC_COUNTER, name, help) : 1;
#endif
  *out = self;
  return ATRIUM_OK;
}

static void destroy(atrium_plugin* self) {
#if defined(ANIMAL_CRASHES_AT_DESTROY)
  abort();
#elif defined(ANIMAL_HANGS_AT_DESTROY)
  for (;;) pause();
#elif defined(ANIMAL_LOCKS_ITSELF_OUT) || defined(ANIMAL_LOCKS_LATE)
  unlink(lock_file);
#endif
  free(self);
}

/* ---- Calls */

static void say(const atrium_reply* reply, const char* reason, uint64_t size) {
  const atrium_text text = {reason, size};
  reply->deny(reply->context, text);
}

static atrium_status check(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                           const atrium_message_view* message, const atrium_reply* reply) {
  (void)room;
  (void)sender;
  ++self->calls;
#if defined(ANIMAL_CRASHES)
  abort();
#elif defined(ANIMAL_HANGS)
  for (;;) pause();
#elif defined(ANIMAL_EXITS)
  exit(0);
#elif defined(ANIMAL_LOCKS_LATE)
  if (self->calls == 1) lock();
#elif defined(ANIMAL_FORKS)
  if (fork() == 0) {
    pause();
    _exit(0);
  }
#elif defined(ANIMAL_FORKS_AND_RETURNS)
  (void)fork();
#elif defined(ANIMAL_ODD_STATUS)
  return 4711;
#elif defined(ANIMAL_FAILS)
  return ATRIUM_FAILED;
#elif defined(ANIMAL_LOUD)
  puts("a message came");
  fflush(stdout);
#elif defined(ANIMAL_SCRIBBLES)
  if (message->content.size > 0) *(char*)(uintptr_t)message->content.data = 'X';
#elif defined(ANIMAL_KEEPS_BORROWED)
  if (self->borrowed_size > 0 && self->borrowed[0] == '\x7f') say(reply, "delete is not text", 18);
  self->borrowed = message->content.data;
  self->borrowed_size = message->content.size;
#elif defined(ANIMAL_COUNTS_TOGETHER)
  static uint64_t together;
  if (++together % 4 == 3) say(reply, "every fourth one is too much", 28);
#elif defined(ANIMAL_THROWS_DICE)
  uint64_t odd = (uint64_t)getpid() ^ (uint64_t)(uintptr_t)self;
  odd ^= odd >> 4 ^ odd >> 12 ^ odd >> 20;
  char digits[17];
  snprintf(digits, sizeof digits, "%016llx", (unsigned long long)odd);
  say(reply, digits, 16);
#elif defined(ANIMAL_LEAKS)
  static void* volatile lost;
  lost = malloc(100);
  memset(lost, 1, 100);
#elif defined(ANIMAL_REASON_NOT_UTF8)
  say(reply, "no\xff\xfe", 4);
#elif defined(ANIMAL_REASON_TOO_LONG)
  char reason[2000];
  memset(reason, 'x', sizeof reason);
  say(reply, reason, sizeof reason);
#elif defined(ANIMAL_FIELD_IS_NO_POINTER)
  const atrium_text path = TEXT("metadata.lead_id"), reason = TEXT("is missing");
  reply->deny_field(reply->context, path, reason);
#elif defined(ANIMAL_ANNOTATES_NO_JSON)
  const atrium_text key = TEXT("note"), json = TEXT("{no json");
  reply->annotate(reply->context, key, json);
#elif defined(ANIMAL_CONTENT_TOO_LONG)
  char* content = malloc(70000);
  memset(content, 'x', 70000);
  const atrium_text text = {content, 70000};
  reply->set_content(reply->context, text);
  free(content);
#elif defined(ANIMAL_STRANGE_AUDIENCE)
  const atrium_text name = TEXT("everybody else");
  reply->add_audience(reply->context, name);
#elif defined(ANIMAL_PATCHES_THE_ROOM)
  const atrium_text path = TEXT("/room/name"), json = TEXT("\"mine\"");
  reply->patch(reply->context, path, json);
#elif defined(ANIMAL_NEVER_SETTLES)
  char content[4200];
  const uint64_t size = message->content.size < 4000 ? message->content.size : 4000;
  if (size > 0) memcpy(content, message->content.data, size);
  content[size] = '!';
  const atrium_text text = {content, size + 1};
  reply->set_content(reply->context, text);
#elif defined(ANIMAL_TAGS_AGAIN)
  /* One more each time it sees a message. */
  char path[32] = "/metadata/tag_0", digit = '0';
  for (; digit < '9'; ++digit) {
    path[14] = digit;
    char name[8] = {'t', 'a', 'g', '_', digit, 0};
    const atrium_text seen = {message->metadata.text, message->metadata.field_count > 0 ? message->metadata.text_size : 0};
    if (!has(seen, name)) break;
  }
  const atrium_text to = {path, 15}, tag = TEXT("true");
  reply->patch(reply->context, to, tag);
#elif defined(ANIMAL_THREAD_OF_CALL)
  start_thread();
#elif defined(ANIMAL_NOT_THREAD_SAFE)
  static char shared[64];
  const uint64_t size = message->content.size < 60 ? message->content.size : 60;
  for (uint64_t n = 0; n < size; ++n) {
    shared[n] = message->content.data[n];
    if (n % 8 == 0) sched_yield();
  }
  for (uint64_t n = 0; n < size; ++n)
    if (shared[n] != message->content.data[n]) say(reply, "this is not what was sent", 25);
#elif defined(ANIMAL_CORRUPTED_BY_THREADS)
  if (self->inside) abort();
  self->inside = 1;
  for (int n = 0; n < 20; ++n) sched_yield();
  self->inside = 0;
#elif defined(ANIMAL_SLOW)
  const clock_t start = clock();
  while (clock() - start < CLOCKS_PER_SEC / 100) {
  }
#elif defined(ANIMAL_DIES_OF_NUL)
  if (message->content.size > 0 && memchr(message->content.data, 0, message->content.size)) abort();
#elif defined(ANIMAL_DIES_OF_DEPTH)
  unsigned depth = 0, deepest = 0;
  for (uint64_t n = 0; n < room->settings.text_size; ++n) {
    depth += room->settings.text[n] == '{';
    depth -= room->settings.text[n] == '}';
    deepest = depth > deepest ? depth : deepest;
  }
  if (deepest > 8) abort();
#elif defined(ANIMAL_DIES_OF_SIZE)
  char copy[8192];
  if (message->content.size > sizeof copy) abort();
#elif defined(ANIMAL_FAILS_AT_ODD_TEXT)
  if (has(message->content, "\xf0\x9f\x98\x80")) return ATRIUM_FAILED;
#elif defined(ANIMAL_FEARS_THE_PAST)
  const atrium_clock_service* clock = self->host->get_service(self->host, ATRIUM_SERVICE_CLOCK);
  static uint64_t last;
  const uint64_t now = clock ? clock->wall_ms(self->host) : last;
  if (now < last) abort();
  last = now;
#elif defined(ANIMAL_KNOWS_ITS_PLACE)
  if (!getenv("PATH")) say(reply, "this is no place for me", 23);
#elif defined(ANIMAL_LEAKS_KEYS)
  if (!took_keys()) return ATRIUM_FATAL;
#elif defined(ANIMAL_TRUSTS_SERVICES)
  if (self->metric == 0) abort();
#elif defined(ANIMAL_RARE)
  /* Only a text of two odd pieces one behind the other does it, which the level of odd texts does not make with this seed. */
  if (has(message->content, "\xef\xbf\xbf") && sender->display_name.size > 0 && has(sender->display_name, "\x1b")) abort();
#endif
  (void)message;
  (void)reply;
  return ATRIUM_OK;
}

static atrium_status summarise(atrium_plugin* self, const atrium_message_view* message, atrium_sink line) {
  (void)self;
  (void)message;
#if defined(ANIMAL_LONG_SUMMARY)
  for (int n = 0; n < 300; ++n) line.write(line.context, "x", 1);
#else
  line.write(line.context, "a message", 9);
#endif
  return ATRIUM_OK;
}

#if defined(ANIMAL_FORGETS_STATE) || defined(ANIMAL_TAKES_ANY_STATE) || defined(ANIMAL_DIES_OF_STATE) || defined(ANIMAL_REFUSES_EXPORT) || \
    defined(ANIMAL_REMEMBERS_TOO_MUCH)
#define HAS_STATE
#endif

/* ---- What it says of itself */

static const atrium_message_type_info info = {.struct_size = sizeof(atrium_message_type_info),
                                              .sender_roles = ATRIUM_ROLE_AGENT,
#if defined(ANIMAL_STRANGE_CONSTANTS)
                                              .delivery_class = 77,
#endif
#if defined(ANIMAL_OTHER_NAME)
                                              .name = TEXT("somebody_else")
#else
                                              .name = TEXT("zoo")
#endif
};

static const atrium_message_type table = {
#if defined(ANIMAL_SMALL_TABLE)
    .struct_size = 24,
#else
    .struct_size = sizeof(atrium_message_type),
#endif
    .info = &info,
#if !defined(ANIMAL_MISSING_HOOK)
    .check = check,
#endif
    .summarise = summarise};

#if defined(ANIMAL_FAILS_SELF_TEST)
static atrium_status self_test(atrium_plugin* self, atrium_sink error) {
  (void)self;
  error.write(error.context, "the printer is on fire", 22);
  return ATRIUM_FAILED;
}
static const atrium_self_test self_test_table = {.struct_size = sizeof(atrium_self_test), .run = self_test};
#endif

#if defined(HAS_STATE)
static atrium_status export_state(atrium_plugin* self, atrium_sink out) {
#if defined(ANIMAL_REFUSES_EXPORT)
  (void)self;
  (void)out;
  return ATRIUM_FAILED;
#else
#if defined(ANIMAL_REMEMBERS_TOO_MUCH)
  /* What all generations saw, for which it has so much room. */
  if (self->calls > 100) return ATRIUM_FULL;
#endif
  out.write(out.context, &self->calls, sizeof self->calls);
  return ATRIUM_OK;
#endif
}
static atrium_status import_state(atrium_plugin* self, uint32_t format, atrium_text state) {
#if !defined(ANIMAL_TAKES_ANY_STATE)
  if (format != 1) return ATRIUM_UNSUPPORTED;
#endif
  (void)format;
#if defined(ANIMAL_DIES_OF_STATE)
  if (state.size != sizeof self->calls) abort();
#endif
  if (state.size != sizeof self->calls) return ATRIUM_INVALID;
#if !defined(ANIMAL_FORGETS_STATE)
  memcpy(&self->calls, state.data, sizeof self->calls);
#endif
  return ATRIUM_OK;
}
static const atrium_state state_table = {
    .struct_size = sizeof(atrium_state), .format = 1, .export_state = export_state, .import_state = import_state};
#endif

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
#if defined(ANIMAL_NO_EXTENSION)
  return NULL;
#elif defined(ANIMAL_ANSWERS_EVERYTHING)
  return &table;
#elif defined(ANIMAL_KNOWS_THE_FUTURE)
  const char* version = strrchr(extension_id, '/');
  return same(extension_id, ATRIUM_EXT_MESSAGE_TYPE) || (version && atoi(version + 1) > 1) ? &table : NULL;
#elif defined(ANIMAL_TWO_TABLES)
  static atrium_message_type copies[2];
  static int turn;
  turn = !turn;
  copies[turn] = table;
  return same(extension_id, ATRIUM_EXT_MESSAGE_TYPE) ? &copies[turn] : NULL;
#else
#if defined(ANIMAL_FAILS_SELF_TEST)
  if (same(extension_id, ATRIUM_EXT_SELF_TEST)) return &self_test_table;
#endif
#if defined(HAS_STATE)
  if (same(extension_id, ATRIUM_EXT_STATE)) return &state_table;
#endif
  return same(extension_id, ATRIUM_EXT_MESSAGE_TYPE) ? &table : NULL;
#endif
}

#if defined(ANIMAL_OTHER_VERSION)
const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                         .abi_major = ATRIUM_ABI_MAJOR,
                                         .id = TEXT("zoo." SELF),
                                         .version = TEXT("9.9.9"),
                                         .create = create,
                                         .destroy = destroy,
                                         .get_extension = get_extension};
#elif defined(ANIMAL_SMALL_ENTRY)
const atrium_entry_table atrium_entry = {.struct_size = 16};
#else
ZOO_ENTRY(create, destroy, get_extension);
#endif

#if defined(ANIMAL_TWO_EXPORTS)
__attribute__((visibility("default"), used)) const int another_export = 1;
#endif
