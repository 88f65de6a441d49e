/* A scorer that counts the free places. */
#include "atrium/ext/routing_scorer.h"

#include "plugin.h"

static atrium_status score_batch(atrium_plugin* self, const atrium_lead* lead, const atrium_agent* const* agents, uint32_t count,
                                 atrium_score* out) {
  static const char reason[] = "has a free place";
  uint32_t at;
  (void)self;
  if (lead->fields.fields[lead->fields.at].type != ATRIUM_JSON_OBJECT) return ATRIUM_INVALID;
  for (at = 0; at < count; ++at) {
    if (agents[at]->status != ATRIUM_AGENT_AVAILABLE) continue;
    out[at].value = 1.0 - (double)agents[at]->active_leads / agents[at]->capacity;
    out[at].reason_size = sizeof reason - 1;
    memcpy(out[at].reason, reason, sizeof reason - 1);
  }
  return ATRIUM_OK;
}

static const atrium_routing_scorer_info info = {.struct_size = sizeof info, .name = TEXT("kept_scorer")};
static const atrium_routing_scorer table = {.struct_size = sizeof table, .info = &info, .score_batch = score_batch};

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return strcmp(extension_id, ATRIUM_EXT_ROUTING_SCORER) == 0 ? &table : NULL;
}
KEPT_PLUGIN("kept.routing-scorer");
