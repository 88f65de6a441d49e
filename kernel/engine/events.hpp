#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "engine/shard.hpp"
#include "protocol/close_codes.hpp"
#include "protocol/frame.hpp"

// The small events of one session, as frames. Events of rooms are encoded by the rooms.
namespace atrium {

[[nodiscard]] FramePtr helloEvent(const Principal& who, const Id& connection, const SessionOptions& session, const EngineOptions& options,
                                  Wall now);
[[nodiscard]] FramePtr errorEvent(const Error& error, std::string_view ref, std::string_view client_message_id);
[[nodiscard]] FramePtr byeEvent(CloseCode code, std::string_view reason, std::uint32_t retry_after_ms);
[[nodiscard]] FramePtr pongEvent(std::string_view ref, Wall now);
[[nodiscard]] FramePtr resyncEvent(std::string_view room_id, std::string_view reason);
[[nodiscard]] FramePtr commandProgressEvent(const Id& command_id, std::string_view command, std::string_view room_id, std::string_view line,
                                            std::string_view ref);
// `reply` is what commandReply() made.
[[nodiscard]] FramePtr commandResultEvent(std::string_view reply, std::string_view ref);
[[nodiscard]] FramePtr roomLeftEvent(std::string_view room_id, std::string_view ref);
[[nodiscard]] FramePtr tokenExpiringEvent(Wall expires);
[[nodiscard]] FramePtr topicEndedEvent(std::string_view topic, std::string_view ref);
// The same event with the name of the frame that it answers: those who did not ask for it share it without.
[[nodiscard]] FramePtr withRef(const FramePtr& event, std::string_view ref);

}  // namespace atrium
