#include <algorithm>
#include <atrium/plugin.hpp>
#include <cctype>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Rooms in which some words are not said. Called on the loop that owns the room: it looks once at each message and keeps nothing.
class HouseWords {
 public:
  explicit HouseWords(const atrium::Json& options) : refuse_(options["refuse"] == true) {
    for (const atrium::Json word : options["words"]) {
      const auto text = word.as_text();
      if (!text || text->empty()) throw std::invalid_argument("words must be a list of texts that are not empty");
      words_.push_back(lower(*text));
    }
  }

  void will_post(const atrium::Room&, const atrium::User&, const atrium::Message& message, atrium::Reply& reply) const {
    std::string said(message.content());
    const std::string plain = lower(said);
    bool found = false;
    for (const std::string& word : words_)
      for (std::size_t at = 0; (at = plain.find(word, at)) != std::string::npos; at += word.size())
        if (stands_alone(plain, at, word.size())) {
          said.replace(at, word.size(), word.size(), '*');
          found = true;
        }
    if (!found) return;
    if (refuse_) return reply.deny("That is not said in this house.");
    reply.set_content(said);
    reply.annotate("starred", "true");
  }
  atrium::RoomTypeInfo room_type{.name = "house_words"};

 private:
  // ASCII alone: other letters are compared as they are.
  static std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return c < 0x80 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c); });
    return out;
  }
  static bool stands_alone(std::string_view text, std::size_t at, std::size_t size) {
    const auto letter = [&](std::size_t place) {
      return place < text.size() && (std::isalnum(static_cast<unsigned char>(text[place])) || (text[place] & 0x80));
    };
    return !(at > 0 && letter(at - 1)) && !letter(at + size);
  }

  bool refuse_;
  std::vector<std::string> words_;
};

ATRIUM_PLUGIN(HouseWords, "com.acme.house-words", "1.0.0")
