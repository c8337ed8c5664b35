"""What transact makes of operations: RFC 7047 sections 4.1.3 and 5.2."""
from .schema import *


def case_no_operations(c):
    c.transact()


def case_params_of_transact(c):
    c.call("transact")
    c.call("transact", 1)
    c.call("transact", None)
    c.call("transact", ["T"])
    c.call("transact", "nosuch")
    c.call("transact", "nosuch", insert("ordinals"))
    c.call("transact", "t", insert("ordinals"))


def case_what_is_no_operation(c):
    for operation in [None, 1, "insert", [], [insert("ordinals")], True, {}, {"op": 1}, {"op": None},
                      {"op": "nosuch"}, {"op": "Insert"}, {"op": ""}, {"op": []}]:
        c.transact(operation)
        c.transact(insert("ordinals", number=1), operation, select("ordinals"))
    c.transact(select("ordinals"))


def case_members_that_are_missing(c):
    for operation in [insert("ordinals"), select("ordinals"), update("ordinals"), delete("ordinals"),
                      mutate("ordinals", []), wait("ordinals", "==", []), COMMIT,
                      {"op": "comment", "comment": "x"}, {"op": "assert", "lock": "x"}]:
        for member in operation:
            c.transact({key: value for key, value in operation.items() if key != member})


def case_members_of_another_type(c):
    for operation in [insert("ordinals", name="x"), select("ordinals", columns=["name"]),
                      update("ordinals"), delete("ordinals"), mutate("ordinals", []),
                      wait("ordinals", "==", [], columns=["name"]), COMMIT, ABORT,
                      {"op": "comment", "comment": "x"}, {"op": "assert", "lock": "x"}]:
        for member in operation:
            for value in [None, 1, 1.5, True, "x y", [], {}]:
                c.transact(dict(operation, **{member: value}))


def case_members_that_nobody_knows(c):
    for operation in [insert("ordinals"), select("ordinals"), update("ordinals"), delete("ordinals"),
                      mutate("ordinals", []), wait("ordinals", "==", []), COMMIT, ABORT,
                      {"op": "comment", "comment": "x"}]:
        c.transact(dict(operation, extra=1))
        c.transact(dict(operation, lock="x"))


def case_tables_and_columns_that_are_not_there(c):
    for operation in [insert("nosuch"), select("nosuch"), update("nosuch"), delete("nosuch"),
                      mutate("nosuch", []), wait("nosuch", "==", []),
                      insert("_Server"), select(""), select("Ordinals"),
                      insert("ordinals", nosuch=1), update("ordinals", nosuch=1),
                      select("ordinals", columns=["nosuch"]), select("ordinals", columns=[1]),
                      select("ordinals", columns=["name", "name"]),
                      mutate("ordinals", [], ["nosuch", "+=", 1]),
                      wait("ordinals", "==", [{"nosuch": 1}]),
                      wait("ordinals", "==", [], columns=["nosuch"])]:
        c.transact(operation)


def case_results_have_the_shape_of_the_request(c):
    c.transact(insert("ordinals", number=1), select("ordinals", columns=["number"]), update("ordinals", name="x"),
               mutate("ordinals", [], ["number", "+=", 1]), wait("ordinals", "!=", []),
               delete("ordinals"), COMMIT, {"op": "commit", "durable": False},
               {"op": "comment", "comment": "why"})


def case_what_comes_after_an_error_is_null(c):
    c.transact(insert("ordinals", number=1), ABORT, insert("ordinals", number=2), ABORT, {"op": "nosuch"})
    c.transact(ABORT)
    c.transact(select("ordinals"))


def case_an_error_at_commit_comes_after_all_results(c):
    c.transact(insert("ordinals", number=1), insert("ordinals", number=1), select("ordinals", columns=["number"]))
    c.transact(insert("root", a=uuid(U1)))
    c.transact(insert("few"), insert("few"), insert("few"))
    c.transact(select("ordinals"), select("root"), select("few"))


