#include "plugin/quarantine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/read_all.hpp"
#include "plugin/replace_file.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/json_writer.hpp"

namespace atrium {

namespace {

constexpr std::uint64_t format_version = 1;

std::optional<std::vector<QuarantinedFile>> read(const std::string& text) {
  const auto document = JsonDocument::parse(text);
  if (!document || document->root()["version"].raw() != std::to_string(format_version)) return std::nullopt;
  std::vector<QuarantinedFile> files;
  const JsonView items = document->root()["items"];
  for (JsonView item = items.first(); item.exists(); item = item.sibling(items)) {
    std::uint64_t since_ms = 0;
    const std::string_view digits = item["since_ms"].raw();
    std::from_chars(digits.data(), digits.data() + digits.size(), since_ms);
    QuarantinedFile file{item["plugin"].text(), item["sha256"].text(), item["reason"].text(), item["by"].text(), fromMillis(since_ms)};
    if (file.plugin.empty() || file.sha256.empty()) return std::nullopt;
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

Quarantine Quarantine::open(std::filesystem::path file, std::string& damage) {
  Quarantine quarantine(std::move(file));
  if (quarantine.file_.empty()) return quarantine;
  const std::filesystem::path aside = quarantine.file_.string() + ".damaged";
  if (!putAsideUnlessRegular(quarantine.file_)) {
    std::ifstream in(quarantine.file_, std::ios::binary);
    if (!in) return quarantine;
    if (auto files = read(readAll(in))) {
      quarantine.files_ = *std::move(files);
      return quarantine;
    }
    std::error_code ignored;
    std::filesystem::rename(quarantine.file_, aside, ignored);
  }
  damage = fmt::format("the list of quarantined plugins cannot be understood and was moved to {}", aside.string());
  return quarantine;
}

const QuarantinedFile* Quarantine::find(std::string_view plugin, std::string_view sha256) const {
  const auto found = std::ranges::find_if(files_, [&](const QuarantinedFile& one) { return one.plugin == plugin && one.sha256 == sha256; });
  return found == files_.end() ? nullptr : &*found;
}

Result<void> Quarantine::add(QuarantinedFile file) {
  if (find(file.plugin, file.sha256)) return {};
  if (files_.size() == files_max) files_.erase(files_.begin());
  files_.push_back(std::move(file));
  return write();
}

Result<bool> Quarantine::lift(std::string_view plugin) {
  if (std::erase_if(files_, [&](const QuarantinedFile& one) { return one.plugin == plugin; }) == 0) return false;
  if (auto written = write(); !written) return fail(std::move(written.error()));
  return true;
}

Result<void> Quarantine::write() const {
  if (file_.empty()) return {};
  std::string text;
  JsonWriter<std::string> json(text);
  json.begin('{').key("version").value(format_version).key("items").begin('[');
  for (const QuarantinedFile& one : files_) {
    json.begin('{').key("plugin").value(std::string_view(one.plugin)).key("sha256").value(std::string_view(one.sha256));
    json.key("reason").value(std::string_view(one.reason)).key("by").value(std::string_view(one.by));
    json.key("since_ms").value(toMillis(one.since)).end('}');
  }
  json.end(']').end('}');
  return replaceFile(file_, text + "\n");
}

}  // namespace atrium
