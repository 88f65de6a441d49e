#include "webhook.hpp"

#include "signature.hpp"

#include <algorithm>
#include <atrium/services.hpp>
#include <charconv>
#include <ctime>
#include <stdexcept>

namespace {

constexpr std::string_view secure = "https://", plain = "http://";
constexpr std::chrono::milliseconds call_budget{4700};  // Of the 5 s that a call may take.
constexpr std::chrono::hours quiet_max{1};
constexpr std::size_t signed_secret_min = 16;  // bytes

bool is_on_this_machine(std::string_view url) {
  url.remove_prefix(plain.size());
  const std::string_view host = url.substr(0, url.find_first_of(":/?"));
  return host == "127.0.0.1" || host == "localhost";
}

std::string body_of(atrium::Events events, std::uint32_t first, std::uint32_t count) {
  std::string body = R"({"events":[)";
  for (std::uint32_t at = first; at < first + count; ++at) {
    const atrium::Event event = events[at];
    if (at > first) body += ',';
    body += "{\"offset\":" + std::to_string(event.offset()) + ",\"event_id\":" + atrium::json_quoted(event.event_id()) +
            ",\"type\":" + atrium::json_quoted(event.type()) + ",\"tenant_id\":" + atrium::json_quoted(event.tenant_id()) +
            ",\"at_ms\":" + std::to_string(event.at_ms()) + ",\"data\":" + std::string(event.data()) + '}';
  }
  return body + "]}";
}

// The receiver could read the request and will not have what it says, however often it comes.
bool refuses_content(std::uint32_t status) { return status == 400 || status == 413 || status == 422; }

}  // namespace

Webhook::Webhook(atrium::Host host, const atrium::Json& options)
    : http_(host),
      url_(options["url"].as_text().value_or("")),
      events_(options["events"].as_text().value_or("")),
      timeout_(options["timeout"].as_int().value_or(4000)) {
  host.require("http");
  if (!url_.starts_with(secure) && !(url_.starts_with(plain) && is_on_this_machine(url_)))
    throw std::invalid_argument("url is no address with https; http is for 127.0.0.1 and localhost alone");
  const auto secret = atrium::Secrets(host).get("signing");
  key_ = secret ? key_of(*secret) : std::string();
  if (secret && key_.size() < signed_secret_min)
    throw std::invalid_argument("the secret signing is too short, or no base64 behind whsec_; 24 random bytes are good");
  if (!secret && !options["unsigned"].as_bool().value_or(false))
    throw std::invalid_argument("there is no secret: give it as secrets.signing, or say unsigned: true");
  for (const atrium::Json header : options["headers"]) {
    const auto value = header.as_text();
    if (!value) throw std::invalid_argument("the header " + std::string(header.key()) + " is no text");
    headers_.emplace_back(header.key(), *value);
  }
  event_sink.name = "webhook";
  event_sink.events = events_;
  event_sink.batch_max = static_cast<std::uint32_t>(options["batch_max"].as_int().value_or(50));
}

atrium::Delivery Webhook::deliver(atrium::Events events) {
  const auto now = Clock::now();
  if (quiet_until_ && now < *quiet_until_) return atrium::Delivery::again(0, "the receiver asked to be left alone for a while");
  quiet_until_.reset();
  const auto until = now + call_budget;
  const std::uint32_t count = events.size();
  Sent sent = send(events, 0, count, until);
  if (sent.verdict == Sent::Verdict::taken) return atrium::Delivery::all();
  if (sent.verdict == Sent::Verdict::again) return atrium::Delivery::again(0, std::move(sent.why));
  // One by one, to find out which of them it will not have.
  for (std::uint32_t done = 0; done < count; ++done) {
    if (count > 1) sent = send(events, done, 1, until);
    if (sent.verdict == Sent::Verdict::again) return atrium::Delivery::again(done, std::move(sent.why));
    if (sent.verdict == Sent::Verdict::refused) return atrium::Delivery::never(done, std::move(sent.why));
  }
  return atrium::Delivery::all();
}

Webhook::Sent Webhook::send(atrium::Events events, std::uint32_t first, std::uint32_t count, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  if (left <= std::chrono::milliseconds{0}) return {Sent::Verdict::again, "there was no time left for the rest of the batch"};
  const std::string body = body_of(events, first, count);
  if (body.size() > ATRIUM_HTTP_BODY_MAX) return {Sent::Verdict::refused, "it is larger than a request may be"};
  const std::string id(events[first].event_id());
  const std::string timestamp = std::to_string(std::time(nullptr));
  const std::string attempt = std::to_string(events[first].attempt());
  const std::string signature = key_.empty() ? std::string() : signature_of(key_, id, timestamp, body);
  atrium::HttpRequest request{.method = "POST", .url = url_, .body = body};
  request.headers = {
      {"content-type", "application/json"}, {"webhook-id", id}, {"webhook-timestamp", timestamp}, {"atrium-attempt", attempt}};
  if (!signature.empty()) request.headers.emplace_back("webhook-signature", signature);
  for (const auto& [name, value] : headers_) request.headers.emplace_back(name, value);
  request.timeout_ms = static_cast<std::uint32_t>(std::min(left, timeout_).count());
  return judge(http_.send(request));
}

Webhook::Sent Webhook::judge(const atrium::HttpResponse& response) {
  if (response.ok()) return {Sent::Verdict::taken, {}};
  if (response.outcome != ATRIUM_OK) return {Sent::Verdict::again, response.why.empty() ? "there was no answer in time" : response.why};
  std::string why = "the receiver answered " + std::to_string(response.status);
  if (refuses_content(response.status)) return {Sent::Verdict::refused, std::move(why)};
  keep_quiet(response.header("retry-after"));
  return {Sent::Verdict::again, std::move(why)};
}

// Seconds; a date is left to the server's own pauses.
void Webhook::keep_quiet(std::string_view retry_after) {
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (error != std::errc{} || end != retry_after.data() + retry_after.size() || seconds == 0) return;
  quiet_until_ = Clock::now() + std::min<std::chrono::seconds>(std::chrono::seconds(seconds), quiet_max);
}
