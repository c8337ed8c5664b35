"""Mutations, RFC 7047 section 5.1 <mutation>."""
from .schema import *

MUTATORS = ["+=", "-=", "*=", "/=", "%=", "insert", "delete"]
MAX, MIN = 2 ** 63 - 1, -2 ** 63


def tried(c, table, row, *mutations):
    """What each mutation by itself makes of the row."""
    for mutation in mutations:
        c.transact(insert(table, **row), mutate(table, [], mutation), select(table, columns=[mutation[0]]),
                   delete(table))


def case_arithmetic_on_integers(c):
    """ovsdb-server 3.1 dies of a negative number *= 0."""
    for value in [7, -7, 0]:
        tried(c, "types", {"i": value}, *[["i", mutator, operand] for mutator in MUTATORS
                                         for operand in [2, -2, 0, 3, 1.0, 1.5, "x", some(2), some(), some(1, 2)]
                                         if (mutator, operand) != ("*=", 0)])


def case_deadly_arithmetic(c):
    """See above: what ours makes of it is compared up to there, and it must live on."""
    tried(c, "types", {"i": -7}, ["i", "*=", 0])


def case_arithmetic_that_overflows(c):
    tried(c, "types", {"i": MAX}, ["i", "+=", 1], ["i", "+=", -1], ["i", "-=", -1], ["i", "*=", 2], ["i", "/=", -1],
          ["i", "*=", -1], ["i", "+=", MAX], ["i", "*=", MAX], ["i", "-=", MIN])
    tried(c, "types", {"i": MIN + 1}, ["i", "-=", 1], ["i", "-=", 2], ["i", "+=", -2], ["i", "*=", 2], ["i", "*=", -1])
    tried(c, "types", {"r": 1e308}, ["r", "*=", 10], ["r", "+=", 1e308], ["r", "/=", 0.01], ["r", "-=", 1e308])


def case_arithmetic_on_reals(c):
    tried(c, "types", {"r": 1.5}, *[["r", mutator, operand] for mutator in MUTATORS
                                    for operand in [0.5, 2, -2, 0, "x", some(0.5)]])


def case_arithmetic_on_other_types(c):
    row = {"b": True, "s": "x", "u": uuid(U1), "os": "x", "mii": map_of((1, 1))}
    tried(c, "types", row, *[[name, mutator, value] for mutator in MUTATORS
                             for name, value in [("b", True), ("s", "x"), ("u", uuid(U1)), ("os", "y"), ("mii", 1),
                                                 ("_uuid", uuid(U1)), ("_version", uuid(U1))]])


def case_arithmetic_on_sets(c):
    row = {"si": some(1, 2, 3), "oi": 5, "sr": some(0.5, 1)}
    tried(c, "types", row, ["si", "+=", 1], ["si", "*=", 0], ["si", "/=", 2], ["si", "%=", 2], ["si", "-=", some(1)],
          ["si", "+=", some()], ["si", "+=", some(1, 2)], ["oi", "+=", 1], ["oi", "/=", 0], ["sr", "*=", 2], ["sr", "%=", 2])
    tried(c, "types", {}, ["si", "+=", 1], ["oi", "+=", 1], ["oi", "/=", 0], ["oi", "%=", 0])


def case_inserting_and_deleting_in_sets(c):
    row = {"si": some(1, 2, 3), "ss": some("a", "b"), "oi": 1, "sb": True}
    tried(c, "types", row, *[[name, mutator, value] for mutator in ["insert", "delete"] for name, value in [
        ("si", 2), ("si", 4), ("si", some()), ("si", some(3, 4)), ("si", some(1, 2, 3)), ("si", some(1, 1)),
        ("si", "x"), ("si", map_of()), ("ss", "a"), ("ss", some("c", "a")), ("oi", 1), ("oi", 2), ("oi", some()),
        ("oi", some(1, 2)), ("sb", False), ("sb", True)]])


