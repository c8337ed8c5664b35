"""Monitors: RFC 7047 sections 4.1.5 to 4.1.7, and monitor_cond of ovsdb-server(7)."""
from .schema import *

EVENTS = ["initial", "insert", "delete", "modify"]


def life(c, name="a"):
    """Rows that come, change and go."""
    c.transact(insert("ordinals", number=10, name="ten"), name=name)
    c.transact(update("ordinals", [["number", "==", 10]], name="dix"), name=name)
    c.transact(update("ordinals", [["number", "==", 10]], number=11), name=name)
    c.transact(update("ordinals", [["number", "==", 0]], number=12, name="twelve"), name=name)
    c.transact(delete("ordinals", [["number", ">", 9]]), name=name)


def start(c, method, id, requests, name="a", db="T"):
    more = [U0] if method == "monitor_cond_since" else []
    answer = c.call(method, db, id, requests, *more, name=name)
    return answer


METHODS = ["monitor", "monitor_cond"]


def case_monitors_of_all_columns(c):
    c.transact(*NUMBERS)
    for method in METHODS:
        start(c, method, method, {"ordinals": {}})
    life(c)


def case_monitors_of_no_rows(c):
    for method in METHODS:
        start(c, method, method, {"ordinals": {}, "types": {}})
        start(c, method, method + " of nothing", {})
    life(c)


def case_monitors_of_some_columns(c):
    c.transact(*NUMBERS)
    for n, columns in enumerate([["name"], ["number", "_version"], ["_uuid"], [], ["_uuid", "name"]]):
        for method in METHODS:
            start(c, method, "%s %d" % (method, n), {"ordinals": {"columns": columns}})
    life(c)


def case_monitors_of_some_events(c):
    c.transact(*NUMBERS)
    for n in range(16):
        select = {event: bool(n >> i & 1) for i, event in enumerate(EVENTS)}
        for method in METHODS:
            start(c, method, "%s %d" % (method, n), {"ordinals": {"columns": ["name"], "select": select}}, name=str(n))
    life(c)


def case_events_that_are_not_named_are_told(c):
    c.transact(*NUMBERS)
    for event in EVENTS:
        for value in [True, False]:
            start(c, "monitor", "%s %s" % (event, value), {"ordinals": {"columns": ["name"], "select": {event: value}}}, name=event)
    start(c, "monitor", "none named", {"ordinals": {"columns": ["name"], "select": {}}})
    life(c)


def case_columns_with_events_of_their_own(c):
    c.transact(*NUMBERS)
    for method in METHODS:
        start(c, method, method, {"ordinals": [{"columns": ["name"], "select": {"initial": False, "modify": False}},
                                               {"columns": ["number"], "select": {"insert": False, "delete": False}}]})
        start(c, method, method + "2", {"ordinals": [{"columns": ["name"], "select": {"modify": False}},
                                                     {"columns": ["number"]}]})
    life(c)


def case_monitor_requests_that_are_wrong(c):
    for method in METHODS:
        for requests in [None, 1, [], "ordinals", {"nosuch": {}}, {"ordinals": None}, {"ordinals": 1}, {"ordinals": []},
                         {"ordinals": [1]}, {"ordinals": {"columns": ["nosuch"]}}, {"ordinals": {"columns": "name"}},
                         {"ordinals": {"columns": [1]}}, {"ordinals": {"columns": ["name", "name"]}},
                         {"ordinals": [{"columns": ["name"]}, {"columns": ["name"]}]}, {"ordinals": [{}, {}]},
                         {"ordinals": {"select": {"nosuch": True}}}, {"ordinals": {"select": {"insert": 1}}},
                         {"ordinals": {"select": []}}, {"ordinals": {"extra": 1}}, {"ordinals": {"where": [["number", "==", 1]]}},
                         {"ordinals": {"where": [["nosuch", "==", 1]]}}, {"ordinals": {"where": [["number", "=", 1]]}},
                         {"ordinals": {"where": 1}}, {"ordinals": {"where": {}}}, {"ordinals": {"where": [1]}},
                         {"ordinals": {"where": [["number", "==", "x"]]}}]:
            start(c, method, "m", requests)
            c.call("monitor_cancel", "m")
        c.call(method)
        c.call(method, "nosuch", "m", {})
        c.call(method, 1, "m", {})


