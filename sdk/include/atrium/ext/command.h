#ifndef ATRIUM_EXT_COMMAND_H
#define ATRIUM_EXT_COMMAND_H
/* Extension "atrium.command/1": something people tell the server to do, "/assign ben". The JSON Schema of its arguments stands in the
 * manifest (arguments_schema) and is checked by the host before execute(). */
#include "../completion.h"
#include "../plugin.h"
#include "../room.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_COMMAND "atrium.command/1"

enum {
  /* Running it twice does no more than once: the host may repeat a call whose runner died. */
  ATRIUM_COMMAND_IDEMPOTENT = 1
};

typedef struct atrium_command_info {
  uint32_t struct_size;
  uint32_t flags;        /* ATRIUM_COMMAND_... */
  uint32_t caller_roles; /* ATRIUM_ROLE_... bits of those who may run it; at least one. */
  uint32_t reserved;
  atrium_text name;    /* "assign"; people write "/assign". */
  atrium_text summary; /* One line for the list of commands. */
  /* Names of arguments joined by spaces, in the order in which "/assign ben today" gives them; the last one takes the rest of the line. */
  atrium_text positional;
} atrium_command_info;

typedef struct atrium_command_call {
  uint32_t struct_size;
  uint32_t deadline_ms;
  atrium_text command_id; /* Names this run: for cancel(), and as an idempotency key. */
  const atrium_room_view* room;
  const atrium_user_view* caller;
  atrium_json arguments; /* An object that passed the schema. */
} atrium_command_call;

typedef struct atrium_command {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_command_info* info;
  /* Begins the run; the token's result is text for who ran it, or a JSON object {"text": ..., ...}; progress() shows one line meanwhile.
   * ATRIUM_OK: the token is or will be completed. Another status: it never was and never will be. Deadline 5 s from here to complete().
   * [worker] */
  atrium_status (*execute)(atrium_plugin* self, const atrium_command_call* call, const atrium_token* token);
  /* Nobody waits for that run any more; it may already be over. May be NULL. [any] */
  void (*cancel)(atrium_plugin* self, atrium_text command_id);
} atrium_command;

#ifdef __cplusplus
}
#endif
#endif
