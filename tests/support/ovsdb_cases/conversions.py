"""convert: ovsdb-server(7) section 4.1.19. Each case ends with the schema that it began with."""
import copy

from .schema import *


def changed(*changes):
    """The schema after changes: (TABLE, COLUMN, its type, or None: without it)."""
    schema = copy.deepcopy(SCHEMA)
    for table, name, type in changes:
        if type is None:
            schema["tables"][table]["columns"].pop(name)
        else:
            schema["tables"][table]["columns"][name] = type
    return schema


def with_members(table, **members):
    schema = copy.deepcopy(SCHEMA)
    schema["tables"][table].update(members)
    return schema


def begin(c):
    """Returns the schema as the server tells it: what it tells of one that a client wrote is in other words."""
    c.call("set_db_change_aware", True)
    return c.call("get_schema", "T")["result"]


def convert(c, schema, rows, *look):
    """What becomes of these rows; then everything as it was."""
    original = begin(c)
    c.transact(*rows)
    c.call("convert", "T", schema)
    for operation in look:
        c.transact(operation)
    c.transact(*[delete(table) for table in schema["tables"]])
    c.call("convert", "T", original)


def types(c, name, type, **row):
    convert(c, changed(("types", name, type)), [insert("types", **row)], select("types", columns=[name]))


def case_convert_numbers(c):
    types(c, "i", column("real"), i=3)
    types(c, "i", column("integer"), i=3)
    types(c, "r", column("integer"), r=3.5)
    types(c, "r", column("integer"), r=3)
    types(c, "r", column("integer"), r=0)
    types(c, "sr", many("integer"), sr=some(1, 2))
    types(c, "sr", many("integer"))
    types(c, "mii", pairs("integer", "real"), mii=map_of([1, 2]))
    types(c, "msr", pairs("string", "integer"), msr=map_of(["a", 2]))
    types(c, "msr", pairs("string", "integer"))


def case_convert_other_types(c):
    types(c, "i", column("string"), i=3)
    types(c, "s", column("integer"), s="3")
    types(c, "s", column("integer"))
    types(c, "b", column("integer"), b=True)
    types(c, "s", column("uuid"), s=U1)
    types(c, "u", column("string"), u=uuid(U1))
    types(c, "ss", many("integer"))
    types(c, "ss", many("integer"), ss=some("a"))
    types(c, "mss", pairs("integer", "string"))
    convert(c, changed(("types", "s", column("integer"))), [], select("types"))


def case_convert_how_many(c):
    types(c, "i", many("integer"), i=3)
    types(c, "si", column("integer"), si=some(3))
    types(c, "si", column("integer"))
    types(c, "si", column("integer"), si=some(1, 2))
    types(c, "oi", column("integer"), oi=some(4))
    types(c, "si", many("integer", 0, 2), si=some(1, 2))
    types(c, "si", many("integer", 0, 2), si=some(1, 2, 3))
    types(c, "si", many("integer", 1))
    types(c, "mss", pairs("string", "string", 0, 1), mss=map_of(["a", "b"], ["c", "d"]))
    types(c, "mss", pairs("string", "string", 1))
    types(c, "si", pairs("integer", "integer"))
    types(c, "mii", many("integer"))
    types(c, "mii", many("integer"), mii=map_of([1, 1]))


def case_convert_limits(c):
    types(c, "i", scalar("integer", minInteger=5), i=3)
    types(c, "i", scalar("integer", minInteger=5), i=5)
    types(c, "r", scalar("real", maxReal=1.5), r=2)
    types(c, "s", scalar("string", maxLength=2), s="abc")
    types(c, "s", scalar("string", enum=["set", ["x", "y"]]), s="z")
    types(c, "s", scalar("string", enum=["set", ["x", "y"]]), s="x")
    types(c, "new", scalar("integer", minInteger=5))
    types(c, "new", scalar("string", enum=["set", ["x", "y"]]))
    types(c, "new", many("string", 0, 1))
    types(c, "new", pairs("string", "integer"))


def case_convert_to_less(c):
    convert(c, changed(("types", "s", None)), [insert("types", s="x", i=1)], select("types", columns=["i"]),
            select("types", columns=["s"]), insert("types", s="x"))
    less = copy.deepcopy(SCHEMA)
    less["tables"].pop("types")
    convert(c, less, [insert("types"), *NUMBERS], select("types"), select("ordinals", columns=["number"]))
    nothing = {"name": "T", "version": "0.0.1", "tables": {}}
    convert(c, nothing, NUMBERS, select("ordinals"))
    c.call("get_schema", "T")
    c.transact(select("ordinals"))


