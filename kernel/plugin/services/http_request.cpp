#include "plugin/services/http_request.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/URI.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <istream>
#include <memory>
#include <sstream>

#include "config/source_text.hpp"
#include "plugin/plugin_text.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::size_t url_max = 8192;           // bytes
constexpr std::size_t header_bytes_max = 8192;  // of one header's value

// What the client itself writes.
constexpr std::array<std::string_view, 7> own_headers = {"host", "content-length", "transfer-encoding", "connection", "upgrade",
                                                         "te",   "expect"};

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool isToken(std::string_view text) {
  const auto fits = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
  };
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, fits);
}

bool isHeaderValue(std::string_view text) {
  return text.size() <= header_bytes_max && std::ranges::none_of(text, [](unsigned char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::unexpected<OutboundAnswer> refuse(atrium_status status, std::string why) {
  return std::unexpected(OutboundAnswer{status, std::move(why)});
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// The connection, over TLS or not. The authorities are read once.
std::unique_ptr<Poco::Net::HTTPClientSession> sessionFor(const OutboundRequest& request) {
  const auto port = static_cast<Poco::UInt16>(request.port);
  if (!request.tls) return std::make_unique<Poco::Net::HTTPClientSession>(request.host, port);
  static const Poco::Net::Context::Ptr context = [] {
    Poco::Net::Context::Ptr made(
        new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", "", "", Poco::Net::Context::VERIFY_STRICT, 9, true));
    made->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
    made->enableExtendedCertificateVerification(true);
    return made;
  }();
  return std::make_unique<Poco::Net::HTTPSClientSession>(request.host, port, context);
}

// The status of an answer, whatever number it is: getStatus() gives an enumerator, and 529, say, is beyond what its type can be. The
// library writes it as it was read.
int statusOf(const Poco::Net::HTTPResponse& response) {
  std::ostringstream written;
  response.write(written);
  const std::string text = written.str();
  int status = 0;
  if (const std::size_t space = text.find(' '); space != std::string::npos)
    std::from_chars(text.data() + space + 1, text.data() + text.size(), status);
  return status;
}

std::string answerJson(const Poco::Net::HTTPResponse& response, const std::string& body) {
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("status").value(statusOf(response)).key("headers").begin('{');
  std::string last;
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& [name, value] : response)
    if (validUtf8(name) && validUtf8(value)) headers.emplace_back(lowerCase(name), value);
  std::ranges::stable_sort(headers, {}, &std::pair<std::string, std::string>::first);
  for (std::size_t at = 0; at < headers.size(); ++at) {
    // A header that comes several times is one list.
    std::string value = headers[at].second;
    while (at + 1 < headers.size() && headers[at + 1].first == headers[at].first) value += ", " + headers[++at].second;
    std::string key;
    JsonWriter<std::string>(key).value(std::string_view(headers[at].first));
    json.key(std::string_view(key).substr(1, key.size() - 2)).value(std::string_view(value));
  }
  json.end('}');
  if (validUtf8(body))
    json.key("body").value(std::string_view(body));
  else
    json.key("body_base64").value(std::string_view(base64(body)));
  json.end('}');
  return text;
}

OutboundAnswer exchange(const OutboundRequest& request, Poco::Net::HTTPClientSession& session, SocketCut& cut) {
  const auto left = Poco::Timespan(request.timeout.count() * 1000);
  session.setTimeout(left, left, left);
  session.setKeepAlive(false);
  Poco::Net::HTTPRequest head(request.method, request.target, Poco::Net::HTTPMessage::HTTP_1_1);
  for (const auto& [name, value] : request.headers) head.add(name, value);
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body) head.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
  std::ostream& out = session.sendRequest(head);
  cut.watch(session.socket().impl()->sockfd());
  out.write(request.body.data(), static_cast<std::streamsize>(request.body.size()));
  out.flush();
  Poco::Net::HTTPResponse response;
  std::istream& in = session.receiveResponse(response);
  std::string body;
  std::size_t size = 0;
  std::array<char, 16384> piece{};
  // One byte waits for more; what came with it is there then, so that a piece is handed on while the next one is not here yet.
  while (in.peek() != std::istream::traits_type::eof()) {
    const std::streamsize there = std::clamp<std::streamsize>(in.rdbuf()->in_avail(), 1, piece.size());
    in.read(piece.data(), there);
    const std::string_view came(piece.data(), static_cast<std::size_t>(in.gcount()));
    size += came.size();
    if (size > ATRIUM_HTTP_BODY_MAX) return {ATRIUM_FAILED, fmt::format("the answer's body is longer than {} bytes", ATRIUM_HTTP_BODY_MAX)};
    if (request.piece)
      request.piece(came);
    else
      body.append(came);
  }
  if (in.bad()) return {ATRIUM_FAILED, "the connection broke within the answer"};
  if (response.hasContentLength() && request.method != "HEAD" && size < static_cast<std::size_t>(response.getContentLength64()) &&
      statusOf(response) != 304)
    return {ATRIUM_FAILED, "the connection ended within the answer"};
  return {ATRIUM_OK, answerJson(response, body)};
}

}  // namespace

std::expected<OutboundRequest, OutboundAnswer> readOutbound(const atrium_http_call* call, const Grants& grants) {
  // As it was in interface 1.0; what came later is read where it is there.
  if (!call || call->struct_size < offsetof(atrium_http_call, flags)) return refuse(ATRIUM_INVALID, "there is no request");
  OutboundRequest request;
  request.streamed = call->struct_size >= sizeof *call && (call->flags & ATRIUM_HTTP_STREAM) != 0;
  request.method = std::string(viewOf(call->method));
  if (!isToken(request.method)) return refuse(ATRIUM_INVALID, "the method is none");
  if (call->url.size > url_max || call->body.size > ATRIUM_HTTP_BODY_MAX || call->header_count > ATRIUM_HTTP_HEADERS_MAX ||
      call->timeout_ms > ATRIUM_HTTP_TIMEOUT_MS_MAX)
    return refuse(ATRIUM_INVALID, "the URL, the body, the headers or the timeout are over their bound");
  if (call->timeout_ms != 0) request.timeout = std::chrono::milliseconds(call->timeout_ms);
  try {
    const Poco::URI url{std::string(viewOf(call->url))};
    if (url.getScheme() != "http" && url.getScheme() != "https")
      return refuse(ATRIUM_INVALID, "the URL begins with neither http:// nor https://");
    if (!url.getUserInfo().empty()) return refuse(ATRIUM_INVALID, "the URL names a user: send an Authorization header instead");
    request.tls = url.getScheme() == "https";
    request.host = lowerCase(url.getHost());
    request.port = url.getPort();
    request.target = url.getPathAndQuery();
    if (!request.target.starts_with('/')) request.target.insert(0, "/");
  } catch (const Poco::Exception&) {
    return refuse(ATRIUM_INVALID, "the URL cannot be read");
  }
  if (request.host.empty() || !isHeaderValue(request.target)) return refuse(ATRIUM_INVALID, "the URL cannot be read");
  if (!grants.mayReach(request.host, request.port, request.tls))
    return refuse(ATRIUM_DENIED,
                  fmt::format("there is no grant for http:{}:{}: name it in the plugin's grants under plugins.use; without a port, "
                              "a grant means port 80, or 443 of https",
                              request.host, request.port));
  for (std::uint32_t n = 0; n < call->header_count; ++n) {
    const std::string_view name = viewOf(call->headers[n].name), value = viewOf(call->headers[n].value);
    if (!isToken(name) || !isHeaderValue(value)) return refuse(ATRIUM_INVALID, "a header cannot be sent");
    if (std::ranges::find(own_headers, lowerCase(name)) != own_headers.end())
      return refuse(ATRIUM_INVALID, fmt::format("the header {} is the server's to write", name));
    request.headers.emplace_back(name, value);
  }
  request.body = std::string(viewOf(call->body));
  return request;
}

void SocketCut::watch(int descriptor) {
  const std::scoped_lock lock(mutex_);
  descriptor_ = descriptor;
  if (cut_) ::shutdown(descriptor_, SHUT_RDWR);
}

void SocketCut::unwatch() {
  const std::scoped_lock lock(mutex_);
  descriptor_ = -1;
}

void SocketCut::cut() {
  const std::scoped_lock lock(mutex_);
  cut_ = true;
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

bool SocketCut::wasCut() const {
  const std::scoped_lock lock(mutex_);
  return cut_;
}

OutboundAnswer carryOut(const OutboundRequest& request, SocketCut& cut) {
  OutboundAnswer answer;
  if (cut.wasCut()) return {ATRIUM_TIMED_OUT, "the request was cut off before it began"};
  try {
    const std::unique_ptr<Poco::Net::HTTPClientSession> session = sessionFor(request);
    try {
      answer = exchange(request, *session, cut);
    } catch (...) {
      cut.unwatch();
      throw;
    }
    cut.unwatch();
  } catch (const Poco::TimeoutException&) {
    answer = {ATRIUM_TIMED_OUT, "the other server did not answer in time"};
  } catch (const Poco::Exception& failure) {
    // Their texts name addresses and certificates, nothing that was sent.
    const std::string why = failure.displayText();
    answer = {ATRIUM_FAILED, validUtf8(why) ? why.substr(0, 500) : "the request failed"};
  } catch (const std::exception&) {
    answer = {ATRIUM_FAILED, "the request failed"};
  }
  if (cut.wasCut()) answer = {ATRIUM_TIMED_OUT, "the other server did not answer in time"};
  return answer;
}

}  // namespace atrium
