#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string>
#include <vector>

#include <atrium/plugin.hpp>

// Goes along with other room types: refuses a message with a word that the operator does not want to read, or marks it.
class WordFilter {
 public:
  explicit WordFilter(const atrium::Json& options) {
    for (const atrium::Json word : options["words"]) {
      const auto text = word.as_text();
      if (!text || text->empty())
        throw std::invalid_argument("each of words must be a text, and not an empty one, which every message has");
      words_.push_back(*text);
    }
    deny_ = options["deny"].as_bool().value_or(true);
  }

  void will_post(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    const std::string_view content = message.content();
    const auto same = [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    for (const std::string& word : words_) {
      if (std::search(content.begin(), content.end(), word.begin(), word.end(), same) == content.end()) continue;
      if (deny_) return reply.deny("Mind your words.");
      return reply.patch_text("/metadata/moderation/word", word);
    }
  }

  atrium::RoomTypeInfo room_type{.name = "word_filter", .flags = ATRIUM_ROOM_TYPE_ADDON};

 private:
  std::vector<std::string> words_;
  bool deny_ = true;
};

ATRIUM_PLUGIN(WordFilter, "com.acme.word-filter", "1.0.0")
