#!/usr/bin/python3
"""What layout.py tells of changes to the headers, on texts of its own."""
import unittest

import layout

before = """struct s: 16 bytes
field s.struct_size: 4 at 0: uint32_t struct_size
field s.reserved: 4 at 4: uint32_t reserved
field s.call: 8 at 8: void (*call)(int a)
struct pair: 8 bytes
field pair.a: 4 at 0: uint32_t a
field pair.b: 4 at 4: uint32_t b
function f: void (*f)(int)
constant A = 1
constant T = "text"
"""


class Layout(unittest.TestCase):
    def told(self, *changes):
        now = before
        for old, new in changes:
            self.assertIn(old, now)
            now = now.replace(old, new)
        return layout.compared(layout.read(before), layout.read(now))

    def assertBroken(self, sentence, *changes):
        broken, _ = self.told(*changes)
        self.assertEqual(len(broken), 1, broken)
        self.assertIn(sentence, broken[0])

    def test_nothing_changed(self):
        self.assertEqual(self.told(), ([], []))

    def test_a_struct_may_grow_at_its_end(self):
        broken, new = self.told(("8 at 8: void (*call)(int a)\n", "8 at 8: void (*call)(int a)\nfield s.more: 8 at 16: uint64_t more\n"), ("s: 16", "s: 24"))
        self.assertEqual((broken, new), ([], [("field", "s.more")]))

    def test_new_structs_functions_and_constants_are_welcome(self):
        broken, new = self.told(("constant A", "constant B = 2\nstruct n: 4 bytes\nfield n.x: 4 at 0: int x\nfunction g: int (*g)(void)\nconstant A"))
        self.assertEqual((broken, len(new)), ([], 4))

    def test_what_was_released_is_not_removed(self):
        self.assertBroken("field s.reserved was removed", ("field s.reserved: 4 at 4: uint32_t reserved\n", ""))
        self.assertBroken("constant A was removed", ("constant A = 1\n", ""))

    def test_what_was_released_is_not_moved_or_changed(self):
        self.assertBroken("field pair.b was 4 bytes at 4 and is 4 at 8", ("pair.b: 4 at 4", "pair.b: 4 at 8"))
        self.assertBroken("keeps its type and parameters", ("(int a)", "(long a)"))
        self.assertBroken("keeps its parameters", ("(*f)(int)", "(*f)(long)"))
        self.assertBroken("constant A was 1 and is 2", ("A = 1", "A = 2"))
        self.assertBroken("constant T was", ('"text"', '"other"'))

    def test_the_minor_of_the_interface_rises_alone(self):
        minor = lambda value: layout.read(before + f"constant ATRIUM_ABI_MINOR = {value}\n")
        self.assertEqual(layout.compared(minor(1), minor(2)), ([], []))
        self.assertEqual(len(layout.compared(minor(1), minor(0))[0]), 1)

    def test_nothing_slips_in_between(self):
        self.assertBroken("among what plugins know already", ("field s.reserved: 4", "field s.flag: 2 at 6: uint16_t flag\nfield s.reserved: 4"))

    def test_nothing_stands_in_what_was_padding(self):
        short = before.replace("16 bytes\nfield s.struct", "24 bytes\nfield s.struct").replace("void (*call)(int a)\n", "void (*call)(int a)\nfield s.flag: 4 at 16: uint32_t flag\n")
        grown = short.replace("uint32_t flag\n", "uint32_t flag\nfield s.more: 4 at 20: uint32_t more\n")
        broken, _ = layout.compared(layout.read(short), layout.read(grown))
        self.assertEqual(len(broken), 1, broken)
        self.assertIn("field s.more is new at 20, among what plugins know already (to 24)", broken[0])

    def test_a_struct_that_grows_ends_with_a_field(self):
        self.assertBroken("struct s ends in 4 bytes of no field",
                          ("8 at 8: void (*call)(int a)\n", "8 at 8: void (*call)(int a)\nfield s.flag: 4 at 16: uint32_t flag\n"), ("s: 16", "s: 24"))

    def test_a_struct_without_a_size_never_grows(self):
        self.assertBroken("without struct_size", ("field pair.b: 4 at 4: uint32_t b\n", "field pair.b: 4 at 4: uint32_t b\nfield pair.c: 4 at 8: uint32_t c\n"))

    def test_headers_are_read(self):
        structs, functions, constants = layout.declared("""#ifndef ATRIUM_X_H
#define ATRIUM_X_H
#define ATRIUM_MAX 7u /* bytes; { */
#define ATRIUM_ID "x/1"
enum { ATRIUM_A = 1, ATRIUM_B = 2 };
typedef uint32_t (*atrium_each_fn)(void* context,
                                   const char* text);
typedef struct atrium_x {
  uint32_t struct_size; /* one; two */
  uint32_t five[5];
  const atrium_y* const* many;
  void (*call)(atrium_x* self, void (*back)(void* context), void* context);
} atrium_x;
""")
        self.assertEqual([name for name, _ in structs["atrium_x"]], ["struct_size", "five", "many", "call"])
        self.assertEqual(structs["atrium_x"][3][1], "void (*call)(atrium_x* self, void (*back)(void* context), void* context)")
        self.assertEqual(list(functions), ["atrium_each_fn"])
        self.assertEqual(constants, ["ATRIUM_A", "ATRIUM_B", "ATRIUM_MAX", "ATRIUM_ID"])


if __name__ == "__main__":
    unittest.main()
