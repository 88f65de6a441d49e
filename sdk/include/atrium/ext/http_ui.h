#ifndef ATRIUM_EXT_HTTP_UI_H
#define ATRIUM_EXT_HTTP_UI_H
/* Extension "atrium.http-ui/1": pages of a plugin's own under /ui/<name>/, entries in the dashboard's menu, and routes under /hooks/<name>/
 * that other systems call. */
#include "../plugin.h"
#include "../room.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ATRIUM_EXT_HTTP_UI "atrium.http-ui/1"
#define ATRIUM_UI_ASSETS_MAX 4096u
#define ATRIUM_UI_MENU_MAX 32u
#define ATRIUM_UI_HOOKS_MAX 32u
#define ATRIUM_UI_BODY_MAX 1048576u
#define ATRIUM_UI_HEADERS_MAX 32u

/* One file of the static bundle; the host serves it, with an ETag and a strict Content-Security-Policy, without calling the plugin.
 * atrium_add_plugin(ASSETS directory) makes atrium_assets below. */
typedef struct atrium_asset {
  uint32_t struct_size;
  uint32_t immutable; /* 1: the path names the content (a hash), browsers keep it for ever. */
  atrium_text path;   /* "/index.html", which also answers for "/". */
  atrium_text media_type;
  atrium_text body; /* Any bytes. */
} atrium_asset;

/* What atrium_add_plugin(ASSETS directory) compiled in, as the two members of atrium_http_ui_info want it; nothing of the host's. */
extern const atrium_asset* const atrium_assets[];
extern const uint32_t atrium_asset_count;

typedef struct atrium_menu_entry {
  uint32_t struct_size;
  uint32_t roles; /* ATRIUM_ROLE_... bits of those who see it. */
  atrium_text title;
  atrium_text path; /* Within the plugin's pages: "/index.html#queue". */
} atrium_menu_entry;

enum {
  ATRIUM_SIGNATURE_NONE = 0,
  /* Hex or base64 HMAC-SHA-256 of the raw body in `header`, with or without a "sha256=" in front. The host checks it in constant time. */
  ATRIUM_SIGNATURE_HMAC_SHA256 = 1
};

/* One route that other systems call without a token: POST /hooks/<name><path>. */
typedef struct atrium_hook_route {
  uint32_t struct_size;
  uint32_t signature; /* ATRIUM_SIGNATURE_... */
  atrium_text path;   /* "/lead" */
  atrium_text header; /* Where the signature stands: "X-Signature". */
  atrium_text secret; /* The name of the operator's secret it is made with, under plugins.use.<id>.secrets; missing: 503. */
} atrium_hook_route;

typedef struct atrium_http_ui_info {
  uint32_t struct_size;
  uint32_t asset_count;
  const atrium_asset* const* assets;
  const atrium_menu_entry* const* menu;
  const atrium_hook_route* const* hooks;
  uint32_t menu_count;
  uint32_t hook_count;
  atrium_text name;
} atrium_http_ui_info;

typedef struct atrium_http_field {
  atrium_text name; /* In lower case. */
  atrium_text value;
} atrium_http_field;

typedef struct atrium_ui_request {
  uint32_t struct_size;
  uint32_t hook; /* 1: came by a hook route, signature checked; `caller` is NULL. */
  atrium_text method;
  atrium_text path;                 /* Below /ui/<name>/api or /hooks/<name>, decoded, from the slash. */
  atrium_text query;                /* As sent. */
  const atrium_http_field* headers; /* Never authorization or cookies. */
  uint32_t header_count;
  uint32_t reserved;
  atrium_text body;               /* Any bytes. */
  const atrium_user_view* caller; /* room_role is none. */
  atrium_text tenant_id;          /* Empty for a hook. */
} atrium_ui_request;

typedef struct atrium_ui_response {
  uint32_t struct_size;
  uint32_t reserved;
  void* context;
  /* 200 to 599 but 304; the last call counts, 200 without one. */
  void (*status)(void* context, uint32_t status);
  /* content-type, cache-control, location and x-... are let through, of each name the last; others are passed over, with them what browsers
   * and proxies obey (x-accel-..., x-sendfile, x-frame-options and their like) and values that are not printable ASCII. */
  void (*header)(void* context, atrium_text name, atrium_text value);
  /* Adds to the body; over ATRIUM_UI_BODY_MAX the answer is a failure. */
  void (*write)(void* context, const void* data, uint64_t size);
} atrium_ui_response;

typedef struct atrium_http_ui {
  uint32_t struct_size;
  uint32_t reserved;
  /* Lives as long as the instance, with all it leads to. */
  const atrium_http_ui_info* info;
  /* Answers a request below /ui/<name>/api/ from someone with a token, or by a hook route. May be NULL when there is no hook. Anything but
   * ATRIUM_OK: 503. Deadline 2 s. [worker] */
  atrium_status (*handle)(atrium_plugin* self, const atrium_ui_request* request, const atrium_ui_response* response);
} atrium_http_ui;

#ifdef __cplusplus
}
#endif
#endif
