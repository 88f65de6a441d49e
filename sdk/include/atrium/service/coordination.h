#ifndef ATRIUM_SERVICE_COORDINATION_H
#define ATRIUM_SERVICE_COORDINATION_H
/* Service "atrium.coordination/1", grant `coordination`: leads and agents of the server's tenants, for what brings leads in from other
 * systems or tells of agents what only other systems know. */
#include "../completion.h"
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_COORDINATION "atrium.coordination/1"
#define ATRIUM_COORDINATION_BODY_MAX 65536u
/* Requests of one plugin under way at a time; more complete with ATRIUM_FULL. */
#define ATRIUM_COORDINATION_PENDING_MAX 64u

/* What is asked. `id` and `body` are those of the REST route behind it, and so are the answers. */
enum {
  ATRIUM_COORDINATION_ROUTE_LEAD = 1,    /* POST /coordination/leads/route; no id. */
  ATRIUM_COORDINATION_WITHDRAW_LEAD = 2, /* POST /coordination/leads/<id>/withdraw */
  ATRIUM_COORDINATION_READ_AGENT = 3,    /* GET /coordination/agents/<id>; no body. */
  ATRIUM_COORDINATION_PUT_AGENT = 4,     /* PUT /coordination/agents/<id> */
  ATRIUM_COORDINATION_PUT_WORKLOAD = 5,  /* PUT /coordination/agents/<id>/workload */
  ATRIUM_COORDINATION_PAUSE_AGENT = 6,   /* POST /coordination/agents/<id>/pause; no body. */
  ATRIUM_COORDINATION_RESUME_AGENT = 7   /* POST /coordination/agents/<id>/resume; no body. */
};

typedef struct atrium_coordination_request {
  uint32_t struct_size;
  uint32_t operation; /* ATRIUM_COORDINATION_... */
  atrium_text tenant_id;
  atrium_text id;
  atrium_text body; /* A JSON object, or empty. */
} atrium_coordination_request;

typedef struct atrium_coordination_service {
  uint32_t struct_size;
  /* Asks in the plugin's name, as a service of that tenant. Completes with ATRIUM_OK and what REST answers, a JSON object; or with a
   * sentence and ATRIUM_INVALID: the request makes no sense, or fields of the body are wrong, each of which it names;
   * ATRIUM_NOT_FOUND: no such agent, no such open lead; ATRIUM_CONFLICT: somebody has the lead or is being offered it;
   * ATRIUM_FULL: the server or the roster has no place, try again; ATRIUM_FAILED: storage does not answer. [any] */
  void (*request)(const atrium_host* host, const atrium_coordination_request* request, const atrium_token* token);
} atrium_coordination_service;

#ifdef __cplusplus
}
#endif
#endif
