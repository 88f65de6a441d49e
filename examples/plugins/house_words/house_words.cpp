#include <algorithm>
#include <atrium/plugin.hpp>
#include <cctype>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

// Rooms in which the words of the house stand for others. Called on the loop that owns the room: it looks once at each message and keeps
// nothing.
class HouseWords {
 public:
  explicit HouseWords(const atrium::Json& options) {
    for (const atrium::Json word : options["words"]) {
      const auto ours = word.as_text();
      const std::string theirs = lower(word.key());
      if (!ours || theirs.empty() || !std::ranges::all_of(theirs, is_letter))
        throw std::invalid_argument("words: each is one word, and a text that stands for it");
      words_[theirs] = *ours;
    }
  }

  void will_post(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    const std::string_view content = message.content();
    std::string said;
    int put_in = 0;
    for (std::size_t at = 0; at < content.size();) {
      const auto end = static_cast<std::size_t>(std::find_if_not(content.begin() + at, content.end(), is_letter) - content.begin());
      const std::string_view word = content.substr(at, std::max<std::size_t>(end - at, 1));
      const auto ours = words_.find(lower(word));
      put_in += ours != words_.end();
      said += ours != words_.end() ? ours->second : word;
      at += word.size();
    }
    if (put_in == 0 || said.size() > ATRIUM_CONTENT_MAX) return;
    reply.set_content(said);
    reply.annotate("house_words", std::to_string(put_in));
  }
  atrium::RoomTypeInfo room_type{.name = "house_words"};

 private:
  // Bytes beyond ASCII are parts of letters, and are compared as they are.
  static bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80); }
  static std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
  }

  std::map<std::string, std::string> words_;  // Theirs -> ours.
};

ATRIUM_PLUGIN(HouseWords, "com.acme.house-words", "1.0.0")
