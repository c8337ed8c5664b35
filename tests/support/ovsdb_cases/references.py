"""References between rows, and rows that nobody refers to: RFC 7047 section 3.2."""
from .schema import *


def links(c):
    c.transact(select("root", columns=["_uuid", "a", "ma", "mk"]), select("a", columns=["_uuid", "a", "a2a", "a2b", "a2a1"]),
               select("b", columns=["_uuid", "b", "b2a"]))


def case_a_row_that_nobody_needs_does_not_last(c):
    c.transact(insert("a", a=1), select("a", columns=["a"]))
    c.transact(insert("a", a=1), insert("b", b=1))
    links(c)


def case_a_row_lasts_while_it_is_needed(c):
    c.transact(insert("root", a=named("x")), insert("a", "x", a=1))
    links(c)
    c.transact(insert("root", a=some(named("x"), named("y"))), insert("a", "x", a=2), insert("a", "y", a=3))
    c.transact(update("root", a=some()))
    links(c)


def case_chains_and_rings_go_at_once(c):
    c.transact(insert("root", a=named("x")), insert("a", "x", a=1, a2b=named("y")), insert("b", "y", b=1, b2a=named("z")),
               insert("a", "z", a=2, a2a=named("x")))
    links(c)
    c.transact(mutate("root", [], ["a", "delete", named("x")]))
    c.transact(delete("root"))
    links(c)


def case_a_row_that_refers_to_itself(c):
    c.transact(insert("a", "x", a=1, a2a=named("x")))
    links(c)
    c.transact(insert("a", "x", a=1, a2a=named("y")), insert("a", "y", a=2, a2a=named("x")))
    links(c)
    c.transact(insert("root", a=named("x")), insert("a", "x", a=1, a2a=named("x")))
    c.transact(delete("a"))
    c.transact(delete("root"))
    links(c)


def case_a_row_that_is_needed_cannot_go(c):
    c.transact(insert("root", a=named("x")), insert("a", "x", a=1))
    c.transact(delete("a"))
    c.transact(delete("a"), update("root", a=some()))
    links(c)
    c.transact(delete("root"), insert("root", a=named("x")), insert("a", "x", a=1))
    c.transact(delete("a"), delete("root"))
    links(c)


def case_references_to_nothing(c):
    for row in [dict(a=uuid(U1)), dict(a=some(uuid(U1), uuid(U2))), dict(ma=map_of(("k", uuid(U1)))),
                dict(mk=map_of((uuid(U1), "v"))), dict(a=uuid(U0)), dict(a=named("nosuch"))]:
        c.transact(insert("root", **row))
    c.transact(insert("must"))
    c.transact(insert("must", a=named("x")), insert("a", "x"))
    c.transact(insert("root"))
    c.transact(update("root", a=uuid(U1)))
    c.transact(mutate("root", [], ["a", "insert", uuid(U1)]))
    c.transact(mutate("root", [], ["a", "delete", uuid(U1)]))
    c.transact(insert("root", "r"), update("root", a=named("r")))
    links(c)


def case_references_from_maps(c):
    c.transact(insert("root", ma=map_of(("one", named("x")), ("two", named("x"))), mk=map_of((named("y"), "v"))),
               insert("a", "x", a=1), insert("a", "y", a=2))
    links(c)
    c.transact(mutate("root", [], ["ma", "delete", "one"]))
    links(c)
    c.transact(mutate("root", [], ["ma", "delete", "two"], ["mk", "delete", map_of()]))
    links(c)


def case_the_last_of_two_references(c):
    c.transact(insert("root", name="1", a=named("x")), insert("root", name="2", a=named("x")), insert("a", "x", a=1))
    c.transact(delete("root", [["name", "==", "1"]]))
    links(c)
    c.transact(delete("root", [["name", "==", "2"]]))
    links(c)


def case_rows_of_a_root_table_stay(c):
    c.transact(insert("root"), insert("weak"), insert("ordinals"))
    c.transact(select("root", columns=["a"]), select("weak", columns=["n"]), select("ordinals", columns=["number"]))


def weaklings(c):
    c.transact(select("weak", columns=["n", "w", "w1", "wv", "wk", "self"]), select("needs", columns=["n", "w"]),
               select("ordinals", columns=["_uuid", "number"]))


def case_weak_references_go_with_their_rows(c):
    c.transact(insert("ordinals", "x", number=1), insert("ordinals", "y", number=2),
               insert("weak", n=1, w=some(named("x"), named("y")), w1=named("x"), wv=map_of(("k", named("x")), ("l", named("y"))),
                      wk=map_of((named("x"), "v"))))
    weaklings(c)
    c.transact(delete("ordinals", [["number", "==", 1]]))
    weaklings(c)
    c.transact(delete("ordinals"))
    weaklings(c)


def case_weak_references_to_nothing_vanish(c):
    c.transact(insert("weak", n=1, w=some(uuid(U1), uuid(U2)), w1=uuid(U1), wv=map_of(("k", uuid(U1)))))
    weaklings(c)
    c.transact(update("weak", w=uuid(U1)))
    c.transact(mutate("weak", [], ["w", "insert", uuid(U1)]))
    c.transact(update("weak", w=named("nosuch")))
    c.transact(insert("ordinals", "x", number=1), update("weak", w=named("x")), delete("ordinals"))
    weaklings(c)


def case_weak_references_to_itself(c):
    c.transact(insert("weak", "me", n=1, self=named("me")), insert("weak", n=2, self=named("me")))
    c.transact(delete("weak", [["n", "==", 1]]))
    weaklings(c)


def case_weak_references_keep_nothing(c):
    c.transact(insert("weak", n=1), insert("root", a=named("x")), insert("a", "x"))
    c.transact(delete("root"))
    links(c)


def case_too_few_weak_references_are_left(c):
    c.transact(insert("needs", n=1))
    c.transact(insert("needs", n=1, w=uuid(U1)))
    c.transact(insert("needs", n=1, w=named("x")), insert("ordinals", "x", number=1))
    c.transact(delete("ordinals"))
    c.transact(delete("ordinals"), delete("needs"))
    c.transact(insert("needs", n=1, w=some(named("x"), named("y"))), insert("ordinals", "x", number=1),
               insert("ordinals", "y", number=2))
    c.transact(delete("ordinals", [["number", "==", 1]]))
    c.transact(delete("ordinals", [["number", "==", 2]]))
    weaklings(c)


def case_monitors_hear_of_collected_rows(c):
    c.call("monitor", "T", "m", {"root": {}, "a": {}, "b": {}, "weak": {}, "ordinals": {}})
    c.transact(insert("a", a=1))
    c.transact(insert("root", a=named("x")), insert("a", "x", a=1, a2b=named("y")), insert("b", "y"))
    c.transact(insert("ordinals", "x", number=1), insert("weak", n=1, w=named("x"), w1=named("x")))
    c.transact(update("root", a=some()))
    c.transact(delete("ordinals"))