def case_insert(c):
    c.transact(insert("ordinals"))
    c.transact(select("ordinals"))
    c.transact(insert("ordinals", number=1, name="one"), select("ordinals"))
    c.transact(insert("types"), select("types"))
    c.transact(insert("limits", some=1), select("limits"))
    c.transact(insert("limits"))
    c.transact(insert("strict"))
    c.transact(insert("strict", i=1))
    c.transact(insert("strict", i=1, s="x"), select("strict", columns=["i", "s"]))


def case_insert_gives_hidden_columns(c):
    c.transact(insert("ordinals", number=1, _uuid=uuid(U1)), select("ordinals", columns=["number"]))
    c.transact(insert("ordinals", number=2, _version=uuid(U1)), select("ordinals", columns=["number"]))
    c.transact(select("ordinals", [["_uuid", "==", uuid(U1)]]))
    c.transact(select("ordinals", [["_version", "==", uuid(U1)]]))


def case_insert_with_the_uuid_that_the_client_wants(c):
    wanted = dict(insert("ordinals", number=1), uuid=U1)
    c.transact(wanted)
    c.transact(dict(insert("ordinals", number=2), uuid=U1))
    c.transact(dict(insert("ordinals", number=3), uuid=U2), dict(insert("ordinals", number=4), uuid=U2))
    c.transact(dict(insert("ordinals", number=5), uuid="nonsense"))
    c.transact(dict(insert("ordinals", number=5), uuid=U1.upper()))
    c.transact(dict(insert("ordinals", number=5), uuid=uuid(U2)))
    c.transact(dict(insert("types"), uuid=U1))
    c.transact(delete("ordinals"), wanted)
    c.transact(delete("ordinals"))
    c.transact(wanted)
    c.transact(dict(insert("root", "r", a=named("x")), uuid=U2), dict(insert("a", "x"), uuid=U1))
    c.transact(select("ordinals", columns=["_uuid", "number"]), select("root", columns=["_uuid", "a"]))


def case_names_of_rows(c):
    c.transact(insert("types", "n"), insert("types", "n"))
    c.transact(insert("types", "n"), update("types", u=named("n")), select("types", columns=["_uuid", "u"]))
    c.transact(update("types", u=named("n")), insert("types", "n"), select("types", columns=["_uuid", "u"]))
    c.transact(insert("types", "me", u=named("me")), select("types", [["u", "!=", uuid(U0)]], ["_uuid", "u"]))
    c.transact(update("types", u=named("nosuch")))
    c.transact(insert("types", u=named("nosuch")), insert("types", "other"))
    c.transact(select("types", [["u", "==", named("nosuch")]]))
    c.transact(select("types", [["u", "==", named("later")]]), insert("types", "later"))
    for name in ["", "1", "a-b", "a b", "_ok", "A9_", "\u00e9"]:
        c.transact(dict(insert("types"), **{"uuid-name": name}))
        c.transact(insert("types", su=some(named(name))))
    c.transact(insert("types", u=["named-uuid"]))
    c.transact(insert("types", u=["named-uuid", 1]))
    c.transact(insert("types", u=["named-uuid", "x", "y"]))
    c.transact(insert("types", "gone"), delete("types"), insert("types", u=named("gone")))


def case_a_name_is_of_one_transaction(c):
    c.transact(insert("types", "n"))
    c.transact(insert("types", u=named("n")))
    c.transact(insert("types", "n"))


def case_select(c):
    c.transact(*NUMBERS)
    c.transact(select("ordinals"))
    c.transact(select("ordinals", columns=[]))
    c.transact(select("ordinals", columns=["_uuid"]))
    c.transact(select("ordinals", columns=["_version"]))
    c.transact(select("ordinals", columns=["number", "_uuid", "name"]))
    c.transact(select("ordinals", [["number", "<", 2]], ["name"]), select("ordinals", [["number", ">", 9]]))


