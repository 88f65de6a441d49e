"""The installed SDK from outside: find_package(Atrium CONFIG), atrium_add_plugin(), and what they say when something is wrong."""
import hashlib
import pathlib
import shutil
import unittest

import atrium
import kit

note = """#include <atrium/plugin.hpp>
struct Note {
  static constexpr atrium::MessageTypeInfo message_type{.name = "note"};
};
ATRIUM_PLUGIN(Note, "com.acme.note", "1.0.0")
"""
manifest = """id: com.acme.note
version: 1.0.0
abi: "1.0"
description: A note.
maturity: draft
untrusted_input: true
extensions: {message-type: note}
"""
project = """cmake_minimum_required(VERSION 3.25)
project(note LANGUAGES C CXX)
find_package(Atrium 0.1 CONFIG REQUIRED)
atrium_add_plugin(note SOURCES note.cpp)
"""


class InstalledPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sdk = kit.Kit()
        cls.addClassCleanup(cls.sdk.remove)
        cls.sdk.__enter__()

    def folder(self, name, **files):
        folder = self.sdk.work / name
        folder.mkdir()
        for file, text in {"CMakeLists.txt": project, "plugin.yaml": manifest, "note.cpp": note, **files}.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text)
        return folder

    def configure(self, folder, *more, **rest):
        return self.sdk.run("cmake", "-B", "build", "-G", "Ninja", *more, cwd=folder, **rest)

    def test_a_plugin_builds_with_either_compiler_and_runs(self):
        compilers = [("gcc", "g++")] + ([("clang-19", "clang++-19")] if shutil.which("clang++-19") else [])
        for c, cxx in compilers:
            folder = self.folder(f"by-{c}")
            self.configure(folder, f"-DCMAKE_C_COMPILER={c}", f"-DCMAKE_CXX_COMPILER={cxx}")
            self.sdk.run("cmake", "--build", "build", cwd=folder)
            config = f"include: [{self.sdk.prefix / 'lib/atrium/config/demo.yaml'}]\nplugins:\n  directories: [../plugins, {folder / 'build/plugins'}]\n" \
                     "  use: {com.acme.note: {}}\n"
            with atrium.Server(config, program=self.sdk.prefix / "bin" / "atriumd") as server:
                items = server.get("/admin/plugins", server.token("root", role="admin")).json["items"]
            states = {item["id"]: item["state"] for item in items}
            self.assertEqual((states["com.acme.note"], states["atrium.room-type.agent-team"]), ("active", "active"))

    def test_the_links_of_the_installed_pages_lead_somewhere(self):
        told = self.sdk.run("/usr/bin/python3", "-B", atrium.source_dir / "tests" / "check" / "links.py", self.sdk.prefix / "share" / "doc" / "atrium")
        self.assertIn("are fine", told)

    def test_a_bundle_is_compiled_in_as_it_is(self):
        source = note + """#include <atrium/ext/http_ui.h>
#include <cstdio>
extern "C" __attribute__((visibility("default"))) int main() {
  for (uint32_t n = 0; n < atrium_asset_count; ++n) {
    const atrium_asset& asset = *atrium_assets[n];
    std::printf("%.*s|%.*s|%u|%u|", int(asset.path.size), asset.path.data, int(asset.media_type.size), asset.media_type.data, asset.immutable, asset.struct_size);
    std::fwrite(asset.body.data, 1, asset.body.size, stdout);
    std::puts("");
  }
}
"""
        cmake = project.replace("note.cpp)", "note.cpp ASSETS bundle)\nadd_executable(show note.cpp ${CMAKE_BINARY_DIR}/note_assets.c)\n"
                                "target_link_libraries(show Atrium::sdk)\ntarget_compile_features(show PRIVATE cxx_std_20)")
        folder = self.folder("bundle", **{"note.cpp": source, "CMakeLists.txt": cmake, "bundle/index.html": "<p>\0 nul", "bundle/app.0123abcd.js": ""})
        self.configure(folder)
        self.sdk.run("cmake", "--build", "build", cwd=folder)
        show = lambda: self.sdk.run(folder / "build" / "show").splitlines()
        self.assertEqual(show(), ["/app.0123abcd.js|text/javascript; charset=utf-8|1|56|", "/index.html|text/html; charset=utf-8|0|56|<p>\0 nul"])
        (folder / "bundle" / "index.html").write_text("longer than before")
        (folder / "bundle" / "more").write_text("new")
        self.sdk.run("cmake", "--build", "build", cwd=folder)
        self.assertEqual(show()[1:], ["/index.html|text/html; charset=utf-8|0|56|longer than before", "/more|application/octet-stream|0|56|new"])

    def test_a_mistake_is_told_where_it_was_made(self):
        folder = self.folder("no-manifest", **{"CMakeLists.txt": project.replace("note.cpp)", "note.cpp MANIFEST other.yaml)")})
        self.assertIn("there is no manifest", self.configure(folder, status=1))
        folder = self.folder("no-sense", **{"CMakeLists.txt": project.replace("SOURCES", "BUNDLE x SOURCES")})
        self.assertIn("means nothing: 'BUNDLE;x'", self.configure(folder, status=1))
        folder = self.folder("no-c", **{"CMakeLists.txt": project.replace("C CXX", "CXX")})
        self.assertIn("LANGUAGES C CXX", self.configure(folder, status=1))

    def test_a_packed_plugin_is_the_same_bytes_each_time_and_tells_what_it_is(self):
        folder = self.folder("packed", **{"README.md": "# A note\n"})
        sums = []
        for n in range(2):
            out = self.sdk.work / f"out{n}"
            out.mkdir()
            self.sdk.run("atrium", "pack", "--out", out, cwd=folder)
            sums.append(hashlib.sha256((out / "com.acme.note-1.0.0.atrium").read_bytes()).hexdigest())
            shutil.rmtree(folder / "build")
        self.assertEqual(sums[0], sums[1])
        packed = self.sdk.work / "out0" / "com.acme.note-1.0.0.atrium"
        told = self.sdk.run("atrium", "inspect", packed)
        for line in ("id          com.acme.note", "version     1.0.0", "interface   1.0", "offers      message-type note"):
            self.assertIn(line, told.splitlines())
        self.assertEqual(sorted(self.sdk.run("tar", "tf", packed).split()), ["README.md", "SHA256SUMS", "com.acme.note.so", "plugin.yaml"])
        self.sdk.run("sh", "-c", f"mkdir unpacked && tar xf {packed} -C unpacked && cd unpacked && sha256sum -c SHA256SUMS")
        packed.write_bytes(packed.read_bytes()[:-600])
        self.assertIn("it is truncated", self.sdk.run("atrium", "inspect", packed, status=1))

    def test_what_the_compiler_says_is_shown_and_nothing_else(self):
        folder = self.folder("wrong", **{"note.cpp": note.replace(".name", ".nam")})
        told = self.sdk.run("atrium", "test", folder, status=1)
        self.assertIn("note.cpp:3:", told)
        self.assertNotIn("ninja", told)
        self.assertIn("is no plugin's folder", self.sdk.run("atrium", "test", self.sdk.work, status=1))

    def test_tests_that_are_passed_over_are_told_and_run_once_googletest_is_there(self):
        test = '#include <gtest/gtest.h>\nTEST(Note, runs) {}\n'
        there = self.sdk.work / "googletest-is-there"
        cmake = project.replace("find_package", f"if(NOT EXISTS {there})\n  set(CMAKE_DISABLE_FIND_PACKAGE_GTest ON)\nendif()\nfind_package")
        folder = self.folder("untested", **{"CMakeLists.txt": cmake.replace("note.cpp)", "note.cpp TESTS note_test.cpp)"), "note_test.cpp": test})
        told = self.sdk.run("atrium", "test", folder)
        self.assertIn("passed over, because GoogleTest is missing", told)
        self.assertIn("apt-get install -y libgtest-dev", told)
        there.touch()
        told = self.sdk.run("atrium", "test", folder)
        self.assertIn("note.Note.runs", told)
        self.assertNotIn("passed over", told)

    def test_a_missing_tool_is_told_with_the_line_that_installs_it(self):
        folder = self.folder("bare")
        told = self.sdk.run(self.sdk.prefix / "bin" / "atrium", "test", folder, status=1, env={"PATH": str(self.sdk.prefix / "bin")})
        self.assertIn("apt-get install -y --no-install-recommends cmake ninja-build gcc g++", told)
        self.assertIn("missing", self.sdk.run(self.sdk.prefix / "bin" / "atrium", "doctor", status=1, env={"PATH": str(self.sdk.prefix / "bin")}))
        self.sdk.run("atrium", "doctor")


if __name__ == "__main__":
    unittest.main()
