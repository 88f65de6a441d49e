/* An authenticator that does what a token says, and pages whose requests do what their path says; well-behaved or not. */
#include <stdlib.h>
#include <string.h>

#include "atrium/ext/authenticator.h"
#include "atrium/ext/http_ui.h"
#include "atrium/plugin.h"

#define TEXT(literal) {literal, sizeof literal - 1}

struct atrium_plugin {
  int unused;
};

static int is(atrium_text text, const char* word) { return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0; }
static atrium_text text_of(const char* word) {
  const atrium_text text = {word, strlen(word)};
  return text;
}

static atrium_status authenticate(atrium_plugin* self, atrium_text token, uint64_t now_ms,
                                  void (*accept)(void* context, const atrium_principal* principal), void* context, atrium_sink error) {
  (void)self;
  const atrium_principal who = {.struct_size = sizeof who,
                                .roles = ATRIUM_ROLE_SUPERVISOR,
                                .tenant_id = TEXT("acme"),
                                .user_id = TEXT("zoe"),
                                .display_name = TEXT("Zoe"),
                                .expires_at_ms = now_ms + 60000,
                                .cache_seconds = 30};
  if (is(token, "foreign")) return ATRIUM_UNSUPPORTED;
  if (is(token, "silent")) return ATRIUM_OK;
  if (is(token, "broken")) return ATRIUM_FAILED;
  if (is(token, "bad")) {
    error.write(error.context, "it is bad", 9);
    return ATRIUM_DENIED;
  }
  accept(context, &who);
  if (is(token, "twice")) accept(context, &who);
  return ATRIUM_OK;
}

static void put(const atrium_ui_response* response, atrium_text text) {
  response->write(response->context, text.data, text.size);
  response->write(response->context, "|", 1);
}

static atrium_status handle(atrium_plugin* self, const atrium_ui_request* request, const atrium_ui_response* response) {
  (void)self;
  if (is(request->path, "/fail")) return ATRIUM_FAILED;
  if (is(request->path, "/status")) response->status(response->context, 304);
  if (is(request->path, "/huge")) {
    static const char block[65536];
    for (int n = 0; n < 17; ++n) response->write(response->context, block, sizeof block);
    return ATRIUM_OK;
  }
  response->status(response->context, 500);
  response->status(response->context, 201);
  const char* const headers[][2] = {{"Content-Type", "text/html"},
                                    {"content-type", "text/plain"},
                                    {"X-Good", "1"},
                                    {"X-Accel-Redirect", "/etc/passwd"},
                                    {"Set-Cookie", "a=b"},
                                    {"X-Frame-Options", "ALLOWALL"},
                                    {"X-Split", "a\r\nSet-Cookie: a=b"},
                                    {"X-Bad Name", "1"},
                                    {"X-Letters", "\xC3\xA4"},
                                    {"Content-Length", "5"},
                                    {"Transfer-Encoding", "chunked"},
                                    {"Location", "/elsewhere"},
                                    {"Content-Security-Policy", ""},
                                    {"Access-Control-Allow-Origin", "*"}};
  for (size_t n = 0; n < sizeof headers / sizeof headers[0]; ++n)
    response->header(response->context, text_of(headers[n][0]), text_of(headers[n][1]));
  put(response, request->method);
  put(response, request->path);
  put(response, request->query);
  put(response, request->body);
  put(response, request->caller ? request->caller->user_id : text_of("nobody"));
  put(response, request->tenant_id);
  for (uint32_t n = 0; n < request->header_count; ++n) put(response, request->headers[n].name), put(response, request->headers[n].value);
  return ATRIUM_OK;
}

static const atrium_authenticator_info authenticator_info = {.struct_size = sizeof(atrium_authenticator_info),
                                                             .name = TEXT("edge"),
                                                             .issuers = TEXT("https://one.example.com https://two.example.com")};
static const atrium_authenticator authenticator = {
    .struct_size = sizeof(atrium_authenticator), .info = &authenticator_info, .authenticate = authenticate};
static const atrium_asset page = {
    .struct_size = sizeof(atrium_asset), .path = TEXT("/index.html"), .media_type = TEXT("text/html"), .body = TEXT("<h1>Edge</h1>")};
static const atrium_asset* const pages[] = {&page};
static const atrium_http_ui_info ui_info = {
    .struct_size = sizeof(atrium_http_ui_info), .asset_count = 1, .assets = pages, .name = TEXT("edge")};
static const atrium_http_ui ui = {.struct_size = sizeof(atrium_http_ui), .info = &ui_info, .handle = handle};

static atrium_status create(const atrium_host* host, atrium_json options, atrium_sink error, atrium_plugin** out) {
  (void)host;
  (void)options;
  (void)error;
  *out = calloc(1, sizeof **out);
  return *out ? ATRIUM_OK : ATRIUM_FULL;
}
static void destroy(atrium_plugin* self) { free(self); }
static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  if (strcmp(extension_id, ATRIUM_EXT_AUTHENTICATOR) == 0) return &authenticator;
  if (strcmp(extension_id, ATRIUM_EXT_HTTP_UI) == 0) return &ui;
  return NULL;
}

const atrium_entry_table atrium_entry = {.struct_size = sizeof(atrium_entry_table),
                                         .abi_major = ATRIUM_ABI_MAJOR,
                                         .abi_minor = ATRIUM_ABI_MINOR,
                                         .id = TEXT("test.edge"),
                                         .version = TEXT("1.0.0"),
                                         .create = create,
                                         .destroy = destroy,
                                         .get_extension = get_extension};
