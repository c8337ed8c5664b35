"""Values of every type, as RFC 7047 section 5.1 writes them, and what schemas allow of them."""
from .schema import *


def tried(c, table, name, *values):
    """Which values the column takes, and how they come back."""
    for value in values:
        c.transact(insert(table, **{name: value, **({"some": 1} if table == "limits" and name != "some" else {})}),
                   select(table, columns=[name]), delete(table))


NOT_ONE = [None, {}, [], ["set", []], ["set"], ["set", 1], ["set", [], 1], ["map", []], ["uuid", U1], [1], ["x", 1]]


def case_integers(c):
    tried(c, "types", "i", 0, -1, 2 ** 31, 2 ** 63 - 1, -2 ** 63 + 1, 2 ** 63, 1.0, -3.0, 1.5,
          1e3, 1e19, True, "1", "", ["set", [7]], ["set", [1, 2]], *NOT_ONE)


def case_integers_in_any_form(c):
    for text in ["-0", "1E2", "10e-1", "100e-2", "0.5e1", "1.5e0", "9223372036854775807.0", "9223372036854775808",
                 "-9223372036854775808", "-9223372036854775809", "9007199254740993.0", "0e400", "1" + "0" * 18, "1" + "0" * 19]:
        c.raw('{"id":"x","method":"transact","params":["T",{"op":"insert","table":"types","row":{"i":%s}},'
              '{"op":"select","table":"types","where":[],"columns":["i"]},{"op":"delete","table":"types","where":[]}]}' % text)


def case_reals(c):
    tried(c, "types", "r", 0, -1, 0.5, -0.0, 1e10, 1e300, -1e-300, 0.1, 1 / 3,
          True, "1", ["set", [0.25]], *NOT_ONE)


def case_booleans(c):
    tried(c, "types", "b", True, False, 0, 1, "true", ["set", [True]], *NOT_ONE)


def case_strings(c):
    tried(c, "types", "s", "", "x", "\u00e9\u20ac", "\U0001f600", "\"\\/\b\f\n\r\t\u0001", " x ", "a\u0000b",
          "x" * 10000, True, 1, ["set", ["x"]], *NOT_ONE)


def case_uuids(c):
    tried(c, "types", "u", uuid(U0), uuid(U1), uuid(U1.upper().replace("1", "A")), uuid("nonsense"), uuid(""), uuid(1),
          uuid(U1 + "0"), uuid(U1[:-1]), uuid(U1.replace("-", "")), ["uuid"], ["uuid", U1, U2], U1, ["UUID", U1],
          ["set", [["uuid", U1]]], None, 1, {}, [])


def case_optional_values(c):
    tried(c, "types", "oi", 5, some(), some(5), some(5, 6), map_of(), None, "x", 1.5)
    tried(c, "types", "or", 5, 0.5, some(), some(0.5, 0.5), some(1, 2))
    tried(c, "types", "ob", True, some(), some(False), some(True, False))
    tried(c, "types", "os", "", some(), some("x"), some("x", "y"), some(1))
    tried(c, "types", "ou", uuid(U1), some(), some(uuid(U1)), some(uuid(U1), uuid(U2)), some("x"))


def case_sets(c):
    tried(c, "types", "si", 1, some(), some(1), some(3, 1, 2), some(1, 1), some(1, "x"), some(1, None), some(some(1)),
          map_of((1, 2)), some(*range(300)), some(1, 1.0))
    tried(c, "types", "sr", 1, some(0.5, 0.25), some(0.5, 0.5), some(0.0, -0.0), some(1, 1.0))
    tried(c, "types", "sb", True, some(), some(True, False), some(True, True))
    tried(c, "types", "ss", "x", some("b", "a"), some("a", "a"), some("", "a"), some("a", 1))
    tried(c, "types", "su", uuid(U1), some(uuid(U2), uuid(U1)), some(uuid(U1), uuid(U1)), some("x"))


def case_maps(c):
    tried(c, "types", "mii", map_of(), map_of((1, 2)), map_of((2, 1), (1, 2)), map_of((1, 1), (1, 1)),
          map_of((1, 1), (1, 2)), map_of((1, 2, 3)), map_of((1,)), map_of(()), ["map", [1, 2]], ["map", {}], ["map"],
          ["map", [], []], some(), some(1), 1, None, {}, {"1": 2}, map_of(("1", 2)), map_of((1, "2")))
    tried(c, "types", "mss", map_of(("a", "b")), map_of(("", "")), map_of(("a", 1)), map_of((1, "a")))
    tried(c, "types", "msr", map_of(("a", 1)), map_of(("a", 0.5)), map_of(("a", "b")))
    tried(c, "types", "mub", map_of((uuid(U1), True)), map_of((uuid(U1), 1)), map_of((U1, True)))
    tried(c, "types", "mis", map_of((1, "a"), (2, "b")), map_of((1, "a"), (2, "b"), (3, "c")))


def case_limits_of_numbers(c):
    tried(c, "limits", "imin", 1, 0, -1, 2 ** 63 - 1, some())
    tried(c, "limits", "imax", 10, 11, -2 ** 63)
    tried(c, "limits", "irange", -5, 5, -6, 6, some(-5, 0, 5), some(0, 6), some(1, 2, 3, 4))
    tried(c, "limits", "rmin", 0.5, 0.49, 1e300, some())
    tried(c, "limits", "rmax", -0.5, -0.49, 0)
    tried(c, "limits", "rrange", 1.5, -1.5, 1.51, -1.51, some(0, 1, 1.5), some(0, 2))


def case_limits_of_strings_count_characters(c):
    tried(c, "limits", "smin", "ab", "a", "", "\u00e9\u00e9", "\u00e9", "\U0001f600", "\U0001f600x")
    tried(c, "limits", "smax", "abc", "abcd", "\u00e9\u00e9\u00e9", "\u20ac\u20ac\u20ac\u20ac", "\U0001f600" * 3,
          "\U0001f600" * 4, "")
    tried(c, "limits", "srange", "", "a", "ab", "abc", "\u00e9\u00e9")


def case_enums(c):
    tried(c, "limits", "ienum", 1, 2, some(1, 3), some(1, 2), some(), some(1, 3, 5), 1.0, "1")
    tried(c, "limits", "renum", 0.5, 0.6, some(0.5, 1.5), 1)
    tried(c, "limits", "senum", "red", "green", "", "RED", some("red", "blue"), some("red", "green"), 1)


def case_numbers_of_elements(c):
    tried(c, "limits", "two", some(), 1, some(1, 2), some(1, 2, 3))
    tried(c, "limits", "some", some(), 1, some(1, 2, 3), some(1, 2, 3, 4))
    tried(c, "limits", "mlim", map_of(), map_of((0, "x")), map_of((-1, "x")), map_of((0, "z")),
          map_of((0, "x"), (1, "y")), map_of((0, "x"), (1, "y"), (2, "x")))


def case_update_checks_values_too(c):
    c.transact(insert("limits", some=1), insert("strict", i=1, s="x"))
    for row in [dict(imin=0), dict(smax="abcd"), dict(senum="green"), dict(some=some()), dict(two=some(1, 2, 3)),
                dict(irange=9), dict(rrange=2), dict(mlim=map_of((-1, "x"))), dict(imin=some(1, 2))]:
        c.transact(update("limits", **row))
    c.transact(update("limits", imin=1, smax="abc", senum="blue", some=some(1, 2), two=some(), irange=some(1, 2)))
    c.transact(update("strict", i=0))
    c.transact(update("strict", s=""))
    c.transact(update("strict", [["i", "==", 99]], s=""))
    c.transact(select("limits"), select("strict"))
