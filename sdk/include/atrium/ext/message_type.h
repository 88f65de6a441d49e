#ifndef ATRIUM_EXT_MESSAGE_TYPE_H
#define ATRIUM_EXT_MESSAGE_TYPE_H
/* Extension "atrium.message-type/1": what a message of this type must carry and who may send and see it. The JSON Schema of its
 * metadata stands in the manifest and is checked by the host before `check` is called. */
#include "../plugin.h"
#include "../room.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_MESSAGE_TYPE "atrium.message-type/1"

/* What may happen to a message of this type on its way to a slow client. The server delivers all of them as ATRIUM_DELIVER_MUST at present.
 */
enum { ATRIUM_DELIVER_MUST = 0, ATRIUM_DELIVER_LATEST_BY_KEY = 1, ATRIUM_DELIVER_SHEDDABLE = 2 };

typedef struct atrium_message_type_info {
  uint32_t struct_size;
  uint32_t sender_roles;   /* ATRIUM_ROLE_... bits of those who may send it; 0: the server alone. */
  uint32_t delivery_class; /* ATRIUM_DELIVER_... */
  uint32_t content_max;    /* bytes of content; 0: the frame's limit. */
  uint32_t content_min;    /* bytes; 1 refuses empty content. */
  uint32_t reserved;
  atrium_text name; /* "text" */
} atrium_message_type_info;

typedef struct atrium_message_type {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_message_type_info* info;
  /* Each hook may be NULL. Deadline 1 ms. A check that fails counts as the operator configured, allow or deny (default deny). */

  /* Judges one message after its schema passed: deny, normalise (set_content, patch), annotate, restrict the audience. [io] */
  atrium_status (*check)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                         const atrium_message_view* message, const atrium_reply* reply);
  /* One line for a notification or a room list, at most 200 bytes, into `line`. [io] */
  atrium_status (*summarise)(atrium_plugin* self, const atrium_message_view* message, atrium_sink line);
  /* A message of this type was stored at `position` and handed to `delivered_count` live members. Nothing waits for it; what it answers is
   * counted only. [io] */
  atrium_status (*did_deliver)(atrium_plugin* self, const atrium_room_view* room, const atrium_user_view* sender,
                               const atrium_message_view* message, const atrium_position* position, uint32_t delivered_count);
} atrium_message_type;

#ifdef __cplusplus
}
#endif
#endif
