//! What is read of a node is bounded: at each limit, and one above it.

use std::fs::{create_dir_all, write};

use super::*;

fn id(number: usize) -> String {
    format!("{number:064x}")
}

/// The containers that are found in these directories.
fn found(directories: impl Iterator<Item = String>) -> usize {
    let root = tempfile::tempdir().unwrap();
    directories.for_each(|dir| create_dir_all(root.path().join("cg").join(dir)).unwrap());
    Host::new(root.path().to_owned()).groups("cg").len()
}

#[test]
fn so_many_containers_are_measured() {
    for (made, expect) in [(CONTAINERS_MAX, CONTAINERS_MAX), (CONTAINERS_MAX + 1, CONTAINERS_MAX)] {
        assert_eq!(found((0..made).map(|n| format!("docker/{}", id(n)))), expect);
    }
}

#[test]
fn so_many_groups_are_looked_through() {
    // The root is one, and what sorts first is looked into last.
    for (made, expect) in [(CGROUPS_MAX - 1, 1), (CGROUPS_MAX, 0)] {
        let others = (1..made).map(|n| format!("b{n}"));
        assert_eq!(found(others.chain([format!("a/{}", id(1))])), expect);
    }
}

#[test]
fn so_deep_do_containers_lie() {
    for (depth, expect) in [(CGROUP_DEPTH_MAX, 1), (CGROUP_DEPTH_MAX + 1, 0)] {
        assert_eq!(found([format!("{}{}", "a/".repeat(depth), id(1))].into_iter()), expect);
    }
}

#[test]
fn so_much_of_a_file_is_read() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::new(root.path().to_owned());
    let limit = SAMPLE_FILE_BYTES_MAX as usize;
    for (bytes, read) in [(limit, limit), (limit + 1, limit)] {
        write(root.path().join("file"), "x".repeat(bytes)).unwrap();
        assert_eq!(host.text("/file").map(|text| text.len()), Some(read));
    }
    assert_eq!(host.text("none"), None);
}
