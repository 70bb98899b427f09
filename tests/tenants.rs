//! Two tenants on one server, with nodes, paths, components and instances of the same names: whatever
//! either asks, however he asks it, he is never shown a row, a name, a number or a gap of the other's.
//!
//! Invariants:
//! - what a tenant alone has (his marker, ids of his sources and collectors) stands in no answer to the
//!   other, unless the other put it into his question;
//! - how many rows an answer counts is how many rows the same question is shown.

#[path = "tenants/questions.rs"]
mod questions;
#[path = "tenants/side.rs"]
mod side;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use nilometer_tests::{Answer, Api, Process, SEED, Scratch, port, until};
use regex::Regex;
use serde_json::{Value, json};

use self::questions::{Dice, escaped, field, filter, pipes};
use self::side::{ALL_TIME, Side, tokens};

const QUESTIONS: usize = 10_000;
const ASKING: usize = 8;
/// Rows of an answer at most; nobody has as many.
const LIMIT: usize = 10_000;
const DEADLINE: Duration = Duration::from_secs(30);
const ACME: (&str, &str, &str) = ("acme", "amethyst", "2026-01");
const GLOBEX: (&str, &str, &str) = ("globex", "basalt", "2026-02");

/// A server on all addresses that knows both tenants, and what each sees of it.
struct World {
    serve: Process,
    sides: [Side; 2],
    port: u16,
}

impl World {
    fn new(scratch: &Scratch) -> Self {
        scratch.secret("tokens", &tokens([ACME.0, GLOBEX.0]));
        let port = port();
        let sides = [ACME, GLOBEX].map(|side| Side::new(side, &Api::on(port)));
        Self { serve: serve(scratch, port), sides, port }
    }

    /// Ends the server in order, which moves everything into splits, and starts it again.
    fn restart(self, scratch: &Scratch) -> Self {
        let Self { serve: first, sides, port } = self;
        assert!(first.stop().0.success());
        Self { serve: serve(scratch, port), sides, port }
    }
}

fn serve(scratch: &Scratch, port: u16) -> Process {
    let path = |name: &str| scratch.join(name).display().to_string();
    let (data, tokens, listen) = (path("data"), path("tokens"), format!("0.0.0.0:{port}"));
    let command = nilometer_tests::command(&[
        "serve",
        "--data",
        &data,
        "--listen",
        &listen,
        "--token-file",
        &tokens,
    ]);
    let mut process = Process::spawn(command, &scratch.join("serve.log"));
    until("life", DEADLINE, || {
        assert!(process.running(), "{}", process.said());
        Api::on(port).get("/livez").ok().filter(|answer| answer.status == 200)
    });
    process
}

/// Half of each one's lines in splits, half in the buffer; a collector each, which has lost something.
fn populate(scratch: &Scratch, mut world: World) -> (World, Vec<Process>) {
    for (side, lines) in world.sides.iter_mut().zip([40, 90]) {
        side.ingest(lines);
        side.send_traces();
        side.write_file(scratch, "cart", lines / 2);
        side.write_file(scratch, "gone", 5);
    }
    let collectors: Vec<Process> = world.sides.iter().map(|side| side.collect(scratch)).collect();
    world.sides.iter().for_each(Side::settle);
    for collector in collectors {
        assert!(collector.stop().0.success());
    }
    world = world.restart(scratch);
    let collectors = world.sides.iter().map(|side| {
        side.lose_lines(scratch, "gone", 5);
        side.collect(scratch)
    });
    let collectors: Vec<Process> = collectors.collect();
    for (side, lines) in world.sides.iter_mut().zip([15, 35]) {
        side.ingest(lines);
        side.write_file(scratch, "pay", lines);
        side.settle();
        side.settle_loss();
    }
    (world, collectors)
}

/// What must not stand in an answer to a tenant.
struct Secrets(Regex);

impl Secrets {
    fn of(other: &Side) -> Self {
        let mut texts = other.ids();
        assert!(texts.len() >= 5, "{texts:?}");
        texts.push(other.marker.to_owned());
        Self(Regex::new(&texts.join("|")).unwrap())
    }

    #[track_caller]
    fn check(&self, question: &str, answer: &str) {
        if let Some(found) = self.0.find(answer) {
            panic!("{question}: shows {} of the other's: {answer}", found.as_str());
        }
    }
}

