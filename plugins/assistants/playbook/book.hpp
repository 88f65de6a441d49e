#pragma once

#include <atrium/plugin.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

// What a playbook knows. Values.
struct Stage {
  std::vector<std::string> tips;  // The most useful first.
  std::string reply;              // What the agent might write; {name} is the lead's first name.
};

struct Objection {
  std::vector<std::string> words;  // In lower case; each a word, or several with blanks between.
  std::string tip;
  std::string reply;
};

struct Book {
  std::map<std::string, Stage, std::less<>> stages;
  std::vector<std::pair<std::string, Objection>> objections;  // The first one that fits counts.
};

// One of those that come with it, with the options' stages and objections. Throws the sentence for the operator.
[[nodiscard]] Book book_from(const atrium::Json& options);
