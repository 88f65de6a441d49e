/* An alert rule, an assistant, an authenticator, pages and a bus in one, with a state and a self-test. */
#include "atrium/ext/alert_rule.h"
#include "atrium/ext/assistant.h"
#include "atrium/ext/authenticator.h"
#include "atrium/ext/bus.h"
#include "atrium/ext/http_ui.h"
#include "atrium/ext/state.h"
#include "plugin.h"

static atrium_status evaluate(atrium_plugin* self, const atrium_window* window, void (*raise)(void* context, const atrium_alert* alert),
                              void* context) {
  static const atrium_alert_action action = {TEXT("Look"), TEXT("/look")};
  uint32_t at;
  (void)self;
  for (at = 0; at < window->series_count; ++at) {
    const atrium_series* series = window->series[at];
    atrium_alert alert = {.struct_size = sizeof alert,
                          .severity = ATRIUM_SEVERITY_HIGH,
                          .subject = series->subject,
                          .title = TEXT("Above one"),
                          .message = TEXT("It is above one."),
                          .actions = &action,
                          .action_count = 1,
                          .threshold = 1};
    if (series->count == 0 || !(series->values[series->count - 1] > 1)) continue;
    alert.value = series->values[series->count - 1];
    raise(context, &alert);
  }
  return ATRIUM_OK;
}
static const atrium_alert_rule_info rule_info = {
    .struct_size = sizeof rule_info, .window_seconds = 60, .name = TEXT("kept_rule"), .metrics = TEXT("load")};
static const atrium_alert_rule rule = {.struct_size = sizeof rule, .info = &rule_info, .evaluate = evaluate};

static atrium_status open(atrium_plugin* self, const atrium_assistant_request* request, const atrium_token* token) {
  static const atrium_text result = TEXT("{\"cost\":0}");
  (void)self;
  token->progress(token->context, token->id, request->request_id);
  token->complete(token->context, token->id, ATRIUM_OK, result);
  return ATRIUM_OK;
}
static const atrium_assistant_info assistant_info = {
    .struct_size = sizeof assistant_info, .tasks = ATRIUM_TASK_COACHING, .name = TEXT("kept_assistant")};
static const atrium_assistant assistant = {.struct_size = sizeof assistant, .info = &assistant_info, .open = open};

static atrium_status authenticate(atrium_plugin* self, atrium_text token, uint64_t now_ms,
                                  void (*accept)(void* context, const atrium_principal* principal), void* context, atrium_sink error) {
  static const char why[] = "not that one";
  const atrium_principal who = {.struct_size = sizeof who,
                                .roles = ATRIUM_ROLE_AGENT,
                                .tenant_id = TEXT("tenant_a"),
                                .user_id = TEXT("ana"),
                                .expires_at_ms = now_ms + 1000,
                                .cache_seconds = 1};
  (void)self;
  if (token.size != 4 || memcmp(token.data, "open", 4) != 0) {
    error.write(error.context, why, sizeof why - 1);
    return ATRIUM_DENIED;
  }
  accept(context, &who);
  return ATRIUM_OK;
}
static const atrium_authenticator_info authenticator_info = {
    .struct_size = sizeof authenticator_info, .name = TEXT("kept_authenticator"), .issuers = TEXT("https://kept.example")};
static const atrium_authenticator authenticator = {
    .struct_size = sizeof authenticator, .info = &authenticator_info, .authenticate = authenticate};

static atrium_status handle(atrium_plugin* self, const atrium_ui_request* request, const atrium_ui_response* response) {
  static const atrium_text name = TEXT("content-type"), value = TEXT("text/plain");
  (void)self;
  response->status(response->context, 201);
  response->header(response->context, name, value);
  response->write(response->context, request->path.data, request->path.size);
  return ATRIUM_OK;
}
static const atrium_asset page = {
    .struct_size = sizeof page, .path = TEXT("/index.html"), .media_type = TEXT("text/html"), .body = TEXT("<title>Kept</title>")};
static const atrium_asset* const assets[] = {&page};
static const atrium_menu_entry entry = {
    .struct_size = sizeof entry, .roles = ATRIUM_ROLE_ADMIN, .title = TEXT("Kept"), .path = TEXT("/index.html")};
static const atrium_menu_entry* const menu[] = {&entry};
static const atrium_hook_route route = {.struct_size = sizeof route,
                                        .signature = ATRIUM_SIGNATURE_HMAC_SHA256,
                                        .path = TEXT("/kept"),
                                        .header = TEXT("X-Signature"),
                                        .secret = TEXT("kept")};
static const atrium_hook_route* const routes[] = {&route};
static const atrium_http_ui_info ui_info = {.struct_size = sizeof ui_info,
                                            .asset_count = 1,
                                            .assets = assets,
                                            .menu = menu,
                                            .hooks = routes,
                                            .menu_count = 1,
                                            .hook_count = 1,
                                            .name = TEXT("kept_ui")};
static const atrium_http_ui ui = {.struct_size = sizeof ui, .info = &ui_info, .handle = handle};

static atrium_status publish(atrium_plugin* self, const atrium_bus_piece* const* pieces, uint32_t count) {
  (void)self;
  return count == 1 && pieces[0]->topic.size > 0 ? ATRIUM_OK : ATRIUM_FAILED;
}
static atrium_status subscribe(atrium_plugin* self, atrium_text topic, atrium_text cursor, atrium_bus_receive_fn receive, void* context,
                               uint64_t* subscription) {
  (void)self, (void)topic, (void)receive, (void)context;
  if (cursor.size > 0) return ATRIUM_NOT_FOUND;
  *subscription = 7;
  return ATRIUM_OK;
}
static void unsubscribe(atrium_plugin* self, uint64_t subscription) { (void)self, (void)subscription; }
static const atrium_bus_info bus_info = {.struct_size = sizeof bus_info, .flags = ATRIUM_BUS_ORDERED, .name = TEXT("kept_bus")};
static const atrium_bus bus = {
    .struct_size = sizeof bus, .info = &bus_info, .publish = publish, .subscribe = subscribe, .unsubscribe = unsubscribe};

static atrium_status export_state(atrium_plugin* self, atrium_sink out) {
  (void)self;
  out.write(out.context, "kept", 4);
  return ATRIUM_OK;
}
static atrium_status import_state(atrium_plugin* self, uint32_t format, atrium_text state) {
  (void)self;
  return format == 3 && state.size == 4 ? ATRIUM_OK : ATRIUM_UNSUPPORTED;
}
static const atrium_state state = {.struct_size = sizeof state, .format = 3, .export_state = export_state, .import_state = import_state};

static atrium_status run(atrium_plugin* self, atrium_sink error) {
  (void)self, (void)error;
  return ATRIUM_OK;
}
static const atrium_self_test self_test = {.struct_size = sizeof self_test, .run = run};

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  static const struct {
    const char* id;
    const void* table;
  } tables[] = {{ATRIUM_EXT_ALERT_RULE, &rule},
                {ATRIUM_EXT_ASSISTANT, &assistant},
                {ATRIUM_EXT_AUTHENTICATOR, &authenticator},
                {ATRIUM_EXT_HTTP_UI, &ui},
                {ATRIUM_EXT_BUS, &bus},
                {ATRIUM_EXT_STATE, &state},
                {ATRIUM_EXT_SELF_TEST, &self_test}};
  size_t at;
  (void)self;
  for (at = 0; at < sizeof tables / sizeof *tables; ++at)
    if (strcmp(extension_id, tables[at].id) == 0) return tables[at].table;
  return NULL;
}
KEPT_PLUGIN("kept.others");
