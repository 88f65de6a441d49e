#ifndef ATRIUM_EXT_ASSISTANT_H
#define ATRIUM_EXT_ASSISTANT_H
/* Extension "atrium.assistant/1": text that helps an agent, streamed while it is made. */
#include "../completion.h"
#include "../plugin.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_ASSISTANT "atrium.assistant/1"

/* What is asked for, one bit each. */
enum {
  ATRIUM_TASK_COACHING = 1,
  ATRIUM_TASK_MESSAGE_SUGGESTION = 2,
  ATRIUM_TASK_HANDOFF_RECOMMENDATION = 4,
  ATRIUM_TASK_SENTIMENT = 8,
  ATRIUM_TASK_NOTIFICATION_PRIORITY = 16,
  ATRIUM_TASK_SUMMARY = 32
};

typedef struct atrium_assistant_info {
  uint32_t struct_size;
  uint32_t tasks; /* ATRIUM_TASK_... bits; at least one. */
  atrium_text name;
} atrium_assistant_info;

typedef struct atrium_assistant_request {
  uint32_t struct_size;
  uint32_t task; /* One of ATRIUM_TASK_... */
  atrium_text request_id;
  atrium_text tenant_id;
  atrium_json context;     /* An object; what the tenant marks private was taken out. */
  uint32_t output_max;     /* bytes of text together; the stream is cut there. */
  uint32_t first_piece_ms; /* The first piece is due by then... */
  uint32_t total_ms;       /* ...and the end by then. */
  uint32_t reserved;
} atrium_assistant_request;

typedef struct atrium_assistant {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_assistant_info* info;
  /* Begins an answer: progress() brings pieces of text in order, complete() ends it, with a JSON object {"cost": ..., ...} or empty.
   * ATRIUM_OK: the token is or will be completed. Another status: it never was and never will be. Deadline 3 s to the first piece; a
   * failure means no tip. [worker] */
  atrium_status (*open)(atrium_plugin* self, const atrium_assistant_request* request, const atrium_token* token);
  /* Nobody waits for that answer any more; it may already be over. May be NULL. [any] */
  void (*cancel)(atrium_plugin* self, atrium_text request_id);
} atrium_assistant;

#ifdef __cplusplus
}
#endif
#endif
