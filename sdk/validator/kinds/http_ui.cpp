#include "atrium/ext/http_ui.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "config/source_text.hpp"
#include "validator/kinds/views.hpp"

namespace atrium::validate {

namespace {

using namespace std::chrono_literals;

constexpr auto ui_deadline = 2s;

class HttpUiDriver final : public Driver {
 public:
  [[nodiscard]] std::string_view kind() const override { return "http-ui"; }
  [[nodiscard]] const char* extension() const override { return ATRIUM_EXT_HTTP_UI; }

  [[nodiscard]] std::vector<Hook> hooks(const Instance& instance) const override {
    const auto table = instance.table<atrium_http_ui>(extension());
    if (!table || !table->handle) return {};
    return {{.name = "handle", .thread = Thread::worker, .deadline = ui_deadline}};
  }

  void inspect(Check& check, const Instance& instance) const override {
    static constexpr std::string_view rule = "contract.constants";
    atrium_http_ui table{};
    atrium_http_ui_info info{};
    if (!inspectTable(check, *this, instance.rawTable(extension()), table, info)) return;
    if (info.asset_count > ATRIUM_UI_ASSETS_MAX || info.menu_count > ATRIUM_UI_MENU_MAX || info.hook_count > ATRIUM_UI_HOOKS_MAX)
      return check.fail(rule, "assets, menu and hooks within their bounds",
                        fmt::format("{}, {} and {}", info.asset_count, info.menu_count, info.hook_count));
    const auto path = [&check](std::string_view what, const atrium_text& text) {
      if (!viewOf(text).starts_with('/') || !validUtf8(viewOf(text)) || viewOf(text).find("..") != std::string_view::npos)
        check.fail(rule, std::string(what) + " like /index.html", shown(viewOf(text)));
    };
    std::vector<std::string_view> paths;
    for (std::uint32_t n = 0; n < info.asset_count; ++n) {
      const auto asset = Instance::grown<atrium_asset>(info.assets ? info.assets[n] : nullptr);
      if (!asset) return check.fail(rule, fmt::format("asset {}", n), "NULL");
      path("the path of an asset", asset->path);
      if (viewOf(asset->media_type).find('/') == std::string_view::npos)
        check.fail(rule, "media types like text/html", shown(viewOf(asset->media_type)));
      if (asset->body.size > 0 && !asset->body.data) check.fail(rule, "the bytes of an asset", "NULL");
      if (std::ranges::find(paths, viewOf(asset->path)) != paths.end()) check.fail(rule, "one asset a path", shown(viewOf(asset->path)));
      paths.push_back(viewOf(asset->path));
    }
    for (std::uint32_t n = 0; n < info.menu_count; ++n) {
      const auto entry = Instance::grown<atrium_menu_entry>(info.menu ? info.menu[n] : nullptr);
      if (!entry) return check.fail(rule, fmt::format("menu entry {}", n), "NULL");
      path("the path of a menu entry", entry->path);
      if (entry->title.size == 0 || !validUtf8(viewOf(entry->title))) check.fail(rule, "a title of UTF-8", shown(viewOf(entry->title)));
    }
    for (std::uint32_t n = 0; n < info.hook_count; ++n) {
      const auto route = Instance::grown<atrium_hook_route>(info.hooks ? info.hooks[n] : nullptr);
      if (!route) return check.fail(rule, fmt::format("hook {}", n), "NULL");
      path("the path of a hook", route->path);
      if (route->signature > ATRIUM_SIGNATURE_HMAC_SHA256) check.fail(rule, "a signature that exists", fmt::format("{}", route->signature));
      if (route->signature != ATRIUM_SIGNATURE_NONE && (route->header.size == 0 || route->secret.size == 0))
        check.fail(rule, "the header and the secret of a signed hook", "none");
    }
    if (info.hook_count > 0 && !table.handle) check.fail("contract.hooks", "handle(), which its hooks need", "NULL");
  }

  [[nodiscard]] std::string input(InputMaker& maker, const Hook& hook) const override {
    static constexpr std::string_view methods[] = {"GET", "POST", "PUT", "DELETE"};
    return fmt::format(
        R"({{"hook":"{}","by_hook":{},"method":"{}","path":{},"query":{},"headers":{{"content-type":"application/json","x-request-id":{}}},"body":{},"caller":{}}})",
        hook.name, maker.oneIn(2) ? 1 + maker.below(ATRIUM_UI_HOOKS_MAX) : 0, maker.pick(methods),
        maker.oneIn(2) ? "\"/\"" : maker.text(0, 100), maker.text(0, 100), maker.text(0, 60),
        maker.oneIn(2) ? maker.object() : maker.text(), maker.user());
  }

