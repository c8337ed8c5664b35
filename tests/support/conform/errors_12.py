"""What is refused in OpenFlow 1.2: as in 1.3, but for what came later."""
from errors_13 import *

VERSION = OF12
del check_bad_multipart, check_bad_length, check_table_features, check_meter, check_meter_band_length
del check_action_type, check_action_argument, check_instruction_length, check_set_config, check_table_mod


def check_multipart_of_later(peer):
    for kind in (9, 12, 99):
        peer.multipart_refused(kind, b"", (1, 2))


def check_action_of_later(peer):
    bad_actions(peer, (2, 0), action(26, struct.pack(">H", 0x88E7)), action(27), action(99))


def check_instruction_of_later(peer):
    refused_flow(peer, (3, 0), do=meter(1))


def check_set_config_of_12(peer):
    """Packets whose TTL is too low are asked for here."""
    peer.ok(SET_CONFIG, struct.pack(">HH", 4, 128))
    want("flags", peer.one(GET_CONFIG_REQUEST, b"", GET_CONFIG_REPLY), struct.pack(">HH", 4, 128))
    for flags in (2, 8):
        peer.refused(SET_CONFIG, struct.pack(">HH", flags, 128), (10, 0))
