#include "claude.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "message_events.hpp"
#include "prompt.hpp"

namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t quiet_usual_s = 10;  // When the API is busy and names no time.
constexpr std::uint64_t quiet_max_s = 300;
constexpr std::size_t refusal_max = 4096;  // bytes of a refusal's body that are read

bool on_this_machine(std::string_view url) {
  constexpr std::string_view plain = "http://";
  if (!url.starts_with(plain)) return false;
  url.remove_prefix(plain.size());
  const std::string_view host = url.substr(0, url.find_first_of(":/?"));
  return host == "127.0.0.1" || host == "localhost";
}

std::string messages_url(std::string base) {
  if (!base.starts_with("https://") && !on_this_machine(base))
    throw std::invalid_argument("base_url is no address with https; http is for 127.0.0.1 and localhost alone");
  while (base.ends_with('/')) base.pop_back();
  return base + "/v1/messages";
}

}  // namespace

// One request on its way. What comes of it comes one after the other.
struct Claude::Run {
  Run(const atrium::AssistantRequest& request, atrium::Stream its_stream, const atrium::JsonTexts& texts)
      : id(request.id()),
        task(request.task()),
        stream(std::move(its_stream)),
        events(texts, [this](std::string_view text) { stream.piece(text); }) {}

  const std::string id;
  const std::uint32_t task;
  atrium::Stream stream;
  MessageEvents events;
  std::string refusal;  // The beginning of the body, which of a refusal is one JSON object.
};

