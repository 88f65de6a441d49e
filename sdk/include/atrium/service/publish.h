#ifndef ATRIUM_SERVICE_PUBLISH_H
#define ATRIUM_SERVICE_PUBLISH_H
/* Service "atrium.publish/1", grant `publish`: a plugin's own messages in rooms. */
#include "../completion.h"
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_PUBLISH "atrium.publish/1"
/* Messages of one plugin under way at a time; more complete with ATRIUM_FULL. */
#define ATRIUM_PUBLISH_PENDING_MAX 256u

typedef struct atrium_publication {
  uint32_t struct_size;
  uint32_t priority; /* ATRIUM_PRIORITY_... */
  atrium_text tenant_id;
  atrium_text room_id;
  atrium_text message_type; /* "system" when empty. */
  atrium_text content;
  atrium_text metadata;          /* A JSON object, or empty. */
  atrium_text client_message_id; /* Makes a repeat harmless; empty: none. */
} atrium_publication;

typedef struct atrium_publish_service {
  uint32_t struct_size;
  /* Posts a message whose sender is the plugin's id. It passes the room's hooks like any other. Completes with ATRIUM_OK and the
   * confirmation as clients get it, ATRIUM_NOT_FOUND, ATRIUM_DENIED or ATRIUM_FAILED with a sentence. [any] */
  void (*post)(const atrium_host* host, const atrium_publication* publication, const atrium_token* token);
} atrium_publish_service;

#ifdef __cplusplus
}
#endif
#endif
