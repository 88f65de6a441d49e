#ifndef ATRIUM_EXT_AUTHENTICATOR_H
#define ATRIUM_EXT_AUTHENTICATOR_H
/* Extension "atrium.authenticator/1": whose token this is, for tokens that the server's own keys do not settle. */
#include "../plugin.h"
#include "../room.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_AUTHENTICATOR "atrium.authenticator/1"
#define ATRIUM_TOKEN_MAX 16384u

/* Who stands behind a token. */
typedef struct atrium_principal {
  uint32_t struct_size;
  uint32_t roles;           /* ATRIUM_ROLE_... bits, at least one. */
  atrium_text tenant_id;    /* 1 to 128 bytes */
  atrium_text user_id;      /* 1 to 128 bytes without control characters */
  atrium_text display_name; /* Empty: the user's id is shown. */
  uint64_t expires_at_ms;   /* wall; the session ends then. Later than now. */
  uint32_t cache_seconds; /* How long the host may take the same token's answer from memory; at most 3,600 and never past expires_at_ms. */
  uint32_t reserved;
} atrium_principal;

typedef struct atrium_authenticator_info {
  uint32_t struct_size;
  uint32_t reserved;
  atrium_text name;
  /* Which tokens it is asked about: those whose (unverified) "iss" is one of these, joined by spaces; empty: all that the server's own keys
   * do not settle. */
  atrium_text issuers;
} atrium_authenticator_info;

typedef struct atrium_authenticator {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance. */
  const atrium_authenticator_info* info;
  /* Judges `token`, 1 to ATRIUM_TOKEN_MAX bytes, at wall time `now_ms`. ATRIUM_OK after exactly one call of `accept`, which copies.
   * ATRIUM_DENIED: no, and a reason for the log in `error`, which never repeats the token. ATRIUM_UNSUPPORTED: not this one's kind, the
   * next is asked. Anything else says that it cannot tell now: nobody comes in, whoever asked is told to try again, and it counts as a
   * failure. Deadline 500 ms. [worker] */
  atrium_status (*authenticate)(atrium_plugin* self, atrium_text token, uint64_t now_ms,
                                void (*accept)(void* context, const atrium_principal* principal), void* context, atrium_sink error);
} atrium_authenticator;

#ifdef __cplusplus
}
#endif
#endif