/// A tenant asking.
struct Asking<'a> {
    own: &'a Side,
    secrets: Secrets,
    /// The other's records.
    others: Vec<Value>,
    /// How many sources are his own.
    sources: usize,
    answered: &'a AtomicUsize,
}

impl Asking<'_> {
    /// Asks; what is wrong with a question may be said with its words, and nothing else.
    fn get(&self, path: &str) -> Answer {
        self.checked(path, path, self.own.get(path))
    }

    fn checked(&self, question: &str, asked: &str, answer: Answer) -> Answer {
        let text = answer.text();
        match answer.status {
            200 => {
                self.secrets.check(question, &text);
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            400 | 422 if self.secrets.0.is_match(asked) => {}
            400 | 422 => self.secrets.check(question, &text),
            status => panic!("{question}: {status} {text}"),
        }
        answer
    }

    fn ask(&self, dice: &mut Dice) {
        let q = filter(dice);
        match dice.below(14) {
            0..=3 => self.rows_and_counts(dice, &q),
            4 => drop(self.get(&format!("/api/v1/export?{ALL_TIME}&q={}", escaped(&q)))),
            5 | 6 => {
                let signal = ["logs", "spans", "samples"][dice.below(3)];
                self.table_of(signal, &format!("{q}{}", pipes(dice)));
            }
            7 => drop(self.get(&format!("/api/v1/logs/fields?{ALL_TIME}&q={}", escaped(&q)))),
            8 => {
                let (name, q) = (escaped(field(dice)), escaped(&q));
                self.get(&format!("/api/v1/logs/fields/{name}/values?{ALL_TIME}&q={q}"));
            }
            9 => {
                let cursor = dice.below(q.chars().count() + 1);
                let q = escaped(&q);
                self.get(&format!("/api/v1/complete?{ALL_TIME}&q={q}&cursor={cursor}"));
            }
            10 => self.around(dice),
            11 => self.spans(dice),
            12 => self.traces(dice, &q),
            _ => self.books(dice),
        }
    }

    /// Rows and their number, by three routes.
    fn rows_and_counts(&self, dice: &mut Dice, q: &str) {
        let asked = format!("{ALL_TIME}&q={}", escaped(q));
        let logs = self.get(&format!("/api/v1/logs?{asked}&limit={LIMIT}"));
        let by = ["", "&by=component", "&by=owner", "&by=node"][dice.below(4)];
        let histogram = self.get(&format!("/api/v1/logs/histogram?{asked}&buckets=10{by}"));
        assert_eq!(logs.status == 200, histogram.status == 200, "{q}");
        if logs.status != 200 {
            return;
        }
        let rows = logs.json()["records"].as_array().unwrap().len() as u64;
        let buckets = histogram.json()["buckets"].as_array().unwrap().clone();
        let counts =
            buckets.iter().flat_map(|bucket| bucket["counts"].as_object().unwrap().values());
        assert_eq!(counts.map(|count| count.as_u64().unwrap()).sum::<u64>(), rows, "{q}");
        assert!(rows <= self.own.sent as u64, "{q}");
        let table = self.table(&format!("{q} | stats count()"));
        // An unclosed quote swallows the pipe.
        if let Some(table) = table_count(&table).filter(|_| !q.contains(['"', '|'])) {
            assert_eq!(table, rows, "{q}");
        }
    }

    fn table(&self, q: &str) -> Value {
        self.table_of("logs", q)
    }

    /// The columns are named by the question; the rows are not.
    fn table_of(&self, signal: &str, q: &str) -> Value {
        let (from, to) = ("2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
        let body = json!({"q": q, "signal": signal, "from": from, "to": to}).to_string();
        let answer = self.own.send("POST", "/api/v1/query", body.as_bytes());
        if answer.status == 200 {
            let mut table = answer.json();
            table["columns"].take();
            self.secrets.check(q, &table.to_string());
            self.answered.fetch_add(1, Ordering::Relaxed);
            return table;
        }
        self.checked(q, q, answer);
        Value::Null
    }

    /// What stands around a record of the other's: nothing, as around one that never was.
    fn around(&self, dice: &mut Dice) {
        let record = &self.others[dice.below(self.others.len())];
        let (source, position) = (record["source"].as_str().unwrap(), &record["position"]);
        let context = |source: &str| {
            self.own.get(&format!("/api/v1/logs/context?source={source}&position={position}"))
        };
        let (known, never) = (context(source), context("00000000000000ff"));
        assert_eq!((known.status, never.status), (404, 404));
        let said = known.text().replace(source, "00000000000000ff");
        assert_eq!(said, never.text());
    }

    /// What is said of spans as a whole is said of his own: both tenants' services have the same names.
    fn spans(&self, dice: &mut Dice) {
        let (traces, took) = (self.own.traces(), json!(self.own.call_ms() as f64));
        let services = self.get(&format!("/api/v1/services?{ALL_TIME}")).json();
        let [cart, pay] = services["services"].as_array().unwrap().as_slice() else {
            panic!("{services}")
        };
        assert_eq!((&cart["spans"], &pay["spans"]), (&json!(traces), &json!(traces)));
        assert_eq!((&cart["p50_ms"], &cart["p99_ms"]), (&took, &took));
        let service = ["cart", "pay", "nobody"][dice.below(3)];
        let operations = self.get(&format!("/api/v1/services/{service}/operations?{ALL_TIME}"));
        for operation in operations.json()["operations"].as_array().unwrap() {
            assert_eq!(operation["spans"], traces);
        }
        let graph = self.get(&format!("/api/v1/graph?{ALL_TIME}")).json();
        assert_eq!(graph["edges"].as_array().unwrap().len(), 1, "{graph}");
        assert_eq!(graph["edges"][0]["calls"], traces);
        let by = ["tree", "shape", "chain"][dice.below(3)];
        let paths = self.get(&format!("/api/v1/paths?{ALL_TIME}&by={by}")).json();
        assert_eq!(paths["paths"].as_array().unwrap().len(), 1, "{paths}");
        assert_eq!(paths["paths"][0]["count"], traces);
        for (signal, q, count) in [("spans", "*", 2 * traces), ("samples", "name:orders", 1)] {
            let table = self.table_of(signal, &format!("{q} | stats count()"));
            assert_eq!(table_count(&table), Some(count), "{signal}");
        }
        self.get("/api/v1/health");
    }

    /// Traces one by one: the other's have the same ids.
    fn traces(&self, dice: &mut Dice, q: &str) {
        let (traces, q) = (self.own.traces(), escaped(q));
        let found = self.get(&format!("/api/v1/traces?{ALL_TIME}&q={q}&limit=1000"));
        if found.status == 200 {
            let found = found.json()["traces"].as_array().unwrap().len() as u64;
            assert!(found <= traces, "{q}");
        }
        self.get(&format!("/api/v1/traces/compare?{ALL_TIME}&service=cart&a={q}"));
        let number = dice.below(20) as u64;
        let path = format!("/api/v1/traces/{}", Side::trace_id(number));
        if number >= traces {
            let never = self.own.get(&path);
            assert_eq!(never.status, 404, "{path}");
            self.secrets.check(&path, &never.text());
            return;
        }
        let trace = self.get(&path).json();
        assert_eq!(trace["spans"].as_array().unwrap().len(), 2, "{trace}");
        assert_eq!(trace["spans"][0]["attributes"]["owner"], self.own.marker);
    }

    fn books(&self, dice: &mut Dice) {
        let other = self.others[dice.below(self.others.len())]["source"].as_str().unwrap();
        let ledger = self.get(&format!("/api/v1/ledger?source={other}"));
        assert_eq!(ledger.json()["totals"]["sources"], 0);
        let totals = self.get("/api/v1/ledger").json()["totals"].take();
        assert_eq!((&totals["sources"], &totals["lost"]), (&json!(self.sources), &json!(1)));
        assert!(totals["read"]["records"].as_u64().unwrap() <= self.own.items());
        self.get("/api/v1/sources?node=node0");
        self.get("/api/v1/dead-letters");
        let nodes = self.get("/api/v1/nodes").json();
        assert_eq!(nodes["nodes"][0]["collectors"].as_array().unwrap().len(), 1);
        let components = self.get("/api/v1/components").json();
        for component in components["components"].as_array().unwrap() {
            for seen in ["first_seen", "last_seen"] {
                let seen = component[seen].as_str().unwrap();
                assert!(seen.starts_with(self.own.month), "{component}");
            }
        }
    }
}

fn table_count(table: &Value) -> Option<u64> {
    table["rows"].as_array()?.first()?.as_array()?.first()?.as_u64()
}

#[test]
fn whatever_a_tenant_asks_he_never_sees_anything_of_the_other() {
    println!("seed {SEED}");
    let scratch = Scratch::new();
    let (world, _collectors) = populate(&scratch, World::new(&scratch));
    let [acme, globex] = &world.sides;
    let ids = |side: &Side| side.ids().into_iter().collect::<BTreeSet<_>>();
    assert!(ids(acme).is_disjoint(&ids(globex)));
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..ASKING {
            let (own, other) = if thread % 2 == 0 { (acme, globex) } else { (globex, acme) };
            let asking = Asking {
                own,
                secrets: Secrets::of(other),
                others: other.records(),
                sources: own.json("/api/v1/sources")["sources"].as_array().unwrap().len(),
                answered: &answered,
            };
            scope.spawn(move || {
                let mut dice = Dice::new(SEED + thread as u64);
                (0..QUESTIONS / ASKING).for_each(|_| asking.ask(&mut dice));
            });
        }
    });
    let answered = answered.into_inner();
    println!("{answered} answers with something in them");
    assert!(answered > QUESTIONS / 2, "most questions are good ones");
}

