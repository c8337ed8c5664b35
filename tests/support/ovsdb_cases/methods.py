"""Methods about databases: RFC 7047 sections 4.1.1, 4.1.2, 4.1.11, and ovsdb-server(7)."""
from .schema import *


def case_echo(c):
    c.call("echo")
    c.call("echo", 1, "x", None, [], {"a": 1})
    c.call("echo", [["nested"]])
    c.post("echo", [1], 7)
    c.gather("a", 7)
    c.post("echo", [1], "text")
    c.gather("a", "text")
    c.post("echo", [1], ["array"])
    c.gather("a", ["array"])
    c.post("echo", [1], {"an": "object"})
    c.gather("a", {"an": "object"})
    c.post("echo", [1], 0)
    c.gather("a", 0)
    c.post("echo", [1], False)
    c.gather("a", False)


def case_list_dbs(c):
    for params in [[], [1]]:
        answer = c.call("list_dbs", *params)
        if isinstance(answer["result"], list):
            answer["result"].sort()


def case_get_schema(c):
    c.call("get_schema", "T")
    c.call("get_schema", "T", "extra")
    c.call("get_schema")
    c.call("get_schema", 1)
    c.call("get_schema", "nosuch")
    schema = c.call("get_schema", "_Server")
    schema["result"] = sorted(schema["result"]["tables"]["Database"]["columns"])


def case_get_server_id(c):
    for name in "ab":
        c.call("get_server_id", name=name)
    c.call("get_server_id", 1)


def case_set_db_change_aware(c):
    c.call("set_db_change_aware", True)
    c.call("set_db_change_aware", False)
    c.call("set_db_change_aware")
    c.call("set_db_change_aware", 1)
    c.call("set_db_change_aware", True, True)
    c.call("set_db_change_aware", None)


def case_database_of_databases(c):
    where = [["name", "==", "T"]]
    columns = ["name", "model", "connected", "leader", "cid", "sid", "index"]
    c.call("transact", "_Server", select("Database", where, columns))
    c.call("transact", "_Server", select("Database", [["name", "==", "_Server"]], ["name", "model", "connected"]))
    c.call("transact", "_Server", update("Database", where, name="x"))
    c.call("transact", "_Server", insert("Database", name="x", model="standalone"))
    c.call("transact", "_Server", delete("Database"))
    c.call("transact", "_Server", delete("Database", [["name", "==", "nosuch"]]))
    for operation in [{"op": "comment", "comment": "x"}, COMMIT, ABORT]:
        c.call("transact", "_Server", operation)
    c.call("monitor", "_Server", "s", {"Database": {"columns": ["name", "model"]}}, name="b")
    c.call("monitor_cond", "_Server", "s", {"Database": [{"columns": ["name"], "where": where}]}, name="c")


def case_methods_that_nobody_knows(c):
    """Of ovsdb-server: RFC 7047 does not say what they are told."""
    for params in [["nosuch"], ["Transact", "T"], ["", "T"], ["update", "T"], ["nosuch", 1], ["nosuch", "T", {}]]:
        c.call(*params)


def case_notifications_are_not_answered(c):
    for method, params in [("echo", [1]), ("list_dbs", []), ("nosuch", []), ("update", ["m", {}]), ("transact", ["nosuch"]),
                           ("transact", ["T", insert("ordinals", number=77)]), ("lock", ["l"]), ("locked", ["l"]),
                           ("monitor", ["T", "m", {"ordinals": {}}])]:
        c.post(method, params, None)
        c.fence("a")
    c.transact(select("ordinals", columns=["number"]))
    c.call("lock", "l", name="b")
    c.transact(insert("ordinals", number=78))


def case_replies_that_nobody_asked_for(c):
    """ovsdb-server hangs up, which nobody asks of it; what is the same is that nothing is said to them."""
    c.client("x").send(b'{"id":1,"result":[],"error":null}{"id":"x","result":{},"error":null,"method":null}')
    del c.clients["x"]