def case_convert_to_more(c):
    more = copy.deepcopy(SCHEMA)
    more["tables"]["new"] = {"columns": {"x": column("integer")}}
    more["tables"]["newroot"] = {"isRoot": True, "columns": {"x": column("integer")}}
    convert(c, more, NUMBERS, select("new"), insert("new", x=1), insert("newroot", x=1), select("newroot", columns=["x"]),
            select("new"), select("ordinals", columns=["number", "name"]))


def case_convert_table_members(c):
    convert(c, with_members("ordinals", maxRows=2), NUMBERS, select("ordinals", columns=["number"]))
    convert(c, with_members("ordinals", maxRows=5), NUMBERS, insert("ordinals", number=9))
    convert(c, with_members("types", indexes=[["i"]]), [insert("types"), insert("types")])
    convert(c, with_members("types", indexes=[["i"]]), [insert("types")], insert("types"), insert("types", i=1))
    convert(c, with_members("ordinals", isRoot=False), NUMBERS, select("ordinals"))
    convert(c, with_members("ordinals", indexes=[]), NUMBERS, insert("ordinals", number=1))
    convert(c, changed(("fixed", "c", column("integer"))), [insert("fixed", c=1)], update("fixed", c=2),
            select("fixed", columns=["c"]))
    convert(c, changed(("fixed", "v", column("integer", mutable=False))), [insert("fixed", v=1)], update("fixed", v=2))
    convert(c, changed(("volatile", "lost", column("integer"))), [insert("volatile", lost=1, kept=2)],
            select("volatile", columns=["lost", "kept"]))


def case_convert_references(c):
    held = [insert("root", a=named("x"), name="r"), insert("a", "x", a=5)]
    look = [select("root", columns=["name"]), select("a", columns=["a"])]
    convert(c, changed(("root", "a", None)), held, *look)
    convert(c, changed(("root", "a", many("uuid", refTable="a", refType="weak"))), held, *look,
            select("root", columns=["a"]))
    convert(c, changed(("root", "a", many("uuid"))), held, *look)
    convert(c, changed(("root", "a", many("uuid", refTable="b"))), held, *look)
    convert(c, changed(("types", "u", scalar("uuid", refTable="a"))), [insert("types", u=uuid(U1))])
    convert(c, changed(("types", "u", scalar("uuid", refTable="a", refType="weak"))), [insert("types", u=uuid(U1))])
    convert(c, changed(("types", "su", many("uuid", refTable="a", refType="weak"))),
            [insert("types", su=some(uuid(U1)))], select("types", columns=["su"]))
    convert(c, changed(("types", "su", many("uuid", refTable="ordinals"))),
            [insert("ordinals", "n", number=1), insert("types", su=some(named("n")))], delete("ordinals"),
            select("ordinals", columns=["number"]))
    less = copy.deepcopy(SCHEMA)
    less["tables"].pop("a")
    convert(c, less, held, *look)


def case_convert_keeps_uuids_and_changes_versions(c):
    convert(c, changed(("ordinals", "more", column("integer"))), NUMBERS[:1])
    original = begin(c)
    c.transact(insert("ordinals", number=3))
    c.transact(select("ordinals"))
    c.call("convert", "T", original)
    c.transact(select("ordinals"))


def case_convert_to_what_rfc_7047_does_not_know(c):
    """But ovsdb-server: no version, tables with "mutable", an index on _uuid. And what nobody knows."""
    unversioned = copy.deepcopy(SCHEMA)
    del unversioned["version"]
    convert(c, unversioned, NUMBERS, select("ordinals", columns=["number"]))
    convert(c, with_members("ordinals", mutable=False), NUMBERS, update("ordinals", name="x"), delete("ordinals"))
    convert(c, with_members("types", indexes=[["_uuid"]]), [], insert("types"), select("types", [["_uuid", "==", uuid(U1)]]))
    convert(c, with_members("types", indexes=[["_version"]]), [])
    convert(c, with_members("types", comment="x"), [])
    convert(c, changed(("types", "u", scalar("uuid", enum=["set", [uuid(U1)]], refTable="a"))), [])
    convert(c, changed(("types", "u", scalar("uuid", enum=["set", [uuid(U0), uuid(U1)]]))), [insert("types", u=uuid(U1))],
            insert("types", u=uuid(U2)))


