#ifndef ATRIUM_SERVICE_HTTP_H
#define ATRIUM_SERVICE_HTTP_H
/* Service "atrium.http/1", grant `http:<host>` or `http:<host>:<port>`, one for each address: requests to other servers, made by the host
 * so that a plugin needs no network of its own. Redirects are not followed; certificates are checked. */
#include "../completion.h"
#include "../host.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_SERVICE_HTTP "atrium.http/1"
#define ATRIUM_HTTP_HEADERS_MAX 32u
#define ATRIUM_HTTP_BODY_MAX 1048576u
#define ATRIUM_HTTP_TIMEOUT_MS_MAX 60000u
/* Requests of one plugin under way at a time; more complete with ATRIUM_FULL. */
#define ATRIUM_HTTP_PENDING_MAX 32u
/* A flag of a call: the body is wanted while it comes. */
#define ATRIUM_HTTP_STREAM 1u

typedef struct atrium_http_header {
  atrium_text name;
  atrium_text value;
} atrium_http_header;

typedef struct atrium_http_call {
  uint32_t struct_size;
  uint32_t timeout_ms; /* For everything together; 0: 10 s. */
  atrium_text method;  /* "POST" */
  atrium_text url;     /* http:// or https:// */
  const atrium_http_header* headers;
  uint32_t header_count;
  uint32_t reserved;
  atrium_text body;
  /* ATRIUM_HTTP_... bits. With ATRIUM_HTTP_STREAM the answer's body comes by the token's progress(), whatever its status, in pieces of up
   * to ATRIUM_PROGRESS_MAX bytes in their order, cut anywhere, also within a character; the completion has an empty body. A host that does
   * not know the flag completes with the whole body instead. */
  uint32_t flags;
  uint32_t reserved_2;
} atrium_http_call;

typedef struct atrium_http_service {
  uint32_t struct_size;
  /* Completes with ATRIUM_OK and an object {"status": 200, "headers": {"content-type": "..."}, "body": "..."}, header names in lower case,
   * a body that is not UTF-8 as "body_base64"; ATRIUM_DENIED: no grant for that address; ATRIUM_TIMED_OUT; ATRIUM_INVALID; or ATRIUM_FAILED
   * with a sentence. [any] */
  void (*send)(const atrium_host* host, const atrium_http_call* call, const atrium_token* token);
} atrium_http_service;

#ifdef __cplusplus
}
#endif
#endif
