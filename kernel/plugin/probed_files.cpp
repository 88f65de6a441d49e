#include "plugin/probed_files.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include "plugin/replace_file.hpp"

namespace atrium {

namespace {

constexpr std::size_t hex_size = 64;  // In hexadecimal.

bool isDigest(std::string_view line) {
  return line.size() == hex_size && line.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

ProbedFiles::ProbedFiles(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.empty() || putAsideUnlessRegular(file_)) return;
  std::ifstream in(file_);
  for (std::string line; files_.size() < files_max && std::getline(in, line);)
    if (isDigest(line) && !contains(line)) files_.push_back(std::move(line));
}

bool ProbedFiles::contains(std::string_view sha256) const { return std::ranges::find(files_, sha256) != files_.end(); }

void ProbedFiles::add(std::string sha256) {
  if (contains(sha256)) return;
  if (files_.size() == files_max) files_.pop_front();
  files_.push_back(std::move(sha256));
  changed_ = true;
}

Result<void> ProbedFiles::keep() {
  if (file_.empty() || !std::exchange(changed_, false)) return {};
  std::string text;
  for (const std::string& file : files_) text.append(file).append("\n");
  return replaceFile(file_, text);
}

}  // namespace atrium