def case_inserting_and_deleting_in_maps(c):
    row = {"mss": map_of(("a", "1"), ("b", "2"))}
    tried(c, "types", row, *[["mss", mutator, value] for mutator in ["insert", "delete"] for value in [
        map_of(), map_of(("a", "1")), map_of(("a", "2")), map_of(("c", "3")), map_of(("a", "9"), ("c", "3")), some(),
        "a", "c", some("a"), some("a", "b"), some("c"), some("a", "a"), 1, some(1), map_of(("a", 1))]])


def case_mutations_keep_to_the_limits(c):
    row = {"some": some(1, 2), "imin": 5, "two": some(1, 2), "irange": some(1, 2), "senum": "red", "srange": "a",
           "mlim": map_of((0, "x"), (1, "y")), "rrange": 1, "ienum": some(1, 3)}
    tried(c, "limits", row, ["imin", "-=", 4], ["imin", "-=", 5], ["imin", "-=", 100], ["two", "insert", 3],
          ["two", "insert", 1], ["two", "insert", some(1, 2, 3)], ["two", "delete", some(1, 2, 3)], ["some", "delete", some(1, 2)],
          ["some", "delete", 1], ["some", "delete", some()], ["some", "insert", some(3, 4)], ["irange", "*=", 3], ["irange", "*=", 2],
          ["irange", "*=", 0], ["senum", "insert", "green"], ["senum", "insert", "blue"], ["senum", "delete", "green"],
          ["mlim", "insert", map_of((2, "x"))], ["mlim", "insert", map_of((0, "y"))], ["mlim", "insert", map_of((-1, "x"))],
          ["mlim", "delete", some(-1)], ["mlim", "delete", some(0, 1, 2, 3)], ["mlim", "delete", map_of((0, "z"))], ["rrange", "+=", 1],
          ["rrange", "+=", 0.5], ["ienum", "+=", 2], ["ienum", "+=", 1], ["ienum", "delete", 2])


def case_several_mutations(c):
    c.transact(insert("types", i=1, si=some(1)))
    c.transact(mutate("types", [], ["i", "+=", 1], ["i", "*=", 10], ["si", "insert", 5], ["si", "delete", 1]),
               select("types", columns=["i", "si"]))
    c.transact(mutate("types", [], ["i", "+=", 1], ["i", "/=", 0]), select("types", columns=["i"]))
    c.transact(mutate("types", []), mutate("types", [["i", "==", 99]], ["i", "/=", 0]))
    c.transact(select("types", columns=["i", "si"]))


def case_mutations_of_several_rows(c):
    c.transact(*NUMBERS)
    c.transact(mutate("ordinals", [["number", "<", 3]], ["number", "+=", 100]), select("ordinals", columns=["number"]))
    c.transact(mutate("ordinals", [], ["number", "*=", 0]))
    c.transact(mutate("ordinals", [], ["number", "/=", 0]))
    c.transact(select("ordinals", columns=["number"]))


def case_what_is_no_mutation(c):
    c.transact(insert("types"))
    for mutation in [None, 1, "i", [], ["i"], ["i", "+="], ["i", "+=", 1, 1], {}, [1, "+=", 1], ["nosuch", "+=", 1],
                     ["i", "^=", 1], ["i", 1, 1], ["i", "+=", None], ["i", None, 1], ["i", "", 1]]:
        c.transact(mutate("types", [], mutation))
        c.transact(mutate("types", [["i", "==", 99]], ["i", "+=", 1], mutation))
    for mutations in [None, 1, {}, "x"]:
        c.transact(dict(mutate("types", []), mutations=mutations))


def case_mutations_with_names_of_rows(c):
    c.transact(insert("types", s="old"))
    c.transact(insert("types", "n"), mutate("types", [["s", "==", "old"]], ["su", "insert", some(named("n"))]),
               select("types", columns=["_uuid", "su"]))
    c.transact(mutate("types", [], ["su", "insert", some(named("later"))]), insert("types", "later"),
               select("types", columns=["_uuid", "su"]))
    c.transact(mutate("types", [], ["su", "insert", some(named("never"))]))
