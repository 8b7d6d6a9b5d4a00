"""Kills real pipeline processes at seeded points of load, checkpoint, suspend, start and replay, takes
away what was not synced in part of the runs, and compares every view and every output file with a
recomputation. See run."""

import argparse
import binascii
import collections
import csv
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

SECRET = "ab" * 32
LIVES_OF_A_PIPELINE = 40
PATIENCE = 300
URL_ROWS = 400
KILLS = {
    # How often each moment is drawn, of 100.
    "start": 54,
    "load": 13,
    "checkpoint": 14,
    "rotation": 7,
    "suspend": 8,
    "pause": 4,
}


# What file_input reads, below the root.
INPUT = "in.csv"

# Files of views whose steps come out the same each time that they are run.
SAME_AGAIN = ("every_row", "totals")


class Difference(Exception):
    """Something is not what it should be."""


class Build:
    """Class paths, options and the compiled program; the class-data archive is made once."""

    def __init__(self, home, work):
        self.home, self.work = home, work
        options = home / "engine/target/classes/weirkeeper-engine-jvm.options"
        self.options = [
            line.strip()
            for line in options.read_text().splitlines()
            if line.strip() and not line.startswith("#")
        ]
        java = os.environ.get("JAVA_HOME")
        self.java = str(pathlib.Path(java) / "bin/java") if java else "java"
        version = subprocess.run([self.java, "-version"], capture_output=True, text=True).stderr
        if int(re.search(r'"(\d+)', version).group(1)) >= 24:
            self.options += [
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
            ]
        self.engine = self.classpath("engine")
        self.archive = []
        self.shim = None
        self.plan = self.compiled()

    def classpath(self, module):
        target = self.home / module / "target"
        jars = [j for j in target.glob(f"weirkeeper-{module}-*.jar") if "-tests" not in j.name]
        if len(jars) != 1 or not (target / "lib").is_dir():
            sys.exit("crash: build it first: mvn -q -pl engine,compiler -am -DskipTests package")
        return f"{jars[0]}:{target}/lib/*"

    def compiled(self):
        command = [self.java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss8m"]
        command += [o for o in self.options if o.startswith("--")]
        command += ["-cp", self.classpath("compiler"), "io.weirkeeper.compiler.CompilerMain"]
        command += ["--planner-classpath", self.engine.replace("/*", "")]
        request = {
            "request_id": "crash",
            "program_code": (pathlib.Path(__file__).parent / "program.sql").read_text(),
            "udf_rust": "",
            "udf_toml": "",
        }
        done = subprocess.run(
            command, input=json.dumps(request) + "\n", capture_output=True, text=True, timeout=300
        )
        result = json.loads(done.stdout.splitlines()[-1])
        if not result.get("plan"):
            sys.exit(f"crash: the program does not compile: {done.stdout[-3000:]} {done.stderr[-2000:]}")
        return json.dumps(result["plan"])

    def preload(self):
        """Builds what notes the syncs, for losses of power."""
        self.shim = self.work / "durable.so"
        source = pathlib.Path(__file__).parent / "durable.c"
        subprocess.run(
            ["cc", "-O1", "-shared", "-fPIC", "-o", self.shim, source, "-ldl"], check=True
        )

    def train(self, directory, url):
        """Runs one pipeline to keep its planned job and, in an archive, its classes."""
        archive = self.work / "engine.jsa"
        pipeline = Pipeline(self, directory, 0, url)
        life = pipeline.begin([f"-XX:ArchiveClassesAtExit={archive}", "-Xlog:disable"])
        life.up()
        life.load(0.5)
        life.checkpoint(wait=True)
        pipeline.verify(life)
        life.end(signal.SIGTERM)
        if archive.exists():
            self.archive = [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto", "-Xlog:disable"]

    def command(self, working, extra):
        return [
            self.java,
            *self.options,
            "-XX:TieredStopAtLevel=1",
            "-Xmx320m",
            f"-Djava.io.tmpdir={working}/tmp",
            f"-Dweirkeeper.planned-jobs={self.work}/jobs",
            *self.archive,
            *extra,
            "-cp",
            self.engine,
            "io.weirkeeper.engine.process.PipelineMain",
        ]


class Life:
    """A process."""

    def __init__(self, pipeline, extra):
        self.pipeline = pipeline
        self.number = pipeline.lives = pipeline.lives + 1
        self.working = pipeline.directory / f"work{self.number}"
        self.report = self.working / "report.json"
        (self.working / "tmp").mkdir(parents=True)
        environment = dict(os.environ, MALLOC_ARENA_MAX="2")
        if pipeline.build.shim and pipeline.power_loss:
            environment["LD_PRELOAD"] = str(pipeline.build.shim)
            environment["DURABLE_NOTES"] = str(pipeline.directory / "notes")
            environment["DURABLE_ROOT"] = str(pipeline.root)
        self.errors = open(self.working / "stderr", "wb")
        # Until it is told its deployment, it is only a virtual machine that reads its input.
        self.process = subprocess.Popen(
            pipeline.build.command(self.working, extra),
            stdin=subprocess.PIPE,
            stdout=self.errors,
            stderr=self.errors,
            env=environment,
        )
        self.token = None
        self.port = None

    def born(self):
        """Hands over the deployment; from here on it is this pipeline's process."""
        pipeline = self.pipeline
        spec = {
            "tenant_id": str(uuid.UUID(int=1)),
            "pipeline_id": str(pipeline.id),
            "pipeline_name": "crash",
            "deployment_number": self.number,
            "deployment_id": str(uuid.uuid4()),
            "secret": SECRET,
            "initial": "running",
            "runtime_config": {
                "workers": 2,
                "fault_tolerance": {
                    "model": "exactly_once",
                    "checkpoint_interval_secs": pipeline.interval,
                },
            },
            "plan": json.loads(pipeline.plan),
            "working_directory": str(self.working),
            "storage_directory": str(pipeline.storage),
            "report_file": str(self.report),
            "bind_address": "127.0.0.1",
            "grant_timeout_millis": 60000,
        }
        self.process.stdin.write(json.dumps(spec).encode())
        self.process.stdin.close()
        self.begun = time.monotonic()

    def await_report(self):
        while not self.report.exists():
            if self.process.poll() is not None or time.monotonic() - self.begun > PATIENCE:
                raise Difference(f"the process gave no report: {self.told()}")
            time.sleep(0.003)
        report = json.loads(self.report.read_text())
        self.port = report["port"]
        text = f"bearer|{self.pipeline.id}|{self.number}|{report['instance']}"
        self.token = hmac.new(binascii.unhexlify(SECRET), text.encode(), hashlib.sha256).hexdigest()
        self.post("/weirkeeper/grant", '{"lease_millis": 600000}')

    def up(self):
        if self.port is None:
            self.await_report()
        while True:
            status, body = self.get("/status")
            if status == 200 and json.loads(body)["runtime_status"] == "Running":
                break
            if status not in (200, 503) or time.monotonic() - self.begun > PATIENCE:
                raise Difference(f"the pipeline did not come up: {status} {body} {self.told()}")
            time.sleep(0.005)
        self.up_after = time.monotonic() - self.begun
        return self

    def told(self):
        log = self.working / "pipeline.log"
        return (log.read_text()[-6000:] if log.exists() else "") + (
            self.working / "stderr"
        ).read_text()[-2000:]

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = {"Weirkeeper-Epoch": "1", "Weirkeeper-Revision": "1"}
            headers["Authorization"] = "Bearer " + self.token
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body=""):
        return self.request("POST", path, body)

    def query(self, sql):
        status, body = self.get("/query?format=json&sql=" + urllib.parse.quote(sql))
        if status != 200 or "ERROR" in body:
            raise Difference(f"{sql}: {status} {body}")
        return [json.loads(line) for line in body.splitlines() if line]

    def checkpoint(self, wait=False):
        status, body = self.post("/checkpoint")
        number = json.loads(body)["checkpoint_sequence_number"] if status == 200 else None
        while wait:
            done = json.loads(self.get("/checkpoint_status")[1])
            if (done["success"] or 0) >= number:
                return
            if done["failure"] and done["failure"]["sequence_number"] >= number:
                raise Difference(f"checkpoint: {done}")
            time.sleep(0.01)

    def load(self, seconds):
        """Pushes batches and appends lines for a while, or until the process is gone."""
        end = time.monotonic() + seconds
        pipeline = self.pipeline
        while time.monotonic() < end:
            pipeline.append_lines(pipeline.random.randrange(1, 60))
            batch = pipeline.next_batch()
            rows = [
                f"{batch},{i},{pipeline.random.randrange(20)}\n"
                for i in range(pipeline.random.randrange(1, 40))
            ]
            pipeline.sent[batch] = len(rows)
            try:
                if self.post("/ingress/pushed?format=csv", "".join(rows))[0] != 200:
                    return
                pipeline.acknowledged.add(batch)
                k, v = pipeline.random.randrange(20), batch
                if self.post("/ingress/named?format=csv", f"{k},{v}\n")[0] != 200:
                    return
                pipeline.keyed[k] = max(pipeline.keyed.get(k, -1), v)
            except OSError:
                return
            except http.client.HTTPException:
                return

    def settle(self):
        """Takes no more, and waits until all that was taken is delivered."""
        self.get("/pause")
        deadline = time.monotonic() + PATIENCE
        while True:
            g = json.loads(self.get("/stats")[1])["global_metrics"]
            if g["total_initiated_steps"] == g["total_completed_steps"]:
                return
            if time.monotonic() > deadline:
                raise Difference(f"steps are not delivered: {g} {self.get('/stats')[1]}")
            time.sleep(0.004)

    def end(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()
        self.errors.close()
        self.pipeline.look_at_files()
        # Libraries that were unpacked: some 70 MB.
        shutil.rmtree(self.working / "tmp", ignore_errors=True)


class Durable:
    """What of a directory would be left after a loss of power: see durable.c."""

    def __init__(self, root, notes):
        self.root, self.notes = root, notes
        self.known = self.everything()

    def everything(self):
        """After a reboot, what is there is durable."""
        sizes, entries = {}, {}
        for place, folders, files in os.walk(self.root):
            here = entries[os.stat(place).st_ino] = set()
            for name in folders + files:
                status = os.lstat(os.path.join(place, name))
                here.add((status.st_ino, name))
                sizes[status.st_ino] = status.st_size
        return sizes, entries

    def lose(self, chance):
        sizes, entries = self.known
        lines = iter(self.notes.read_text().split("\n") if self.notes.exists() else [])
        for line in lines:
            kind, _, rest = line.partition(" ")
            if kind == "S":
                inode, size, _ = rest.split(" ", 2)
                sizes[int(inode)] = int(size)
            elif kind == "T":
                inode, size, _ = rest.split(" ", 2)
                sizes[int(inode)] = min(sizes.get(int(inode), 0), int(size))
            elif kind == "D":
                there = entries[int(rest.split(" ", 1)[0])] = set()
                for entry in lines:
                    if not entry:
                        break
                    _, inode, name = entry.split(" ", 2)
                    there.add((int(inode), name))
        lost = [0, 0]
        for place, folders, files in os.walk(self.root):
            there = entries.get(os.stat(place).st_ino, set())
            for name in list(folders):
                path = os.path.join(place, name)
                if (os.stat(path).st_ino, name) not in there and chance.random() < 0.7:
                    shutil.rmtree(path)
                    folders.remove(name)
                    lost[1] += 1
            for name in files:
                if name == INPUT:
                    continue  # Whoever writes it syncs it; a source that shrinks is refused, rightly.
                path = os.path.join(place, name)
                status = os.lstat(path)
                if (status.st_ino, name) not in there and chance.random() < 0.7:
                    os.unlink(path)
                    lost[1] += 1
                    continue
                safe = min(sizes.get(status.st_ino, 0), status.st_size)
                if safe < status.st_size:
                    # The file may have grown by less, or by zeros.
                    cut = chance.choice([safe, chance.randrange(safe, status.st_size + 1)])
                    with open(path, "r+b") as file:
                        if chance.random() < 0.5:
                            file.truncate(cut)
                        else:
                            file.seek(cut)
                            file.write(bytes(min(status.st_size - cut, 1 << 20)))
                    lost[0] += status.st_size - cut
        self.notes.unlink(missing_ok=True)
        self.known = self.everything()
        return lost


class Pipeline:
    """One pipeline through its lives, and what its state must be."""

    def __init__(self, build, directory, seed, url, power_loss=False):
        self.build, self.directory, self.url = build, directory, url
        self.root = directory / "root"
        self.random = random.Random(str(seed))
        self.line_count = 0
        self.id = uuid.UUID(int=self.random.getrandbits(128))
        self.power_loss = power_loss
        self.interval = self.random.choice([0, 0, 1])
        self.lives = 0
        self.spare = None
        self.lock = threading.Lock()
        self.batches = 0
        self.generation = 0
        self.storage = None
        self.root.mkdir(parents=True)
        (self.root / INPUT).touch()
        self.plan = build.plan.replace("@ROOT@", str(self.root)).replace("@URL@", url)
        self.clear()
        self.durable = Durable(self.root, directory / "notes")

    def clear(self):
        """Begins with empty storage, as a new generation; what is left of the old one is nobody's."""
        if self.storage and self.random.random() < 0.5:
            shutil.rmtree(self.storage, ignore_errors=True)
        self.generation += 1
        self.storage = self.root / f"storage{self.generation}"
        self.sent, self.acknowledged, self.keyed = {}, set(), {}
        self.seen = {}
        self.parsed = {}

    def next_batch(self):
        with self.lock:
            self.batches += 1
            return self.batches

    def append_lines(self, count):
        with self.lock:
            have = self.line_count
            with open(self.root / INPUT, "a") as out:
                out.write("".join(f"{i},{i % 20}\n" for i in range(have, have + count)))
            self.line_count = have + count

    def begin(self, extra=()):
        life = self.spare or Life(self, list(extra))
        self.spare = None
        life.born()
        return life

    def prepare(self):
        self.spare = Life(self, [])

    # ---- what must be

    def await_acknowledged(self, life, patience=PATIENCE):
        """What waited for a step at the crash is processed after the start."""
        deadline = time.monotonic() + patience
        while True:
            found = {row["batch"]: row["n"] for row in life.query(
                "SELECT batch, COUNT(*) AS n FROM pushed GROUP BY batch")}
            missing = [b for b in self.acknowledged if b not in found]
            if not missing:
                return
            if time.monotonic() > deadline:
                raise Difference(f"acknowledged batches are missing: {missing[:20]}")
            time.sleep(0.02)

    def verify(self, life):
        self.await_acknowledged(life)
        life.settle()
        self.compare_tables(life)
        self.compare_views(life)
        self.compare_files(life)
        life.get("/start")

    def compare_tables(self, life):
        rows = life.query(
            " UNION ALL ".join(
                f"SELECT '{t}' AS t, COUNT(*) AS n, COUNT(DISTINCT id) AS d, COALESCE(MAX(id), -1)"
                f" AS m, COALESCE(SUM(ABS(k - id % 20)), 0) AS e FROM {t}"
                for t in ("made", "lines", "fetched")
            )
        )
        for row in rows:
            if not (row["n"] == row["d"] == row["m"] + 1 and int(row["e"]) == 0):
                raise Difference(f"rows of a source are lost or doubled: {row}")
            bound = {"lines": self.line_count, "fetched": URL_ROWS}.get(row["t"])
            if bound is not None and row["n"] > bound:
                raise Difference(f"more rows than the source has, {bound}: {row}")
        found = {
            row["batch"]: (row["n"], row["m"])
            for row in life.query(
                "SELECT batch, COUNT(*) AS n, MAX(id) AS m FROM pushed GROUP BY batch"
            )
        }
        for batch, count in self.sent.items():
            there = found.pop(batch, None)
            if there is None and batch not in self.acknowledged:
                continue
            if there != (count, count - 1):
                raise Difference(f"batch {batch}: sent {count} rows, found {there}")
        if found:
            raise Difference(f"batches that were never sent: {found}")
        for row in life.query("SELECT k, v FROM named"):
            if row["v"] < self.keyed.get(row["k"], -1):
                raise Difference(f"an acknowledged value is lost: {row}, {self.keyed[row['k']]}")

    def compare_views(self, life):
        merged = (
            "(SELECT 'm' AS src, id, k FROM made UNION ALL SELECT 'l', id, k FROM lines UNION ALL"
            " SELECT 'u', id, k FROM fetched UNION ALL SELECT 'p', id, k FROM pushed)"
        )
        totals = f"SELECT src, k, COUNT(*) AS n, SUM(id)::BIGINT AS s FROM {merged} GROUP BY src, k"
        for view, recomputed in {
            "every_row": f"SELECT src, id, k FROM {merged}",
            "totals": totals,
            "joined": f"SELECT t.src, t.k, t.n, n.v FROM ({totals}) t JOIN named n ON t.k = n.k",
            "foremost ns": f"SELECT n FROM ({totals}) ORDER BY n DESC LIMIT 5",
        }.items():
            name, _, columns = view.partition(" ")
            is_now = f"SELECT {'n' if columns else '*'} FROM {name}"
            differ = life.query(
                f"SELECT * FROM (({recomputed}) EXCEPT ALL ({is_now})) UNION ALL"
                f" SELECT * FROM (({is_now}) EXCEPT ALL ({recomputed}))"
            )
            if differ:
                raise Difference(f"view {view}: {differ[:10]}")
        differ = life.query(
            "SELECT l.k, l.n FROM foremost l WHERE NOT EXISTS (SELECT 1 FROM totals t WHERE t.k = l.k"
            " AND t.n = l.n)"
        ) + life.query(
            f"SELECT v.k, v.a, r.a AS r FROM averages v FULL JOIN (SELECT k, AVG(id::DOUBLE / 7) AS a"
            f" FROM {merged} GROUP BY k) r ON v.k = r.k WHERE v.k IS NULL OR r.k IS NULL OR"
            " ABS(v.a - r.a) > 1e-6 * (1 + ABS(r.a))"
        )
        if differ:
            raise Difference(f"views: {differ[:10]}")

    def compare_files(self, life):
        """The changes in each file add up to the view, and never to less than nothing."""
        for view, columns in {
            "every_row": "src, id, k",
            "totals": "src, k, n, s",
            "foremost": "k, n",
            "averages": "k, a",
        }.items():
            data = (self.root / view).read_bytes()
            at, contents = self.parsed.get(view, (0, collections.Counter()))
            if view not in SAME_AGAIN:
                # It may have been written anew from anywhere on.
                at, contents = 0, collections.Counter()
            elif not data.startswith(self.seen.get(view, b"")):
                raise Difference(f"what a reader of the file {view} had seen is gone or has changed")
            if data and not data.endswith(b"\n"):
                raise Difference(f"the file {view} ends within a line: {data[-80:]}")
            for line in data[at:].decode().splitlines():
                row, _, weight = line.rpartition(",")
                contents[row] += int(weight)
                if contents[row] < 0:
                    raise Difference(f"the file {view} deletes what is not there: {line}")
                if not contents[row]:
                    del contents[row]
            self.parsed[view] = (len(data), contents)
            rows = collections.Counter()
            for row in life.query(f"SELECT {columns} FROM {view}"):
                rows[tuple(normal(value) for value in row.values())] += 1
            there = collections.Counter()
            for row, count in contents.items():
                there[tuple(normal(value) for value in row.split(","))] += count
            if rows != there:
                raise Difference(
                    f"the file {view} adds up to something else than the view; only in the file:"
                    f" {dict(list((there - rows).items())[:10])}, only in the view:"
                    f" {dict(list((rows - there).items())[:10])}"
                )

    def look_at_files(self):
        """What a reader of the files has seen by now."""
        for view in SAME_AGAIN:
            path = self.root / view
            data = path.read_bytes() if path.exists() else b""
            if len(data) > len(self.seen.get(view, b"")):
                self.seen[view] = data


def normal(value):
    text = str(value)
    try:
        return repr(float(text)) if re.search(r"[.eE]", text) else text
    except ValueError:
        return text


def control(build, directory, url):
    """Proves that the comparison finds a loss: takes acknowledged rows out of the journal."""
    pipeline = Pipeline(build, directory, 0, url)
    life = pipeline.begin().up()
    life.load(0.3)
    life.end()
    last = sorted((pipeline.storage / "journal").iterdir())[-1]
    os.truncate(last, 16)
    life = pipeline.begin().up()
    try:
        pipeline.await_acknowledged(life, 2)
    except Difference as e:
        print(f"control: a loss that is there is found: {e}")
        return
    finally:
        life.end()
    sys.exit("crash: rows that were taken out of the journal were not missed")


class Source(http.server.BaseHTTPRequestHandler):
    """A table's rows over HTTP, slowly, so that most starts find it in the middle."""

    def do_GET(self):
        body = "".join(f"{i},{i % 20}\n" for i in range(URL_ROWS)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for at in range(0, len(body), 100):
                self.wfile.write(body[at : at + 100])
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_):
        pass


class Run:
    """Lives of several pipelines, shared out among workers."""

    def __init__(self, options, build, work, url):
        self.options, self.build, self.work, self.url = options, build, work, url
        self.lock = threading.Lock()
        self.next_life = 0
        self.next_pipeline = 0
        self.kills = collections.Counter()
        self.compared = 0
        self.losses = [0, 0, 0]
        self.start_seconds = collections.deque([2.0], maxlen=21)
        self.problem = None
        self.begun = time.monotonic()

    def over(self):
        return (
            self.next_life >= self.options.lives
            or time.monotonic() - self.begun > self.options.seconds
        )

    def worker(self):
        try:
            while self.problem is None and not self.over():
                with self.lock:
                    number = self.next_pipeline = self.next_pipeline + 1
                self.pipeline(number)
        except Exception as e:
            self.problem = self.problem or e
            if not isinstance(e, Difference):
                import traceback

                traceback.print_exc()

    def pipeline(self, number):
        seed = f"{self.options.seed}/{number}"
        directory = self.work / f"pipeline{number}"
        chance = random.Random(seed)
        pipeline = Pipeline(
            self.build,
            directory,
            seed,
            self.url,
            # Spread evenly: number 1 of two, number 2 of two, ...
            int(number * self.options.power_loss) > int((number - 1) * self.options.power_loss),
        )
        life = None
        try:
            lives = LIVES_OF_A_PIPELINE
            for i in range(lives):
                if self.problem:
                    return
                if self.over():
                    break
                with self.lock:
                    self.next_life += 1
                    count = self.next_life
                if i == lives // 2:
                    pipeline.clear()
                kind = chance.choices(list(KILLS), list(KILLS.values()))[0]
                if i == lives - 1:
                    kind = "load"
                life = pipeline.begin()
                self.live(pipeline, life, kind, chance)
                if kind != "suspend" or life.process.poll() is None:
                    life.end()
                lost = None
                if pipeline.power_loss and chance.random() < 0.6:
                    lost = pipeline.durable.lose(chance)
                with self.lock:
                    self.kills[kind] += 1
                    if lost:
                        self.losses[0] += 1
                        self.losses[1] += lost[0]
                        self.losses[2] += lost[1]
                    if count % 50 == 0:
                        print(self.told(), flush=True)
            # What the last kill has left is compared as well.
            life = pipeline.begin()
            life.up()
            pipeline.verify(life)
            with self.lock:
                self.compared += 1
            life.end()
            life = None
            if not self.options.keep:
                shutil.rmtree(directory, ignore_errors=True)
        except Exception as e:
            print(
                f"seed {self.options.seed}, pipeline {number} (kept in {directory}), life"
                f" {pipeline.lives}: {e}",
                flush=True,
            )
            raise
        finally:
            for process in (life, pipeline.spare):
                if process and process.process.poll() is None:
                    process.end()

    def live(self, pipeline, life, kind, chance):
        if kind == "start":
            # From the lock of the storage to just after the first step that is new.
            usual = sorted(self.start_seconds)[len(self.start_seconds) // 2]
            moment = chance.uniform(0.1, 1.1) * usual
            pipeline.prepare()
            granting = threading.Thread(target=self.grant, args=(life,))
            granting.start()
            time.sleep(max(0, life.begun + moment - time.monotonic()))
            life.end()
            granting.join()
            return
        life.up()
        self.start_seconds.append(life.up_after)
        pipeline.verify(life)
        with self.lock:
            self.compared += 1
        pipeline.prepare()
        loads = [threading.Thread(target=life.load, args=(PATIENCE,)) for _ in range(2)]
        for load in loads:
            load.start()
        time.sleep(chance.uniform(0, 0.5))
        if kind in ("checkpoint", "rotation", "suspend"):
            life.post("/checkpoint")
            if kind == "rotation":
                # The journal begins a segment with each checkpoint, and drops old ones after it.
                time.sleep(chance.uniform(0.05, 0.3))
                life.post("/checkpoint")
            time.sleep(chance.uniform(0, 0.35))
        if kind == "pause":
            life.get("/pause")
            time.sleep(chance.uniform(0, 0.05))
        if kind == "suspend":
            life.post("/suspend")
            time.sleep(chance.uniform(0, 0.5))
        life.end()
        for load in loads:
            load.join()

    @staticmethod
    def grant(life):
        try:
            life.await_report()
        except (Difference, OSError, http.client.HTTPException):
            pass

    def told(self):
        seconds = time.monotonic() - self.begun
        kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(self.kills.items()))
        loss = (
            f"; {self.losses[0]} losses of power took {self.losses[1]} bytes and"
            f" {self.losses[2]} files"
            if self.losses[0]
            else ""
        )
        return (
            f"{sum(self.kills.values())} kills ({kinds}){loss}; {self.compared} comparisons of all"
            f" views and files, {0 if self.problem is None else 1} differences; seed"
            f" {self.options.seed}, {seconds:.0f} s, {seconds / max(1, sum(self.kills.values())):.2f}"
            " s a kill"
        )


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--home", type=pathlib.Path, required=True)
    arguments.add_argument("--lives", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--seconds", type=float, default=float("inf"), help="begin no life later")
    arguments.add_argument("--parallel", type=int, default=2)
    arguments.add_argument("--power-loss", type=float, default=0.5, metavar="SHARE")
    arguments.add_argument("--keep", action="store_true")
    options = arguments.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="weirkeeper-crash-"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    build = Build(options.home.resolve(), work)
    if options.power_loss > 0:
        build.preload()
    url = f"http://127.0.0.1:{server.server_port}/rows.csv"
    build.train(work / "training", url)
    control(build, work / "control", url)
    run = Run(options, build, work, url)
    workers = [threading.Thread(target=run.worker) for _ in range(options.parallel)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(run.told())
    if run.problem is None and not options.keep:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(0 if run.problem is None else 1)


if __name__ == "__main__":
    main()
