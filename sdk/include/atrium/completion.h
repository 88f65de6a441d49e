#ifndef ATRIUM_COMPLETION_H
#define ATRIUM_COMPLETION_H
/* How a call that takes its time is answered: the host hands in a token, the plugin completes it. */
#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most a completion may carry, in bytes; a longer one fails the call, and so does one that is not UTF-8. */
#define ATRIUM_COMPLETION_MAX 1048576u
/* The most one piece of progress may carry, in bytes; the rest is cut off. */
#define ATRIUM_PROGRESS_MAX 65536u

/* Copy it: the struct is borrowed for the call, its functions stay valid until destroy() returns. Exactly one complete() belongs to each
 * token, also after cancel(); it may come before the function that was handed the token returns. A second one, or one after the deadline,
 * is counted and dropped. A function that returns other than ATRIUM_OK has answered by that: its token is the host's again and is never
 * completed, neither before the return nor after it. */
typedef struct atrium_token {
  uint32_t struct_size;
  uint32_t reserved;
  void* context;
  uint64_t id;
  /* Ends the call. `result` is what the extension says it is, or with another status than ATRIUM_OK one sentence about why. [any] */
  void (*complete)(void* context, uint64_t id, atrium_status status, atrium_text result);
  /* Something on the way there; what it means, the extension says. Dropped after complete(). [any] */
  void (*progress)(void* context, uint64_t id, atrium_text piece);
} atrium_token;

#ifdef __cplusplus
}
#endif
#endif
