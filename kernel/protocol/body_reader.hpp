#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "protocol/commands.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_index.hpp"
#include "protocol/principal.hpp"

// How what clients send is read (protocol/commands.cpp and the readers of other folders).
namespace atrium {

template <typename Word, std::size_t Count>
std::optional<Word> parseWord(std::string_view text, const std::array<std::string_view, Count>& words) {
  const auto it = std::ranges::find(words, text);
  if (it == words.end()) return std::nullopt;
  return static_cast<Word>(it - words.begin());
}

template <std::size_t Count>
std::string listed(const std::array<std::string_view, Count>& words, std::size_t from = 0) {
  std::string list = "must be one of ";
  for (std::size_t at = from; at < Count; ++at) (list += at == from ? "" : ", ") += words[at];
  return list;
}

[[nodiscard]] inline bool hasControl(std::string_view text, bool lines_allowed) {
  return std::ranges::any_of(text, [lines_allowed](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7F || (byte < 0x20 && !(lines_allowed && (c == '\n' || c == '\t' || c == '\r')));
  });
}

// Reads the members of one object and remembers everything that is wrong with them.
class BodyReader {
 public:
  BodyReader(const JsonView& body, const Principal& caller) : body_(body) {
    if (!body.isObject()) wrong("", "must be an object");
    same("tenant_id", caller.tenant_id);
  }

  void wrong(std::string_view name, std::string message) {
    problems_.push_back({name.empty() ? std::string() : "/" + std::string(name), std::move(message)});
  }

  // A name the request may carry for the seed's sake, but which only the token decides.
  void same(std::string_view name, std::string_view mine) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return;
    std::string scratch;
    if (!value.isString())
      wrong(name, "must be a string");
    else if (value.text(scratch) != mine)
      mismatch_ = std::string(name);
  }

  // A string's decoded text, within its bounds; `absent` when it is not there or null.
  std::optional<std::string> text(std::string_view name, std::size_t least, std::size_t most, bool lines_allowed = false) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    if (!value.isString()) {
      wrong(name, "must be a string");
      return std::nullopt;
    }
    std::string text = value.text();
    if (text.size() < least || text.size() > most) {
      wrong(name, "must have " + std::to_string(least) + " to " + std::to_string(most) + " bytes");
      return std::nullopt;
    }
    if (hasControl(text, lines_allowed)) {
      wrong(name, "must not contain control characters");
      return std::nullopt;
    }
    return text;
  }

  // A short word or id that needs no decoding, as a view into the text; empty when it is not there or null.
  std::string_view plain(std::string_view name, std::size_t most) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return {};
    const std::string_view raw = value.raw();
    if (!value.plain() || raw.size() - 2 > most || raw.size() == 2) {
      wrong(name, "must be a string of 1 to " + std::to_string(most) + " bytes without escapes");
      return {};
    }
    return raw.substr(1, raw.size() - 2);
  }

  JsonView object(std::string_view name) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return {};
    if (!value.isObject()) {
      wrong(name, "must be an object");
      return {};
    }
    if (value.raw().size() > object_max) {
      wrong(name, "must have at most " + std::to_string(object_max) + " bytes");
      return {};
    }
    return value;
  }

  // A finite number within its bounds.
  std::optional<double> number(std::string_view name, double least, double most, std::string_view bounds) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    double number = 0;
    if (!value.number(number) || !(number >= least && number <= most)) {
      wrong(name, "must be a number " + std::string(bounds));
      return std::nullopt;
    }
    return number;
  }

  std::optional<bool> flag(std::string_view name) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    if (!value.isBool()) {
      wrong(name, "must be true or false");
      return std::nullopt;
    }
    return value.boolean(false);
  }

  // A list of texts, each of 1 to `text_most` bytes, at most `most` of them; empty when it is not there.
  std::vector<std::string> texts(std::string_view name, std::size_t most, std::size_t text_most) {
    const JsonView value = body_[name];
    std::vector<std::string> list;
    if (!value.exists() || value.isNull()) return list;
    bool fine = value.isArray() && value.size() <= most;
    for (JsonView one = value.first(); fine && one.exists(); one = one.sibling(value)) {
      list.push_back(one.text());
      fine = one.isString() && !list.back().empty() && list.back().size() <= text_most && !hasControl(list.back(), false);
    }
    if (fine) return list;
    wrong(name, "must be a list of at most " + std::to_string(most) + " texts of 1 to " + std::to_string(text_most) + " bytes");
    return {};
  }

  std::optional<std::uint64_t> integer(std::string_view name, std::int64_t least, std::int64_t most) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    std::int64_t number = 0;
    if (!value.integer(number) || number < least || number > most) {
      wrong(name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(number);
  }

  template <typename Word, std::size_t Count>
  std::optional<Word> oneOf(std::string_view name, const std::array<std::string_view, Count>& words, std::size_t from = 0) {
    const JsonView value = body_[name];
    if (!value.exists() || value.isNull()) return std::nullopt;
    std::string scratch;
    const auto word = parseWord<Word>(value.text(scratch), words);
    if (word && static_cast<std::size_t>(*word) >= from) return word;
    wrong(name, listed(words, from));
    return std::nullopt;
  }

  void needed(std::string_view name, bool there) {
    if (there) return;
    const std::string path = "/" + std::string(name);
    if (std::ranges::none_of(problems_, [&path](const FieldProblem& p) { return p.path == path; })) wrong(name, "is required");
  }

  [[nodiscard]] const JsonView& body() const { return body_; }

  template <typename Command>
  Result<Command> finish(Command command) {
    if (!mismatch_.empty()) return fail(Code::identity_mismatch, mismatch_ + " is not the token's.");
    if (problems_.empty()) return command;
    Error error{Code::validation_failed, problems_.front().path + " " + problems_.front().message, 0, {}};
    error.fields = std::move(problems_);
    return fail(std::move(error));
  }

 private:
  JsonView body_;
  std::vector<FieldProblem> problems_;
  std::string mismatch_;
};

}  // namespace atrium
