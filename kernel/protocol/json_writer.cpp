#include "protocol/json_writer.hpp"

#include <array>

namespace atrium {

namespace {

// 0: as it is; 'u': \u00XX; otherwise the letter after the backslash.
constexpr std::array<char, 256> makeEscapes() {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr auto escapes = makeEscapes();

unsigned hexValue(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

unsigned hexQuad(const char* at) { return hexValue(at[0]) << 12 | hexValue(at[1]) << 8 | hexValue(at[2]) << 4 | hexValue(at[3]); }

void appendUtf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

}  // namespace

template <typename Out>
void JsonWriter<Out>::string(std::string_view text) {
  put('"');
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    const char escape = escapes[c];
    if (escape == 0) [[likely]]
      continue;
    put(text.substr(from, at - from));
    from = at + 1;
    put('\\');
    put(escape);
    if (escape == 'u') {
      constexpr char digits[] = "0123456789abcdef";
      const char hex[4] = {'0', '0', digits[c >> 4], digits[c & 15]};
      put(std::string_view(hex, 4));
    }
  }
  put(text.substr(from));
  put('"');
}

template class JsonWriter<FrameBuilder>;
template class JsonWriter<std::string>;

void appendUnescaped(std::string& out, std::string_view escaped) {
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    if (escaped[at] != '\\') {
      const std::size_t next = escaped.find('\\', at);
      out.append(escaped.substr(at, next == escaped.npos ? escaped.npos : next - at));
      if (next == escaped.npos) return;
      at = next;
    }
    switch (const char c = escaped[++at]) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        unsigned code = hexQuad(escaped.data() + at + 1);
        at += 4;
        if (code >= 0xD800 && code < 0xDC00) {  // The parser let only whole pairs through.
          code = 0x10000 + ((code - 0xD800) << 10) + (hexQuad(escaped.data() + at + 3) - 0xDC00);
          at += 6;
        }
        appendUtf8(out, code);
        break;
      }
      default: out += c;
    }
  }
}

}  // namespace atrium
