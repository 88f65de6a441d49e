#include "plugin/services/service_line.hpp"

#include <cstddef>

#include "plugin/isolated/payload.hpp"
#include "plugin/plugin_text.hpp"

namespace atrium {

namespace {

using Calls = std::shared_ptr<PendingCalls>;

void carry(ServiceLine& line, ServiceMethod method, const Calls& calls, std::uint64_t number, const PayloadWriter& request) {
  if (request.size() > service_request_max) return calls->finish(number, ATRIUM_INVALID, "what is asked is over its bound");
  line.ask(method, calls, number, request.view());
}

}  // namespace

void carryKv(ServiceLine& line, ServiceMethod method, const Calls& calls, const kv_service::Place& place, std::string_view value,
             const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  PayloadWriter request;
  request.text(place.tenant).text(place.key).text(value);
  carry(line, method, calls, *number, request);
}

void carryPublication(ServiceLine& line, const Calls& calls, const atrium_publication* publication, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  if (!publication || publication->struct_size < sizeof *publication)
    return calls->finish(*number, ATRIUM_INVALID, "there is no publication");
  PayloadWriter request;
  request.number(publication->priority);
  for (const atrium_text& text : {publication->tenant_id, publication->room_id, publication->message_type, publication->content,
                                  publication->metadata, publication->client_message_id})
    request.text(viewOf(text));
  carry(line, ServiceMethod::publish, calls, *number, request);
}

void carryCoordination(ServiceLine& line, const Calls& calls, const atrium_coordination_request* request, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  if (!request || request->struct_size < sizeof *request) return calls->finish(*number, ATRIUM_INVALID, "there is no request");
  PayloadWriter payload;
  payload.number(request->operation).text(viewOf(request->tenant_id)).text(viewOf(request->id)).text(viewOf(request->body));
  carry(line, ServiceMethod::coordinate, calls, *number, payload);
}

void carryHttp(ServiceLine& line, const Calls& calls, const atrium_http_call* call, const atrium_token* token) {
  const auto number = calls->begin(token);
  if (!number) return;
  if (!call || call->struct_size < offsetof(atrium_http_call, flags) || call->header_count > ATRIUM_HTTP_HEADERS_MAX ||
      (call->header_count > 0 && !call->headers))
    return calls->finish(*number, ATRIUM_INVALID, "there is no call, or one with too many headers");
  PayloadWriter request;
  const std::uint32_t flags = call->struct_size >= sizeof *call ? call->flags : 0;
  request.number(call->timeout_ms)
      .number(flags)
      .text(viewOf(call->method))
      .text(viewOf(call->url))
      .text(viewOf(call->body))
      .number(call->header_count);
  for (std::uint32_t at = 0; at < call->header_count; ++at)
    request.text(viewOf(call->headers[at].name)).text(viewOf(call->headers[at].value));
  carry(line, ServiceMethod::http, calls, *number, request);
}

}  // namespace atrium