def case_ids_of_monitors(c):
    for id in [None, 1, "x", [1, "x"], {"a": 1}, True, 1.5]:
        start(c, "monitor", id, {"ordinals": {"columns": ["number"]}})
        start(c, "monitor", id, {"types": {}})
        start(c, "monitor_cond", id, {"types": {}})
    start(c, "monitor", "x", {"ordinals": {"columns": ["number"]}}, name="b")
    c.transact(insert("ordinals", number=1))
    for id in ["nosuch", [1], "x", "x", None, {"a": 1}]:
        c.call("monitor_cancel", id)
    c.call("monitor_cancel")
    c.call("monitor_cancel", 1, 2)
    c.transact(insert("ordinals", number=2))


def case_only_what_changed_is_told(c):
    for method in METHODS:
        start(c, method, method, {"ordinals": {"columns": ["number"]}, "types": {"columns": ["i", "si"]}})
    c.transact(insert("types", i=1, s="x"))
    c.transact(update("types", s="y"))
    c.transact(update("types", i=1, s="z"))
    c.transact(update("types", i=2), update("types", i=1))
    c.transact(update("types", i=2), ABORT)
    c.transact(insert("ordinals", number=1), delete("ordinals"))
    c.transact(insert("ordinals", number=1), update("types", i=5), delete("types"))
    c.transact(select("ordinals"))
    c.transact(insert("volatile", lost=1))
    c.transact({"op": "comment", "comment": "x"}, COMMIT)


def case_several_tables_in_one_update(c):
    for method in METHODS:
        start(c, method, method, {"ordinals": {"columns": ["number"]}, "types": {"columns": ["i"]}, "few": {}})
    c.transact(insert("ordinals", number=1), insert("types", i=1), insert("types", i=2), insert("few"))
    c.transact(update("types", i=3), delete("ordinals"), insert("volatile"))


def case_differences_of_sets_and_maps(c):
    c.transact(insert("types", s="row", si=some(1, 2), oi=1, mss=map_of(("a", "1"), ("b", "2")), mis=map_of((1, "x"))))
    columns = ["i", "r", "si", "oi", "os", "mss", "mis", "su", "b"]
    for method in METHODS:
        start(c, method, method, {"types": {"columns": columns}})
    for row in [dict(si=some(2, 3)), dict(si=some()), dict(si=some(1)), dict(oi=2), dict(oi=some()), dict(os="x"),
                dict(mss=map_of(("a", "2"), ("b", "2"))), dict(mss=map_of(("b", "2"), ("c", "3"))), dict(mss=map_of()),
                dict(mis=map_of((1, "y"), (2, "x"))), dict(i=5, r=0.5, b=True), dict(i=0, r=0, b=False),
                dict(su=some(uuid(U1), uuid(U2))), dict(su=uuid(U2))]:
        c.transact(update("types", **row))
    c.transact(mutate("types", [], ["mss", "insert", map_of(("k", "v"))], ["si", "insert", some(7, 8, 9)]))
    c.transact(delete("types"))


def case_who_changed_it_hears_before_the_answer(c):
    for name in "abc":
        start(c, "monitor", "m", {"ordinals": {"columns": ["number"]}}, name=name)
        start(c, "monitor_cond", "n", {"ordinals": {"columns": ["number"]}}, name=name)
    for number, name in enumerate("abc"):
        c.transact(insert("ordinals", number=number), name=name)
    c.hang_up("b")
    c.transact(delete("ordinals"), name="c")


