#!/usr/bin/env python3
"""A second verifier of Gatehouse evidence, written from docs/audit-format.md alone.

It shares no code with the first, not even a language, and needs nothing but Python 3. Usage:

    verify.py DATA [--trust gatehouse-trust.pub]

Prints one JSON object; exits 0 verified, 1 tampered, 2 cannot tell.
"""
import base64, datetime, glob, hashlib, json, os, re, sys

MAX_LINE, MAX_CHECKPOINT, UNCHECKPOINTED_SECONDS = 4 * 1024 * 1024, 2048, 30
NO_HASH, EMPTY = "0" * 64, hashlib.sha256(b"").hexdigest()
LANE_FILE = re.compile(r"^(\d{6,15})-([a-z2-7]{26})\.jsonl$")
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
TYPES = set("""lane.open lane.certified lane.heartbeat lane.close intent outcome stream.message redelivery auth.failed message.refused
    session.open session.close policy.loaded policy.rejected catalog.learnt catalog.changed approval.requested approval.voted
    approval.granted approval.denied approval.expired approval.consumed approval.revoked approval.cancelled
    approval.glass_broken approval.glass_reviewed approval.glass_overdue recording.viewed
    alert.raised notification.failed install.removed listeners.exposed degraded.enter degraded.exit""".split())
DOUBTS = {"no_evidence", "unreadable", "trust_not_given", "record_type_unknown", "outcome_without_intent", "intent_repeated",
          "grant_without_votes", "glass_unrecorded", "lane_uncertified", "lane_uncheckpointed"}


# ---- Ed25519, RFC 8032 section 6 -------------------------------------------------------------
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    return x if x & 1 == sign else P - x


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(s, p, t, q):
    """s times p plus t times q, both in one go."""
    table, sum = {(1, 0): p, (0, 1): q, (1, 1): add(p, q)}, (0, 1, 1, 0)
    for bit in reversed(range(256)):
        sum = add(sum, sum)
        bits = (s >> bit & 1, t >> bit & 1)
        sum = add(sum, table[bits]) if bits in table else sum
    return sum


def point(raw):
    y = int.from_bytes(raw, "little")
    x = recover_x(y & (1 << 255) - 1, y >> 255)
    return None if x is None else (x, y & (1 << 255) - 1, 1, x * (y & (1 << 255) - 1) % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def signed(public, purpose, text, sig):
    """S(key, purpose, text) holds: `public` are raw bytes, `sig` is base64url."""
    raw = unbase64(sig, 64)
    a, r, s = point(public), raw and point(raw[:32]), raw and int.from_bytes(raw[32:], "little")
    if a is None or not raw or r is None or s >= L:
        return False
    message = raw[:32] + public + f"gatehouse/{purpose}/v1\n{text}".encode()
    h = int.from_bytes(hashlib.sha512(message).digest(), "little") % L
    left = multiply(s, BASE, h, (P - a[0], a[1], 1, P - a[3]))  # s B - h A, which must be R
    return not (left[0] - r[0] * left[2]) % P and not (left[1] - r[1] * left[2]) % P


def unbase64(text, size):
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, TypeError):
        return None
    return raw if len(raw) == size and base64.urlsafe_b64encode(raw).decode().rstrip("=") == text else None


