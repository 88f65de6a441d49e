/* A command and a routing scorer in one library, for tests of what is called on workers. "echo" answers with the id of its run at once; for
 * a caller "fails" it fails, for a caller "talks" it says a hundred lines first. The scorer's answer is against the contract for leads
 * whose ids say so. */
#include <stdlib.h>

#include "atrium/ext/command.h"
#include "atrium/ext/routing_scorer.h"
#include "atrium/plugin.h"

#include <math.h>
#include <string.h>

#ifndef TEST_ID
#define TEST_ID "test.worker"
#define TEST_SCORER "idle"
#endif
#define TEXT(literal) {literal, sizeof literal - 1}

struct atrium_plugin {
  int unused;
};

static int is(atrium_text text, const char* word) { return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0; }

static atrium_status execute(atrium_plugin* self, const atrium_command_call* call, const atrium_token* token) {
  (void)self;
  const atrium_text who = call->caller->user_id;
  if (who.size == 5 && memcmp(who.data, "fails", 5) == 0) {
    const atrium_text why = TEXT("told to fail");
    token->complete(token->context, token->id, ATRIUM_FAILED, why);
    return ATRIUM_OK;
  }
  if (who.size == 5 && memcmp(who.data, "talks", 5) == 0)
    for (char line = 0; line < 100; ++line) {
      const char digits[2] = {(char)('0' + line / 10), (char)('0' + line % 10)};
      const atrium_text said = {digits, 2};
      token->progress(token->context, token->id, said);
    }
  token->complete(token->context, token->id, ATRIUM_OK, call->command_id);
  return ATRIUM_OK;
}

static atrium_status score_batch(atrium_plugin* self, const atrium_lead* lead, const atrium_agent* const* agents, uint32_t count,
                                 atrium_score* out) {
  (void)self;
  if (is(lead->lead_id, "fails")) return ATRIUM_FAILED;
  for (uint32_t n = 0; n < count; ++n) {
    out[n].value = 1.0 - agents[n]->capacity_utilization;
    out[n].reason_size = 7;
    memcpy(out[n].reason, "is idle", 7);
  }
  if (is(lead->lead_id, "nan")) out[count - 1].value = NAN;
  if (is(lead->lead_id, "beyond")) out[count - 1].value = 1.5;
  if (is(lead->lead_id, "wordy")) out[count - 1].reason_size = ATRIUM_SCORER_REASON_MAX + 1;
  if (is(lead->lead_id, "scrambled")) out[count - 1].reason[0] = (char)0xFF;
  return ATRIUM_OK;
}

static const atrium_command_info command_info = {.struct_size = sizeof(atrium_command_info),
                                                 .flags = ATRIUM_COMMAND_IDEMPOTENT,
                                                 .caller_roles = ATRIUM_ROLE_AGENT,
                                                 .name = TEXT("echo"),
                                                 .summary = TEXT("Says who called.")};
static const atrium_command command = {.struct_size = sizeof(atrium_command), .info = &command_info, .execute = execute};
static const atrium_routing_scorer_info scorer_info = {.struct_size = sizeof(atrium_routing_scorer_info), .name = TEXT(TEST_SCORER)};
static const atrium_routing_scorer scorer = {
    .struct_size = sizeof(atrium_routing_scorer), .info = &scorer_info, .score_batch = score_batch};

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  (void)host;
  (void)options;
  (void)error;
  *out = calloc(1, sizeof **out);
  return *out ? ATRIUM_OK : ATRIUM_FULL;
}
static void destroy(atrium_plugin* self) { free(self); }
static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  if (strcmp(extension_id, ATRIUM_EXT_COMMAND) == 0) return &command;
  if (strcmp(extension_id, ATRIUM_EXT_ROUTING_SCORER) == 0) return &scorer;
  return NULL;
}

const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                         .abi_major = ATRIUM_ABI_MAJOR,
                                         .abi_minor = ATRIUM_ABI_MINOR,
                                         .id = TEXT(TEST_ID),
                                         .version = TEXT("1.0.0"),
                                         .create = create,
                                         .destroy = destroy,
                                         .get_extension = get_extension};
