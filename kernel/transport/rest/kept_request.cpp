#include "rest/kept_request.hpp"

#include <cstring>

#include "protocol/json_index.hpp"

namespace atrium {

KeptRequest::KeptRequest(const HttpRequest& request) : view_(request) {
  std::size_t size = request.method.size() + request.path.size() + request.query.size() + request.body.size() + JsonIndexer::padding;
  for (const HttpHeader& header : request.headers) size += header.name.size() + header.value.size();
  texts_.resize(size);
  char* at = texts_.data();
  const auto keep = [&at](std::string_view& text) {
    if (text.data() == nullptr) return;  // Which tells a header that is not there.
    std::memcpy(at, text.data(), text.size());
    text = {at, text.size()};
    at += text.size();
  };
  keep(view_.method);
  keep(view_.path);
  keep(view_.query);
  for (HttpHeader& header : view_.headers) {
    keep(header.name);
    keep(header.value);
  }
  keep(view_.body);  // Last, so that its padding lies behind it.
}

}  // namespace atrium
