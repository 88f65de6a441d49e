#include "plugin/isolated/reply_record.hpp"

#include <algorithm>

#include "plugin/hook_reply.hpp"

namespace atrium {

namespace {

enum Verb : std::uint8_t { deny = 1, deny_field = 2, annotate = 3, set_content = 4, add_audience = 5, patch = 6, too_much = 7 };

// Every bound of a reply is smaller: a text of this size is refused by the server as the whole one would be.
constexpr std::uint64_t reply_text_max = ATRIUM_CONTENT_MAX + 1;
constexpr std::size_t record_max = std::size_t{1} << 20;

}  // namespace

ReplyRecorder::ReplyRecorder(unsigned abilities, PayloadWriter& out) : out_(out) {
  abi_.struct_size = sizeof abi_;
  abi_.context = this;
  if (abilities & reply_deny)
    abi_.deny = [](void* context, atrium_text reason) { static_cast<ReplyRecorder*>(context)->record(deny, reason, {}); };
  if (abilities & reply_deny_field)
    abi_.deny_field = [](void* context, atrium_text path, atrium_text reason) {
      static_cast<ReplyRecorder*>(context)->record(deny_field, path, reason);
    };
  if (abilities & reply_annotate)
    abi_.annotate = [](void* context, atrium_text key, atrium_text json) {
      static_cast<ReplyRecorder*>(context)->record(annotate, key, json);
    };
  if (abilities & reply_set_content)
    abi_.set_content = [](void* context, atrium_text content) { static_cast<ReplyRecorder*>(context)->record(set_content, content, {}); };
  if (abilities & reply_audience)
    abi_.add_audience = [](void* context, atrium_text name) { static_cast<ReplyRecorder*>(context)->record(add_audience, name, {}); };
  if (abilities & reply_patch)
    abi_.patch = [](void* context, atrium_text path, atrium_text json) { static_cast<ReplyRecorder*>(context)->record(patch, path, json); };
}

void ReplyRecorder::text(const atrium_text& value) {
  const std::uint64_t size = std::min(value.size, reply_text_max);
  const bool there = value.data != nullptr;
  out_.number(static_cast<std::uint8_t>(there));
  if (there)
    out_.text(std::string_view(value.data, size));
  else
    out_.number(static_cast<std::uint32_t>(size));
}

void ReplyRecorder::record(std::uint8_t verb, const atrium_text& first, const atrium_text& second) {
  if (out_.size() > record_max) return;
  out_.number(verb);
  text(first);
  text(second);
  if (out_.size() > record_max) out_.number(static_cast<std::uint8_t>(too_much));
}

bool replay(PayloadReader& in, const atrium_reply* reply) {
  const auto text = [&]() -> atrium_text {
    if (in.number<std::uint8_t>() == 0) return {nullptr, in.number<std::uint32_t>()};
    const std::string_view read = in.text();
    return {read.data(), read.size()};
  };
  while (in.whole() && !in.atEnd()) {
    const auto verb = in.number<std::uint8_t>();
    if (verb == too_much) return false;
    const atrium_text first = text(), second = text();
    if (!in.whole()) return false;
    void* const to = reply->context;
    if (verb == deny && reply->deny)
      reply->deny(to, first);
    else if (verb == deny_field && reply->deny_field)
      reply->deny_field(to, first, second);
    else if (verb == annotate && reply->annotate)
      reply->annotate(to, first, second);
    else if (verb == set_content && reply->set_content)
      reply->set_content(to, first);
    else if (verb == add_audience && reply->add_audience)
      reply->add_audience(to, first);
    else if (verb == patch && reply->patch)
      reply->patch(to, first, second);
    else
      return false;
  }
  return in.whole();
}

}  // namespace atrium
