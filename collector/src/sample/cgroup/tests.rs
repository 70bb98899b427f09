//! Paths and files of control groups, of both versions and both drivers.

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const UID: &str = "8a2f0c5e-1b7d-4a55-9c1e-33aa10e7a001";

#[track_caller]
fn check(path: &str, pod: Option<&str>) {
    let path = path.replace("UID_", &UID.replace('-', "_")).replace("UID", UID).replace("ID", ID);
    let expect = Group { id: ID.to_owned(), pod: pod.map(str::to_owned) };
    assert_eq!(group(&path), Some(expect), "{path}");
}

#[test]
fn a_containers_group_names_its_id_and_its_pod() {
    check("system.slice/docker-ID.scope", None);
    check("docker/ID", None);
    check("machine.slice/libpod-ID.scope", None);
    check("kubepods/burstable/podUID/ID", Some(UID));
    check("kubepods/podUID/ID", Some(UID));
    let slices = "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice";
    check(&format!("{slices}/cri-containerd-ID.scope"), Some(UID));
    check("kubepods.slice/kubepods-podUID_.slice/crio-ID.scope", Some(UID));
}

#[test]
fn what_is_no_containers_group_has_no_id() {
    for path in [
        "",
        "system.slice",
        "system.slice/ssh.service",
        "kubepods/burstable/pod1",
        "system.slice/docker-0123.scope",
        "kubepods.slice/crio-conmon-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
    ] {
        assert_eq!(group(path), None, "{path}");
    }
}

#[test]
fn numbers_are_found_by_their_keys() {
    let events = "low 0\nhigh 0\nmax 0\noom 2\noom_kill 3\noom_group_kill 0\n";
    assert_eq!((keyed(events, "oom_kill"), keyed(events, "oom_")), (Some(3), None));
    let control = "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n";
    assert_eq!(keyed(control, "oom_kill"), Some(1));
    assert_eq!(keyed("usage_usec torn", "usage_usec"), None);
}

#[test]
fn no_limit_is_no_number() {
    for (text, bytes) in [
        ("max\n", None),
        ("9223372036854771712\n", None),
        ("536870912\n", Some(512 << 20)),
        ("", None),
    ] {
        assert_eq!(limit(text), bytes);
    }
}

#[test]
fn what_was_read_and_written_is_added_up_over_devices() {
    let v2 = "254:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=1 wbytes=2\n";
    assert_eq!(io_v2(v2), (4097, 8194));
    let v1 =
        "254:0 Read 4096\n254:0 Write 8192\n254:0 Sync 1\n8:0 Read 1\n8:0 Write 2\nTotal 12291\n";
    assert_eq!(io_v1(v1), (4097, 8194));
    assert_eq!((io_v2(""), io_v1("")), ((0, 0), (0, 0)));
    let most = u64::MAX;
    let v2 = format!("8:0 rbytes={most} wbytes=1\n8:1 rbytes=1 wbytes=1\n");
    let v1 = format!("8:0 Read {most}\n8:1 Read 1\n8:0 Write 2\n");
    assert_eq!((io_v2(&v2), io_v1(&v1)), ((most, 2), (most, 2)));
}
