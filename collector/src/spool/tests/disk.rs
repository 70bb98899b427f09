//! The spool on real file systems that fail it: a power cut. They need root, mount and loop devices; where
//! those are missing the tests say so and are skipped.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::*;

/// A mounted file system, for as long as this lives.
struct Mounted(PathBuf);

impl Mounted {
    /// The file system in an image, as a start after a power cut finds it.
    fn image(image: &Path, path: &Path) -> Option<Self> {
        Self::mount(&["-o", "loop", image.to_str()?], path)
    }

    fn mount(arguments: &[&str], path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).ok()?;
        run("mount", arguments.iter().copied().chain([path.to_str()?]))?;
        Some(Self(path.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        run("umount", self.0.to_str());
    }
}

fn run<'a>(program: &str, arguments: impl IntoIterator<Item = &'a str>) -> Option<()> {
    let ran = Command::new(program).args(arguments).output().ok()?;
    ran.status.success().then_some(())
}

/// An ext4 image, mounted beside it.
fn ext4(dir: &Path) -> Option<(PathBuf, Mounted)> {
    let image = dir.join("image");
    std::fs::File::create(&image).ok()?.set_len(64 << 20).ok()?;
    run("mkfs.ext4", ["-q", "-F", image.to_str()?])?;
    let mounted = Mounted::image(&image, &dir.join("mounted"))?;
    Some((image, mounted))
}

#[test]
fn power_loss_what_was_acknowledged_before_the_cut_is_there_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let Some((image, mounted)) = ext4(dir.path()) else {
        println!("skipped: no root, loop device or mkfs.ext4");
        return;
    };
    let (acknowledged, end) = (AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut spool, _) = Spool::open(mounted.0.join("spool").as_path(), 1 << 30).unwrap();
            for n in 1.. {
                spool.freeze(vec![frame_of(id(n), n - 1, &["a"])], vec![change("n", "1")]).unwrap();
                acknowledged.store(n, Ordering::SeqCst);
                if end.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let mut least = 0;
        for cut in 0..5 {
            while acknowledged.load(Ordering::SeqCst) <= least {
                std::thread::yield_now();
            }
            least = acknowledged.load(Ordering::SeqCst);
            let copy = dir.path().join(format!("cut-{cut}"));
            run("cp", ["--sparse=always", image.to_str().unwrap(), copy.to_str().unwrap()])
                .unwrap();
            let booted = Mounted::image(&copy, &dir.path().join("booted")).unwrap();
            let (spool, recovered) =
                Spool::open(booted.0.join("spool").as_path(), 1 << 30).unwrap();
            let gone: Vec<_> = (1..=least).filter(|n| !spool.holds(id(*n))).collect();
            assert!(gone.is_empty(), "cut {cut}: acknowledged and gone: {gone:?} of {least}");
            assert_eq!((recovered.lost.len(), recovered.missing.len()), (0, 0), "cut {cut}");
            assert!(spool.books()[&SOURCE].to >= least);
            drop(spool);
        }
        end.store(true, Ordering::SeqCst);
    });
}
