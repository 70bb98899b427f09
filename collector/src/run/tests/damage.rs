//! Start-ups on data directories that something has gone through: they start, declare, and go on.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// Every line of these tests is a number below this.
const LINES: u32 = 400;

/// A node whose spool holds lines 10 to 310 in three batches, and a centre that has those before.
async fn spooled() -> (Node, Centre) {
    let (node, centre) = (Node::new(), Centre::new().await);
    node.write(0..10);
    let collector = node.start(node.config(&[&centre.url]));
    centre.until(|told| told.messages().len() >= 10).await;
    collector.stop().await;
    centre.told().away = Some(503);
    for round in 0..3 {
        let from = 10 + 100 * round;
        node.write(from..from + 100);
        let config = node.config(&[&centre.url]);
        let spool_dir = config.data.join("spool");
        let before = grown(&spool_dir, 0).await;
        let collector = node.start(config);
        // Samples are spooled behind the first look at the files; the end spools what that found.
        grown(&spool_dir, before).await;
        collector.stop().await;
    }
    centre.told().away = None;
    (node, centre)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    files
}

/// A small generator, so that a failing seed replays.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Does something bad to one of the files.
fn damage(files: &[PathBuf], dice: &mut Dice) {
    let file = &files[dice.below(files.len())];
    let Ok(mut bytes) = fs::read(file) else { return };
    let (at, kind) = (dice.below(bytes.len()), dice.below(6));
    match kind {
        0 => return fs::remove_file(file).unwrap(),
        1 => bytes.truncate(at),
        2 => {
            bytes.extend((0..dice.below(5_000)).map(|_| dice.below(256) as u8).collect::<Vec<_>>())
        }
        3 => {
            let end = bytes.len().min(at + dice.below(600));
            bytes[at.min(end)..end].fill(0);
        }
        _ => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
    }
    fs::write(file, bytes).unwrap();
}

fn copy(from: &Path, to: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(to.join("spool")).unwrap();
    let found = files(from).into_iter().chain(files(&from.join("spool")));
    let copied = found.map(|file| {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::copy(&file, &target).unwrap();
        target
    });
    copied.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_content_of_the_data_directory_stops_a_start_or_makes_a_wrong_line() {
    let (node, _) = spooled().await;
    for seed in 0..500 {
        let dir = tempfile::tempdir().unwrap();
        let mut dice = Dice(seed);
        let copied = copy(&node.root.path().join("data"), dir.path());
        (0..=dice.below(3)).for_each(|_| damage(&copied, &mut dice));

        let life = Life::begin(Dir::from(dir.path())).expect("a life begins");
        let spool_dir = dir.path().join("spool");
        let (mut spool, _) = Spool::open(spool_dir.as_path(), 1 << 30).expect("a spool opens");
        for picked in spool.pick(100, None) {
            let Ok(batch) = nilometer_wire::decode(&picked.frame) else { continue };
            for line in messages(&batch.items.rows) {
                let number = line.parse::<u32>();
                assert!(number.is_ok_and(|number| number < LINES), "seed {seed}: {line:?}");
            }
        }
        let name = life.next();
        let frame = crate::spool::tests::frame_of(name, 0, &["1"]);
        spool.freeze(vec![frame], Vec::new()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        drop(spool);
        let (spool, _) = Spool::open(spool_dir.as_path(), 1 << 30).expect("it opens again");
        assert!(spool.holds(name), "seed {seed}: what was written behind the damage is gone");
    }
}

/// The lines before 10 are what another centre took.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_damage_a_whole_life_ships_all_that_the_file_still_holds_and_what_is_new() {
    let (node, _) = spooled().await;
    for seed in 500..508 {
        let centre = Centre::new().await;
        let dir = tempfile::tempdir().unwrap();
        let mut dice = Dice(seed);
        let copied = copy(&node.root.path().join("data"), dir.path());
        (0..=dice.below(3)).for_each(|_| damage(&copied, &mut dice));
        let data = dir.path().to_owned();
        let collector = node.start(CollectorConfig { data, ..node.config(&[&centre.url]) });
        let line = 310 + u32::try_from(seed - 500).unwrap();
        node.write(line..line + 1);
        let all: BTreeSet<String> = numbers(10..line + 1).into_iter().collect();
        let has_all = |told: &Told| {
            let messages = told.messages();
            all.iter().all(|line| messages.contains(&line.as_str()))
        };
        println!("seed {seed}");
        centre.until(has_all).await;
        collector.stop().await;
        let wrong = |line: &&&str| line.parse::<u32>().is_ok_and(|number| number < LINES);
        let told = centre.told();
        assert!(told.messages().iter().all(|line| wrong(&line)), "seed {seed}");
    }
}
