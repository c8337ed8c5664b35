"""Messages as bytes: how they may be cut, what is none, and what then becomes of the connection."""
import json

from .schema import *


def echo(id, *params):
    return json.dumps({"method": "echo", "params": list(params), "id": id})


def answered(c, text, **how):
    c.raw(text, **how)
    c.fence("a")


def case_several_in_one_piece(c):
    answered(c, "".join(echo(i, i) for i in range(5)))
    answered(c, "\n".join(echo(i, i) for i in range(5)))
    answered(c, " \t\r\n" + echo(1) + " \n\n " + echo(2) + " ")


def case_byte_by_byte(c):
    answered(c, echo("\u00e9", "caf\u00e9 \"quoted\" \\ {[}]"), chunk=1)
    answered(c, '{"method":"echo","params":["' + "\u00e9\U0001f600" + '"],"id":2}', chunk=1)


def case_many_transactions_in_one_piece(c):
    c.call("monitor", "T", "m", {"ordinals": {"columns": ["number"]}})
    text = "".join(json.dumps({"method": "transact", "params": ["T", insert("ordinals", number=i)], "id": i})
                   for i in range(40))
    answered(c, text)
    c.transact(select("ordinals", columns=["number"]))


def case_members_in_any_order(c):
    answered(c, '{"params":[1],"id":5,"method":"echo"}')
    answered(c, '{"id":5,"error":null,"result":null,"params":[1],"method":"echo"}')


def case_escapes(c):
    for text in [r'\u0041\u00e9\ud83d\ude00', r'\"\\\/\b\f\n\r\t', r'\ud800', r'\udc00\ud800', r'\u00', r'\x', r'\u0000',
                 '\x01', '\t', '\x7f']:
        c.raw('{"method":"echo","params":["%s"],"id":1}' % text, name=text)


def case_numbers(c):
    for text in ["0", "-0", "1", "1.0", "1e3", "1E+3", "1e-3", "-1.5e2", "9223372036854775807", "1e400", "-1e400", "1e-400", "01", "-", "+1", ".5", "1.", "1e", "0x1", "NaN",
                 "Infinity", "0.1", "1.8e308"]:
        c.raw('{"method":"echo","params":[%s],"id":1}' % text, name=text)


def case_strings_that_are_not_utf_8(c):
    """ovsdb-server answers that they are not, ours hangs up; neither keeps them."""
    for text in [b"\xc0\x80", b"\xc1\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff", b"\x80", b"\xe2\x82"]:
        c.client("x").send(b'{"id":1,"method":"transact","params":["T",{"op":"insert","table":"types","row":{"s":"%s"}}]}' % text)
        c.client("x").receive()
        del c.clients["x"]
    c.transact(select("types"))


def case_what_is_no_json(c):
    for text in ["}", "x", '{"a"}', '{"a":}', '{"a":1,}', "{,}", '{"method":"echo","params":[1,],"id":1}', "{]", "[}",
                 '{"method":"echo","params":[tru],"id":1}', "{'method':'echo','params':[],'id':1}", "\x00", "{\x00}",
                 '{"method":"echo" "params":[],"id":1}', '{"method":"echo","params":[],"id":1} trailing', "// comment\n{}"]:
        c.raw(text, name=text)


def case_what_is_json_but_no_message(c):
    for text in ["[]", "1", "null", '"x"', "true", "{}", '{"method":"echo"}', '{"method":"echo","params":[]}',
                 '{"method":"echo","id":1}', '{"params":[],"id":1}', '{"method":1,"params":[],"id":1}',
                 '{"method":"echo","params":{},"id":1}', '{"method":"echo","params":null,"id":1}',
                 '{"method":"echo","params":"x","id":1}',
                 
                 '{"id":3}',
                 '{"method":null,"params":null,"id":null}',
                 '{"method":"transact","params":["T"],"id":null}', '{"method":"nosuch","params":["T"]}']:
        c.raw(text, name=text)


def case_others_are_not_disturbed(c):
    c.call("monitor", "T", "m", {"ordinals": {"columns": ["number"]}})
    c.raw("nonsense", name="b")
    c.transact(insert("ordinals", number=1))
    c.transact(insert("ordinals", number=2), name="d")


def case_deep_nesting(c):
    for depth in [10, 50]:
        c.raw('{"method":"echo","params":%s,"id":1}' % ("[" * depth + "]" * depth), name="deep %d" % depth)


def case_long_messages(c):
    c.call("echo", "x" * 300000)
    c.call("echo", *range(20000))
    c.transact(*[insert("types", i=i) for i in range(500)])
    c.transact(select("types", columns=["i"]))


def case_half_a_message(c):
    slow = c.client("b")
    del c.clients["b"]
    slow.send(b'{"method":"echo","params":[')
    c.transact(insert("ordinals", number=1))
    slow.send(b'1],"id":3}')
    c.note("b", slow.receive())
    slow.close()
