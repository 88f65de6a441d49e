#include <algorithm>
#include <atrium/plugin.hpp>
#include <cstdint>

// A room for short messages.
class SampleName {
 public:
  explicit SampleName(const atrium::Json& options) : words_max_(options["words_max"].as_int().value_or(200)) {}

  void will_post(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    const auto words = std::ranges::count(message.content(), ' ') + 1;
    if (words > words_max_) reply.deny("Say it with fewer words.");
  }
  atrium::RoomTypeInfo room_type{.name = "sample_name", .max_members = 100};

 private:
  std::int64_t words_max_;
};

ATRIUM_PLUGIN(SampleName, "com.example.sample-name", "0.1.0")
