#ifndef ATRIUM_EXT_ROUTING_SCORER_H
#define ATRIUM_EXT_ROUTING_SCORER_H
/* Extension "atrium.routing-scorer/1": how well an agent and a lead fit. The host adds the scorers of a policy up by weight. */
#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_ROUTING_SCORER "atrium.routing-scorer/1"
#define ATRIUM_SCORER_REASON_MAX 200u
/* Agents or leads in one call. */
#define ATRIUM_SCORER_BATCH_MAX 10000u

enum {
  ATRIUM_AGENT_AVAILABLE = 0, /* online, live and under its cap */
  ATRIUM_AGENT_BUSY = 1,
  ATRIUM_AGENT_OFFLINE = 2,
  ATRIUM_AGENT_IN_CALL = 3,
  ATRIUM_AGENT_AWAY = 4
};

typedef struct atrium_lead {
  uint32_t struct_size;
  uint32_t reserved;
  atrium_text lead_id;
  atrium_text tenant_id;
  uint64_t waiting_ms; /* Since it arrived. */
  atrium_json fields;  /* An object: name, property_type, budget, urgency, location, score and whatever else the lead came with. */
} atrium_lead;

typedef struct atrium_agent {
  uint32_t struct_size;
  uint32_t status; /* ATRIUM_AGENT_... */
  atrium_text agent_id;
  uint32_t active_leads;
  uint32_t capacity;           /* Leads at a time; at least 1. */
  double capacity_utilization; /* 0 to 1 */
  double avg_response_minutes; /* Negative: not known. */
  double conversion_rate;      /* 0 to 1; negative: not known. */
  double satisfaction;         /* 0 to 5; negative: not known. */
  uint64_t idle_ms;            /* Since its last assignment. */
  atrium_json fields;          /* An object: skills {name: proficiency 0 to 1}, languages, territory and whatever else the roster says. */
} atrium_agent;

typedef struct atrium_score {
  double value;         /* 0.0 to 1.0, 1.0 the best fit; a negative number abstains. Preset to -1. */
  uint32_t reason_size; /* bytes of `reason`, at most ATRIUM_SCORER_REASON_MAX; 0: none. */
  uint32_t reserved;
  char reason[ATRIUM_SCORER_REASON_MAX]; /* UTF-8: one clause a person reads, "has sold three flats nearby". */
} atrium_score;

typedef struct atrium_routing_scorer_info {
  uint32_t struct_size;
  uint32_t reserved;
  atrium_text name;
} atrium_routing_scorer_info;

typedef struct atrium_routing_scorer {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_routing_scorer_info* info;
  /* Both functions are pure: the same input gives the same output, in any process. They return ATRIUM_OK, or an error that leaves this
   * scorer out of the decision; so do values that are NaN or above 1. Deadline 50 ms for the batch, counted from when the host asks, not
   * from when the call begins: a scorer that takes more than 1 ms for a thousand candidates makes people wait. At least one of them is
   * there; a side that is missing abstains. */

  /* Writes into out[i] the fit of agents[i] for `lead`. `out` has `count` places, 1 to ATRIUM_SCORER_BATCH_MAX. [worker] */
  atrium_status (*score_batch)(atrium_plugin* self, const atrium_lead* lead, const atrium_agent* const* agents, uint32_t count,
                               atrium_score* out);
  /* The other side: which of the waiting leads an agent with a free place should take. [worker] */
  atrium_status (*score_queue)(atrium_plugin* self, const atrium_agent* agent, const atrium_lead* const* leads, uint32_t count,
                               atrium_score* out);
} atrium_routing_scorer;

#ifdef __cplusplus
}
#endif
#endif