def case_conditions_of_monitors(c):
    c.transact(*NUMBERS)
    for n, where in enumerate([[], [True], [False], [["number", "<", 2]], [["number", "<", 1], ["number", ">", 3]],
                               [["name", "==", "two"]], [False, ["number", "==", 1]], [True, ["number", "==", 1]],
                               [["number", "includes", 3]], [["number", "!=", 3]]]):
        start(c, "monitor_cond", n, {"ordinals": {"columns": ["name"], "where": where}})
        life(c)
        c.call("monitor_cancel", n)
        c.transact(delete("ordinals"), *NUMBERS)


def case_rows_that_come_into_a_condition_and_leave(c):
    c.transact(*NUMBERS)
    start(c, "monitor_cond", "m", {"ordinals": {"columns": ["name", "number"], "where": [["number", "<", 2]]}})
    c.transact(update("ordinals", [["number", "==", 1]], number=11))
    c.transact(update("ordinals", [["number", "==", 11]], number=1))
    c.transact(update("ordinals", [["number", "==", 1]], name="uno"))
    c.transact(update("ordinals", [["number", "==", 3]], name="tre"))
    c.transact(update("ordinals", [["number", "==", 3]], number=-3, name="minus"))
    c.transact(delete("ordinals"))


def case_a_condition_on_a_column_that_is_not_monitored(c):
    c.transact(*NUMBERS)
    start(c, "monitor_cond", "m", {"ordinals": {"columns": ["name"], "where": [["number", "<", 2]]}})
    c.transact(update("ordinals", [["number", "==", 1]], number=11))
    c.transact(update("ordinals", [["number", "==", 0]], number=1))
    c.transact(update("ordinals", [["number", "==", 11]], number=0))


def case_conditions_that_change(c):
    c.transact(*NUMBERS)
    start(c, "monitor_cond", "m", {"ordinals": {"columns": ["name"], "where": [["number", "==", 1]]}})
    for where in [[["number", "==", 2]], [["number", "==", 1], ["number", "==", 2]], [True], [], [False],
                  [["number", "<", 3]]]:
        c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": where}]})
        c.transact(update("ordinals", [["number", "==", 2]], name="deux"))
        c.transact(update("ordinals", [["number", "==", 2]], name="two"))
    c.call("monitor_cond_change", "m", "new name", {"ordinals": [{"where": [["number", "<", 2]]}]})
    c.transact(delete("ordinals"))
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [True]}]})
    c.call("monitor_cond_change", "new name", "new name", {})
    c.call("monitor_cancel", "m")
    c.call("monitor_cancel", "new name")


def case_changes_of_conditions_that_are_wrong(c):
    c.transact(*NUMBERS)
    start(c, "monitor_cond", "m", {"ordinals": {"columns": ["name"], "where": [["number", "==", 1]]}})
    start(c, "monitor_cond", "other", {"ordinals": {"columns": ["name"]}})
    for requests in [None, 1, [], {"nosuch": [{"where": []}]}, {"types": [{"where": []}]}, {"ordinals": []},
                     {"ordinals": [1]}, {"ordinals": {"where": [["number", "==", 2]]}},
                     {"ordinals": [{"where": [["nosuch", "==", 1]]}]}, {"ordinals": [{"where": 1}]},
                     {"ordinals": [{"where": [True], "extra": 1}]}, {"ordinals": [{"where": [True], "columns": ["number"]}]}]:
        c.call("monitor_cond_change", "m", "m", requests)
    c.call("monitor_cond_change", "nosuch", "m", {"ordinals": [{"where": [True]}]})
    c.call("monitor_cond_change", "m", "other", {"ordinals": [{"where": [True]}]})
    c.call("monitor_cond_change", "m")
    c.call("monitor_cond_change", "m", "m")
    c.call("monitor_cond_change", "m", "m", {}, 1)
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [True]}]}, name="b")
    life(c)


