#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <tuple>

#include "atrium/ext/alert_rule.h"
#include "atrium/ext/assistant.h"
#include "atrium/ext/authenticator.h"
#include "atrium/ext/bus.h"
#include "atrium/ext/command.h"
#include "atrium/ext/event_sink.h"
#include "atrium/ext/http_ui.h"
#include "atrium/ext/message_type.h"
#include "atrium/ext/room_type.h"
#include "atrium/ext/routing_scorer.h"
#include "atrium/ext/storage_backend.h"

// The kinds of plugin there are: each a type that names its C table and constants, its word in manifests and its id at the border.
namespace atrium {

// An extension's table with its constants, copied out of the plugin as far as the plugin's struct_size reaches; the rest is zero. Texts of
// the constants point into the plugin.
template <typename TheTable, typename TheInfo>
struct Extension {
  using Table = TheTable;
  using Info = TheInfo;
  Table table{};
  Info info{};
};

// `deadline_max`, where a kind is called on workers: how long one call may take unless the operator allows less.
// Each `flaw` tells what is wrong with tables that a plugin handed over, a sentence's end; empty: they are sound.
struct RoomTypeKind : Extension<atrium_room_type, atrium_room_type_info> {
  static constexpr std::string_view word = "room-type";
  static constexpr const char* id = ATRIUM_EXT_ROOM_TYPE;
  [[nodiscard]] std::string_view flaw() const;
};
struct MessageTypeKind : Extension<atrium_message_type, atrium_message_type_info> {
  static constexpr std::string_view word = "message-type";
  static constexpr const char* id = ATRIUM_EXT_MESSAGE_TYPE;
  [[nodiscard]] std::string_view flaw() const;
};
struct RoutingScorerKind : Extension<atrium_routing_scorer, atrium_routing_scorer_info> {
  static constexpr std::string_view word = "routing-scorer";
  static constexpr std::chrono::milliseconds deadline_max{50};
  static constexpr const char* id = ATRIUM_EXT_ROUTING_SCORER;
  [[nodiscard]] std::string_view flaw() const;
};
struct AlertRuleKind : Extension<atrium_alert_rule, atrium_alert_rule_info> {
  static constexpr std::string_view word = "alert-rule";
  static constexpr std::chrono::milliseconds deadline_max{50};
  static constexpr const char* id = ATRIUM_EXT_ALERT_RULE;
  [[nodiscard]] std::string_view flaw() const;
};
struct StorageBackendKind : Extension<atrium_storage_backend, atrium_storage_info> {
  static constexpr std::string_view word = "storage-backend";
  static constexpr const char* id = ATRIUM_EXT_STORAGE_BACKEND;
  [[nodiscard]] std::string_view flaw() const;
};
struct BusKind : Extension<atrium_bus, atrium_bus_info> {
  static constexpr std::string_view word = "bus";
  static constexpr const char* id = ATRIUM_EXT_BUS;
  [[nodiscard]] std::string_view flaw() const;
};
struct AuthenticatorKind : Extension<atrium_authenticator, atrium_authenticator_info> {
  static constexpr std::string_view word = "authenticator";
  static constexpr std::chrono::milliseconds deadline_max{500};
  static constexpr const char* id = ATRIUM_EXT_AUTHENTICATOR;
  [[nodiscard]] std::string_view flaw() const;
};
struct CommandKind : Extension<atrium_command, atrium_command_info> {
  static constexpr std::string_view word = "command";
  static constexpr std::chrono::milliseconds deadline_max{5000};
  static constexpr const char* id = ATRIUM_EXT_COMMAND;
  [[nodiscard]] std::string_view flaw() const;
};
struct AssistantKind : Extension<atrium_assistant, atrium_assistant_info> {
  static constexpr std::string_view word = "assistant";
  static constexpr const char* id = ATRIUM_EXT_ASSISTANT;
  [[nodiscard]] std::string_view flaw() const;
};
struct HttpUiKind : Extension<atrium_http_ui, atrium_http_ui_info> {
  static constexpr std::string_view word = "http-ui";
  static constexpr std::chrono::milliseconds deadline_max{2000};
  static constexpr const char* id = ATRIUM_EXT_HTTP_UI;
  [[nodiscard]] std::string_view flaw() const;
};
struct EventSinkKind : Extension<atrium_event_sink, atrium_event_sink_info> {
  static constexpr std::string_view word = "event-sink";
  static constexpr std::chrono::milliseconds deadline_max{5000};
  static constexpr const char* id = ATRIUM_EXT_EVENT_SINK;
  [[nodiscard]] std::string_view flaw() const;
};

using AllKinds = std::tuple<RoomTypeKind, MessageTypeKind, RoutingScorerKind, AlertRuleKind, StorageBackendKind, BusKind, AuthenticatorKind,
                            CommandKind, AssistantKind, HttpUiKind, EventSinkKind>;

}  // namespace atrium
