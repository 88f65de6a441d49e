// Requests that two readers of the same bytes could cut differently. Each is refused, however it arrives, and never waited for.
#include <gtest/gtest.h>

#include "parse_support.hpp"
#include "protocol/errors.hpp"

namespace atrium {
namespace {

using namespace std::string_literals;

struct BadRequest {
  const char* name;
  std::string bytes;
  int status = 400;
};
void PrintTo(const BadRequest& request, std::ostream* out) { *out << request.name; }

std::string getWith(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n"; }
std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n" + std::string(body);
}
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }

const BadRequest bad_requests[] = {
    // Two framings, or one that says two things.
    {"length_and_coding", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG")},
    {"coding_and_length", post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\nG")},
    {"two_lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "12345G")},
    {"two_equal_lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "12345")},
    {"length_list", post("Content-Length: 5, 5\r\n", "12345")},
    {"length_list_of_two", post("Content-Length: 5, 6\r\n", "12345G")},
    {"length_plus", post("Content-Length: +5\r\n", "12345")},
    {"length_minus", post("Content-Length: -5\r\n", "12345")},
    {"length_hex", post("Content-Length: 0x5\r\n", "12345")},
    {"length_fraction", post("Content-Length: 5.0\r\n", "12345")},
    {"length_exponent", post("Content-Length: 1e1\r\n", "1234567890")},
    {"length_inner_space", post("Content-Length: 1 0\r\n", "1234567890")},
    {"length_empty", post("Content-Length:\r\n", "12345")},
    {"length_word", post("Content-Length: five\r\n", "12345")},
    {"length_quoted", post("Content-Length: \"5\"\r\n", "12345")},
    {"length_overflow", post("Content-Length: 18446744073709551621\r\n", "12345")},
    {"length_19_digits", post("Content-Length: 9999999999999999999\r\n", "12345")},
    {"length_name_space", post("Content-Length : 5\r\n", "12345")},
    {"length_name_tab", post("Content-Length\t: 5\r\n", "12345")},
    {"length_vertical_tab", post("Content-Length: \v5\r\n", "12345")},
    {"coding_name_space", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")},
    {"coding_unknown", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
    {"coding_suffix", post("Transfer-Encoding: chunkedx\r\n", "0\r\n\r\n")},
    {"coding_identity", post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "12345")},
    {"coding_identity_alone", post("Transfer-Encoding: identity\r\n", "12345")},
    {"coding_gzip_chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
    {"coding_chunked_identity", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
    {"coding_twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
    {"coding_twice_in_list", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")},
    {"coding_second_field", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")},
    {"coding_empty", post("Transfer-Encoding:\r\n", "0\r\n\r\n")},
    {"coding_empty_and_length", post("Transfer-Encoding: \r\nContent-Length: 5\r\n", "12345")},
    {"coding_quoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")},
    {"coding_parameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n")},
    {"coding_vertical_tab", post("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n")},
    {"coding_high_byte", post("Transfer-Encoding: chunked\xA0\r\n", "0\r\n\r\n")},
    {"coding_folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
    {"coding_on_1_0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    // Chunks.
    {"chunk_prefix_0x", chunked("0x5\r\n12345\r\n0\r\n\r\n")},
    {"chunk_minus", chunked("-1\r\n1\r\n0\r\n\r\n")},
    {"chunk_plus", chunked("+1\r\n1\r\n0\r\n\r\n")},
    {"chunk_not_hex", chunked("g\r\n1\r\n0\r\n\r\n")},
    {"chunk_empty_size", chunked("\r\n1\r\n0\r\n\r\n")},
    {"chunk_17_digits", chunked("00000000000000001\r\n1\r\n0\r\n\r\n")},
    {"chunk_overflow", chunked("10000000000000001\r\n1\r\n0\r\n\r\n"), 413},
    {"chunk_space_before", chunked(" 1\r\n1\r\n0\r\n\r\n")},
    {"chunk_space_behind", chunked("1 \r\n1\r\n0\r\n\r\n")},
    {"chunk_no_line_end", chunked("1\r\n1X0\r\n\r\n")},
    {"chunk_longer_than_said", chunked("1\r\n12\r\n0\r\n\r\n")},
    {"chunk_bare_lf_behind_size", chunked("1\n1\r\n0\r\n\r\n")},
    {"chunk_bare_lf_behind_data", chunked("1\r\n1\n0\r\n\r\n")},
    {"chunk_bare_cr_behind_data", chunked("1\r\n1\rX0\r\n\r\n")},
    {"chunk_extension_lf", chunked("1;a\n1\r\n0\r\n\r\n")},
    {"chunk_extension_nul", chunked("1;a\0b\r\n1\r\n0\r\n\r\n"s)},
    {"chunk_last_bare_lf", chunked("0\n\n")},
    {"chunk_last_line_bare_lf", chunked("0\r\n\n")},
    {"trailer_length", chunked("0\r\nContent-Length: 5\r\n\r\n")},
    {"trailer_coding", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n")},
    {"trailer_host", chunked("0\r\nHost: y\r\n\r\n")},
    {"trailer_without_colon", chunked("0\r\nX\r\n\r\n")},
    {"trailer_space_in_name", chunked("0\r\nX : y\r\n\r\n")},
    {"trailer_folded", chunked("0\r\nX: y\r\n z\r\n\r\n")},
    {"trailer_bare_lf", chunked("0\r\nX: y\n\r\n")},
    // Lines.
    {"bare_lf_lines", "GET / HTTP/1.1\nHost: x\n\n"},
    {"bare_lf_in_header", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"},
    {"bare_lf_at_the_end", "GET / HTTP/1.1\r\nHost: x\r\n\n"},
    {"bare_cr_in_header", getWith("X: a\rContent-Length: 5\r\n")},
    {"bare_cr_in_request_line", "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"double_cr", "GET / HTTP/1.1\r\r\nHost: x\r\n\r\n"},
    {"folded_line", getWith("X: a\r\n b\r\n")},
    {"folded_line_tab", getWith("X: a\r\n\tb\r\n")},
    {"folded_first_line", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
    {"folded_host", "GET / HTTP/1.1\r\nX: a\r\n Host: x\r\nHost: y\r\n\r\n"},
    {"header_without_colon", getWith("X\r\n")},
    {"header_without_name", getWith(": y\r\n")},
    {"header_name_space", getWith("X Y: z\r\n")},
    {"header_name_space_before_colon", getWith("X : z\r\n")},
    {"header_name_high_byte", getWith("X\xFF: z\r\n")},
    {"header_name_bracket", getWith("X[]: z\r\n")},
    {"nul_in_value", getWith("X: a\0b\r\n"s)},
    {"nul_in_name", getWith("X\0: a\r\n"s)},
    {"nul_in_target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"s},
    {"escape_in_value", getWith("X: \x1B[0m\r\n")},
    {"delete_in_value", getWith("X: \x7F\r\n")},
    // Host.
    {"no_host", "GET / HTTP/1.1\r\n\r\n"},
    {"two_hosts", getWith("Host: y\r\n")},
    {"two_equal_hosts", getWith("Host: x\r\n")},
    {"two_hosts_1_0", "GET / HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n"},
    {"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
    {"host_list", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n"},
    {"host_with_space", "GET / HTTP/1.1\r\nHost: x y\r\n\r\n"},
    {"host_with_user", "GET / HTTP/1.1\r\nHost: a@x\r\n\r\n"},
    {"host_with_path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"},
    {"host_against_target", "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"},
    // The request line.
    {"version_0_9", "GET /\r\n"},
    {"version_0_9_with_host", "GET /\r\nHost: x\r\n\r\n"},
    {"version_1_2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
    {"version_2_0", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
    {"version_9_9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505},
    {"version_http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"version_two_digits", "GET / HTTP/1.10\r\nHost: x\r\n\r\n"},
    {"version_comma", "GET / HTTP/1,1\r\nHost: x\r\n\r\n"},
    {"version_lower_case", "GET / http/1.1\r\nHost: x\r\n\r\n"},
    {"version_other_protocol", "GET / RTSP/1.0\r\nHost: x\r\n\r\n"},
    {"version_space_behind", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n"},
    {"version_glued", "GET /HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"two_versions", "GET / HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_with_space", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_with_tab", "GET /a\tb HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_high_byte", "GET /\xC3\xA9 HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_relative", "GET a HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_missing", "GET HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"target_other_scheme", "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"tab_for_space", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"space_before_method", " GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"two_blank_lines_before", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"method_lower_case", "get / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"method_unknown", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"method_connect", "CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n", 501},
    {"method_trace", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"method_prefix", "GETX / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"tls_hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"s},
    {"expectation", getWith("Expect: 200-ok\r\n"), 417},
};

class Smuggling : public testing::TestWithParam<BadRequest> {
 protected:
  void expectRefused(const std::vector<std::size_t>& cuts) const {
    const ParseOutcome outcome = parseInPieces(GetParam().bytes, cuts, {});
    ASSERT_TRUE(outcome.refused) << (outcome.midway ? "it waits for more" : "it was accepted");
    EXPECT_EQ(info(outcome.refusal.code).http_status, GetParam().status) << outcome.refusal.detail;
    EXPECT_TRUE(outcome.requests.empty());
  }
};

TEST_P(Smuggling, isRefusedHoweverItArrives) {
  const auto positions = everyPosition(GetParam().bytes);
  expectRefused({});
  expectRefused(positions);
  for (const std::size_t cut : positions) expectRefused({cut});
}

INSTANTIATE_TEST_SUITE_P(Corpus, Smuggling, testing::ValuesIn(bad_requests), [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace atrium