def case_several_tables_change_their_conditions(c):
    c.transact(*NUMBERS, insert("types", i=1), insert("types", i=2))
    start(c, "monitor_cond", "m", {"ordinals": {"columns": ["name"], "where": [False]},
                                   "types": {"columns": ["i"], "where": [["i", "==", 1]]}})
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [["number", "==", 1]]}], "types": [{"where": [["i", "==", 2]]}]})
    c.call("monitor_cond_change", "m", "m", {"types": [{"where": [["i", "==", 1], ["i", "==", 2]]}]})
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [False]}]})


def case_ephemeral_columns_are_monitored(c):
    for method in METHODS:
        start(c, method, method, {"volatile": {"columns": ["kept", "lost"]}})
    c.transact(insert("volatile", kept=1, lost=2))
    c.transact(update("volatile", lost=3))
    c.transact(update("volatile", lost=3))


def case_rows_that_are_replaced(c):
    for method in METHODS:
        start(c, method, method, {"ordinals": {"columns": ["number", "name"]}})
    c.transact(dict(insert("ordinals", number=1), uuid=U1))
    c.transact(delete("ordinals"), dict(insert("ordinals", number=2), uuid=U2))
    c.transact(delete("ordinals"))


def case_a_cancelled_monitor_is_silent(c):
    start(c, "monitor", "m", {"ordinals": {"columns": ["number"]}})
    start(c, "monitor_cond", "n", {"ordinals": {"columns": ["number"]}})
    c.call("monitor_cancel", "m")
    c.transact(insert("ordinals", number=1))
    c.call("monitor_cancel", "n")
    c.transact(insert("ordinals", number=2))
    start(c, "monitor", "m", {"ordinals": {"columns": ["number"]}})


def since(c, id, requests, last, name="a", method="monitor_cond_since"):
    """Transaction ids are each server's own: they are taken out, the rest is compared."""
    answer = c.call(method, "T", id, requests, last, name=name)
    if isinstance(answer.get("result"), list):
        answer["result"][:2] = ["found", "id"]
    return answer


def case_monitors_that_tell_transactions(c):
    c.transact(*NUMBERS)
    since(c, "m", {"ordinals": {"columns": ["name"], "where": [["number", "<", 2]]}}, U0)
    since(c, "all", {"ordinals": {"columns": ["name"]}}, U1)
    life(c)
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [["number", ">", 2]]}]})
    for n, (kind, message) in enumerate(c.heard):
        if isinstance(message, dict) and message.get("method") == "update3":
            message["params"][1] = "id"


def case_monitor_cond_since_that_is_wrong(c):
    for last in ["", "x", None, 1, []]:
        c.call("monitor_cond_since", "T", "m", {"ordinals": {"columns": ["name"]}}, last)
    c.call("monitor_cond_since", "T", "m", {"ordinals": {"columns": ["name"]}})
    c.call("monitor_cond_since", "nosuch", "m", {}, U0)
    c.call("monitor_cond_since", "T", "m", {"nosuch": {}}, U0)
    c.call("monitor_cond_since")


def case_monitor_with_more_parameters(c):
    for n, method in enumerate(["monitor", "monitor_cond", "monitor_cond_since"]):
        c.call(method, "T", n, {"ordinals": {"columns": ["number"]}}, U0, "more")
        c.call("monitor_cancel", n)


def case_of_several_new_conditions_the_last_counts(c):
    c.transact(*NUMBERS)
    c.call("monitor_cond", "T", "m", {"ordinals": [{"columns": ["number"], "where": [["number", "<", 2]]}]})
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [["number", "==", 0]]}, {"where": [["number", "==", 4]]}]})
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": [["number", "==", 0]]}, {"where": []}]})
    c.call("monitor_cond_change", "m", "m", {"ordinals": [{"where": []}, {"where": [["number", "==", 1]]}]})
