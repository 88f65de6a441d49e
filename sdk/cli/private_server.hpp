#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/cli.hpp"
#include "cli/process.hpp"
#include "cli/project.hpp"

namespace atrium {

// A server of an author's own: atriumd from this SDK on a free port of 127.0.0.1, with the plugins that come with it and the project's,
// keeping its data in a temporary folder that goes with the object. One thread.
class PrivateServer {
 public:
  // `extra` is a configuration that is read first, for as long as it is there; empty: none. Fails with plugin_failed when the folder cannot
  // be made.
  [[nodiscard]] static Result<std::unique_ptr<PrivateServer>> make(const Project& project, std::filesystem::path extra,
                                                                   const CliContext& context);
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  // Starts the program with `plugins` switched on by name; it is up once a line of read() sets url(). Ends one that runs first, in order.
  [[nodiscard]] Result<void> start(const std::vector<BuiltPlugin>& plugins);
  void stop();
  // Whether the configuration that start() was given reads otherwise now.
  [[nodiscard]] bool configurationChanged() const;

  [[nodiscard]] bool runs() const { return process_.has_value(); }
  // To be polled while it runs.
  [[nodiscard]] int output() const { return process_->output(); }
  // Takes what the server wrote since, and hands each line that an author wants to see to `tell`. Notices its end.
  void read(const std::function<void(std::string_view line)>& tell);

  // Empty until it listens.
  [[nodiscard]] const std::string& url() const { return url_; }
  // A token for this server, good for a day.
  [[nodiscard]] std::string token(std::string_view user, std::string_view role) const;

 private:
  PrivateServer(const Project& project, std::filesystem::path extra, const CliContext& context);
  [[nodiscard]] std::string configuration(const std::vector<BuiltPlugin>& plugins) const;
  [[nodiscard]] std::vector<std::string> variables() const;
  [[nodiscard]] std::string extraText() const;
  [[nodiscard]] std::string withAuthorsFile(const std::string& line) const;

  const Project& project_;
  const CliContext& context_;
  std::filesystem::path extra_;
  std::string extra_read_;  // What it said when the server was started.
  std::filesystem::path directory_;
  std::string secret_;
  std::optional<Process> process_;
  std::string unfinished_;  // A line that has no end yet.
  std::string url_;
  std::string port_ = "0";
};

// A line of a server's log as a person reads it; empty when it says nothing an author wants to know.
[[nodiscard]] std::string readableLogLine(std::string_view line);

}  // namespace atrium