def case_select_drops_rows_that_look_the_same(c):
    c.transact(*[insert("types", i=i % 2, s="x") for i in range(4)])
    c.transact(select("types", columns=["s"]))
    c.transact(select("types", columns=["i"]))
    c.transact(select("types", columns=["i", "s"]))
    c.transact(select("types", columns=["i", "_uuid"]))
    c.transact(select("types", columns=[]))


def case_update(c):
    c.transact(*NUMBERS)
    c.transact(update("ordinals", [["number", "==", 1]], name="uno"), select("ordinals", columns=["name"]))
    c.transact(update("ordinals", [["number", "==", 9]], name="neuf"))
    c.transact(update("ordinals", name="all"))
    c.transact(update("ordinals"))
    c.transact(update("ordinals", number=7))
    c.transact(update("ordinals", [["number", "==", 0]], number=1))
    c.transact(update("ordinals", [["number", "==", 0]], number=1), update("ordinals", [["name", "==", "one"]], number=0))
    c.transact(update("ordinals", _uuid=uuid(U1)))
    c.transact(update("ordinals", _version=uuid(U1)))
    c.transact(update("ordinals", [["number", "==", 99]], _uuid=uuid(U1)))
    c.transact(select("ordinals", columns=["number", "name"]))


def case_columns_that_cannot_change(c):
    c.transact(insert("fixed", c=1, v=1, cs=some(1, 2)))
    c.transact(update("fixed", c=2))
    c.transact(update("fixed", c=1))
    c.transact(update("fixed", [["v", "==", 9]], c=1))
    c.transact(update("fixed", v=2, c=1))
    c.transact(mutate("fixed", [], ["c", "+=", 1]))
    c.transact(mutate("fixed", [["v", "==", 9]], ["cs", "insert", some(3)]))
    c.transact(mutate("fixed", [], ["v", "+=", 1]))
    c.transact(insert("fixed", "n", c=1), update("fixed", [["_uuid", "==", named("n")]], c=2))
    c.transact(select("fixed", columns=["c", "v", "cs"]))


def case_versions(c):
    c.transact(*NUMBERS)
    first = c.transact(select("ordinals", [["number", "==", 1]], ["_version"]))
    c.transact(update("ordinals", [["number", "==", 2]], name="deux"))
    c.transact(select("ordinals", [["number", "==", 1]], ["_version"]))
    c.transact(update("ordinals", [["number", "==", 1]], name="one"))
    c.transact(select("ordinals", [["number", "==", 1]], ["_version"]))
    c.transact(update("ordinals", [["number", "==", 1]], name="un"))
    c.transact(select("ordinals", [["number", "==", 1]], ["_version"]))
    version = first["result"][0]["rows"][0]["_version"]
    c.transact(select("ordinals", [["_version", "==", version]], ["number"]))
    c.transact(update("ordinals", [["_version", "!=", version]], name="all"))


def case_delete(c):
    c.transact(*NUMBERS)
    c.transact(delete("ordinals", [["number", "==", 9]]), delete("ordinals", [["number", "<", 2]]),
               delete("ordinals", [["number", "<", 2]]), select("ordinals", columns=["number"]))
    c.transact(delete("ordinals"), ABORT)
    c.transact(delete("ordinals"))
    c.transact(delete("ordinals"))
    c.transact(insert("ordinals", number=1), delete("ordinals"), select("ordinals"))


def case_abort_takes_back_all(c):
    c.transact(*NUMBERS)
    c.transact(delete("ordinals", [["number", "==", 1]]), update("ordinals", [["number", "==", 2]], name="x"),
               insert("ordinals", number=9), mutate("ordinals", [], ["number", "+=", 10]),
               select("ordinals", columns=["number", "name"]), ABORT)
    c.transact(select("ordinals", columns=["number", "name"]))