  [[nodiscard]] Answer call(Call& call) const override {
    const auto table = *call.instance.table<atrium_http_ui>(extension());
    const JsonView in = call.input;
    const atrium_hook_route* route = routeOf(table, numberOf(in["by_hook"]));
    std::vector<atrium_http_field> headers;
    std::string scratch;
    const JsonView list = in["headers"];
    for (JsonView h = list.first(); h.exists() && headers.size() < ATRIUM_UI_HEADERS_MAX; h = h.sibling(list))
      headers.push_back({call.loan.text(h.key(scratch)), lendText(call, h)});
    std::string path = in["path"].text();
    if (!path.starts_with('/')) path.insert(0, "/");
    if (route) path = viewOf(route->path);
    // An object is a body of JSON, a text one of other bytes.
    std::string body = in["body"].isString() ? in["body"].text() : std::string(in["body"].raw());
    body.resize(std::min<std::size_t>(body.size(), ATRIUM_UI_BODY_MAX));
    const auto* request = call.loan.put(atrium_ui_request{.struct_size = sizeof(atrium_ui_request),
                                                          .hook = route ? 1U : 0U,
                                                          .method = route ? call.loan.text("POST") : lendText(call, in["method"]),
                                                          .path = call.loan.text(path),
                                                          .query = lendText(call, in["query"]),
                                                          .headers = call.loan.put(std::span<const atrium_http_field>(headers)),
                                                          .header_count = static_cast<std::uint32_t>(headers.size()),
                                                          .reserved = 0,
                                                          .body = call.loan.text(body),
                                                          .caller = route ? nullptr : lendUser(call, in["caller"]),
                                                          .tenant_id = route ? atrium_text{} : call.loan.text("tenant_a")});
    Response response{call.check, {}, 200, 0};
    const auto* lent = call.loan.put(atrium_ui_response{.struct_size = sizeof(atrium_ui_response),
                                                        .reserved = 0,
                                                        .context = &response,
                                                        .status = status,
                                                        .header = header,
                                                        .write = write});
    Answer answer = call.run([&] { return table.handle(call.self(), request, lent); });
    if (answer.status == ATRIUM_OK) answer.said = fmt::format("{}:{}", response.status, response.said);
    return answer;
  }

 private:
  // The hook route that a request comes by, which `number` from 1 chooses among those it has; null: by none.
  static const atrium_hook_route* routeOf(const atrium_http_ui& table, std::uint64_t number) {
    const auto info = *Instance::grown<atrium_http_ui_info>(table.info);
    return number == 0 || info.hook_count == 0 ? nullptr : info.hooks[(number - 1) % info.hook_count];
  }

  struct Response {
    Check& check;
    std::string said;
    std::uint32_t status;
    std::uint64_t size;
  };
  static void status(void* context, std::uint32_t status) {
    auto& response = *static_cast<Response*>(context);
    response.status = status;
    if (status < 200 || status > 599 || status == 304)
      response.check.fail("http-ui.response", "a status of 200 to 599 but 304", fmt::format("{}", status));
  }
  static void header(void* context, atrium_text name, atrium_text value) {
    auto& response = *static_cast<Response*>(context);
    const auto broken = [](std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos; };
    if (name.size == 0 || broken(viewOf(name)) || broken(viewOf(value)))
      response.check.fail("http-ui.response", "headers on one line, with a name", shown(viewOf(name)) + ": " + shown(viewOf(value)));
    response.said += fmt::format("{}={};", viewOf(name), viewOf(value));
  }
  static void write(void* context, const void* data, std::uint64_t size) {
    auto& response = *static_cast<Response*>(context);
    response.size += size;
    if (response.size > ATRIUM_UI_BODY_MAX)
      return response.check.fail("http-ui.response", fmt::format("at most {} bytes", ATRIUM_UI_BODY_MAX), "more");
    response.said.append(static_cast<const char*>(data), size);
  }
};

}  // namespace

const Driver& httpUiDriver();
const Driver& httpUiDriver() {
  static const HttpUiDriver driver;
  return driver;
}

}  // namespace atrium::validate