# ---- canonical JSON --------------------------------------------------------------------------
def jcs(value, depth=0):
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    if depth >= 32:
        raise ValueError("too deep")
    if isinstance(value, list):
        return "[" + ",".join(jcs(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(jcs(name) + ":" + jcs(value[name], depth + 1) for name in names) + "}"
    raise ValueError("no canonical form")


def read_canonical(raw):
    """The value whose JCS the bytes are, or None."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_float=lambda _: 1 / 0, parse_constant=lambda _: 1 / 0)
        return value if jcs(value).encode("utf-8") == raw else None
    except (ValueError, ZeroDivisionError, RecursionError):
        return None


def digest(purpose, text):
    return hashlib.sha256(f"gatehouse/{purpose}/v1\n{text}".encode()).hexdigest()


# ---- what was found --------------------------------------------------------------------------
class Findings:
    def __init__(self):
        self.problems, self.notes = [], []

    def tell(self, code, **where):
        self.problems.append({"code": code, **where})

    def verdict(self):
        codes = {problem["code"] for problem in self.problems}
        return "tampered" if codes - DOUBTS else "inconclusive" if codes else "verified"


def lines(path, longest):
    """Yields (number, bytes, whole); a line that is too long comes as None."""
    with open(path, "rb") as file:
        number = 0
        while raw := file.readline(longest + 1):
            number += 1
            if raw.endswith(b"\n"):
                yield number, raw[:-1], True
            elif len(raw) <= longest:
                yield number, raw, False
            else:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(longest)
                yield number, None, True


def may_be_torn(raw, whole):
    return raw is not None and (not whole or b"\0" in raw)


def is_int(value):
    return type(value) is int  # not isinstance: to Python, True is an int


def is_record(value):
    return (isinstance(value, dict) and value.get("v") == 1 and is_int(value["v"]) and is_int(value.get("seq")) and value["seq"] > 0
            and all(isinstance(value.get(key), str) for key in ("lane", "type", "ts", "prev"))
            and TIMESTAMP.match(value["ts"]) is not None and isinstance(value.get("detail", {}), dict)
            and isinstance(value.get("exchange", ""), str) and is_payload(value.get("payload")))


def is_payload(value):
    return value is None or (isinstance(value, dict) and all(isinstance(value.get(key), str) for key in ("blob", "commitment")))


def read_commit(raw):
    value = read_canonical(raw)
    if (not isinstance(value, dict) or sorted(value) != ["from", "head", "lane", "records", "sig", "v"] or value["v"] != 1
            or not is_int(value["v"]) or not is_int(value["from"]) or not isinstance(value["records"], list) or not value["records"]
            or not all(isinstance(value[key], str) for key in ("head", "lane", "sig"))):
        return None
    return value if all(is_record(record) for record in value["records"]) else None


# ---- one lane --------------------------------------------------------------------------------
class Lane:
    def __init__(self, name, ordinal, lane, trust, found):
        self.name, self.ordinal, self.lane, self.trust, self.found = name, ordinal, lane, trust, found
        self.seq, self.head, self.closed, self.opening, self.key, self.torn = 0, NO_HASH, False, None, None, b""
        self.named = False  # by a certificate, whatever became of it
        self.records = []  # (seq, hash, ts), to be held against the checkpoints
        self.payloads = []  # (seq, digest of the recording it names)

    def tell(self, code, **where):
        self.found.tell(code, file=self.name, lane=self.lane, **where)

    def read(self, path, exchanges):
        for number, raw, whole in lines(path, MAX_LINE):
            if self.torn:
                self.tell("line_invalid", line=number - 1)
                self.torn = b""
            commit = read_commit(raw) if raw is not None and whole else None
            if commit is None:
                if not self.closed and may_be_torn(raw, whole):
                    self.torn = raw + (b"\n" if whole else b"")
                else:
                    self.tell("line_invalid", line=number)
                continue
            problem = self.check(commit)
            if problem:
                self.tell(problem, line=number, seq=commit["from"])
            else:
                for record in commit["records"]:
                    exchanges.record(record, self)
                    if "payload" in record:
                        self.payloads.append((record["seq"], record["payload"]["blob"]))

    def check(self, commit):
        records, hashes, prev = commit["records"], [], self.head
        if commit["lane"] != self.lane or any(record["lane"] != self.lane for record in records):
            return "lane_mismatch"
        if commit["from"] != self.seq + 1:
            return "sequence_broken"
        if self.closed or any(record["type"] == "lane.close" for record in records[:-1]):
            return "record_after_close"
        for seq, record in enumerate(records, commit["from"]):
            if record["seq"] != seq:
                return "sequence_broken"
            if record["prev"] != prev:
                return "chain_broken"
            if (record["type"] == "lane.open") != (seq == 1):
                return "opening_invalid"
            prev = digest("record", jcs(record))
            hashes.append((seq, prev, record["ts"]))
        if prev != commit["head"]:
            return "head_mismatch"
        if self.seq == 0 and not self.open(records[0]["detail"]):
            return "opening_invalid"
        text = f"{self.lane}\n{commit['from']}\n{records[-1]['seq']}\n{commit['head']}\n"
        if not signed(self.key, "commit", text, commit["sig"]):
            return "signature_invalid"
        self.seq, self.head, self.closed = records[-1]["seq"], prev, records[-1]["type"] == "lane.close"
        self.records += hashes
        for record in records:
            if record["type"] == "lane.certified":
                self.certified(record.get("detail", {}), seq=record["seq"])
        return None

    def open(self, detail):
        texts = ("bootNonce", "publicKey", "version", "startedAt", "log")
        own = ("trustKey", "certificate") if "trustKey" in detail or "certificate" in detail else ()
        if not all(isinstance(detail.get(key), str) for key in texts + own) or detail.get("ordinal") != self.ordinal:
            return False
        identity = {key: detail[key] for key in ("bootNonce", "publicKey", "startedAt", "trustKey", "version") if key in detail}
        name = base64.b32encode(bytes.fromhex(digest("lane", jcs(identity)))).decode().lower()[:26]
        self.opening, self.key = detail, unbase64(detail["publicKey"], 32)
        if name != self.lane or self.key is None:
            return False
        if own:
            self.certified(detail, line=1)
        return True

    def certified(self, detail, **where):
        """lane.open, or a later lane.certified, brings the trust key's word for this lane."""
        self.named = True
        if self.trust is None:
            return
        trusted = self.trust.get(str(detail.get("trustKey")))
        text = jcs({"lane": self.lane, "publicKey": self.opening["publicKey"]})
        if trusted is None:
            self.tell("signer_unknown", **where)
        elif not signed(trusted, "certificate", text, str(detail.get("certificate"))):
            self.tell("certificate_invalid", **where)

    def seals(self, before):
        """Whether lane.open says exactly what `before` is; True where there is nothing to compare."""
        said = {key: (self.opening or {}).get(key) for key in ("sealedLane", "sealedSeq", "sealedHash", "sealedClean",
                                                              "tornBytes", "tornDigest", "recordsBefore", "log")}
        if self.opening is None or (self.ordinal > 1 and (before is None or before.ordinal != self.ordinal - 1)):
            return self.opening is None or said["sealedLane"] is not None
        if self.ordinal == 1:
            return said["sealedLane"] is None and said["recordsBefore"] == 0 and said["log"] == self.lane
        opening = before.opening or {"recordsBefore": 0, "log": said["log"]}
        return said == {"sealedLane": before.lane, "sealedSeq": before.seq, "sealedHash": before.head, "sealedClean": before.closed,
                        "tornBytes": len(before.torn), "tornDigest": hashlib.sha256(before.torn).hexdigest(),
                        "recordsBefore": opening["recordsBefore"] + before.seq, "log": opening["log"]}


# ---- recordings ------------------------------------------------------------------------------
BLOBS_HEAD, MAX_BLOB = b"gatehouse recordings v1\n", 48 * 1024 * 1024


def read_recordings(path):
    """Entries as (digest, whether it is whole), and whether something else lies behind them."""
    entries = []
    with open(path, "rb") as file:
        if file.read(len(BLOBS_HEAD)) != BLOBS_HEAD:
            return entries, True
        while head := file.read(37):
            size = int.from_bytes(head[1:5], "big")
            if len(head) < 37 or head[:1] not in (b"k", b"s") or size > MAX_BLOB:
                return entries, True
            blob, name = file.read(size), head[5:].hex()
            if len(blob) < size:
                return entries, True
            whole = not any(blob) if head[:1] == b"s" else hashlib.sha256(blob).hexdigest() == name
            entries.append((name, whole))
    return entries, False


def check_recordings(path, lane, name):
    """What is there must be what its record names; what is gone says nothing."""
    if not os.path.exists(path):
        return
    entries, remains = read_recordings(path)
    places = {digest: place for place, (digest, _) in enumerate(entries)}
    named = {blob for _, blob in lane.payloads}
    last = max((places[blob] for blob in named if blob in places), default=-1)
    short = any(blob not in places for blob in named)
    for seq, blob in lane.payloads:
        if blob in places and not entries[places[blob]][1]:
            lane.found.tell("recording_changed", file=name, lane=lane.lane, seq=seq)
    strays = [place for place, (digest, _) in enumerate(entries) if digest not in named]
    remains = remains or any(not entries[place][1] for place in strays)
    if any(place < last for place in strays) or (short and remains):
        lane.found.tell("recording_changed", file=name, lane=lane.lane)


class Exchanges:
    def __init__(self, found):
        self.found, self.open, self.intents, self.outcomes = found, {}, 0, 0
        self.votes, self.spent, self.ended, self.spendings = set(), set(), set(), []
        self.broken, self.reviews, self.undone = {}, [], set()

    def record(self, record, lane):
        kind, exchange = record["type"], record.get("exchange")
        where = {"lane": lane.lane, "seq": record["seq"]}
        self.approval(kind, record.get("approval", {}), where)
        self.glass(kind, record, where)
        if kind == "intent":
            self.intents += 1
            if exchange is None or exchange in self.open:
                self.found.tell("intent_repeated", **where)
            else:
                self.open[exchange] = where
        elif kind == "outcome":
            self.outcomes += 1
            if self.open.pop(exchange, None) is None:
                self.found.tell("outcome_without_intent", **where)
        elif kind not in TYPES:
            self.found.tell("record_type_unknown", **where)

    def approval(self, kind, approval, where):
        if kind == "approval.voted" and approval.get("choice") == "approve" and "refusal" not in approval:
            self.votes.add((approval["id"], approval.get("approver")))
        if kind in ("approval.denied", "approval.cancelled", "approval.revoked"):
            self.ended.add(approval["id"])
        if kind == "approval.consumed":
            if (spending := (approval.get("nonce"), approval.get("use"))) in self.spent:
                self.found.tell("grant_spent_twice", **where)
            self.spent.add(spending)
            self.spendings.append((approval["id"], approval.get("approvers", []), approval.get("scope"), where,
                                   approval["nonce"] if approval.get("breakGlass") and "nonce" in approval else None))

    def glass(self, kind, record, where):
        approval, principal = record.get("approval", {}), record.get("principal", {})
        if kind not in ("approval.glass_broken", "approval.glass_reviewed") or "nonce" not in approval:
            return
        nonce, who = approval["nonce"], (approval.get("approverIssuer"), approval.get("approver"))
        if "refusal" in approval:
            self.undone.add((kind, nonce, who))
        elif kind == "approval.glass_broken":
            self.broken[nonce] = (who, (principal.get("issuer"), principal.get("subject")))
        else:
            self.reviews.append((nonce, who, where))

    def finish(self):
        spent = {glass for *_, glass in self.spendings}
        for nonce, who, where in self.reviews:
            gone = nonce not in spent and ("approval.glass_broken", nonce, self.broken.get(nonce, [None])[0]) in self.undone
            if who in self.broken.get(nonce, ()) and ("approval.glass_reviewed", nonce, who) not in self.undone and not gone:
                self.found.tell("glass_self_reviewed", **where)
        for approval, approvers, scope, where, glass in self.spendings:
            if glass is not None and glass not in self.broken:
                self.found.tell("glass_unrecorded", **where)
            if (glass is None and not approvers) or any((approval, approver) not in self.votes for approver in approvers):
                self.found.tell("grant_without_votes", **where)
            if scope == "Call" and approval in self.ended:
                self.found.tell("grant_spent_after_end", **where)


# ---- checkpoints -----------------------------------------------------------------------------
def read_checkpoint(raw):
    value = read_canonical(raw) if raw is not None else None
    texts, numbers = {"head", "key", "lane", "log", "prev", "sig", "ts"}, {"n", "ordinal", "records", "seq", "v"}
    if not isinstance(value, dict) or set(value) != texts | numbers or value["v"] != 1:
        return None
    good = all(isinstance(value[key], str) for key in texts) and all(is_int(value[key]) for key in numbers)
    return value if good and TIMESTAMP.match(value["ts"]) else None


def is_trusted(checkpoint, trust):
    body = {key: value for key, value in checkpoint.items() if key != "sig"}
    return signed(trust[checkpoint["key"]], "checkpoint", jcs(body), checkpoint["sig"])


def read_checkpoints(path, log, trust, found):
    """Checks the chain of checkpoints; returns them as a list of (checkpoint, hash of its line)."""
    chain, torn = [], None
    for number, raw, whole in lines(path, MAX_CHECKPOINT) if os.path.exists(path) else ():
        if torn:
            found.tell("checkpoint_invalid", file="checkpoints.jsonl", line=torn)
        torn = number if may_be_torn(raw, whole) else None
        if torn:
            continue
        checkpoint = read_checkpoint(raw)
        if checkpoint is None:
            found.tell("checkpoint_invalid", file="checkpoints.jsonl", line=number)
            continue
        before, link = chain[-1] if chain else ({"n": 0, "ordinal": 0, "seq": 0, "log": log or checkpoint["log"]}, NO_HASH)
        if (checkpoint["n"] != before["n"] + 1 or checkpoint["prev"] != link or checkpoint["log"] != before["log"]
                or (checkpoint["ordinal"], checkpoint["seq"]) < (before["ordinal"], before["seq"])):
            found.tell("checkpoint_chain_broken", file="checkpoints.jsonl", line=number)
        if trust is not None and checkpoint["key"] not in trust:
            found.tell("signer_unknown", file="checkpoints.jsonl", line=number)
        elif trust is not None and not is_trusted(checkpoint, trust):
            found.tell("signature_invalid", file="checkpoints.jsonl", line=number)
        chain.append((checkpoint, digest("checkpoint-link", raw.decode())))
    return chain


def check_reach(lanes, chain, anchors, found):
    """Each checkpoint names a record that is there; no lane goes on for long without one."""
    for checkpoint, _ in chain + anchors:
        lane = lanes.get(checkpoint["ordinal"])
        if lane is None:
            found.tell("lane_missing", lane=checkpoint["lane"], seq=checkpoint["seq"])
        elif lane.lane != checkpoint["lane"] or (checkpoint["seq"], checkpoint["head"]) not in {r[:2] for r in lane.records}:
            found.tell("checkpoint_unmet", file=lane.name, lane=lane.lane, seq=checkpoint["seq"])
    hashes = {checkpoint["n"]: link for checkpoint, link in chain}
    for checkpoint, link in anchors:
        if hashes.get(checkpoint["n"]) != link:
            found.tell("checkpoint_missing", file="checkpoints.jsonl", n=checkpoint["n"])
    for ordinal, lane in lanes.items():
        covered = [checkpoint["seq"] for checkpoint, _ in chain if checkpoint["ordinal"] == ordinal]
        rest = [r[2] for r in lane.records if r[0] > max(covered, default=0)]
        if not covered and lane.seq > 1:
            found.tell("checkpoint_missing" if "trustKey" in (lane.opening or {"trustKey"}) else "lane_uncheckpointed",
                       file=lane.name, lane=lane.lane)
        elif rest and (when(rest[-1]) - when(rest[0])).total_seconds() > UNCHECKPOINTED_SECONDS:
            found.tell("tail_uncheckpointed" if "trustKey" in (lane.opening or {"trustKey"}) else "lane_uncheckpointed", file=lane.name, lane=lane.lane)


def when(ts):
    return datetime.datetime.strptime(ts, "%Y-%m-%dT%H:%M:%S.%fZ")


def read_anchors(trust_file, log, trust, found):
    anchors, stem = [], re.sub(r"\.(pub|pem)$", "", trust_file)
    for path in sorted(glob.glob(glob.escape(stem) + ".*.checkpoint")):
        with open(path, "rb") as file:
            raw = file.read(MAX_CHECKPOINT).split(b"\n")[0]
        checkpoint = read_checkpoint(raw)
        known = checkpoint is not None and checkpoint["key"] in trust
        if known and is_trusted(checkpoint, trust):
            anchors.append((checkpoint, digest("checkpoint-link", raw.decode())))
        elif checkpoint is None or known or checkpoint["log"] == log:
            found.tell("anchor_invalid", file=path)
    return anchors


def read_trust(path):
    """Trust keys by id: the last 32 bytes of an Ed25519 SPKI are the raw key."""
    with open(path, encoding="utf-8") as file:
        blocks = re.findall(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----", file.read())
    ders = [base64.b64decode(block) for block in blocks]
    if not ders or any(len(der) != 44 for der in ders):
        raise ValueError("no Ed25519 public key")
    return {hashlib.sha256(der[12:]).hexdigest(): der[12:] for der in ders}


def lane_files(folder):
    names = [LANE_FILE.match(name) for name in (os.listdir(folder) if os.path.isdir(folder) else [])]
    return sorted(((m[0], int(m[1]), m[2]) for m in names if m), key=lambda file: (file[1], file[0]))


def verify(data, trust_file):
    found = Findings()
    trust = read_trust(trust_file) if trust_file else None
    os.listdir(data)
    folder = os.path.join(data, "lanes")
    # Anchors, then checkpoints, then lanes: a gateway may be writing, and each names only what the next holds.
    log = next((lane for _, ordinal, lane in lane_files(folder) if ordinal == 1), None)
    anchors = read_anchors(trust_file, log, trust, found) if trust is not None else []
    chain = read_checkpoints(os.path.join(data, "checkpoints.jsonl"), log, trust, found)
    log = log or (chain[0][0]["log"] if chain else None)
    exchanges, lanes, before = Exchanges(found), {}, None
    for name, ordinal, lane_id in lane_files(folder):
        lane = Lane(f"lanes/{name}", ordinal, lane_id, trust, found)
        if ordinal in lanes:
            lane.tell("lane_duplicated")
            continue
        if ordinal != max(lanes, default=0) + 1:
            lane.tell("lane_missing")
        lane.read(os.path.join(folder, name), exchanges)
        blobs = f"recordings/{name[: -len('.jsonl')]}.blobs"
        check_recordings(os.path.join(data, blobs), lane, blobs)
        if lane.seq == 0:
            lane.tell("opening_invalid")
        if trust is not None and lane.opening is not None and not lane.named:
            lane.tell("lane_uncertified")
        if not lane.seals(before):
            lane.tell("seal_mismatch", seq=1)
        if "lostLane" in (lane.opening or {}):
            lane.tell("records_lost", seq=1)
        lanes[ordinal] = before = lane
    exchanges.finish()
    check_reach(lanes, chain, [anchor for anchor in anchors if anchor[0]["log"] == log], found)
    records = sum(len(lane.records) for lane in lanes.values())
    if records == 0:
        found.tell("no_evidence")
    if trust is None:
        found.tell("trust_not_given")
    return {"verdict": found.verdict(), "lanes": len(lanes), "records": records, "intents": exchanges.intents,
            "outcomes": exchanges.outcomes, "dangling": list(exchanges.open), "problems": found.problems}


def main(args):
    trust_file = args[args.index("--trust") + 1] if "--trust" in args else None
    data = next(arg for arg in args if arg != "--trust" and arg != trust_file)
    try:
        result = verify(data, trust_file)
    except (OSError, ValueError) as error:
        result = {"verdict": "inconclusive", "problems": [{"code": "unreadable", "message": str(error)}]}
    print(json.dumps(result))
    return {"verified": 0, "tampered": 1, "inconclusive": 2}[result["verdict"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
