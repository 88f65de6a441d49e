/* A command that answers at once, with its caller's name. */
#include "atrium/ext/command.h"

#include "plugin.h"

static atrium_status execute(atrium_plugin* self, const atrium_command_call* call, const atrium_token* token) {
  static const atrium_text line = TEXT("working");
  (void)self;
  token->progress(token->context, token->id, line);
  token->complete(token->context, token->id, ATRIUM_OK, call->caller->display_name);
  return ATRIUM_OK;
}
static void cancel(atrium_plugin* self, atrium_text command_id) { (void)self, (void)command_id; }

static const atrium_command_info info = {.struct_size = sizeof info,
                                         .flags = ATRIUM_COMMAND_IDEMPOTENT,
                                         .caller_roles = ATRIUM_ROLE_AGENT,
                                         .name = TEXT("kept_command"),
                                         .summary = TEXT("Says who you are."),
                                         .positional = TEXT("whom")};
static const atrium_command table = {.struct_size = sizeof table, .info = &info, .execute = execute, .cancel = cancel};

static const void* get_extension(atrium_plugin* self, const char* extension_id) {
  (void)self;
  return strcmp(extension_id, ATRIUM_EXT_COMMAND) == 0 ? &table : NULL;
}
KEPT_PLUGIN("kept.command");