#[test]
fn a_node_and_a_collector_are_their_own_tenants_only() {
    let scratch = Scratch::new();
    let (world, _collectors) = populate(&scratch, World::new(&scratch));
    let [acme, globex] = &world.sides;
    // A sign of life in the other's name is not heard.
    let collector = acme.json("/api/v1/nodes")["nodes"][0]["collectors"][0].clone();
    let beat = json!({
        "collector": collector, "epoch": "00000000000000ff", "number": 1, "node": "node0",
        "clock": "2026-01-01T00:00:00Z", "round_trip_ns": 0, "sources": [], "epochs": [],
        "caught_up": {"complete": {"at": "2026-01-01T00:00:00Z", "sequence": 0}},
        "spooled_batches": 0, "spooled_bytes": 0, "warnings": [], "goodbye": true,
    });
    let answer = globex.send("POST", "/api/v1/heartbeats", beat.to_string().as_bytes());
    assert_eq!(answer.status, 403, "{}", answer.text());
    assert_eq!(answer.json()["error"]["code"], "forbidden");
    assert!(answer.json()["pipeline"].is_string(), "a verdict");
    assert!(!answer.text().contains(acme.tenant), "{}", answer.text());
    assert_eq!(acme.send("POST", "/api/v1/heartbeats", beat.to_string().as_bytes()).status, 200);
    // A node of the same name stays the other's.
    assert_eq!(acme.send("DELETE", "/api/v1/nodes/node0", b"").status, 204);
    let nodes = globex.json("/api/v1/nodes");
    assert_eq!(nodes["nodes"][0]["node"], "node0");
}

/// One key is a source of each tenant's own.
#[test]
fn an_idempotency_key_of_one_tenant_says_nothing_to_another() {
    let scratch = Scratch::new();
    let world = World::new(&scratch);
    for side in &world.sides {
        let line =
            format!("{{\"time\":\"2026-01-01T00:00:00Z\",\"message\":\"{}\"}}\n", side.marker);
        let answer = side.keyed("one key", &line);
        assert_eq!(answer.json()["accepted"], 1, "{}", answer.text());
        assert_eq!(side.keyed("one key", &line).status, 200);
        let records = side.records();
        assert_eq!(records.len(), 1, "{records:?}");
        assert_eq!(records[0]["message"], side.marker);
    }
}

#[test]
fn a_tail_follows_its_own_tenant_only() {
    let scratch = Scratch::new();
    let mut world = World::new(&scratch);
    let [acme, globex] = &mut world.sides;
    let mut tail = acme.tail("*");
    tail.until("event: ready");
    globex.ingest(3);
    acme.ingest(2);
    let seen = tail.until("checkout 1 of amethyst");
    assert!(!seen.contains(globex.marker) && !seen.contains("skipped"), "{seen}");
}
