#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "protocol/json_index.hpp"

namespace atrium {

// A message's metadata as one hook wants it: its annotations in place of members of the same name, then its patches in the order they were
// said (atrium_reply in room.h tells what they may do). `metadata` is an object or absent; the result is the text of an object. Fails with
// plugin_failed and half a sentence when a patch cannot be applied.
[[nodiscard]] Result<std::string> changedMetadata(JsonIndexer& indexer, const JsonView& metadata,
                                                  const std::vector<std::pair<std::string, std::string>>& annotations,
                                                  const std::vector<std::pair<std::string, std::string>>& patches);

// Whether `path` is a JSON pointer to "/metadata" or below.
[[nodiscard]] bool isMetadataPath(std::string_view path);

}  // namespace atrium
