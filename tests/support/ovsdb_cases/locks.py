"""lock, steal, unlock and assert: RFC 7047 sections 4.1.8 to 4.1.10 and 5.2.10."""
from .schema import *


def held(c, name, lock):
    c.call("transact", "T", {"op": "assert", "lock": lock}, name=name)


def case_one_client_locks(c):
    held(c, "a", "l")
    c.call("lock", "l")
    held(c, "a", "l")
    held(c, "b", "l")
    held(c, "a", "other")
    c.call("lock", "l")
    c.call("steal", "l")
    c.call("unlock", "l")
    held(c, "a", "l")
    c.call("unlock", "l")
    c.call("lock", "l")
    c.call("unlock", "l")


def case_clients_queue(c):
    for name in "abc":
        c.call("lock", "l", name=name)
    for name in "abc":
        held(c, name, "l")
    c.call("unlock", "l", name="a")
    for name in "abc":
        held(c, name, "l")
    c.call("unlock", "l", name="b")
    c.call("lock", "l", name="a")


def case_a_lock_is_stolen(c):
    c.call("lock", "l", name="a")
    c.call("lock", "l", name="b")
    c.call("steal", "l", name="c")
    for name in "abc":
        held(c, name, "l")
    c.call("steal", "l", name="c")
    c.call("steal", "l", name="b")
    c.call("unlock", "l", name="c")
    for name in "abc":
        held(c, name, "l")
    c.call("lock", "l", name="a")
    c.call("unlock", "l", name="a")
    c.call("steal", "l", name="a")
    c.call("steal", "l", name="b")


def case_an_owner_that_goes(c):
    c.call("lock", "l", name="a")
    c.call("lock", "l", name="b")
    c.call("lock", "l", name="c")
    c.hang_up("a")
    held(c, "b", "l")
    c.hang_up("b")
    held(c, "c", "l")


def case_a_thief_that_goes(c):
    c.call("lock", "l", name="a")
    c.call("steal", "l", name="b")
    c.hang_up("b")
    held(c, "a", "l")
    c.call("unlock", "l", name="a")


def case_a_lock_that_nobody_has_is_stolen(c):
    c.call("steal", "l", name="a")
    held(c, "a", "l")
    c.call("lock", "l", name="b")
    c.call("unlock", "l", name="a")
    held(c, "b", "l")


def case_several_locks(c):
    for lock in ["l", "m", "_n9"]:
        c.call("lock", lock, name="a")
        c.call("lock", lock, name="b")
    c.call("transact", "T", {"op": "assert", "lock": "l"}, {"op": "assert", "lock": "m"})
    c.call("unlock", "m", name="a")
    c.call("transact", "T", {"op": "assert", "lock": "l"}, {"op": "assert", "lock": "m"}, insert("ordinals"))
    c.hang_up("a")


def case_what_is_no_lock(c):
    for method in ["lock", "steal", "unlock"]:
        c.call(method)
        for params in [[1], ["l", "m"], [None], [["l"]], [""], ["a-b"], ["a b"], ["9"]]:
            c.call(method, *params)
    c.transact({"op": "assert", "lock": ""})
    c.transact({"op": "assert", "lock": "a-b"})
    c.transact({"op": "assert", "lock": 1})
