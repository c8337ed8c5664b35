"""The operation wait, and requests that are cancelled: RFC 7047 sections 5.2.6 and 4.1.4."""
from .schema import *


def case_waits_that_are_satisfied(c):
    c.transact(*NUMBERS)
    one = [["number", "==", 1]]
    c.transact(wait("ordinals", "==", [{"name": "one"}], one, ["name"]))
    c.transact(wait("ordinals", "==", [{"name": "one", "number": 1}], one, ["number", "name"]))
    c.transact(wait("ordinals", "==", [{"name": "one", "number": 9}], one, ["name"]))
    c.transact(wait("ordinals", "!=", [{"name": "two"}], one, ["name"]))
    c.transact(wait("ordinals", "!=", [], one, ["name"]))
    c.transact(wait("ordinals", "==", [], [["number", "==", 9]], ["name"]))
    c.transact(wait("ordinals", "==", [{"number": n} for n in [4, 3, 2, 1, 0]], columns=["number"]))
    c.transact(wait("ordinals", "==", [{"number": n} for n in [4, 3, 2, 1, 0, 0]], columns=["number"]))
    c.transact(wait("ordinals", "==", [{}], columns=[]))
    c.transact(wait("ordinals", "==", [{"number": 0}], [["number", "==", 0]], ["number"]), update("ordinals", name="x"))


def case_waits_that_are_not(c):
    c.transact(*NUMBERS)
    one = [["number", "==", 1]]
    c.transact(wait("ordinals", "==", [{"name": "two"}], one, ["name"]))
    c.transact(wait("ordinals", "!=", [{"name": "one"}], one, ["name"]))
    c.transact(wait("ordinals", "==", [], one, ["name"]))
    c.transact(wait("ordinals", "==", [{}], one, ["name"]))
    c.transact(wait("ordinals", "==", [{"name": "one"}, {"name": "two"}], one, ["name"]))
    c.transact(wait("ordinals", "==", [{"name": "one"}], one))
    c.transact(insert("ordinals", number=9), wait("ordinals", "==", []), select("ordinals"))
    c.transact(wait("ordinals", "==", [{"name": "two"}], one, ["name"], 20), select("ordinals"))
    c.transact(select("ordinals", columns=["number", "name"]))


def case_what_is_no_wait(c):
    good = wait("ordinals", "==", [], columns=["name"])
    for member, value in [("until", "="), ("until", "<"), ("until", 1), ("until", ""), ("rows", {}), ("rows", [1]),
                          ("rows", [[]]), ("rows", [{"nosuch": 1}]), ("rows", [{"name": 1}]), ("timeout", "x"), ("timeout", 0.5),
                          ("timeout", -1), ("timeout", None), ("columns", "name"), ("where", None),
                          ("rows", [{"_uuid": ["uuid", "x"]}])]:
        c.transact(dict(good, **{member: value}))


def case_a_wait_sees_earlier_operations(c):
    c.transact(insert("ordinals", number=1), wait("ordinals", "==", [{"number": 1}], columns=["number"]))
    c.transact(delete("ordinals"), wait("ordinals", "==", []))
    c.transact(insert("types", "n"), wait("types", "==", [{"_uuid": named("n")}], columns=["_uuid"]))


def case_somebody_else_makes_it_true(c):
    c.post("transact", ["T", wait("ordinals", "==", [{"number": 7}], columns=["number"], timeout=10000),
                        update("ordinals", name="seen"), select("ordinals", columns=["number", "name"])], 1)
    c.fence("a")
    c.transact(insert("ordinals", number=6), name="b")
    c.fence("a")
    c.transact(update("ordinals", number=7), name="b")


def case_several_wait_for_each_other(c):
    for n in [3, 2, 1]:
        c.post("transact", ["T", wait("ordinals", "!=", [], [["number", "==", n]], timeout=None),
                            insert("ordinals", number=n + 1)], n)
    c.fence("a")
    c.transact(insert("ordinals", number=1), name="b")
    for _ in range(5):
        c.fence("a")
    c.transact(select("ordinals", columns=["number"]))


def case_a_monitor_hears_of_it_before_the_answers(c):
    c.call("monitor", "T", "m", {"ordinals": {"columns": ["number"]}})
    c.post("transact", ["T", wait("ordinals", "!=", [], timeout=10000), insert("ordinals", number=2)], 1)
    c.fence("a")
    c.transact(insert("ordinals", number=1))


def case_cancels_of_what_is_not_there(c):
    """ovsdb-server 3.1 forgets to answer what was cancelled: tests/unit/test_transact.c has that."""
    endless = ["T", wait("ordinals", "!=", [], timeout=None)]
    c.post("transact", endless, "one")
    c.post("transact", endless, 2)
    c.post("transact", endless, [3])
    c.post("transact", endless, {"four": 4})
    c.fence("a")
    c.post("cancel", ["nosuch"], None)
    c.post("cancel", [2], None, name="b")
    c.post("cancel", [], None)
    c.post("cancel", ["one", 2], None)
    c.fence_all()
    c.transact(insert("ordinals", number=1), name="b")


def case_waits_on_commit_that_fails(c):
    c.post("transact", ["T", wait("ordinals", "!=", [], timeout=10000), insert("ordinals", number=1)], 1)
    c.fence("a")
    c.transact(insert("ordinals", number=1), name="b")
    c.transact(select("ordinals", columns=["number"]))


def case_the_same_id_twice(c):
    endless = ["T", wait("ordinals", "!=", [], timeout=10000)]
    c.post("transact", endless, 1)
    c.fence("a")
    c.post("transact", endless, 1)
    c.fence("a")
    c.transact(insert("ordinals", number=1), name="b")
    c.fence("a")
