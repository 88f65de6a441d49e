#include "ctl/demo/session.hpp"

#include <Poco/Buffer.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/WebSocket.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <thread>

namespace atrium::demo {

namespace {

using Poco::Net::Socket;
using Poco::Net::WebSocket;

constexpr long wait_seconds = 10;  // For the rest of a frame, and for the server to take one.
constexpr int frame_bytes_max = 16 << 20;
constexpr unsigned frames_at_once = 200;
constexpr std::size_t looked_at_max = 1000;

}  // namespace

Session::Session() = default;
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

bool Session::connect(const std::string& url, const std::string& token) {
  socket_.reset();
  try {
    const Poco::URI uri(url);
    Poco::Net::HTTPClientSession http(uri.getHost(), uri.getPort());
    http.setTimeout(Poco::Timespan(wait_seconds, 0));
    Poco::Net::HTTPRequest request(Poco::Net::HTTPRequest::HTTP_GET, "/api/v1/collaboration/ws", Poco::Net::HTTPMessage::HTTP_1_1);
    request.set("Authorization", "Bearer " + token);
    Poco::Net::HTTPResponse response;
    auto socket = std::make_unique<WebSocket>(http, request, response);
    socket->setMaxPayloadSize(frame_bytes_max);
    socket->setReceiveTimeout(Poco::Timespan(wait_seconds, 0));
    socket->setSendTimeout(Poco::Timespan(wait_seconds, 0));
    socket->setNoDelay(true);
    socket_ = std::move(socket);
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

void Session::read(const std::function<void(const JsonView& event)>& take) {
  try {
    for (unsigned frames = 0; socket_ && frames < frames_at_once && socket_->poll(Poco::Timespan(), Socket::SELECT_READ); ++frames) {
      Poco::Buffer<char> buffer(0);
      int flags = 0;
      const int size = socket_->receiveFrame(buffer, flags);
      const int opcode = flags & WebSocket::FRAME_OP_BITMASK;
      if ((size == 0 && flags == 0) || opcode == WebSocket::FRAME_OP_CLOSE) return close();
      if (opcode == WebSocket::FRAME_OP_PING)
        socket_->sendFrame(buffer.begin(), size, static_cast<int>(WebSocket::FRAME_FLAG_FIN) | static_cast<int>(WebSocket::FRAME_OP_PONG));
      if (opcode != WebSocket::FRAME_OP_TEXT) continue;
      if (const auto event = JsonDocument::parse({buffer.begin(), static_cast<std::size_t>(size)})) take(event->root());
    }
  } catch (const Poco::Exception&) {
    socket_.reset();
  }
}

void Session::send(std::string_view event) {
  if (!socket_) return;
  try {
    socket_->sendFrame(event.data(), static_cast<int>(event.size()));
  } catch (const Poco::Exception&) {
    socket_.reset();
  }
}

void Session::close() {
  if (!socket_) return;
  try {
    socket_->shutdown();
  } catch (const Poco::Exception&) {  // The other end was faster.
  }
  socket_.reset();
}

void Session::waitForAny(const std::vector<const Session*>& sessions, std::chrono::milliseconds time) {
  Socket::SocketList readable, writable, broken;
  for (const Session* session : sessions)
    if (session->socket_ && readable.size() < looked_at_max) readable.push_back(*session->socket_);
  if (readable.empty()) return std::this_thread::sleep_for(time);
  Socket::select(readable, writable, broken, Poco::Timespan(0, static_cast<long>(std::chrono::microseconds(time).count())));
}

}  // namespace atrium::demo
