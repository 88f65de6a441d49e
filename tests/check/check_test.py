#!/usr/bin/python3
"""The checks notice what they are there to notice."""
import pathlib
import unittest

import layers
import links
import options
import seed_map
import snippets
import together
import words


class Layers(unittest.TestCase):
    table = layers.read_table()

    def told(self, path, *includes):
        text = "".join(f"#include {include}\n" for include in includes)
        return [sentence for _, sentence in layers.findings(self.table, pathlib.Path(path), text)]

    def test_what_the_table_allows_passes(self):
        self.assertEqual(self.told("kernel/engine/room.cpp", '"engine/room.hpp"', '"base/ids.hpp"', '"atrium/room.h"', "<vector>"), [])
        self.assertEqual(self.told("plugins/storage/sqlite/sqlite.cpp", '"database.hpp"', "<sqlite3.h>", "<atrium/plugin.hpp>"), [])

    def test_a_folder_below_may_not_include_one_above(self):
        self.assertEqual(self.told("kernel/engine/room.cpp", '"transport/session.hpp"'), ["kernel/engine may not include kernel/transport"])
        self.assertEqual(self.told("plugins/storage/memory/memory.cpp", '"base/ids.hpp"'), ["plugins may not include the kernel (base/ids.hpp)"])
        self.assertEqual(self.told("kernel/base/ids.cpp", '"atrium/json.h"'), ["kernel/base may not include the sdk"])

    def test_a_library_stays_in_its_folder(self):
        self.assertEqual(self.told("kernel/engine/room.cpp", "<Poco/Net/Socket.h>"), ["kernel/engine may not include Poco (Poco/Net/Socket.h)"])
        self.assertEqual(self.told("kernel/protocol/frame.cpp", "<boost/dll.hpp>"), ["kernel/protocol may not include boost (boost/dll.hpp)"])

    def test_the_engine_knows_no_thread_and_no_socket(self):
        self.assertEqual(len(self.told("kernel/engine/room.cpp", "<thread>", "<sys/socket.h>", "<mutex>")), 3)

    def test_a_folder_that_is_not_in_the_table_is_a_finding(self):
        self.assertEqual(len(self.told("kernel/misc/thing.cpp")), 1)


class Words(unittest.TestCase):
    def told(self, line):
        return [what for pattern, what in [*words.rules, words.sleep_rule] if pattern.search(line)]

    def test_what_must_not_be_here_is_seen(self):
        for line in ("cd /wo" + "rk/main", "see /ro" + "ot/notes", "https://registry" + ".npmjs.org/ws", "// TO" + "DO: later", "usl" + "eep(5)", "end \t", "a "):
            self.assertTrue(self.told(line), line)

    def test_what_is_fine_passes(self):
        for line in ("/usr/share/llhttp", "kernel/wo" + "rk/x", "// TO" + "DO(perf): one copy less", "GET /collaboration/rooms"):
            self.assertEqual(self.told(line), [], line)


class Snippets(unittest.TestCase):
    program = "int main() {\n  // [snippet:a]\n  one();\n    two();\n  // [/snippet]\n}\n"

    def told(self, page):
        found, mended, _ = snippets.compared(page, {"x.cpp": self.program}.get)
        return [sentence for _, sentence in found], mended

    def test_a_block_equals_its_program(self):
        page = "<!-- snippet: x.cpp a -->\n```cpp\none();\n  two();\n```\n"
        self.assertEqual(self.told(page), ([], page))
        found, mended = self.told(page.replace("two", "three"))
        self.assertEqual((len(found), mended), (1, page))

    def test_what_has_no_program_is_seen(self):
        mark = "<!-- snippet: x.cpp a -->\n```cpp\none();\n  two();\n```\n"
        self.assertEqual(len(self.told(mark + "```sh\nrm x\n```\n")[0]), 1)
        self.assertEqual(len(self.told(mark.replace(" a ", " b "))[0]), 1)
        self.assertEqual(len(self.told(mark.replace("x.cpp", "y.cpp"))[0]), 1)
        self.assertEqual(self.told("```sh\nrm x\n```\n")[0], [])

    def test_code_that_only_its_indent_shows_is_seen(self):
        self.assertEqual(len(self.told("Said so.\n\n    one();\n    two();\n\nAnd more.\n")[0]), 1)
        for page in ("- an item\n\n    of two paragraphs\n", "```\none\n\n    two\n```\n", "A line\n    that goes on\n"):
            self.assertEqual(self.told(page)[0], [], page)


class Options(unittest.TestCase):
    def test_an_option_that_nobody_reads_is_seen(self):
        table = [{"section": "ops", "options": [{"name": "public", "field": "is_public"}, {"name": "alg", "enum": ["HS256"]}, {"name": "lost"}]},
                 {"section": "types"}, {"section": "plugins.use.*", "options": [{"name": "enabled"}, {"name": "deadline"}]}]
        code = "x = settings.ops.is_public; note(settings_.types); if (use->deadline) before.ops.lost == after.ops.lost;"
        self.assertEqual(options.findings(table, code), ["ops.lost", "plugins.use.*.enabled"])


