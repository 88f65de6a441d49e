#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/topics.hpp"
#include "protocol/frame.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

// The frames of one list of items, each ended by the item that reaches the size of a frame.
class TopicFrames {
 public:
  // `seq` is asked for the number of each frame when it is begun.
  TopicFrames(const TopicInfo& topic, const std::string& epoch, bool snapshot, std::size_t frame_bytes)
      : topic_(topic), epoch_(epoch), snapshot_(snapshot), frame_bytes_(frame_bytes) {}

  [[nodiscard]] bool begun() const { return frame_ != nullptr; }
  [[nodiscard]] bool full() const { return frame_ && frame_->payloadSize() >= frame_bytes_; }
  void begin(std::uint64_t seq) {
    frame_ = std::make_unique<FrameBuilder>(1024);
    json_.emplace(*frame_);
    json_->begin('{').key("event_type").value("topic_update").key("topic").value(topic_.name).key("epoch").value(epoch_);
    json_->key("seq").value(seq).key("kind").value(snapshot_ ? "snapshot" : "changes");
    if (snapshot_) json_->key("page").value(++page_);
    json_->key(snapshot_ ? "items" : "changes").begin('[');
  }
  // A null `value`: the key has gone.
  void item(std::string_view key, const std::string* value) {
    json_->begin('{').key("key").value(key).key("value");
    value ? json_->raw(*value) : json_->null();
    json_->end('}');
  }
  [[nodiscard]] FramePtr end(bool more) {
    json_->end(']');
    if (snapshot_) json_->key("more").value(more);
    json_->end('}');
    FramePtr made = frame_->finish();
    json_.reset();
    frame_.reset();
    return made;
  }

 private:
  const TopicInfo& topic_;
  const std::string& epoch_;
  const bool snapshot_;
  const std::size_t frame_bytes_;
  std::uint64_t page_ = 0;
  std::unique_ptr<FrameBuilder> frame_;
  std::optional<JsonWriter<FrameBuilder>> json_;
};

}  // namespace atrium