Claude::Claude(atrium::Host host, const atrium::Json& options)
    : host_(host),
      http_(host),
      texts_(host),
      asked_(host, "asked", "Requests to the Messages API."),
      failed_(host, "failed", "Requests to the Messages API that brought no whole answer."),
      busy_(host, "busy", "Questions that were not asked because the API had said that it is busy."),
      model_(options["model"].as_text().value_or("")),
      url_(messages_url(options["base_url"].as_text().value_or("https://api.anthropic.com"))),
      version_(options["anthropic_version"].as_text().value_or("2023-06-01")),
      instructions_(options["instructions"].as_text().value_or("")),
      max_tokens_(static_cast<std::uint32_t>(options["max_tokens"].as_int().value_or(400))),
      timeout_ms_(static_cast<std::uint32_t>(options["timeout"].as_int().value_or(20'000))),
      input_price_(options["input_price"].as_number().value_or(0)),
      output_price_(options["output_price"].as_number().value_or(0)) {
  host.require("http");
  const auto key = atrium::Secrets(host).get("api_key");
  if (!key || key->empty() || key->find_first_of("\r\n") != std::string::npos)
    throw std::runtime_error("there is no key: give it as secrets.api_key");
  key_ = *key;
}

void Claude::open(const atrium::AssistantRequest& request, atrium::Stream stream) {
  if (const std::uint64_t seconds = quiet_seconds(); seconds > 0) {
    busy_.add();
    return stream.fail(ATRIUM_FAILED, "The Messages API is busy and is asked again in " + std::to_string(seconds) + " s.");
  }
  asked_.add();
  {
    const std::lock_guard lock(mutex_);
    awaited_.emplace(request.id());
  }
  const std::uint32_t tokens = std::min(max_tokens_, std::max(16u, request.output_max()));  // None is shorter than a byte.
  const auto run = std::make_shared<Run>(request, std::move(stream), texts_);
  http_.stream(
      {.method = "POST",
       .url = url_,
       .headers =
           {{"content-type", "application/json"}, {"accept", "text/event-stream"}, {"x-api-key", key_}, {"anthropic-version", version_}},
       .body = prompt_body(model_, tokens, instructions_, request.task(), request.context()),
       .timeout_ms = std::min({request.total_ms(), timeout_ms_, ATRIUM_HTTP_TIMEOUT_MS_MAX})},
      [run](std::string_view piece) {
        if (run->refusal.size() < refusal_max) run->refusal.append(piece.substr(0, refusal_max - run->refusal.size()));
        run->events.feed(piece);
      },
      [this, run](const atrium::HttpResponse& response) { end(*run, response); });
}

void Claude::cancel(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (const auto one = awaited_.find(id); one != awaited_.end()) awaited_.erase(one);  // Else it comes after its answer.
}

void Claude::end(Run& run, const atrium::HttpResponse& response) {
  if (!is_awaited(run.id)) return run.stream.fail(ATRIUM_CANCELLED, "Nobody waits for it any more.");
  if (response.outcome != ATRIUM_OK)
    return fail(run, response.outcome == ATRIUM_FULL ? ATRIUM_FAILED : response.outcome,
                "The Messages API did not answer: " + response.why + ".");
  if (response.status == 429 || response.status == 529 || response.status == 503) {
    std::uint64_t seconds = quiet_usual_s;
    const std::string_view told = response.header("retry-after");
    std::from_chars(told.data(), told.data() + told.size(), seconds);
    keep_quiet(seconds);
    return fail(run, ATRIUM_FAILED, "The Messages API is busy (" + std::to_string(response.status) + ")" + error_of(run) + ".");
  }
  if (response.status == 401 || response.status == 403)
    return fail(run, ATRIUM_DENIED,
                "The Messages API does not take the key (" + std::to_string(response.status) + ")" + error_of(run) + ".");
  if (!response.ok())
    return fail(run, response.status < 500 ? ATRIUM_INVALID : ATRIUM_FAILED,
                "The Messages API answered " + std::to_string(response.status) + error_of(run) + ".");
  if (run.events.error_type() == "overloaded_error" || run.events.error_type() == "rate_limit_error") keep_quiet(quiet_usual_s);
  if (!run.events.trouble().empty()) return fail(run, ATRIUM_FAILED, "The Messages API " + run.events.trouble() + ".");
  if (!run.events.ended()) return fail(run, ATRIUM_FAILED, "The Messages API ended in the middle of its answer.");
  run.stream.finish(figures_of(run));
}

void Claude::fail(Run& run, atrium_status status, const std::string& why) {
  failed_.add();
  host_.warning("assistant_failed", why);
  run.stream.fail(status, why);
}

void Claude::keep_quiet(std::uint64_t seconds) {
  const std::uint64_t until = host_.mono_ns() + std::clamp<std::uint64_t>(seconds, 1, quiet_max_s) * second_ns;
  std::uint64_t known = quiet_until_ns_.load();
  while (known < until && !quiet_until_ns_.compare_exchange_weak(known, until)) {
  }
}

std::uint64_t Claude::quiet_seconds() const {
  const std::uint64_t now = host_.mono_ns(), until = quiet_until_ns_.load();
  return now < until ? (until - now + second_ns - 1) / second_ns : 0;
}

// What a refusal says of itself, behind a colon.
std::string Claude::error_of(const Run& run) const {
  std::string told;
  static_cast<void>(texts_.parse(run.refusal, [&](const atrium::Json& refusal) {
    if (const auto message = refusal["error"]["message"].as_text()) told = ": " + message->substr(0, 200);
  }));
  return told;
}

// Asked once for each answer: every request that was sent is answered, so that none of them stays.
bool Claude::is_awaited(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return awaited_.erase(id) > 0;
}

std::string Claude::figures_of(const Run& run) const {
  const MessageEvents& events = run.events;
  char cost[40];
  std::snprintf(
      cost, sizeof cost, "%.6f",
      (static_cast<double>(events.input_tokens()) * input_price_ + static_cast<double>(events.output_tokens()) * output_price_) / 1e6);
  return "{\"model\":" + atrium::json_quoted(model_) + ",\"input_tokens\":" + std::to_string(events.input_tokens()) +
         ",\"output_tokens\":" + std::to_string(events.output_tokens()) + ",\"cost\":" + cost +
         ",\"stop_reason\":" + texts_.quote(events.stop_reason()) + first_word_figure(run.task, events.text()) + "}";
}