def case_comments(c):
    c.transact({"op": "comment", "comment": ""})
    c.transact({"op": "comment", "comment": "one"}, {"op": "comment", "comment": "two"}, insert("ordinals"))
    c.transact({"op": "comment", "comment": "one"}, ABORT)


def case_commits(c):
    c.transact(COMMIT)
    c.transact(insert("ordinals", number=1), COMMIT)
    c.transact(COMMIT, insert("ordinals", number=2), COMMIT)
    c.transact(select("ordinals", columns=["number"]), COMMIT)
    c.transact({"op": "commit", "durable": False}, insert("volatile", lost=1), COMMIT)


def case_unique_indexes_hold_at_commit(c):
    c.transact(insert("ordinals", number=1, name="a"))
    c.transact(insert("ordinals", number=1, name="b"))
    c.transact(insert("ordinals", number=1, name="b"), delete("ordinals", [["name", "==", "a"]]))
    c.transact(delete("ordinals"), insert("ordinals", number=1), insert("ordinals", number=2))
    c.transact(mutate("ordinals", [], ["number", "+=", 1]))
    c.transact(update("ordinals", [["number", "==", 2]], number=3))
    c.transact(update("ordinals", [["number", "==", 2]], number=3), ABORT)
    c.transact(insert("ordinals", number=2), update("ordinals", [["name", "==", ""]], number=7))
    c.transact(select("ordinals", columns=["number", "name"]))


def case_indexes_of_two_columns_and_of_sets(c):
    c.transact(insert("pair_index", x=1, y="a", z=1), insert("pair_index", x=1, y="b", z=2))
    c.transact(insert("pair_index", x=1, y="a", z=3))
    c.transact(insert("pair_index", x=2, y="a", z=some(2)))
    c.transact(insert("pair_index", x=2, y="a", z=some(1, 2)))
    c.transact(insert("pair_index", x=3, y="a", z=some(2, 1)))
    c.transact(insert("pair_index", x=4, y="a"), insert("pair_index", x=4, y="b"))
    c.transact(select("pair_index", columns=["x", "y", "z"]))


def case_tables_that_hold_few_rows(c):
    c.transact(insert("few", x=1), insert("few", x=2), insert("few", x=3))
    c.transact(insert("few", x=1), insert("few", x=2))
    c.transact(insert("few", x=3))
    c.transact(insert("few", x=3), delete("few", [["x", "==", 1]]), select("few", columns=["x"]))
    c.transact(delete("few", [["x", "==", 2]]), insert("few", x=4))
    c.transact(insert("one"))
    c.transact(insert("one", x=1))
    c.transact(insert("one", x=1), delete("one", [["x", "==", 0]]))
    c.transact(select("few", columns=["x"]), select("one", columns=["x"]))


def case_the_shape_comes_first(c):
    """Before names that nobody knows."""
    for name in ["nosuch", "number", 1]:
        for what in ["nosuch", 1, None, ["=="]]:
            c.transact(select("ordinals", [[name, what, 1]]))
            c.transact(mutate("ordinals", [], [name, what, 1]))


def sorted_by(c, columns, shown=("number",), where=()):
    operation = dict(select("ordinals", where, list(shown)), sort=columns)
    result = c.transact(operation)["result"][0]
    if "rows" in result:  # in that order, which is nothing to other cases
        c.note("order", [row.get("number") for row in result["rows"]])


def case_select_sorts(c):
    """Of ovsdb-server, RFC 7047 does not have it."""
    c.transact(*NUMBERS, insert("ordinals", number=-7, name="two"))
    for columns in [["number"], ["name", "number"], ["number", "name"]]:
        sorted_by(c, columns)
        sorted_by(c, columns, ["number", "name"], [["number", ">", 0]])
    for columns in [["nosuch"], [1], "number", None, {}, ["number", "number"]]:
        sorted_by(c, columns)
