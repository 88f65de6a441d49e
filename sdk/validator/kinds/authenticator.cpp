#include "atrium/ext/authenticator.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/source_text.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto authenticator_deadline = 500ms;
constexpr std::size_t id_max = 128;
constexpr std::uint32_t cache_max = 3600;
// Shorter tokens may well be part of a sentence by chance.
constexpr std::size_t secret_min = 12;

class AuthenticatorDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "authenticator"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_AUTHENTICATOR; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_authenticator>(extension());
    if (!table || !table->authenticate) return {};
    return {{.name = "authenticate", .thread = Thread::worker, .deadline = authenticator_deadline}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    atrium_authenticator table{};
    atrium_authenticator_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (!table.authenticate) check.fail("contract.hooks", "authenticate", "NULL");
  }

  // Things that look like tokens of several kinds, whole and broken; a plugin knows few of them.
  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    static constexpr std::string_view tokens[] = {
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbmEifQ.",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiJhbmEiLCJleHAiOjE5OTk5OTk5OTl9.c2lnbmF0dXJl",
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
        "...............",
        "tenant_a:ana:an opaque token",
        "e30.e30.e30",
    };
    const std::string token = maker.oneIn(2) ? fmt::format("\"{}\"", maker.pick(tokens)) : maker.text(1, ATRIUM_TOKEN_MAX);
    return fmt::format(R"({{"hook":"{}","token":{},"now_ms":{}}})", hook.name, token, FakeHost::wall_start_ms + maker.below(1000));
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_authenticator>(extension());
    std::string token = call.input["token"].text();
    if (token.empty()) token = "x";
    token.resize(std::min<std::size_t>(token.size(), ATRIUM_TOKEN_MAX));
    while (!validUtf8(token)) token.pop_back();
    const atrium_text lent = call.loan.text(token);
    const std::uint64_t now = numberOf(call.input["now_ms"], FakeHost::wall_start_ms);
    Accepted accepted{call.check, now, 0, {}};
    Collector error(64 * 1024);
    Answer answer = call.run([&] { return table.authenticate(call.self(), lent, now, accept, &accepted, error.sink()); });
    const unsigned expected = answer.status == ATRIUM_OK ? 1 : 0;
    if (accepted.count != expected)
      call.check.fail("authenticator.accept", fmt::format("{} accept() with status {}", expected, answer.status),
                      fmt::format("{}", accepted.count));
    if (!validUtf8(error.text())) call.check.fail("authenticator.secrecy", "a reason of UTF-8", shown(error.text()));
    if (token.size() >= secret_min && error.text().find(token) != std::string::npos)
      call.check.fail("authenticator.secrecy", "a reason without the token", "one that repeats it");
    answer.said = std::move(accepted.said);
    return answer;
  }

 private:
  struct Accepted {
    Check& check;
    std::uint64_t now_ms;
    unsigned count;
    std::string said;
  };

  static void accept(void* context, const atrium_principal* raw) {
    static constexpr std::string_view rule = "authenticator.principal";
    auto& accepted = *static_cast<Accepted*>(context);
    Check& check = accepted.check;
    ++accepted.count;
    const auto principal = Instance::grown<atrium_principal>(raw);
    if (!principal) return check.fail(rule, "a principal", "NULL");
    const auto isId = [](const atrium_text& id) {
      return id.size >= 1 && id.size <= id_max && id.data && validUtf8(viewOf(id)) &&
             std::ranges::none_of(viewOf(id), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    };
    if (!isId(principal->tenant_id))
      check.fail(rule, fmt::format("a tenant of 1 to {} bytes", id_max), shown(viewOf(principal->tenant_id)));
    if (!isId(principal->user_id)) check.fail(rule, fmt::format("a user of 1 to {} bytes", id_max), shown(viewOf(principal->user_id)));
    if (!validUtf8(viewOf(principal->display_name))) check.fail(rule, "a name of UTF-8", shown(viewOf(principal->display_name)));
    if (principal->roles == 0 || (principal->roles & ~roles_known) != 0)
      check.fail(rule, "at least one role that exists", fmt::format("{:#x}", principal->roles));
    if (principal->expires_at_ms <= accepted.now_ms)
      check.fail(rule, fmt::format("an end after {}", accepted.now_ms), fmt::format("{}", principal->expires_at_ms));
    if (principal->cache_seconds > cache_max)
      check.fail(rule, fmt::format("cache_seconds of at most {}", cache_max), fmt::format("{}", principal->cache_seconds));
    accepted.said += fmt::format("{}/{}/{:#x};", viewOf(principal->tenant_id), viewOf(principal->user_id), principal->roles);
  }
};

}  // namespace

const Driver& authenticatorDriver();
const Driver& authenticatorDriver() {
  static const AuthenticatorDriver driver;
  return driver;
}

}  // namespace atrium::validate
