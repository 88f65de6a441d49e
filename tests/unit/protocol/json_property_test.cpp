// Random JSON, written with random spaces and escapes, comes back from the index as it was made.
#include <gtest/gtest.h>

#include <set>

#include "base/ids.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {
namespace {

struct Value {
  std::uint8_t type = ATRIUM_JSON_NULL;
  std::string text;                // A string's content, or a number as written.
  std::vector<std::string> names;  // Of an object's members.
  std::vector<Value> children;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Value value(unsigned depth = 0) {
    Value made;
    made.type = static_cast<std::uint8_t>(random_.below(depth < 6 ? 7 : 5));
    if (made.type == ATRIUM_JSON_NUMBER) made.text = number();
    if (made.type == ATRIUM_JSON_STRING) made.text = string();
    if (made.type < ATRIUM_JSON_ARRAY) return made;
    const std::uint64_t size = random_.below(8) == 0 ? random_.below(40) : random_.below(5);
    std::set<std::string> taken;
    for (std::uint64_t n = 0; n < size; ++n) {
      if (made.type == ATRIUM_JSON_OBJECT) {
        std::string name = string();
        if (!taken.insert(name).second) continue;
        made.names.push_back(std::move(name));
      }
      made.children.push_back(value(depth + 1));
    }
    return made;
  }

  void write(std::string& out, const Value& value) {
    space(out);
    switch (value.type) {
      case ATRIUM_JSON_NULL: out += "null"; break;
      case ATRIUM_JSON_FALSE: out += "false"; break;
      case ATRIUM_JSON_TRUE: out += "true"; break;
      case ATRIUM_JSON_NUMBER: out += value.text; break;
      case ATRIUM_JSON_STRING: quote(out, value.text); break;
      default: {
        const bool object = value.type == ATRIUM_JSON_OBJECT;
        out += object ? '{' : '[';
        space(out);
        for (std::size_t at = 0; at < value.children.size(); ++at) {
          if (at > 0) out += ',';
          space(out);
          if (object) {
            quote(out, value.names[at]);
            space(out);
            out += ':';
          }
          write(out, value.children[at]);
        }
        out += object ? '}' : ']';
      }
    }
    space(out);
  }

 private:
  void space(std::string& out) {
    for (std::uint64_t n = random_.below(4) == 0 ? random_.below(4) : 0; n > 0; --n) out += " \t\n\r"[random_.below(4)];
  }
  std::string number() {
    std::string text = random_.below(2) ? "-" : "";
    text += random_.below(4) == 0 ? "0" : std::to_string(1 + random_.below(1'000'000'000));
    if (random_.below(3) == 0) text += '.' + std::to_string(random_.below(1000));
    if (random_.below(4) == 0)
      text += std::string(random_.below(2) ? "e" : "E") + (random_.below(2) ? "-" : "+") + std::to_string(random_.below(20));
    return text;
  }
  std::string string() {
    static const std::string pieces[] = {"a",    "Z",    "0",      " ",      "/",         "\"", "\\", "\n", "\t", std::string(1, '\0'),
                                         "\x1f", "\x7f", "\u00e9", "\u4e2d", "\U0001F600"};
    std::string text;
    for (std::uint64_t n = random_.below(10); n > 0; --n) text += pieces[random_.below(std::size(pieces))];
    return text;
  }
  // As our writer does or, half the time, with ASCII written as \uXXXX at random.
  void quote(std::string& out, const std::string& text) {
    if (random_.below(2)) {
      JsonWriter(out).value(text);
      return;
    }
    out += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80 && (byte < 0x20 || c == '"' || c == '\\' || random_.below(4) == 0)) {
        constexpr char digits[] = "0123456789aBcDeF";
        ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
      } else {
        out += c;
      }
    }
    out += '"';
  }
  Random random_;
};

void expectSame(const JsonView& view, const Value& value) {
  ASSERT_TRUE(view.is(value.type));
  if (value.type == ATRIUM_JSON_NUMBER) {
    EXPECT_EQ(view.raw(), value.text);
  }
  if (value.type == ATRIUM_JSON_STRING) {
    EXPECT_EQ(view.text(), value.text);
  }
  ASSERT_EQ(view.size(), value.children.size());
  JsonView child = view.first();
  std::string scratch;
  for (std::size_t at = 0; at < value.children.size(); ++at) {
    ASSERT_TRUE(child.exists());
    expectSame(child, value.children[at]);
    if (value.type == ATRIUM_JSON_OBJECT) {
      EXPECT_EQ(child.key(scratch), value.names[at]);
      EXPECT_EQ(view[value.names[at]].raw().data(), child.raw().data());
    }
    child = child.sibling(view);
  }
  EXPECT_FALSE(child.exists());
}

TEST(JsonProperty, whatIsWrittenIsWhatIsRead) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator generator(seed);
    const Value value = generator.value();
    std::string text;
    generator.write(text, value);
    const auto document = JsonDocument::parse(text);
    ASSERT_TRUE(document) << text << ": " << document.error().detail;
    expectSame(document->root(), value);
    for (JsonView part = document->root().first(); part.exists(); part = part.sibling(document->root())) {
      const JsonDocument copy(part);
      EXPECT_EQ(copy.text(), part.raw());
      EXPECT_EQ(copy.root().size(), part.size());
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace atrium
