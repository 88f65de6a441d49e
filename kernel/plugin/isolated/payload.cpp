#include "plugin/isolated/payload.hpp"

#include "protocol/json_index.hpp"

namespace atrium {

namespace {
constexpr std::size_t alignment = alignof(atrium_json_field);
std::size_t gapAfter(std::size_t size) { return (alignment - size % alignment) % alignment; }
}  // namespace

PayloadWriter& PayloadWriter::json(const atrium_json& value) {
  if (value.field_count == 0) return number(std::uint32_t{0});
  const std::string_view raw = JsonView(value).raw();
  const auto base = static_cast<std::uint32_t>(raw.data() - value.text);
  const atrium_json_field* const first = value.fields + value.at;
  const std::uint32_t count = first->next - value.at;
  number(count).text(raw);
  bytes_.append(gapAfter(bytes_.size()), '\0');
  for (std::uint32_t at = 0; at < count; ++at) {
    atrium_json_field field = first[at];
    field.value_offset -= base;
    field.next -= value.at;
    if (at == 0) {
      field.key_offset = 0;
      field.key_size = 0;
    } else {
      field.key_offset = field.key_size == 0 ? 0 : field.key_offset - base;
    }
    bytes_.append(reinterpret_cast<const char*>(&field), sizeof field);
  }
  return *this;
}

atrium_json PayloadReader::json() {
  const auto count = number<std::uint32_t>();
  if (count == 0) return {};
  const std::string_view raw = text();
  const std::size_t gap = gapAfter(bytes_.size() - rest_.size());
  if (!whole_ || rest_.size() < gap || (rest_.size() - gap) / sizeof(atrium_json_field) < count) return lack(), atrium_json{};
  rest_.remove_prefix(gap);
  const auto* fields = reinterpret_cast<const atrium_json_field*>(rest_.data());
  rest_.remove_prefix(count * sizeof(atrium_json_field));
  return {.text = raw.data(), .text_size = raw.size(), .fields = fields, .field_count = count, .at = 0};
}

}  // namespace atrium
