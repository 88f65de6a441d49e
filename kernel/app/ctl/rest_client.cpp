#include "ctl/rest_client.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <ostream>

namespace atrium {

namespace {

constexpr long answer_seconds_max = 120;  // A change of many plugins that are called at length.

}  // namespace

std::expected<RestAnswer, std::string> RestClient::ask(const std::string& method, const std::string& path, const std::string& body) const {
  try {
    const Poco::URI uri(url_);
    if (uri.getScheme() != "http" || uri.getHost().empty())
      return std::unexpected("--url " + url_ + " is no address of a server: write it as in http://127.0.0.1:8000");
    Poco::Net::HTTPClientSession session(uri.getHost(), uri.getPort());
    session.setTimeout(Poco::Timespan(answer_seconds_max, 0));
    Poco::Net::HTTPRequest request(method, "/api/v1" + path, Poco::Net::HTTPMessage::HTTP_1_1);
    request.set("Authorization", "Bearer " + token_);
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    if (!body.empty()) request.setContentType("application/json");
    session.sendRequest(request) << body;
    Poco::Net::HTTPResponse response;
    RestAnswer answer;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
    answer.status = response.getStatus();
    return answer;
  } catch (const Poco::Exception& problem) {
    return std::unexpected("the server at " + url_ + " does not answer: " + problem.displayText());
  }
}

}  // namespace atrium
