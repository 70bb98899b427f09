//! The page in a real browser, on a real product: `tests/browser/page.test.mjs` does the looking.

use std::process::{Command, Stdio};

use nilometer_tests::{Process, Scratch, repository};

/// Names of the browser on the systems we know.
const BROWSERS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
];

#[test]
fn the_page_works_in_a_browser() {
    let browser = BROWSERS.into_iter().find(|path| std::path::Path::new(path).exists());
    let browser = browser.expect("no chromium: tests/run installs it");
    let scratch = Scratch::new();
    let (_up, api) = Process::up(&scratch, &[]);
    let output = Command::new("npm")
        .args(["test", "--silent"])
        .current_dir(repository().join("tests/browser"))
        .env("NILOMETER_URL", api.url())
        .env("NILOMETER_TEST_ROOTFS", scratch.join("root"))
        .env("CHROMIUM", browser)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{out}");
    assert!(output.status.success(), "{out}\n{err}");
}
