"""Conditions, RFC 7047 section 5.1 <condition>: every function on every type."""
from .schema import *

FUNCTIONS = ["==", "!=", "<", "<=", ">=", ">", "includes", "excludes"]


def asked(c, table, name, values, columns, functions=FUNCTIONS):
    for function in functions:
        for value in values:
            c.transact(select(table, [[name, function, value]], columns))


def case_conditions_on_numbers(c):
    c.transact(*[insert("types", i=i, r=i / 2, s="r%d" % i) for i in range(4)])
    asked(c, "types", "i", [2, 9, -1, some(2), 1.5, "x", some(), some(1, 2)], ["i"])
    asked(c, "types", "r", [0.5, 1, 9, some(1), "x"], ["r"])


def case_conditions_on_booleans_strings_and_uuids(c):
    c.transact(insert("types", b=True, s="a", u=uuid(U1)), insert("types", b=False, s="b", u=uuid(U2)),
               insert("types", s=""))
    asked(c, "types", "b", [True, False, 1, some(True)], ["b", "s"])
    asked(c, "types", "s", ["a", "", "A", some("a"), 1], ["s"])
    asked(c, "types", "u", [uuid(U1), uuid(U0), some(uuid(U1)), "x"], ["u"])


def case_conditions_on_optional_values(c):
    c.transact(insert("types", s="empty"), insert("types", s="full", oi=1, ob=True, os="x", ou=uuid(U1), **{"or": 0.5}))
    asked(c, "types", "oi", [some(), 1, 0, some(1), some(1, 2), "x"], ["s"])
    asked(c, "types", "or", [some(), 0.5, 0, some(0.5)], ["s"])
    asked(c, "types", "ob", [some(), True, False], ["s"])
    asked(c, "types", "os", [some(), "x", ""], ["s"])
    asked(c, "types", "ou", [some(), uuid(U1), uuid(U2)], ["s"])


def case_conditions_on_sets(c):
    c.transact(*[insert("types", s=str(n), si=some(*items), ss=some(*map(str, items)))
                 for n, items in enumerate([[], [1], [2], [1, 2], [1, 2, 3]])])
    asked(c, "types", "si", [some(), 1, some(1), some(1, 2), some(2, 1), some(1, 4), some(1, 2, 3, 4), "x", some(1, 1)],
          ["s"])
    asked(c, "types", "ss", [some(), "1", some("1", "2")], ["s"])
    c.transact(insert("limits", two=some(1, 2), some=some(1, 2)), insert("limits", some=3))
    asked(c, "limits", "two", [some(), 1, some(1, 2), some(1, 2, 3)], ["two"])
    asked(c, "limits", "some", [some(), 1, some(1, 2), some(1, 2, 3, 4)], ["some"])


def case_conditions_on_maps(c):
    c.transact(*[insert("types", s=str(n), mii=map_of(*items))
                 for n, items in enumerate([[], [(1, 1)], [(1, 2)], [(1, 1), (2, 2)]])])
    asked(c, "types", "mii", [map_of(), map_of((1, 1)), map_of((1, 1), (2, 2)), map_of((3, 3)), some(), some(1), 1], ["s"])


def case_conditions_on_limited_values(c):
    c.transact(insert("limits", some=1, imin=5, senum="red", smax="abc"))
    asked(c, "limits", "imin", [5, 0, some()], ["imin"])
    asked(c, "limits", "senum", ["red", "green", some()], ["senum"])
    asked(c, "limits", "smax", ["abc", "abcd"], ["smax"])
    c.transact(insert("strict", i=1, s="x"))
    asked(c, "strict", "i", [1, 0], ["i"])
    asked(c, "strict", "s", ["x", ""], ["i"])


def case_conditions_on_hidden_columns(c):
    rows = c.transact(*NUMBERS)["result"]
    one = rows[1]["uuid"]
    asked(c, "ordinals", "_uuid", [one, some(one), some(one, rows[2]["uuid"]), some(), uuid(U1), "x"], ["number"])
    c.transact(select("ordinals", [["_version", "==", uuid(U1)]], ["number"]))
    c.transact(select("ordinals", [["_version", "!=", uuid(U1)]], ["number"]))


def case_several_clauses(c):
    c.transact(*NUMBERS)
    for where in [[["number", ">", 0], ["number", "<", 3]], [["number", "==", 1], ["number", "==", 2]],
                  [["number", "==", 1], ["name", "==", "one"]], [["number", "==", 1], ["name", "!=", "one"]],
                  [["name", "==", "one"], ["number", ">=", 0], ["number", "<=", 9]], [True], [False], [True, False],
                  [False, True], [True, ["number", "==", 1]], [["number", "==", 1], ["number", "==", 1]]]:
        c.transact(select("ordinals", where, ["number"]))


def case_what_is_no_condition(c):
    for where in [{}, None, 1, "x", True]:
        c.transact(dict(select("ordinals"), where=where))
    for clause in [None, 1, "number", [], ["number"], ["number", "=="], ["number", "==", 1, 1], {}, [1, "==", 1],
                   ["nosuch", "==", 1], ["number", "=", 1], ["number", 1, 1], ["number", None, 1], ["number", "==", None],
                   ["number", "EQ", 1], [["number"], "==", 1], ["", "==", 1]]:
        c.transact(select("ordinals", [clause]))
        c.transact(delete("ordinals", [["number", "==", 5], clause]))