class Links(unittest.TestCase):
    def test_headings_are_named_as_the_web_site_names_them(self):
        self.assertEqual(links.anchors("# The folders, and who\n```\n# no\n```\n## `a_b` c\n"), {"the-folders-and-who", "a_b-c"})


class Together(unittest.TestCase):
    def told(self, *bodies, around="namespace atrium {{\nnamespace {{\n{}\n}}  // namespace\n}}\n"):
        files = {f"{n}.cpp": around.format(body) for n, body in enumerate(bodies)}
        return [(file, line) for file, line, _ in together.findings(files)]

    def test_a_name_in_two_files_is_seen_where_it_comes_again(self):
        for body in ("constexpr int most = 5;", "const std::string id{\"a;}b\"};", "struct Fixture : public testing::Test {\n  int n;\n};", "enum class Kind { a, b };",
                     "std::string named(const Names& names, int most = 5) {\n  return {};\n}", "bool ready;", "int sizes[] = {1, 2};",
                     "template <typename T>\nT twice(T value) { return value; }", "const auto least = [] { return 1; }();", "using Text = std::string;"):
            self.assertEqual(self.told(body, "int x;", "\n" + body.replace("std::string;", "char;")), [("2.cpp", 4)], body)
        self.assertEqual(self.told("static int most() { return 5; }", "static int most() { return 6; }", around="namespace atrium {{\n{}\n}}\n"), [("1.cpp", 2)])

    def test_what_may_stand_in_two_files_passes(self):
        for one, other in (("void tell(int n) {}", "void tell(const std::string& text) {}"), ("using Clock = std::chrono::steady_clock;",) * 2,
                           ("struct Plan;",) * 2, ("int most();",) * 2, ("// int most;\n#define MOST \\\n int most",) * 2, ("using namespace std::literals;",) * 2,
                           ("TEST(Room, isRead) { int n = 1; }",) * 2, ("struct A { int n; };", "struct B { int n; };"), ("using test::FakeServer;",) * 2,
                           ("}  // namespace\nint Room::most() { return 5; }\nnamespace {",) * 2):
            self.assertEqual(self.told(one, other), [], one)
        self.assertEqual(list(together.findings({"a.cpp": "namespace a { namespace { int n; } }", "b.cpp": "namespace b { namespace { int n; } }"})), [])

    def test_what_is_compiled_together_is_read_from_the_lists(self):
        cmake = """atrium_kernel_library(base SOURCES ${headers} ids.cpp  # ids
          log/log.cpp LIBRARIES fmt::fmt)
        set_source_files_properties(log/log.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        add_executable(alone main.cpp)
        add_library(stage STATIC a.cpp b.cpp)
        atrium_compile_together(stage tests)"""
        self.assertEqual(together.sources_of(cmake), {"base": ["ids.cpp"], "stage": ["a.cpp", "b.cpp"]})


class SeedMap(unittest.TestCase):
    known = {"engine.Room.isRead", "e2e.types"}

    def told(self, *rows):
        table = "\n".join(["| Seed | State | Where | Test |", "|---|---|---|---|", *rows])
        return seed_map.findings(table, self.known)[0]

    def test_a_row_that_is_here_names_tests_that_exist(self):
        self.assertEqual(self.told("| a | here | x | `engine.Room.isRead`, `e2e.types` |", "| b | open: nodes | | |", "| c | departed: so | | |"), [])
        self.assertEqual(self.told("| a | here | x | `engine.Room.isGone` |"), [(3, "there is no test engine.Room.isGone")])
        self.assertEqual(self.told("| a | open: nodes | x | `e2e.gone` |"), [(3, "there is no test e2e.gone")])
        self.assertEqual(len(self.told("| a | here | `x` | |", "| b | partly | `y` | soon |")), 2)
        self.assertEqual(len(seed_map.findings("| Seed | State |\n|---|---|\n| a | here |\n| b | open: nodes |\n", self.known)[0]), 1)

    def test_names_are_read_from_the_sources(self):
        self.assertEqual(seed_map.of_gtest("TEST_P(Kind, isKept) {\n// TEST(No, thing)\n", "atrium_gtest(x kind unit)"),
                         {"kind.Kind.isKept"})
        self.assertEqual(seed_map.of_gtest("TEST(Room, isRead) {", "atrium_unit_test(engine\n  SOURCES a.cpp)"), {"engine.Room.isRead"})
        self.assertEqual(seed_map.of_cmake("foreach(kind a b)\n  add_test(NAME x.${kind} COMMAND y)\nadd_test(NAME x.z COMMAND y)"), {"x.a", "x.b", "x.z"})
        methods = "class T:\n  def test_a(self): pass\n  @unittest.expectedFailure\n  async def test_b(self): pass\n  def helper(self): pass\n"
        self.assertEqual(seed_map.of_unittest("e2e.t", methods), {"e2e.t", "e2e.t.test_a"})


if __name__ == "__main__":
    unittest.main()
