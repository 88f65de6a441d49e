#include "cli/private_server.hpp"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "auth/mint.hpp"
#include "base/read_all.hpp"
#include "config/settings_table.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

namespace {

namespace fs = std::filesystem;

std::string randomHex() {
  std::array<unsigned char, 32> bytes{};
  std::string text;
  if (::getrandom(bytes.data(), bytes.size(), 0) != ssize_t{32}) return {};
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// A path as YAML reads it back, whatever stands in it.
std::string quoted(const fs::path& path) {
  std::string text = "'";
  for (const char c : path.string()) text += c == '\'' ? "''" : std::string(1, c);
  return text + "'";
}

}  // namespace

std::string readableLogLine(std::string_view line) {
  if (!line.starts_with('{')) return std::string(line);
  const auto entry = JsonDocument::parse(line);
  if (!entry) return std::string(line);
  const JsonView root = entry->root();
  const std::string level = root["level"].text();
  const std::string event = root["event"].text();
  // A plugin's own words come as `plugin_event` and `message`.
  if (root["plugin_event"].isString())
    return fmt::format("  {} {}: {} {}", level, event, root["plugin_event"].text(), root["message"].text());
  // An old generation goes with every swap, and all of them with a start that fails.
  const bool goes_in_order = event == "plugin.unloaded" && root["reason"].text().empty();
  const bool about_plugins = event.starts_with("plugin.") && event != "plugin.active" && !goes_in_order;
  if (level != "warning" && level != "error" && !about_plugins) return {};
  std::string words = fmt::format("  {} {}", level, event);
  std::string scratch;
  for (JsonView field = root.first(); field.exists(); field = field.sibling(root))
    if (const std::string_view key = field.key(scratch);
        key != "time" && key != "level" && key != "event" && !(field.isString() && field.text().empty()))
      words += fmt::format(" {}={}", key, field.isString() ? field.text() : std::string(field.raw()));
  return words;
}

PrivateServer::PrivateServer(const Project& project, fs::path extra, const CliContext& context)
    : project_(project), context_(context), extra_(std::move(extra)), secret_(randomHex()) {}

Result<std::unique_ptr<PrivateServer>> PrivateServer::make(const Project& project, fs::path extra, const CliContext& context) {
  std::unique_ptr<PrivateServer> server(new PrivateServer(project, std::move(extra), context));
  std::error_code problem;
  std::string pattern = (fs::temp_directory_path(problem) / "atrium-dev-XXXXXX").string();
  if (problem || ::mkdtemp(pattern.data()) == nullptr)
    return fail(Code::plugin_failed, "no temporary folder can be made: " + std::generic_category().message(errno));
  server->directory_ = pattern;
  return server;
}

PrivateServer::~PrivateServer() {
  stop();
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

std::string PrivateServer::configuration(const std::vector<BuiltPlugin>& plugins) const {
  std::string text;
  std::error_code absent;
  if (!extra_.empty() && fs::exists(extra_, absent)) text += fmt::format("include: [{}]\n", quoted(fs::absolute(extra_)));
  text += fmt::format("server: {{host: 127.0.0.1, port: {}, data_dir: {}}}\n", port_, quoted(directory_ / "data"));
  text += fmt::format("auth: {{jwt_secret: {}}}\n", secret_);
  text += fmt::format("plugins:\n  directories: [{}, {}]\n  use:\n", quoted(context_.root / "plugins"), quoted(project_.pluginDirectory()));
  std::string storage = "sqlite";
  for (const BuiltPlugin& plugin : plugins) {
    text += fmt::format("    {}: {{enabled: true}}\n", plugin.manifest.id);
    if (plugin.manifest.has("storage-backend")) storage = plugin.manifest.id;
  }
  return text + fmt::format("storage: {{backend: {}, allow_less_durable: true}}\n", storage);
}

// A variable overrides the file, and the author's shell may have those of another server: each has the value of this one, or is empty,
// which the server passes over. Those that a configuration names for itself are left as they are.
std::vector<std::string> PrivateServer::variables() const {
  const std::map<std::string_view, std::string> own = {
      {"JWT_SECRET_KEY", secret_}, {"ATRIUM_PORT", port_}, {"ATRIUM_DATA_DIR", (directory_ / "data").string()}};
  std::vector<std::string> variables;
  for (const auto& row : settingsTable()) {
    if (row.environment.empty()) continue;
    const auto value = own.find(row.environment);
    variables.push_back(fmt::format("{}={}", row.environment, value == own.end() ? "" : value->second));
  }
  return variables;
}

Result<void> PrivateServer::start(const std::vector<BuiltPlugin>& plugins) {
  stop();
  const fs::path config = directory_ / "atrium.yaml";
  extra_read_ = extraText();
  std::ofstream file(config, std::ios::trunc);
  file << configuration(plugins);
  if (!file.flush()) return fail(Code::plugin_failed, config.string() + " cannot be written: is the disk full?");
  file.close();
  auto process =
      Process::start({.command = {(context_.root / "bin" / "atriumd").string(), "--config", config.string()}, .variables = variables()});
  if (!process) return fail(process.error());
  process_ = *std::move(process);
  return {};
}

std::string PrivateServer::extraText() const {
  std::ifstream file(extra_, std::ios::binary);
  return extra_.empty() || !file ? std::string() : readAll(file);
}

bool PrivateServer::configurationChanged() const { return extraText() != extra_read_; }

void PrivateServer::stop() {
  if (!process_) return;
  process_->terminate();
  process_->wait();
  process_.reset();
  url_.clear();
  unfinished_.clear();
}

// What is missing is told at a place of the configuration that was made here; the author writes it into a file of their own.
std::string PrivateServer::withAuthorsFile(const std::string& line) const {
  const std::string made = (directory_ / "atrium.yaml").string();
  const auto at = line.find(made);
  if (at == std::string::npos) return line;
  const auto end = line.find_first_not_of("0123456789:", at + made.size());
  const fs::path file = extra_.empty() ? project_.directory() / "dev.yaml" : extra_;
  return fmt::format("{}{}:{}", line.substr(0, at), file.string(), end == std::string::npos ? "" : line.substr(end));
}

void PrivateServer::read(const std::function<void(std::string_view line)>& tell) {
  bool ended = false;
  unfinished_ += process_->read(ended);
  std::size_t at = 0;
  for (std::size_t end = 0; (end = unfinished_.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string_view line = std::string_view(unfinished_).substr(at, end - at);
    static constexpr std::string_view listening = "listening on ";
    if (line.starts_with(listening)) {
      url_ = line.substr(listening.size());
      port_ = url_.substr(url_.rfind(':') + 1);  // Kept when it is started again, so that clients find it.
    } else if (const std::string words = readableLogLine(line); !words.empty() && !line.starts_with("storage: ")) {
      tell(withAuthorsFile(words));
    }
  }
  unfinished_.erase(0, at);
  if (!ended) return;
  process_->wait();
  process_.reset();
  url_.clear();
}

std::string PrivateServer::token(std::string_view user, std::string_view role) const {
  std::string name(user);
  if (!name.empty()) name.front() = static_cast<char>(name.front() - 'a' + 'A');
  const TokenClaims claims{.tenant_id = "demo",
                           .user_id = std::string(user),
                           .name = std::move(name),
                           .roles = {std::string(role)},
                           .issuer = {},
                           .audience = {},
                           .lifetime = std::chrono::hours{24}};
  return mintToken(claims, secret_, SystemClock().now().wall);
}

}  // namespace atrium
