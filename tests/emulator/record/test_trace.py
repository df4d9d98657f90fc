import hashlib
import io

from emulator.record.trace import Trace


def test_records_byte_by_byte():
    file, trace = io.BytesIO(), Trace()
    traced = Trace(file)
    for each in (trace, traced):
        each.record(0x0102030405, 7, bytes(range(16)))
    expected = bytes.fromhex("0504030201000000 07000000") + bytes(range(16))
    assert file.getvalue() == expected
    assert trace.sha256() == traced.sha256() == hashlib.sha256(expected).hexdigest()


def test_no_update_is_the_hash_of_nothing():
    assert Trace().sha256() == hashlib.sha256(b"").hexdigest()
