//! Files of a real node, and what they say.

use super::*;

const STAT: &str = "\
cpu  2280513 114997 313909 2599205 12443 0 5396 2594 0 0
cpu0 1126996 55243 149851 1326211 3201 0 1715 1322 0 0
cpu1 1153516 59753 164058 1272993 9241 0 3681 1272 0 0
intr 24463491 0 0
ctxt 5
btime 1795238400
";

#[test]
fn the_processors_time_is_that_of_all_cores() {
    let busy = 2_280_513 + 114_997 + 313_909 + 5_396 + 2_594;
    let total = busy + 2_599_205 + 12_443;
    assert_eq!(cpu(STAT), Some(Cpu { cores: 2, busy, total }));
    assert_eq!(booted(STAT), Some(1_795_238_400));
    for text in ["", "cpu  1 2 3", "intr 5\n"] {
        assert_eq!((cpu(text), booted(text)), (None, None), "{text}");
    }
}

#[test]
fn cores_used_are_the_busy_part_of_all_cores() {
    let at = |busy, total| Cpu { cores: 4, busy, total };
    for (before, now, used) in [
        (at(0, 0), at(100, 400), Some(1.0)),
        (at(50, 100), at(450, 500), Some(4.0)),
        (at(50, 100), at(50, 500), Some(0.0)),
        (at(50, 100), at(50, 100), None),
        (at(50, 500), at(50, 100), None),
    ] {
        assert_eq!(cores_used(before, now), used);
    }
}

#[test]
fn memory_in_use_is_what_is_not_to_be_had() {
    let text = "MemTotal:       49368 kB\nMemFree:  100 kB\nMemAvailable:   40000 kB\n";
    assert_eq!(memory(text), Some((49_368 << 10, 9_368 << 10)));
    assert_eq!(memory("MemTotal: 5 kB\n"), None);
    assert_eq!(load("3.49 2.47 1.92 6/182 17259\n"), Some(3.49));
    assert_eq!(load(""), None);
}

/// A sampler that broke on one number measured nothing any more until a restart.
#[test]
fn numbers_too_large_to_be_counted_stay_at_the_most() {
    let most = u64::MAX;
    let node = Cpu { cores: 0, busy: 0, total: most };
    assert_eq!(cpu(&format!("cpu  1 0 0 {most} {most} 0 0 {most}\n")), Some(node));
    assert_eq!(memory(&format!("MemTotal: {most} kB\nMemAvailable: 1 kB\n")), Some((most, most)));
    let disk = disks(&format!("8 0 sda 1 0 {most} 0 1 0 {most} 0\n"));
    assert_eq!((disk[0].inward, disk[0].outward), (most, most));
    let device = format!("{most} 0 0 0 0 0 0 0 {most}");
    let devices = format!("eth0: {device}\neth1: {device}\n");
    assert_eq!(container_network(&devices), (most, most));
    for text in ["NaN 1 1", "inf 1 1", "-1 1 1"] {
        assert_eq!(load(text), None, "{text}");
    }
}

#[test]
fn each_whole_disk_counts_once() {
    let text = "\
   7       0 loop0 1 0 8 0 0 0 0 0 0 0 0
 254       0 vda 1000 5 2000 30 40 5 600 7 0 8 9 0 0 0 0
 254       1 vda1 900 5 1900 30 40 5 600 7 0 8 9 0 0 0 0
 259       0 nvme0n1 1 0 4 0 1 0 6 0 0 0 0
 259       1 nvme0n1p1 1 0 4 0 1 0 6 0 0 0 0
 253       0 dm-0 1 0 4 0 1 0 6 0 0 0 0
   8       0 sda torn
";
    let of = |device: &str, inward, outward| Traffic { device: device.to_owned(), inward, outward };
    assert_eq!(disks(text), [of("vda", 2000 * 512, 600 * 512), of("nvme0n1", 4 * 512, 6 * 512)]);
}

const NET: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 31211026928 5153954    0    0    0     0          0         0 31211026928 5153954    0    0    0     0       0          0
  eth0:1500 3    0    0    0     0          0         0        700 2    0    0    0     0       0          0
veth12ab:    9 1    0    0    0     0          0         0        8 1    0    0    0     0       0          0
";

#[test]
fn a_nodes_network_is_that_of_its_own_devices() {
    let eth0 = Traffic { device: "eth0".to_owned(), inward: 1500, outward: 700 };
    assert_eq!(node_network(NET), [eth0]);
    assert_eq!(container_network(NET), (1509, 708));
    assert_eq!(container_network(""), (0, 0));
}

#[test]
fn each_disks_file_system_counts_where_it_is_mounted_first() {
    let text = "\
proc /proc proc rw,relatime 0 0
/dev/vda / ext4 rw,relatime 0 0
/dev/vda /var/lib/kubelet/pods/x ext4 rw 0 0
/dev/sdb1 /srv/a\\040b xfs rw 0 0
overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0
tmpfs /run tmpfs rw 0 0
torn
";
    assert_eq!(mounts(text), ["/", "/srv/a b"]);
    assert_eq!(mounts("overlay / overlay rw 0 0\n"), ["/"]);
}

#[test]
fn a_process_began_so_long_after_its_node() {
    let stat = "17 (a) b) S 1 17 17 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 12345 5 6 7";
    assert_eq!(process_began(stat), Some(123.45));
    assert_eq!(process_began("17 (a"), None);
}
