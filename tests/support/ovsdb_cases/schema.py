"""The schema that cases are about, and short names for operations."""


def column(type, **members):
    return dict(type=type, **members)


def scalar(base, **limits):
    return column({"key": dict(type=base, **limits)})


def many(base, lo=0, hi="unlimited", **limits):
    return column({"key": dict(type=base, **limits), "min": lo, "max": hi})


def pairs(key, value, lo=0, hi="unlimited"):
    return column({"key": key, "value": value, "min": lo, "max": hi})


def ref(table, kind="strong"):
    return {"type": "uuid", "refTable": table, "refType": kind}


ATOMS = {"i": "integer", "r": "real", "b": "boolean", "s": "string", "u": "uuid"}

SCHEMA = {"name": "T", "version": "1.2.3", "cksum": "12345678 9", "tables": {
    "ordinals": {"isRoot": True, "indexes": [["number"]], "columns": {
        "number": column("integer"), "name": column("string")}},
    # one, at most one, and any number of each type, and maps
    "types": {"isRoot": True, "columns": {
        **{name: column(base) for name, base in ATOMS.items()},
        **{"o" + name: many(base, 0, 1) for name, base in ATOMS.items()},
        **{"s" + name: many(base) for name, base in ATOMS.items()},
        "mii": pairs("integer", "integer"), "mss": pairs("string", "string"),
        "msr": pairs("string", "real"), "mub": pairs("uuid", "boolean"),
        "mis": pairs("integer", "string", 0, 2)}},
    "limits": {"isRoot": True, "columns": {
        "imin": many("integer", 0, 1, minInteger=1), "imax": many("integer", 0, 1, maxInteger=10),
        "irange": many("integer", 0, 3, minInteger=-5, maxInteger=5),
        "rmin": many("real", 0, 1, minReal=0.5), "rmax": many("real", 0, 1, maxReal=-0.5),
        "rrange": many("real", 0, 3, minReal=-1.5, maxReal=1.5),
        "smin": many("string", 0, 1, minLength=2), "smax": many("string", 0, 1, maxLength=3),
        "srange": many("string", 0, 1, minLength=1, maxLength=2),
        "ienum": many("integer", 0, 2, enum=["set", [1, 3, 5]]),
        "renum": many("real", 0, 2, enum=["set", [0.5, 1.5]]),
        "senum": many("string", 0, 2, enum=["set", ["red", "blue"]]),
        "two": many("integer", 0, 2), "some": many("integer", 1, 3),
        "mlim": pairs({"type": "integer", "minInteger": 0},
                      {"type": "string", "enum": ["set", ["x", "y"]]}, 0, 2)}},
    # whose defaults are not allowed
    "strict": {"isRoot": True, "columns": {
        "i": scalar("integer", minInteger=1), "s": scalar("string", minLength=1)}},
    "fixed": {"isRoot": True, "columns": {
        "c": column("integer", mutable=False), "v": column("integer"),
        "cs": column({"key": "integer", "min": 0, "max": "unlimited"}, mutable=False)}},
    "volatile": {"isRoot": True, "columns": {
        "kept": column("integer"), "lost": column("integer", ephemeral=True)}},
    "few": {"isRoot": True, "maxRows": 2, "columns": {"x": column("integer")}},
    "one": {"isRoot": True, "maxRows": 1, "columns": {"x": column("integer")}},
    "pair_index": {"isRoot": True, "indexes": [["x", "y"], ["z"]], "columns": {
        "x": column("integer"), "y": column("string"), "z": many("integer")}},
    # references
    "root": {"isRoot": True, "columns": {
        "a": many("uuid", refTable="a"), "name": column("string"),
        "ma": pairs("string", ref("a")), "mk": pairs(ref("a"), "string")}},
    "a": {"columns": {
        "a": column("integer"), "a2a": many("uuid", refTable="a"),
        "a2b": many("uuid", refTable="b"), "a2a1": many("uuid", 0, 1, refTable="a")}},
    "b": {"columns": {"b": column("integer"), "b2a": many("uuid", refTable="a")}},
    "weak": {"isRoot": True, "columns": {
        "n": column("integer"), "w": many("uuid", refTable="ordinals", refType="weak"),
        "w1": many("uuid", 0, 1, refTable="ordinals", refType="weak"),
        "wv": pairs("string", ref("ordinals", "weak")), "wk": pairs(ref("ordinals", "weak"), "string"),
        "self": many("uuid", refTable="weak", refType="weak")}},
    "needs": {"isRoot": True, "columns": {
        "n": column("integer"), "w": many("uuid", 1, 2, refTable="ordinals", refType="weak")}},
    "must": {"isRoot": True, "columns": {"a": scalar("uuid", refTable="a")}},
}}


def insert(table, label=None, /, **row):
    operation = {"op": "insert", "table": table, "row": row}
    if label:
        operation["uuid-name"] = label
    return operation


def select(table, where=(), columns=None):
    operation = {"op": "select", "table": table, "where": list(where)}
    if columns is not None:
        operation["columns"] = columns
    return operation


def update(table, where=(), **row):
    return {"op": "update", "table": table, "where": list(where), "row": row}


def mutate(table, where, *mutations):
    return {"op": "mutate", "table": table, "where": list(where), "mutations": list(mutations)}


def delete(table, where=()):
    return {"op": "delete", "table": table, "where": list(where)}


def wait(table, until, rows, where=(), columns=None, timeout=0):
    operation = {"op": "wait", "table": table, "until": until, "rows": rows, "where": list(where)}
    if columns is not None:
        operation["columns"] = columns
    if timeout is not None:
        operation["timeout"] = timeout
    return operation


def some(*items):
    return ["set", list(items)]


def map_of(*pairs):
    return ["map", [list(pair) for pair in pairs]]


def named(name):
    return ["named-uuid", name]


def uuid(text):
    return ["uuid", text]


U0 = "00000000-0000-0000-0000-000000000000"
U1 = "11111111-1111-4111-8111-111111111111"
U2 = "22222222-2222-4222-8222-222222222222"

ABORT = {"op": "abort"}
COMMIT = {"op": "commit", "durable": True}

# five rows that many cases begin with
NUMBERS = [insert("ordinals", number=i, name=name)
           for i, name in enumerate(["zero", "one", "two", "three", "four"])]
