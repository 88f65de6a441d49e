#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// HTTP for setting the stage: one blocking keep-alive connection to 127.0.0.1.
namespace atrium::bench {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

class HttpClient {
 public:
  // `token` goes into the Authorization header of every request; empty: none.
  HttpClient(std::uint16_t port, std::string token);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `body` is JSON; empty: the request has none. Waits up to 10 s. Throws Failure when there is no well-formed answer.
  HttpAnswer request(std::string_view method, std::string_view target, std::string_view body = {});
  // The same, and Failure unless the answer has the status `expected`. Returns the body.
  std::string expect(int expected, std::string_view method, std::string_view target, std::string_view body = {});

 private:
  void readMore();
  std::uint16_t port_;
  std::string token_;
  int fd_ = -1;
  std::string unread_;
};

// The string member `name` of the JSON text `json`, or what stands there as a number, as text; empty when there is none. Takes the first
// one at any depth: for answers whose shape the caller knows.
[[nodiscard]] std::string_view jsonMember(std::string_view json, std::string_view name);

}  // namespace atrium::bench