def case_convert_what_is_no_schema(c):
    c.call("set_db_change_aware", True)
    c.transact(*NUMBERS)
    for params in [[], ["T"], ["T", SCHEMA, 1], ["nosuch", SCHEMA], [1, SCHEMA], ["T", {}], ["T", 1], ["T", None], ["T", []],
                   ["T", dict(SCHEMA, name="U")], ["T", dict(SCHEMA, version="1")], ["T", dict(SCHEMA, extra=1)],
                   ["Open_vSwitch", SCHEMA], ["_Server", SCHEMA],
                   ["T", dict(SCHEMA, tables={"_x": {"columns": {"x": column("integer")}}})],
                   ["T", dict(SCHEMA, tables={"x": {"columns": {}}})],
                   ["T", dict(SCHEMA, tables={"x": {"columns": {"x": column("nosuch")}}})],
                   ["T", dict(SCHEMA, tables={"x": {"columns": {"x": scalar("uuid", refTable="y")}}})],
                   ["T", dict(SCHEMA, tables={"x": {"columns": {"x": column("integer")}, "indexes": [["y"]]}})]]:
        answer = c.call("convert", *params)
        if params[:1] == ["_Server"] and answer["error"]:
            del answer["error"]  # ours is not to be converted whatever the schema is called
    c.transact(select("ordinals", columns=["number"]))


def aware(c, names):
    for name in names:
        c.call("set_db_change_aware", True, name=name)


def case_convert_is_told(c):
    """To who says that it knows of such things. The others are hung up on, whatever they do."""
    c.transact(*NUMBERS, name="w")
    original = begin(c)
    aware(c, "abc")
    c.call("monitor", "T", "m1", {"ordinals": {}}, name="b")
    c.call("monitor_cond", "T", ["m2"], {"ordinals": {"columns": ["name"]}}, name="b")
    c.call("monitor_cond_since", "T", {"m": 3}, {"ordinals": {"columns": ["name"]}}, U0, name="b")
    c.call("monitor", "Open_vSwitch", "v", {"Bridge": {}}, name="b")
    c.call("lock", "l", name="b")
    c.call("monitor", "T", "m1", {"ordinals": {}}, name="d")
    c.call("lock", "l", name="c")
    c.call("lock", "k", name="d")
    c.call("lock", "k", name="c")
    c.call("monitor", "Open_vSwitch", "v", {"Bridge": {}}, name="e")
    c.call("echo", name="f")
    c.call("set_db_change_aware", True, name="g")
    c.call("set_db_change_aware", False, name="g")
    c.call("convert", "T", changed(("ordinals", "more", column("integer"))), name="a")
    c.transact(insert("ordinals", number=9), name="a")
    for id in ["m1", ["m2"], {"m": 3}, "v"]:
        c.call("monitor_cancel", id, name="b")
    c.call("monitor", "T", "m1", {"ordinals": {"columns": ["more"]}}, name="b")
    c.transact(insert("ordinals", number=10, more=1), name="a")
    c.call("convert", "T", original, name="b")
    c.transact(select("ordinals", columns=["number"]), name="a")


def case_convert_ends_what_waits(c):
    original = begin(c)
    aware(c, "ab")
    for name in "abd":
        c.post("transact", ["T", wait("ordinals", "!=", [], timeout=None), insert("types")], "w", name)
        c.fence(name)
    c.call("convert", "T", original, name="a")
    c.transact(insert("ordinals"), name="a")
    c.transact(select("types"), name="a")


def case_convert_without_being_aware(c):
    original = c.call("get_schema", "T")["result"]
    c.call("convert", "T", original)
    c.post("convert", ["T", original], 1, name="b")
    c.post("transact", ["T", insert("ordinals")], 2, name="b")
    c.fence("b")
    c.call("set_db_change_aware", True, name="c")
    c.transact(select("ordinals"), name="c")
    c.post("convert", ["T", {"name": "T", "version": "3.0.0", "tables": {}}], None, name="c")
    c.transact(select("ordinals"), name="c")
