#include "validator/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/json_writer.hpp"

namespace atrium::validate {

namespace {

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kept: return "kept";
    case Verdict::broken: return "broken";
    default: return "skipped";
  }
}

// XML 1.0 has no way to write control characters.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

}  // namespace

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count(results, verdict, &RuleResult::verdict));
}

std::string asText(const Report& report, bool verbose) {
  std::string out;
  for (const RuleResult& result : report.results) {
    if (result.verdict == Verdict::broken)
      out += fmt::format("{}  {}\n    expected  {}\n    came      {}\n    written   {}\n    repeat    {}\n", result.rule->id,
                         result.rule->sentence, result.expected, result.came, result.rule->written, result.repeat);
    else if (verbose)
      out += fmt::format("{}  {}{}\n", result.rule->id, word(result.verdict),
                         result.calls > 0      ? fmt::format(", {} calls", result.calls)
                         : result.came.empty() ? ""
                                               : ": " + result.came);
  }
  const std::string name = report.id.empty() ? report.plugin : fmt::format("{} {}", report.id, report.version);
  return out + fmt::format("{}: {} rules kept, {} broken, {} skipped in {:.1f} s\n", name, report.count(Verdict::kept),
                           report.count(Verdict::broken), report.count(Verdict::skipped), report.seconds);
}

std::string asJson(const Report& report) {
  std::string out;
  JsonWriter json(out);
  json.begin('{').key("plugin").value(report.plugin).key("id").value(report.id).key("version").value(report.version);
  json.key("kept").value(report.count(Verdict::kept)).key("broken").value(report.count(Verdict::broken));
  json.key("skipped").value(report.count(Verdict::skipped)).key("seconds").value(report.seconds).key("rules").begin('[');
  for (const RuleResult& result : report.results) {
    json.begin('{').key("id").value(result.rule->id).key("level").value(result.rule->level).key("verdict").value(word(result.verdict));
    if (result.calls > 0) json.key("calls").value(result.calls);
    if (result.verdict != Verdict::kept) json.key("came").value(result.came);
    if (result.verdict == Verdict::broken) {
      json.key("sentence").value(result.rule->sentence).key("expected").value(result.expected);
      json.key("written").value(result.rule->written).key("repeat").value(result.repeat);
    }
    json.end('}');
  }
  json.end(']').end('}');
  return out + "\n";
}

std::string asJunit(const Report& report) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
      xml(report.id.empty() ? report.plugin : report.id), report.results.size(), report.count(Verdict::broken),
      report.count(Verdict::skipped), report.seconds);
  for (const RuleResult& result : report.results) {
    out += fmt::format("  <testcase classname=\"{}\" name=\"{}\"", xml(levelName(result.rule->level)), xml(result.rule->id));
    if (result.verdict == Verdict::kept)
      out += "/>\n";
    else if (result.verdict == Verdict::skipped)
      out += fmt::format("><skipped message=\"{}\"/></testcase>\n", xml(result.came));
    else
      out += fmt::format("><failure message=\"{}\">{}</failure></testcase>\n", xml(result.rule->sentence),
                         xml(fmt::format("expected {}\ncame {}\nwritten {}\nrepeat {}", result.expected, result.came, result.rule->written,
                                         result.repeat)));
  }
  return out + "</testsuite>\n";
}

}  // namespace atrium::validate
